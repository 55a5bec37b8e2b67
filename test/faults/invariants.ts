import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { DeviceKind } from '#src/contracts/device-kind';
import { loadKinds } from '#src/ingest/kinds';
import { chooseRules } from '#src/rules/choice';
import { compileRule } from '#src/rules/compile';
import { ANY_METRIC, evaluate } from '#src/rules/evaluate';
import { CLOCK_FAULT } from '../../src/contracts/clock-fault.ts';
import type { Rule } from '../../src/contracts/rule.ts';
import type { Device, Site } from '../../src/contracts/state.ts';
import type { RuleInput } from '../../src/rules/compiled.ts';
import type { Interval } from '../../src/rules/interval.ts';
import type { Sample } from '../../src/rules/sample.ts';
import type { AlertView, SeriesAnswer } from '../support/answers.ts';
import { eventually } from '../support/device.ts';
import { seed } from '../support/random.ts';
import type { TestServer } from '../support/server.ts';
import type { SteadyDevice } from './steady-device.ts';

/** Waits until every consumer has accepted what the journal holds. */
export async function settled(server: TestServer, deadlineMs = 60_000): Promise<void> {
  await eventually(
    'the consumers to catch up',
    async () => {
      const page = await metricsPage(server);
      const backlogs = [...page.matchAll(/^sluice_\w+_backlog_frames (\d+)$/gm)];
      return backlogs.length > 0 && backlogs.every(([, frames]) => frames === '0');
    },
    deadlineMs,
  );
}

export async function metricsPage(server: TestServer): Promise<string> {
  const headers = { authorization: `Bearer ${server.token}` };
  return (await fetch(new URL('/metrics', server.http), { headers })).text();
}

/** Fewer than the points one answer of a series may hold, at a sample a minute or less. */
const STEP_MS = 20_000 * 60_000;

type Points = Array<[number, number]>;

export async function storedPoints(
  server: TestServer,
  device: SteadyDevice,
  metric: string,
): Promise<Points> {
  const last = Math.max(0, ...device.sent);
  const stretch = { from: device.timeOf(0), to: device.timeOf(last + 1) };
  const of = { device: device.account.id, metric };
  const samples = await storedSamples(server, { ...of, ...stretch });
  return samples.map(({ time, value }) => [time, value]);
}

/** I1 and I2: what was acknowledged is stored once with its value; nothing else is. */
export async function expectStoredExactlyOnce(
  server: TestServer,
  device: SteadyDevice,
): Promise<void> {
  for (const metric of ['dissolved_oxygen', 'water_temperature'] as const) {
    const points = await storedPoints(server, device, metric);
    const sequences = points.map(([time]) => device.sequenceAt(time));
    expect(new Set(sequences).size, 'no point twice').toBe(points.length);
    const stored = new Set(sequences);
    const lost = [...device.acknowledged].filter((sequence) => !stored.has(sequence));
    expect(lost, 'acknowledged and not stored').toEqual([]);
    const invented = sequences.filter((sequence) => !device.sent.has(sequence));
    expect(invented, 'stored and never sent').toEqual([]);
    const wrong = points.filter(
      ([time, value]) => device.valuesOf(device.sequenceAt(time))[metric] !== value,
    );
    expect(wrong, 'stored with another value').toEqual([]);
  }
}

/** Received = stored + duplicate + rejected for every device and day. */
export async function expectBalanced(server: TestServer): Promise<void> {
  interface Account {
    device: string;
    received: number;
    stored: number;
    duplicate: number;
    rejected: number;
    balanced: boolean;
  }
  const { items } = await server.call<{ items: Account[] }>('GET', '/accounting');
  expect(items.length).toBeGreaterThan(0);
  for (const account of items) {
    const { received, stored, duplicate, rejected } = account;
    expect(account, JSON.stringify(account)).toMatchObject({ balanced: true });
    expect(stored + duplicate + rejected).toBe(received);
  }
}

let kinds: Promise<Map<string, DeviceKind>> | undefined;

/** I4: the alerts of a rule are those of the pure function over what is stored. */
export async function expectAlertsFollowFromSeries(
  server: TestServer,
  device: SteadyDevice,
  ruleId: string,
): Promise<void> {
  const last = Math.max(0, ...device.sent);
  await expectAlertsAreThoseOfStore(server, {
    ...{ device: device.account.id, kind: 'pond-sensor', rule: ruleId },
    ...{ from: device.timeOf(0), to: device.timeOf(last + 1), saved: [] },
  });
}

export interface StoredStretch {
  device: string;
  kind: string;
  /** One rule alone, or all that read the device. */
  rule?: string;
  /** Times of the first report and beyond the last. */
  from: number;
  to: number;
  /** Rules besides those of the kind. */
  saved: readonly Rule[];
}

/**
 * The alerts of each rule in force, with their severities and, once they are over, their evidence,
 * are those that `evaluate` gives over the series as they are stored. Answers how many there are.
 */
export async function expectAlertsAreThoseOfStore(
  server: TestServer,
  { device, kind: kindName, rule: only, from, to, saved }: StoredStretch,
): Promise<number> {
  kinds ??= loadKinds().then((found) => new Map(found));
  const kind = (await kinds).get(kindName);
  if (kind === undefined) throw new Error(kindName);
  const found = await server.call<DeviceAnswer>('GET', `/devices/${device}`);
  const site = await server.call<Site>('GET', `/sites/${found.site}`);
  const subject = { device: { ...found, tags: found.tags ?? [] }, site, siteKind: kind.siteKind };
  const rules = chooseRules([...kind.rules, ...saved], subject);
  const series = new Map<string, Sample[]>();
  const now = Date.now();
  let count = 0;
  for (const rule of rules.filter(({ id }) => only === undefined || id === only)) {
    for (const { metric, device: other } of inputsOf(rule, kind)) {
      if (metric === CLOCK_FAULT.name) continue;
      const key = `${metric}@${other ?? device}`;
      if (!series.has(key)) {
        series.set(key, await storedSamples(server, { device: other ?? device, metric, from, to }));
      }
    }
    // The API does not answer it as a series. These devices' clocks are right: nothing may open.
    const samplesOf = (input: RuleInput): Sample[] =>
      input.metric === ANY_METRIC || input.metric === CLOCK_FAULT.name
        ? [...series.values()].flat().map(({ time }) => ({ time, value: 0 }))
        : (series.get(`${input.metric}@${input.device ?? device}`) ?? []);
    const expected = evaluate(rule, samplesOf, {
      ...{ kind, timeZone: 'Asia/Ho_Chi_Minh', startedOn: site.startedOn ?? null, now },
      createdAt: Date.parse(found.createdAt),
      intervalSeconds: found.intervalSeconds ?? kind.intervalSeconds,
    });
    await expectIntervals(server, { device, rule: rule.id }, expected);
    count += expected.length;
  }
  return count;
}

type DeviceAnswer = Omit<Device, 'createdAt'> & { createdAt: string };

function inputsOf(rule: Rule, kind: DeviceKind): readonly RuleInput[] {
  const { condition } = rule;
  if (condition.type !== 'absence') {
    return compileRule(rule, { kind, timeZone: 'Asia/Ho_Chi_Minh', startedOn: null }).inputs;
  }
  return condition.metric === undefined ? [] : [{ metric: condition.metric, device: null }];
}

/** The stored alerts become those intervals, once late reports were judged. */
async function expectIntervals(
  server: TestServer,
  { device, rule }: { device: string; rule: string },
  expected: readonly Interval[],
): Promise<void> {
  let last: unknown;
  const said = expected.map(({ onset, end, severities, worst, samples }) => ({
    ...{ onset, end, severities },
    ...(end !== null && { worst, samples }),
  }));
  const isSame = async (): Promise<boolean> => {
    const alerts = (await alertsOf(server, device, rule)).map((alert) => {
      const { severities, evidence } = alert;
      const [onset, end] = [Date.parse(alert.onset), alert.end && Date.parse(alert.end)];
      const steps = severities.map(({ time, severity }) => ({ time: Date.parse(time), severity }));
      const { worst, samples } = evidence;
      const shown = samples.map(({ time, value }) => ({ time: Date.parse(time), value }));
      return { onset, end, severities: steps, ...(end !== null && { worst, samples: shown }) };
    });
    // What was taken back is an interval of no length.
    const standing = alerts.filter(({ onset, end }) => onset !== end);
    last = standing.sort((left, right) => left.onset - right.onset);
    return isDeepStrictEqual(last, said);
  };
  await eventually(`the late reports of ${device} to be judged by ${rule}`, isSame).catch(() =>
    expect(last, `${rule} on ${device}, seed ${seed}`).toEqual(said),
  );
}

/** Samples in [from, to). */
async function storedSamples(
  server: TestServer,
  { device, metric, from, to }: { device: string; metric: string; from: number; to: number },
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let at = from; at < to; at += STEP_MS) {
    const span = `from=${at}&to=${Math.min(to, at + STEP_MS)}`;
    const route = `/series?device=${device}&metric=${metric}&${span}`;
    const answer = await server.call<SeriesAnswer>('GET', route);
    for (const { rows } of answer.items) {
      for (const [time, value] of rows) {
        samples.push({ time: Date.parse(String(time)), value: Number(value) });
      }
    }
  }
  return samples;
}

async function alertsOf(server: TestServer, device: string, rule: string): Promise<AlertView[]> {
  const alerts: AlertView[] = [];
  let next: string | null = '';
  while (next !== null) {
    const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page: { items: AlertView[]; next: string | null } = await server.call(
      'GET',
      `/alerts?device=${device}&rule=${rule}&limit=200${cursor}`,
    );
    alerts.push(...page.items);
    next = page.next;
  }
  return alerts;
}
