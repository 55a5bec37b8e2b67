import type { Localized } from './localized.ts';

export type Severity = 'info' | 'warning' | 'critical';

/** From the harmless to the grave. */
export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

export const VIEW_FUNCTIONS = ['mean', 'min', 'max', 'sum', 'count', 'swing'] as const;
/** `swing` is the greatest value minus the least. */
export type ViewFunction = (typeof VIEW_FUNCTIONS)[number];

/**
 * How a metric is looked at before it is compared; without one it is its value at the instant.
 * A view is a function of the samples in `(t - reach, t]`, and tells something only at instants at
 * which the metric was observed.
 */
export type View =
  /** The last value minus the one at least `overSeconds` before, scaled to a time; UNKNOWN without one. */
  | { type: 'rate'; overSeconds: number; perSeconds: number }
  /**
   * Over the last seconds. UNKNOWN until its samples leave no gap above `gapSeconds` in the window;
   * a count, a sum of counts, a swing and an extreme can be known beyond a limit before that.
   */
  | { type: 'rolling'; function: ViewFunction; overSeconds: number }
  /**
   * Over so many local days, today's part included, that begin at `startsAt` (`12:00` makes nights).
   * A day without a sample was not observed and is no zero: with fewer than `minimumDays` observed
   * it is UNKNOWN, except that what is beyond the limit already stays so. `each` is the function
   * within a day, `function` the one over the days.
   */
  | {
      type: 'days';
      each: ViewFunction;
      function: ViewFunction;
      days: number;
      minimumDays: number;
      startsAt: string;
    }
  /**
   * Minus another metric, of the same device or another: its newest value at most `maxAgeSeconds`
   * old, else UNKNOWN. Two devices are judged up to the instant both were heard.
   */
  | { type: 'minus'; metric: string; device?: string; maxAgeSeconds: number; absolute?: boolean }
  /**
   * The QARTOD flag of a test (IOOS, real-time quality control): 1 good, 3 suspect, 4 fail. Rules
   * warn above 2 or above 3. `stuck`: no change beyond `tolerance` for the seconds; `spike`: the
   * value before against the mean of its neighbours; `jump`: change in `perSeconds`.
   */
  | { type: 'stuck'; tolerance: number; suspectSeconds: number; failSeconds: number }
  | { type: 'spike'; suspect: number; fail: number }
  | { type: 'jump'; most: number; perSeconds: number }
  | { type: 'range'; suspect: [number, number]; fail: [number, number] };

/** A metric of the kind, observed or derived, as it is looked at. */
export interface Signal {
  metric: string;
  view?: View;
}

/** Beyond `limit` it holds, at or past `clear` it is over; between the two nothing changes. */
export interface Limits {
  beyond: 'below' | 'above';
  limit: number;
  /** Hysteresis: the value at which it counts as over; on the safe side of `limit`. */
  clear: number;
}

export interface Durations {
  /** Observed time the condition must hold before the alert opens. */
  forSeconds: number;
  /** Observed time it must have been over before the alert ends. */
  clearSeconds: number;
  /** Longer gaps are UNKNOWN: they count as neither, so they neither open nor clear. */
  gapSeconds: number;
}

/** A further, graver limit of the same condition: severity moves within the one alert. */
export interface Band {
  severity: Severity;
  limit: number;
  clear: number;
  /** Those of the condition without them. */
  forSeconds?: number;
  clearSeconds?: number;
}

/**
 * One signal beyond a limit. The alert opens when the value has been beyond `limit` for
 * `forSeconds` of observed time, and ends when it has been at or past `clear` for `clearSeconds`.
 * A value equal to the limit is not beyond it.
 */
export interface ThresholdCondition extends Signal, Limits, Durations {
  type: 'threshold';
  /** Graver than the rule's own severity, each beyond the one before. */
  bands?: readonly Band[];
}

/** One of the conditions that `all` and `any` join. */
export type Test = (Signal & Limits & { type: 'test' }) | TestGroup;

export interface TestGroup {
  type: 'all' | 'any';
  of: readonly Test[];
}

/**
 * Several tests at once, joined by Kleene's logic: UNKNOWN stays UNKNOWN unless another test
 * decides. A test's last reading counts for `maxAgeSeconds`, then it is UNKNOWN.
 */
export interface CombinedCondition extends TestGroup, Durations {
  maxAgeSeconds: number;
}

/**
 * No observation of the device for `afterSeconds` of observed time; also for one never seen. With a
 * metric it is that metric which is missing, whatever else the device says, once it was reported.
 */
export interface AbsenceCondition {
  type: 'absence';
  /** Null: three of the device's expected intervals. */
  afterSeconds: number | null;
  metric?: string;
}

export type RuleCondition = ThresholdCondition | CombinedCondition | AbsenceCondition;

/**
 * When a rule asks at all, in local time; what is absent does not narrow. Outside it the condition
 * is over, not UNKNOWN. Crop days need the site's `startedOn`; without it the rule stays UNKNOWN.
 */
export interface RuleSeason {
  /** Times of day `18:00` to `07:00`; the first belongs, the last does not; may pass midnight. */
  hours?: { from: string; to: string };
  /** Days of the year `05-01` to `10-31`, both belong; may pass the year's end. */
  dates?: { from: string; to: string };
  /** Days after stocking or sowing, both belong. */
  cropDays?: { from: number; to: number };
}

/** V seen in the named source, C computed from it, D our own design rule, U not verified. */
export type Evidence = 'V' | 'C' | 'D' | 'U';

/** Where the number comes from; shown with every alert it raises. */
export interface RuleSource {
  text: string;
  evidence: Evidence;
  /** Where the number was found to hold, as people would say it. */
  region?: string;
  /** Crop, species and stage it is for. */
  stage?: string;
  /** Last day (`2027-12-31`) before it should be looked at again. */
  validUntil?: string;
}

/** The devices a rule reads; what is absent does not narrow. */
export interface RuleScope {
  coop?: string;
  site?: string;
  device?: string;
  siteKind?: 'pond' | 'field' | 'zone';
  species?: string;
  crop?: string;
  tag?: string;
}

/**
 * `scout`: go and look. `treat`: a field count says that treatment pays; only what people counted
 * in the field may say that, never a trap.
 */
export type Advises = 'act' | 'scout' | 'treat';

/** A rule is data: no user code, no user pattern. */
export interface Rule {
  id: string;
  /** Grows with every change; an alert names the version that raised it. */
  version: number;
  enabled: boolean;
  kind: string;
  /**
   * Rules of one topic stand in for each other: of those that read a device only the one with the
   * most specific scope is judged (device, tag, site, species or crop, site kind, cooperative,
   * everything), and when that one is disabled none is. Without it the rule is a topic of its own.
   */
  topic?: string;
  title: Localized;
  severity: Severity;
  scope: RuleScope;
  when?: RuleSeason;
  condition: RuleCondition;
  source: RuleSource;
  /** `act` without it. */
  advises?: Advises;
  /** What to do now, at most three steps in each language. */
  advice: { vi: string[]; en: string[]; fr: string[] };
}

/** One saved state of a rule, for its history. */
export interface RuleVersion {
  rule: Rule;
  savedAt: number;
  savedBy: string;
  /** The rule was taken back: the kind's own stands again, or none. */
  removed: boolean;
}
