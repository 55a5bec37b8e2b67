import type { Observation } from '../contracts/observation.ts';
import type { Instant, RuleRun } from './compiled.ts';
import type { OpenAlert } from './finding.ts';
import type { LateMark } from './late-mark.ts';
import { type MachineState, resumedState } from './machine.ts';
import { RecentSamples } from './recent-samples.ts';
import type { Plan, PlannedRule, PlannedSilence, SeriesPlan } from './rule-book.ts';
import { allowedSilenceMs } from './silence.ts';

/** One threshold or combined rule on one device. */
export interface RuleMemory {
  plan: PlannedRule;
  /** Null while nothing is under way, as in most rules on most devices at most times. */
  state: MachineState | null;
  /** The alert of the interval that lasts; null without one. */
  alert: OpenAlert | null;
  /** Instants up to this event time were judged by an earlier version, or by none. */
  from: number;
  /** No closed interval of this rule ends later: a late sample beyond it meets no alert. */
  latestEnd: number;
  /**
   * What its readings are made of. Null while it is cold: then what comes is marked late, and the
   * re-evaluation makes it again from history.
   */
  run: RuleRun | null;
  joint: JointMemory | null;
}

/** What a rule judged by instant remembers besides. */
export interface JointMemory {
  inputs: readonly SeriesMemory[];
  /** Whether another device is among them, so that instants wait for it. */
  waits: boolean;
  /** Event time of the newest instant that was judged; -Infinity before the first. */
  judged: number;
  /** Instants ahead of what all devices of the rule said, ascending. */
  held: HeldInstant[];
  /** While cold: the first instant that was not judged; Infinity without one. */
  parked: number;
}

export interface HeldInstant extends Instant {
  values: Array<number | undefined>;
  /** Receive time of what was said last of it. */
  receivedAt: number;
}

/** One absence rule on one device. */
export interface SilenceMemory {
  plan: PlannedSilence;
  afterMs: number;
  /** Event time of the newest observation that broke it; -Infinity before the first. */
  last: number;
  alert: OpenAlert | null;
  latestEnd: number;
}

/** One series that rules of a device read, with the rules that read each sample of it by itself. */
export interface SeriesMemory {
  plan: SeriesPlan;
  /** Event time of the newest sample; -Infinity before the first. */
  last: number;
  /** When that one was received; NaN before the first since the start. */
  lastReceivedAt: number;
  recent: RecentSamples;
  rules: readonly RuleMemory[];
}

/** Everything the engine remembers of one device between two batches. */
export interface DeviceMemory {
  id: string;
  plan: Plan;
  createdAt: number;
  /** Those of the device itself. */
  series: SeriesMemory[];
  /** Those of others, by device. */
  others: Map<string, SeriesMemory[]>;
  rules: RuleMemory[];
  /** Those of them that are judged by instant. */
  joint: RuleMemory[];
  silences: SilenceMemory[];
  /** Event time of the newest observation of any metric; -Infinity before the first. */
  lastAny: number;
  /** Monotonic time at which it was last heard since this start, or null. */
  heardAt: number | null;
  /** Event times to be evaluated again once the store has all of them. */
  late: LateMark | null;
  /** Late reports that came after `late` was closed for its evaluation. */
  later: LateMark | null;
  /** Observations accepted since the first mark: the store may not have them yet. */
  tail: Observation[];
  /** Grows when the tail was cut or the rules changed: a re-evaluation under way is void. */
  epoch: number;
  /** Names the corrections that its values were judged by. */
  corrections: string;
}

/** What is known of a rule on a device whatever the plan: kept over restarts and rule changes. */
export interface Remembered {
  version: number;
  isSilence: boolean;
  from: number;
  latestEnd: number;
  /** Null while nothing is under way, and for absence, which has none. */
  state: MachineState | null;
  alert: OpenAlert | null;
  judged: number;
  parked: number;
}

export interface RememberedDevice {
  lastAny: number;
  /** Newest sample of each series by key. */
  lasts: Map<string, number>;
  rules: Map<string, Remembered>;
  corrections: string;
}

export function remember(memory: DeviceMemory): RememberedDevice {
  const rules = new Map<string, Remembered>();
  const lasts = new Map<string, number>();
  for (const { plan, last } of allSeries(memory)) lasts.set(plan.key, last);
  for (const { plan, state, alert, from, latestEnd, joint } of memory.rules) {
    rules.set(plan.rule.id, {
      version: plan.rule.version,
      isSilence: false,
      from,
      latestEnd,
      state,
      alert,
      judged: joint?.judged ?? Number.NEGATIVE_INFINITY,
      // What is held is not kept: once cold, it is read back from here on.
      parked: Math.min(joint?.held[0]?.time ?? Infinity, joint?.parked ?? Infinity),
    });
  }
  for (const { plan, alert, latestEnd } of memory.silences) {
    rules.set(plan.rule.id, {
      version: plan.rule.version,
      isSilence: true,
      from: Number.NEGATIVE_INFINITY,
      latestEnd,
      state: null,
      alert,
      judged: Number.NEGATIVE_INFINITY,
      parked: Number.POSITIVE_INFINITY,
    });
  }
  return { lastAny: memory.lastAny, lasts, rules, corrections: memory.corrections };
}

export function* allSeries({ series, others }: DeviceMemory): Iterable<SeriesMemory> {
  yield* series;
  for (const some of others.values()) yield* some;
}

export interface Place {
  id: string;
  createdAt: number;
  /** Declared or learned; null: the kind's own. */
  intervalSeconds: number | null;
}

/**
 * The memory of a device under a plan. A rule whose version changed goes on from the newest sample,
 * and an alert it holds stays open to be ended by the new version; a new rule begins there too.
 * Open alerts of rules that no longer read the device are returned as orphans.
 */
export function bind(
  place: Place,
  plan: Plan,
  known: RememberedDevice,
): { memory: DeviceMemory; orphans: Array<{ rule: string; alert: OpenAlert }> } {
  const series = plan.series.map((each): SeriesMemory => {
    // A series no rule read before: what came until now is past for those that read it from here.
    const last = known.lasts.get(each.key) ?? (each.device === null ? known.lastAny : -Infinity);
    const recent = new RecentSamples();
    return { plan: each, last, lastReceivedAt: Number.NaN, recent, rules: [] };
  });
  const taken = new Set<string>();
  const recall = (id: string, isSilence: boolean): Remembered | undefined => {
    const found = known.rules.get(id);
    if (found?.isSilence !== isSilence) return undefined;
    taken.add(id);
    return found;
  };
  const rules = plan.rules.map((rule) =>
    bindRule(rule, recall(rule.rule.id, false), { series, known }),
  );
  for (const [place, each] of series.entries()) {
    each.rules = rules.filter(({ plan, joint }) => joint === null && plan.inputs[0] === place);
  }
  const silences = plan.silences.map((silence): SilenceMemory => {
    const found = recall(silence.rule.id, true);
    return {
      plan: silence,
      afterMs: allowedSilenceMs(silence.rule.condition, intervalOf(place, plan)),
      last: (silence.series === null ? undefined : series[silence.series]?.last) ?? known.lastAny,
      alert: found?.alert ?? null,
      latestEnd: found?.latestEnd ?? Number.NEGATIVE_INFINITY,
    };
  });
  const orphans: Array<{ rule: string; alert: OpenAlert }> = [];
  for (const [rule, { alert }] of known.rules) {
    if (alert !== null && !taken.has(rule)) orphans.push({ rule, alert });
  }
  const memory: DeviceMemory = {
    id: place.id,
    plan,
    createdAt: place.createdAt,
    series: series.filter((each) => each.plan.device === null),
    others: byDevice(series),
    rules,
    joint: rules.filter(({ joint }) => joint !== null),
    silences,
    lastAny: known.lastAny,
    heardAt: null,
    late: null,
    later: null,
    tail: [],
    epoch: 0,
    corrections: known.corrections,
  };
  return { memory, orphans };
}

/** The expected seconds between reports changed: silences to come are judged by the new ones. */
export function adjustSilences(memory: DeviceMemory, place: Place): void {
  for (const silence of memory.silences) {
    const { condition } = silence.plan.rule;
    silence.afterMs = allowedSilenceMs(condition, intervalOf(place, memory.plan));
  }
}

function intervalOf(place: Place, { kind }: Plan): number {
  return place.intervalSeconds ?? kind.intervalSeconds;
}

function byDevice(series: readonly SeriesMemory[]): Map<string, SeriesMemory[]> {
  const others = new Map<string, SeriesMemory[]>();
  for (const each of series) {
    const { device } = each.plan;
    if (device === null) continue;
    others.set(device, [...(others.get(device) ?? []), each]);
  }
  return others;
}

function bindRule(
  plan: PlannedRule,
  found: Remembered | undefined,
  { series, known }: { series: readonly SeriesMemory[]; known: RememberedDevice },
): RuleMemory {
  const inputs = plan.inputs.flatMap((input) => series[input] ?? []);
  const alert = found?.alert ?? null;
  const latestEnd = found?.latestEnd ?? Number.NEGATIVE_INFINITY;
  const waits = inputs.some((each) => each.plan.device !== null);
  const joint: JointMemory | null = plan.isJoint
    ? { inputs, waits, judged: -Infinity, held: [], parked: Infinity }
    : null;
  const run = plan.isJoint ? null : plan.compiled.start();
  if (found?.version === plan.rule.version && fits(found, plan)) {
    const { state, from, judged, parked } = found;
    if (joint !== null) Object.assign(joint, { judged, parked });
    return { plan, state, alert, from, latestEnd, run, joint };
  }
  const from = newestJudged(found, inputs, known);
  const state = alert && resumedState(plan.compiled, alert.interval, from);
  // One object for both: the machine writes the interval's end and the alert tells it.
  if (alert !== null && state?.open) alert.interval = state.open;
  if (joint !== null) joint.judged = from;
  return { plan, state, alert, from, latestEnd, run, joint };
}

function newestJudged(
  found: Remembered | undefined,
  inputs: readonly SeriesMemory[],
  { lastAny }: RememberedDevice,
): number {
  // An earlier version judged by instant: what it held back is still to be judged.
  if (found !== undefined && Number.isFinite(found.judged)) return found.judged;
  const own = inputs.filter(({ plan }) => plan.device === null);
  return own.length === 0 ? lastAny : Math.max(...own.map(({ last }) => last));
}

function fits({ state, alert }: Remembered, { compiled }: PlannedRule): boolean {
  return state === null ? alert === null : state.levels.length === compiled.levels.length;
}

/** What is remembered of a device that was never heard. */
export function nothingRemembered(): RememberedDevice {
  const lastAny = Number.NEGATIVE_INFINITY;
  return { lastAny, lasts: new Map(), rules: new Map(), corrections: '' };
}

/**
 * Up to when an instant can be judged: all devices of the rule were heard until then. Only a rule
 * that waits for another device has such a time.
 */
export function heardByAll(
  inputs: readonly SeriesMemory[],
  lastOf: (series: SeriesMemory) => number = ({ last }) => last,
): number {
  const newest = new Map<string | null, number>();
  for (const series of inputs) {
    const { device } = series.plan;
    newest.set(device, Math.max(newest.get(device) ?? -Infinity, lastOf(series)));
  }
  return Math.min(...newest.values());
}
