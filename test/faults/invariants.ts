import { expect } from 'vitest';
import type { DeviceKind } from '#src/contracts/device-kind';
import { loadKinds } from '#src/ingest/kinds';
import { evaluate } from '#src/rules/evaluate';
import type { AlertView, SeriesAnswer } from '../support/answers.ts';
import { eventually } from '../support/device.ts';
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

type Points = Array<[number, number]>;

export async function storedPoints(
  server: TestServer,
  device: SteadyDevice,
  metric: string,
): Promise<Points> {
  const points: Points = [];
  const last = Math.max(0, ...device.sent);
  const step = 20_000;
  for (let at = 0; at <= last; at += step) {
    const span = `from=${device.timeOf(at)}&to=${device.timeOf(at + step)}`;
    const route = `/series?device=${device.account.id}&metric=${metric}&${span}`;
    const answer = await server.call<SeriesAnswer>('GET', route);
    for (const { rows } of answer.items) {
      for (const [time, value] of rows) points.push([Date.parse(String(time)), Number(value)]);
    }
  }
  return points;
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

/** I4: the alerts of a threshold rule are those of the pure function over what is stored. */
export async function expectAlertsFollowFromSeries(
  server: TestServer,
  device: SteadyDevice,
  ruleId: string,
): Promise<void> {
  kinds ??= loadKinds().then((found) => new Map(found));
  const [kind] = [...(await kinds).values()].filter(({ rules }) =>
    rules.some(({ id }) => id === ruleId),
  );
  const rule = kind?.rules.find(({ id }) => id === ruleId);
  if (kind === undefined || rule === undefined || rule.condition.type !== 'threshold')
    throw new Error(ruleId);
  const points = await storedPoints(server, device, rule.condition.metric);
  const samples = points.map(([time, value]) => ({ time, value }));
  const expected = evaluate(rule, samples, {
    ...{ kind, timeZone: 'Asia/Ho_Chi_Minh', startedOn: null },
    ...{ now: 0, createdAt: 0, intervalSeconds: 60 },
  });
  const alerts = await eventually('the late reports to be judged', async () => {
    const found = await alertsOf(server, device.account.id, ruleId);
    return found.length === expected.length ? found : undefined;
  });
  const spans = alerts.map(({ onset, end }) => [Date.parse(onset), end && Date.parse(end)]);
  spans.sort(([left], [right]) => Number(left) - Number(right));
  expect(spans).toEqual(expected.map(({ onset, end }) => [onset, end]));
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
