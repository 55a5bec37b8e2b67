import type { Advises, Rule, Severity } from './rule.ts';
import type { Repositories } from './state.ts';

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
  /** What else was computed with the latest value, such as another model's answer. */
  beside?: Readonly<Record<string, number | string>>;
}

/**
 * `raised`: it stands now, people should know. `recorded`: it became known too late to act on,
 * already over or shown only by old reports; nobody is called. `revised`: its times moved.
 * `reopened`: later data show that it had not ended. `withdrawn`: later data show that it never was.
 * `escalated` and `eased`: it got graver or milder while it lasts. `quieted`: it calls nobody for a
 * time, `unquieted`: it does again. `sent`, `delivered`, `failed`, `seen`: what became of a message
 * about it, with the person as `who`.
 */
export type TimelineEvent =
  | 'raised'
  | 'recorded'
  | 'revised'
  | 'reopened'
  | 'withdrawn'
  | 'acknowledged'
  | 'commented'
  | 'assigned'
  | 'shelved'
  | 'unshelved'
  | 'escalated'
  | 'eased'
  | 'quieted'
  | 'unquieted'
  | 'sent'
  | 'delivered'
  | 'failed'
  | 'seen'
  | 'resolved';

/**
 * Why an alert that stands calls nobody. `cause`: another alert explains it, such as the gateway's
 * silence. `maintenance`: somebody works on the site. `flapping`: it comes and goes too often.
 */
export type QuietReason = 'cause' | 'maintenance' | 'flapping';

export interface Quiet {
  reason: QuietReason;
  since: number;
  /** When it ends by itself, or null when something else must end first. */
  until: number | null;
}

/** Put aside by a person until a time. */
export interface Shelf {
  who: string;
  reason: string;
  since: number;
  until: number;
}

/** Severity as it stood from an instant of event time on. */
export interface SeverityStep {
  time: number;
  severity: Severity;
}

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
  /** As it stands, or as it stood last. */
  severity: Severity;
  /** How it moved since the onset; the first step is at the onset. */
  severities: SeverityStep[];
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
  advises: Advises;
  /** The alert that explains this one, and that somebody should look at first. */
  cause: string | null;
  quiet: Quiet | null;
  shelf: Shelf | null;
  /** Whose it is to look after. */
  assignee: string | null;
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
  /** Puts it aside: it calls nobody until then, unless it gets graver. ALERT_SHELF_INVALID. */
  shelve(id: string, action: AlertAction & { reason: string; until: number }): Promise<Alert>;
  unshelve(id: string, action: AlertAction): Promise<Alert>;
  /** Null takes it from whoever had it. */
  assign(id: string, action: AlertAction & { assignee: string | null }): Promise<Alert>;
  /** Somebody has read it; once for each person. */
  see(id: string, who: string): Promise<Alert>;
}

/** A site, or a whole cooperative, where people work: its alerts are kept and call nobody. */
export interface Maintenance {
  id: string;
  coop: string;
  /** Null: every site of the cooperative. */
  site: string | null;
  from: number;
  until: number;
  reason: string;
  who: string;
}

export interface MaintenanceActions {
  /** Throws MAINTENANCE_INVALID or MAINTENANCE_FULL. */
  plan(window: Omit<Maintenance, 'id'>): Promise<Maintenance>;
  /** Its alerts call again; false when there was none. */
  cancel(id: string): Promise<boolean>;
}

/** One alert before and after a change; `before` is absent for a new one. */
export interface AlertChange {
  before?: Alert;
  after: Alert;
}

/**
 * Looks at every change of an alert inside the transaction that stores it: decides whether it calls
 * people, and hands what does to whoever delivers. What it returns is what is stored.
 */
export interface AlertDesk {
  settle(tx: Repositories, changes: readonly AlertChange[]): Promise<Alert[]>;
}

/**
 * What people should hear of an alert. News of one that is quiet because it flaps says so, once: it
 * calls nobody again until it is calm. `raised` and `reopened` begin it, `escalated` makes it
 * graver, `unquieted` says that it still stands after a silence, `ended` closes it.
 */
export interface AlertNews {
  event: 'raised' | 'reopened' | 'escalated' | 'unquieted' | 'ended' | 'acknowledged' | 'shelved';
  alert: Alert;
  at: number;
}

/** Takes news inside the transaction that makes them true, to be delivered after it. */
export interface AlertMessenger {
  enqueue(tx: Repositories, news: readonly AlertNews[]): Promise<void>;
}
