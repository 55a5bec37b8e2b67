import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { DAY_MS } from '../base/local-clock.ts';
import type { DeviceKind, KindRegistry } from '../contracts/device-kind.ts';
import type { History } from '../contracts/history.ts';
import type { Localized } from '../contracts/localized.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Rule } from '../contracts/rule.ts';
import type { DryRunAnswer, DryRunRequest, RuleDesk, RuleTrials } from '../contracts/rule-book.ts';
import type { Device } from '../contracts/state.ts';
import { chooseRules, isInScope } from './choice.ts';
import { Nights } from './nights.ts';
import { countNoise } from './noise.ts';
import { remarks } from './remarks.ts';
import { createReplay, type Replay } from './replay.ts';
import { Stretch } from './stretch.ts';
import { subjectOf } from './subjects.ts';
import { Tally } from './tally.ts';
import { validateRule } from './validate.ts';

export interface RuleTrialsOptions {
  desk: Pick<RuleDesk, 'list' | 'get' | 'check'>;
  registry: Registry;
  kinds: KindRegistry;
  history: History;
  clock: Clock;
  /** Where nights are. */
  timeZone: string;
}

/** Devices times days of one dry run: 32 ponds for a month, 10 s when each reports every minute. */
const DEVICE_DAYS_MAX = 1_000;
/** A year, with its 29 February. */
const DAYS_MAX = 366;
/** Values read by one dry run, whatever the devices send: half a minute. */
const SAMPLES_MAX = 10_000_000;
/** Dry runs at once: each takes turns with the reports that come in, on the one thread there is. */
const RUNS_MAX = 2;
/** First stretch read at once; later ones grow or shrink towards the number of samples below. */
const STRETCH_MS = DAY_MS;
/** Samples read at once: at 16 bytes each 1.6 MB. */
const STRETCH_SAMPLES = 100_000;

/** Tries rules on history, and counts how much those in force call. */
export function createRuleTrials(options: RuleTrialsOptions): RuleTrials {
  let running = 0;
  const nights = new Nights(options.timeZone);
  return {
    async dryRun(request, signal) {
      if (running >= RUNS_MAX) {
        throw new AppError('DRY_RUN_BUSY', `${running} dry runs are under way already`, {
          hint: 'Try again in a few seconds.',
        });
      }
      running++;
      try {
        return await runDry({ ...options, nights }, request, signal);
      } finally {
        running--;
      }
    },

    noise: (alerts, range) => countNoise(alerts, range, nights),
  };
}

type Setting = RuleTrialsOptions & { nights: Nights };

/** One rule with the devices it is judged for. */
interface Trial {
  rule: Rule;
  devices: ReadonlySet<Device>;
  tally: Tally;
}

async function runDry(
  setting: Setting,
  request: DryRunRequest,
  signal?: AbortSignal,
): Promise<DryRunAnswer> {
  const { desk, kinds, clock, nights } = setting;
  desk.check(request.rule);
  const kind = validateRule(request.rule, kinds);
  const range = { from: request.from, to: Math.min(request.to, clock.now()) };
  if (!(range.from < range.to)) {
    throw new AppError('RANGE_EMPTY', 'the dry run has no time to replay', {
      field: 'from',
      hint: 'Give a start before the end, and before now.',
    });
  }
  const inForce = desk.get(request.rule.id)?.rule;
  const beside = desk.list().map(({ rule }) => rule);
  const others = beside.filter(({ id }) => id !== request.rule.id);
  const tried = { ...request.rule, enabled: true };
  const asked = askedDevices(setting, request);
  const choice = choose(setting, { kind, asked, rules: [...others, tried], rule: tried });
  const trials: Trial[] = [
    { rule: tried, devices: choice.devices, tally: new Tally(range, nights) },
  ];
  if (inForce !== undefined) {
    const { devices } = choose(setting, { kind, asked, rules: beside, rule: inForce });
    trials.push({ rule: inForce, devices, tally: new Tally(range, nights) });
  }
  const devices = [...new Set(trials.flatMap((trial) => [...trial.devices]))];
  refuseTooMuch(devices.length, range);
  const read = await replayAll(setting, { kind, range, trials, devices }, signal);
  const [own, current] = trials.map(({ tally }) => tally);
  if (own === undefined) throw new RangeError('no trial');
  return {
    ...range,
    devices: choice.devices.size,
    samples: read.samples,
    intervals: own.intervals,
    more: own.more,
    figures: own.figures,
    current: current?.figures ?? null,
    remarks: [
      ...choice.remarks,
      ...remarksOf(setting, { request, range, inForce, devices: choice.devices, ...read, own }),
    ],
  };
}

function askedDevices({ registry }: Setting, { rule, devices, coops }: DryRunRequest): Device[] {
  const candidates =
    devices === undefined ? [...registry.all()] : devices.flatMap((id) => registry.find(id) ?? []);
  return candidates.filter(
    ({ kind, coop }) => kind === rule.kind && (coops?.includes(coop) ?? true),
  );
}

/** The devices a rule is judged for among all rules, and what stands before it on the others. */
function choose(
  { registry }: Setting,
  choice: { kind: DeviceKind; asked: readonly Device[]; rules: readonly Rule[]; rule: Rule },
): { devices: Set<Device>; remarks: Localized[] } {
  const { kind, asked, rule } = choice;
  const rules = choice.rules.filter((each) => each.kind === kind.name);
  const devices = new Set<Device>();
  const behind = new Map<string, number>();
  for (const device of asked) {
    const subject = subjectOf(device, kind, registry);
    if (!isInScope(rule, subject)) continue;
    if (chooseRules(rules, subject).includes(rule)) {
      devices.add(device);
      continue;
    }
    // Enabled, so that the one that stands before it is found even when it judges nobody.
    const ofTopic = rules.filter(({ topic }) => topic === rule.topic);
    const enabled = ofTopic.map((each) => ({ ...each, enabled: true }));
    const [first] = chooseRules(enabled, subject);
    if (first !== undefined) behind.set(first.id, (behind.get(first.id) ?? 0) + 1);
  }
  const said = [...behind].map(([id, count]) => remarks.standsBehind(count, id));
  if (devices.size === 0 && said.length === 0) said.push(remarks.noDevice());
  return { devices, remarks: said };
}

function refuseTooMuch(devices: number, { from, to }: { from: number; to: number }): void {
  const days = Math.ceil((to - from) / DAY_MS);
  if (days > DAYS_MAX) {
    throw tooLarge(`${days} days are too many`, `Ask for ${DAYS_MAX} days or less.`);
  }
  if (devices * days <= DEVICE_DAYS_MAX) return;
  const fitting = Math.floor(DEVICE_DAYS_MAX / days);
  const shorter = Math.floor(DEVICE_DAYS_MAX / devices);
  const time = shorter < 1 ? '' : `, or for ${shorter} days`;
  throw tooLarge(
    `${devices} devices over ${days} days are too much`,
    `Name up to ${fitting} devices${time}.`,
  );
}

function tooLarge(message: string, hint: string): AppError {
  return new AppError('DRY_RUN_TOO_LARGE', message, { field: 'from', hint });
}

interface Course {
  kind: DeviceKind;
  range: { from: number; to: number };
  trials: readonly Trial[];
  devices: readonly Device[];
}

async function replayAll(
  setting: Setting,
  course: Course,
  signal?: AbortSignal,
): Promise<{ samples: number; empty: number }> {
  let samples = 0;
  let empty = 0;
  const budget = { left: SAMPLES_MAX };
  for (const device of course.devices) {
    const found = await replayDevice(setting, { ...course, device, budget }, signal);
    samples += found;
    const isTried = course.trials[0]?.devices.has(device) === true;
    if (found === 0 && isTried) empty++;
  }
  return { samples, empty };
}

/** Replays every trial that reads a device; resolves with the samples found in the range. */
async function replayDevice(
  { history, kinds, registry, timeZone }: Setting,
  course: Course & { device: Device; budget: { left: number } },
  signal?: AbortSignal,
): Promise<number> {
  const { kind, range, device, budget } = course;
  const site = device.site === null ? undefined : registry.site(device.site);
  const context = { kind, timeZone, startedOn: site?.startedOn ?? null };
  const intervalSeconds = registry.intervalSeconds(device.id) ?? kind.intervalSeconds;
  const replays: Replay[] = [];
  for (const { rule, devices, tally } of course.trials) {
    if (!devices.has(device)) continue;
    const find = (id: string) => registry.find(id);
    replays.push(createReplay({ rule, device, intervalSeconds, context, find, range, tally }));
  }
  const options = { history, kinds, signal };
  for (const replay of replays) await replay.prepare(options);
  let from = Math.min(...replays.map(({ readFrom }) => readFrom));
  let stretchMs = STRETCH_MS;
  let samples = 0;
  while (from < range.to) {
    const to = Math.min(from + stretchMs, from < range.from ? range.from : range.to);
    const stretch = new Stretch(options, { from, to });
    for (const replay of replays) await replay.take(stretch);
    await stretch.turn();
    if (from >= range.from) samples += stretch.samples;
    budget.left -= stretch.samples;
    if (budget.left < 0) {
      const hint = 'Name fewer devices, or ask for less time.';
      throw tooLarge(`there are more than ${SAMPLES_MAX} values to replay`, hint);
    }
    from = to;
    stretchMs *= Math.min(8, Math.max(0.25, STRETCH_SAMPLES / Math.max(1, stretch.samples)));
  }
  for (const replay of replays) replay.end();
  return samples;
}

function remarksOf(
  { registry }: Setting,
  run: {
    request: DryRunRequest;
    range: { to: number };
    inForce: Rule | undefined;
    devices: ReadonlySet<Device>;
    empty: number;
    own: Tally;
  },
): Localized[] {
  const { request, range, inForce, devices, empty, own } = run;
  const said: Localized[] = [];
  const withoutStart = [...devices].filter(
    ({ site }) => site === null || registry.site(site)?.startedOn == null,
  );
  if (request.rule.when?.cropDays !== undefined && withoutStart.length > 0) {
    said.push(remarks.noStart(withoutStart.length));
  }
  if (empty > 0) said.push(remarks.noData(empty, devices.size));
  if (own.begunBefore > 0) said.push(remarks.begunBefore(own.begunBefore));
  if (own.lasting > 0) said.push(remarks.lasting(own.lasting));
  if (range.to < request.to) said.push(remarks.endsNow());
  if (!request.rule.enabled) said.push(remarks.disabled());
  if (inForce?.enabled === false) said.push(remarks.currentDisabled());
  return said;
}
