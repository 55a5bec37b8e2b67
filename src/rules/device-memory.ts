import type { Observation } from '../contracts/observation.ts';
import type { OpenAlert } from './finding.ts';
import type { LateMark } from './late-mark.ts';
import { RecentSamples } from './recent-samples.ts';
import type { MetricPlan, Plan, SilenceRule, ThresholdRule } from './rule-book.ts';
import { allowedSilenceMs } from './silence.ts';
import { newThresholdState, type ThresholdState } from './threshold.ts';

/** One threshold rule on one device. */
export interface ThresholdMemory {
  rule: ThresholdRule;
  state: ThresholdState;
  /** The alert of `state.open`; null when that is null. */
  alert: OpenAlert | null;
  /** Samples up to this event time were judged by an earlier version, or by none. */
  from: number;
  /** No closed interval of this rule ends later: a late sample beyond it meets no alert. */
  latestEnd: number;
}

/** One absence rule on one device. */
export interface SilenceMemory {
  rule: SilenceRule;
  afterMs: number;
  alert: OpenAlert | null;
  latestEnd: number;
}

/** One metric of one device: the newest sample judged, and the rules that read it. */
export interface SeriesMemory {
  plan: MetricPlan;
  /** Event time of the newest sample; -Infinity before the first. */
  last: number;
  /** When that one was received; NaN before the first since the start. */
  lastReceivedAt: number;
  recent: RecentSamples;
  rules: ThresholdMemory[];
}

/** Everything the engine remembers of one device between two batches. */
export interface DeviceMemory {
  id: string;
  plan: Plan;
  createdAt: number;
  series: SeriesMemory[];
  silences: SilenceMemory[];
  /** Event time of the newest observation of any metric; -Infinity before the first. */
  lastAny: number;
  /** Monotonic time at which it was last heard since this start, or null. */
  heardAt: number | null;
  /** Event times that late reports reached, to be evaluated again once the store has them. */
  late: LateMark | null;
  /** Late reports that came after `late` was closed for its evaluation. */
  later: LateMark | null;
  /** Observations accepted since the first mark: the store may not have them yet. */
  tail: Observation[];
  /** Grows when the tail was cut or the rules changed: a re-evaluation under way is void. */
  epoch: number;
}

/** What is known of a rule on a device whatever the plan: kept over restarts and rule changes. */
export interface Remembered {
  version: number;
  /** The metric of a threshold rule, null for absence. */
  metric: string | null;
  from: number;
  latestEnd: number;
  state: ThresholdState;
  alert: OpenAlert | null;
}

export interface RememberedDevice {
  lastAny: number;
  lasts: Map<string, number>;
  rules: Map<string, Remembered>;
}

export function remember(memory: DeviceMemory): RememberedDevice {
  const rules = new Map<string, Remembered>();
  const lasts = new Map<string, number>();
  for (const { plan, last, rules: thresholds } of memory.series) {
    lasts.set(plan.name, last);
    for (const { rule, state, alert, from, latestEnd } of thresholds) {
      const { id, version } = rule.rule;
      rules.set(id, { version, metric: plan.name, from, latestEnd, state, alert });
    }
  }
  for (const { rule, alert, latestEnd } of memory.silences) {
    const state = newThresholdState();
    const from = Number.NEGATIVE_INFINITY;
    rules.set(rule.id, { version: rule.version, metric: null, from, latestEnd, state, alert });
  }
  return { lastAny: memory.lastAny, lasts, rules };
}

export interface Place {
  id: string;
  createdAt: number;
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
  const taken = new Set<string>();
  const recall = (id: string, metric: string | null): Remembered | undefined => {
    const found = known.rules.get(id);
    if (found?.metric !== metric) return undefined;
    taken.add(id);
    return found;
  };
  const memory: DeviceMemory = {
    id: place.id,
    plan,
    createdAt: place.createdAt,
    series: plan.metrics.map((metric) => bindSeries(metric, known, recall)),
    silences: plan.silences.map((rule) => {
      const found = recall(rule.id, null);
      return {
        rule,
        afterMs: allowedSilenceMs(
          rule.condition,
          place.intervalSeconds ?? plan.kind.intervalSeconds,
        ),
        alert: found?.alert ?? null,
        latestEnd: found?.latestEnd ?? Number.NEGATIVE_INFINITY,
      };
    }),
    lastAny: known.lastAny,
    heardAt: null,
    late: null,
    later: null,
    tail: [],
    epoch: 0,
  };
  const orphans: Array<{ rule: string; alert: OpenAlert }> = [];
  for (const [rule, { alert }] of known.rules) {
    if (alert !== null && !taken.has(rule)) orphans.push({ rule, alert });
  }
  return { memory, orphans };
}

function bindSeries(
  plan: MetricPlan,
  known: RememberedDevice,
  recall: (id: string, metric: string | null) => Remembered | undefined,
): SeriesMemory {
  // A metric no rule read before: what came until now is past for the rules that read it from here.
  const last = known.lasts.get(plan.name) ?? known.lastAny;
  const rules = plan.rules.map((rule): ThresholdMemory => {
    const found = recall(rule.rule.id, plan.name);
    if (found?.version === rule.rule.version) {
      const { state, alert, from, latestEnd } = found;
      return { rule, state, alert, from, latestEnd };
    }
    const state = newThresholdState();
    const alert = found?.alert ?? null;
    state.open = alert?.interval ?? null;
    const latestEnd = found?.latestEnd ?? Number.NEGATIVE_INFINITY;
    return { rule, state, alert, from: last, latestEnd };
  });
  return { plan, last, lastReceivedAt: Number.NaN, recent: new RecentSamples(), rules };
}

/** What is remembered of a device that was never heard. */
export function nothingRemembered(): RememberedDevice {
  return { lastAny: Number.NEGATIVE_INFINITY, lasts: new Map(), rules: new Map() };
}
