import type { Rule, Severity } from './rule.ts';

export type AlertState = 'open' | 'acknowledged' | 'shelved' | 'resolved';

/** One sample that shows why: the metric's value at an instant, null for absence. */
export interface EvidenceSample {
  time: number;
  value: number | null;
}

export interface AlertEvidence {
  metric: string | null;
  unit: string | null;
  /** The limit that was passed, or the seconds of silence allowed. */
  limit: number;
  /** The most extreme value seen so far, null for absence. */
  worst: number | null;
  /** The samples that opened it, and the latest one; at most 20. */
  samples: EvidenceSample[];
  source: Rule['source'];
}

/**
 * `raised`: it stands now, people should know. `recorded`: it became known too late to act on,
 * already over or shown only by old reports; nobody is called. `revised`: its times moved.
 * `reopened`: later data show that it had not ended. `withdrawn`: later data show that it never was.
 */
export type TimelineEvent =
  | 'raised'
  | 'recorded'
  | 'revised'
  | 'reopened'
  | 'withdrawn'
  | 'acknowledged'
  | 'commented'
  | 'resolved';

export interface TimelineEntry {
  at: number;
  event: TimelineEvent;
  /** The person or token, or null when the engine did it. */
  who: string | null;
  note: string | null;
}

/** One interval in which a rule's condition held for one device. */
export interface Alert {
  /** A function of rule, device and place in history, so re-evaluation finds the same one. */
  id: string;
  rule: string;
  ruleVersion: number;
  coop: string;
  site: string | null;
  device: string;
  severity: Severity;
  state: AlertState;
  /** Event time (ms) at which the condition was met. */
  onset: number;
  /** Receive time (ms) at which we could know. */
  known: number;
  /**
   * Event time (ms) at which it was over; null while it lasts. Always later than the onset, except
   * that a withdrawn alert has `end === onset`: an interval of no length.
   */
  end: number | null;
  /** Grows with every change of what is known about it. */
  revision: number;
  evidence: AlertEvidence;
  title: Rule['title'];
  advice: Rule['advice'];
  timeline: TimelineEntry[];
}

/** Who does something to an alert, and what they say about it. */
export interface AlertAction {
  /** The person or token. */
  who: string;
  note?: string;
}

/**
 * What people do to an alert. Each resolves with the alert as it is afterwards and throws
 * ALERT_NOT_FOUND, or ALERT_RESOLVED when it is over and the action no longer applies.
 */
export interface AlertActions {
  /** Acknowledging an acknowledged alert changes nothing. */
  acknowledge(id: string, action: AlertAction): Promise<Alert>;
  /** A comment is possible on a resolved alert too. */
  comment(id: string, action: AlertAction & { note: string }): Promise<Alert>;
  /** Ends it by a person's word, although the condition may still hold. */
  resolve(id: string, action: AlertAction): Promise<Alert>;
}
