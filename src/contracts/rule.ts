import type { Localized } from './localized.ts';

export type Severity = 'info' | 'warning' | 'critical';

/**
 * One metric beyond a limit. The alert opens when the value has been beyond `limit` for
 * `forSeconds` of observed time, and ends when it has been at or past `clear` for `clearSeconds`.
 * A value equal to the limit is not beyond it. Gaps longer than `gapSeconds` are unknown: they
 * count as neither, so they neither open nor clear.
 */
export interface ThresholdCondition {
  type: 'threshold';
  metric: string;
  beyond: 'below' | 'above';
  limit: number;
  /** Hysteresis: the value at which it counts as over; on the safe side of `limit`. */
  clear: number;
  forSeconds: number;
  clearSeconds: number;
  gapSeconds: number;
}

/** No observation of the device for `afterSeconds` of observed time; also for one never seen. */
export interface AbsenceCondition {
  type: 'absence';
  /** Null: three of the device's expected intervals. */
  afterSeconds: number | null;
}

export type RuleCondition = ThresholdCondition | AbsenceCondition;

/** V seen in the named source, C computed from it, D our own design rule, U not verified. */
export type Evidence = 'V' | 'C' | 'D' | 'U';

/** Where the number comes from; shown with every alert it raises. */
export interface RuleSource {
  text: string;
  evidence: Evidence;
}

/** The devices a rule reads; what is absent does not narrow. */
export interface RuleScope {
  coop?: string;
  site?: string;
  device?: string;
}

/** A rule is data: no user code, no user pattern. */
export interface Rule {
  id: string;
  /** Grows with every change; an alert names the version that raised it. */
  version: number;
  enabled: boolean;
  kind: string;
  title: Localized;
  severity: Severity;
  scope: RuleScope;
  condition: RuleCondition;
  source: RuleSource;
  /** What to do now, at most three steps in each language. */
  advice: { vi: string[]; en: string[]; fr: string[] };
}
