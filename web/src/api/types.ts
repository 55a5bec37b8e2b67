import type { ActuatorRole } from '../../../src/contracts/actuator.ts';
import type {
  AlertEvidence,
  AlertState,
  QuietReason,
  TimelineEntry,
  TimelineEvent,
} from '../../../src/contracts/alert.ts';
import type { Language, Localized } from '../../../src/contracts/localized.ts';
import type { Advises, Evidence, Rule, Severity } from '../../../src/contracts/rule.ts';

export type {
  Advises,
  AlertState,
  Evidence,
  Language,
  Localized,
  QuietReason,
  Severity,
  TimelineEvent,
};

/** An instant as the API writes it: ISO 8601 in UTC. Milliseconds are understood as well. */
export type Instant = string | number;

/** What the API says, as far as the page reads it. Unknown fields are ignored. */
export interface WireMetric {
  name: string;
  label: Localized;
  unit: string;
  min: number;
  max: number;
  decimals: number;
  shape: 'gauge' | 'count' | 'total' | 'state';
  safe?: { min?: number | null; max?: number | null } | null;
}

/** Computed from the metrics of a kind; it has no series of its own. */
export interface WireDerived {
  name: string;
  label: Localized;
  unit: string;
  decimals: number;
  inputs: ReadonlyArray<{ metric: string }>;
}

export interface WireKind {
  name: string;
  title: Localized;
  siteKind: string;
  intervalSeconds: number;
  metrics: WireMetric[];
  derived?: WireDerived[];
  commands?: Array<{ action: string; label: Localized }>;
  /** What a device of the kind moves; null or absent: nothing. */
  actuator?: WireActuatorKind | null;
}

export interface WireActuatorKind {
  role: ActuatorRole;
  /** Actions that start and end it. */
  on: string;
  off: string;
}

export interface WireCoop {
  id: string;
  name: string;
}

export interface WireSite {
  id: string;
  coop: string;
  kind: string;
  name: string;
  crop?: string | null;
  species?: string | null;
}

export interface WireDevice {
  id: string;
  coop: string;
  site?: string | null;
  kind: string;
  name?: string | null;
  intervalSeconds?: number | null;
  /** Declared, learned or the kind's. */
  expectedSeconds?: number | null;
  createdAt?: Instant;
}

export interface WireLatest {
  device: string;
  metric: string;
  value: number;
  observedAt: Instant;
  quality?: string;
}

export interface WireEvidence extends Omit<AlertEvidence, 'samples'> {
  samples: Array<{ time: Instant; value: number | null }>;
}

export interface WireAlert {
  id: string;
  rule: string;
  coop: string;
  site: string | null;
  device: string;
  severity: Severity;
  state: AlertState;
  onset: Instant;
  known: Instant;
  end: Instant | null;
  revision: number;
  evidence: WireEvidence;
  title: Localized;
  advice: Rule['advice'];
  advises?: Advises;
  timeline: Array<Omit<TimelineEntry, 'at'> & { at: Instant }>;
  severities?: Array<{ time: Instant; severity: Severity }>;
  cause?: string | null;
  quiet?: { reason: QuietReason; since: Instant; until: Instant | null } | null;
  shelf?: { who: string; reason: string; since: Instant; until: Instant } | null;
  assignee?: string | null;
}

export interface WireObservation {
  device: string;
  site: string | null;
  coop: string;
  kind: string;
  time: Instant;
  quality?: string;
  values: Record<string, number>;
}

export interface WireDeviceEvent {
  device: string;
  coop: string;
  site: string | null;
  event: string;
  online: boolean;
}

export interface WireSeries {
  device: string;
  metric: string;
  unit?: string | null;
  columns: string[];
  rows: Array<Array<Instant | number | null>>;
}

export interface WirePage<T> {
  items: T[];
  next?: string | null;
}

/** Who is signed in; the page shows the name and offers what the role may do. */
export interface WirePrincipal {
  name?: string | null;
  role?: string | null;
}
