import type {
  Alert,
  EvidenceSample,
  SeverityStep,
  TimelineEntry,
  TimelineEvent,
} from '../contracts/alert.ts';
import { type Rule, SEVERITIES, type Severity } from '../contracts/rule.ts';
import type { RuleLevel } from './compiled.ts';
import type { Interval } from './interval.ts';

/** An alert as the engine holds it while its condition lasts. */
export interface OpenAlert {
  id: string;
  interval: Interval;
  coop: string;
  site: string | null;
  /** Receive time of the report that made it known. */
  known: number;
  /** A report fresh enough to act on has shown it. */
  raised: boolean;
  /** The worst value last written down, and the event time of that. */
  savedWorst: number | null;
  savedAt: number;
}

/** What the engine has found out about one alert and the state does not know yet. */
export interface Finding {
  alert: OpenAlert;
  rule: Rule;
  device: string;
  /** The limit of each severity: a value, or seconds of silence. */
  levels: ReadonlyArray<Pick<RuleLevel, 'severity' | 'limit'>>;
  /** The metric that shows it, null for absence of anything. */
  metric: string | null;
  unit: string | null;
  /** What else was computed with the newest sample. */
  beside?: Readonly<Record<string, number | string>>;
  /** The newest sample, for an alert that lasts. */
  latest: EvidenceSample | null;
  /** Later data show that it never was. */
  withdrawn: boolean;
  /** Receive time of what made us change our mind. */
  at: number;
  /** Why it changed, for the timeline; null when the reports speak for themselves. */
  note: string | null;
}

/** What is found out, by alert, until it is committed. */
export class Findings {
  readonly #byAlert = new Map<string, Finding>();

  get size(): number {
    return this.#byAlert.size;
  }

  add(finding: Finding): void {
    const before = this.#byAlert.get(finding.alert.id);
    const note = finding.note ?? before?.note ?? null;
    const beside = finding.beside ?? before?.beside;
    this.#byAlert.set(finding.alert.id, { ...finding, note, ...(beside && { beside }) });
  }

  all(): Finding[] {
    return [...this.#byAlert.values()];
  }

  clear(): void {
    this.#byAlert.clear();
  }
}

/** The stored alert as the engine holds it. */
export function fromStored(alert: Alert): OpenAlert {
  const { id, coop, site, known, onset, end, evidence, severities } = alert;
  return {
    id,
    interval: { onset, end, worst: evidence.worst, samples: evidence.samples, severities },
    coop,
    site,
    known,
    raised: wasRaised(alert),
    savedWorst: evidence.worst,
    savedAt: onset,
  };
}

/** Why an interval changes after the fact, as the timeline tells it. */
export const LATE_NOTE = 'the reports arrived late';
export const CORRECTED_NOTE = 'the values were corrected';

/** As the contract promises; the oldest of the middle give way. */
const EVIDENCE_SAMPLES_MAX = 20;
/** Entries the engine keeps: at 150 bytes each some 15 KB for an alert revised without end. */
const TIMELINE_MAX = 100;

/** The alert as it is to be stored, or null when the stored one says it already. */
export function record(stored: Alert | undefined, finding: Finding): Alert | null {
  return stored === undefined ? firstRecord(finding) : nextRecord(stored, finding);
}

function firstRecord(finding: Finding): Alert | null {
  const { alert, rule, device, withdrawn, at, note, beside } = finding;
  if (withdrawn) return null;
  const { onset, end } = alert.interval;
  // What is over before anyone could know calls nobody: it is recorded, never raised.
  const event = end === null && alert.raised ? 'raised' : 'recorded';
  const timeline: TimelineEntry[] = [{ at: alert.known, event, who: null, note: null }];
  if (end !== null) timeline.push({ at, event: 'resolved', who: null, note });
  const severities = severitiesOf(finding, rule.severity);
  const severity = severities.at(-1)?.severity ?? rule.severity;
  return {
    id: alert.id,
    rule: rule.id,
    ruleVersion: rule.version,
    coop: alert.coop,
    site: alert.site,
    device,
    severity,
    severities,
    state: end === null ? 'open' : 'resolved',
    onset,
    known: alert.known,
    end,
    revision: 1,
    evidence: {
      metric: finding.metric,
      unit: finding.unit,
      limit: limitOf(finding, severity) ?? 0,
      worst: alert.interval.worst,
      samples: evidenceOf(finding),
      source: rule.source,
      ...(beside !== undefined && { beside }),
    },
    title: rule.title,
    advice: rule.advice,
    advises: rule.advises ?? 'act',
    cause: null,
    quiet: null,
    shelf: null,
    assignee: null,
    timeline,
  };
}

/** Joins what the engine knows (the interval) with what people did to the alert meanwhile. */
function nextRecord(stored: Alert, finding: Finding): Alert | null {
  const { alert, at } = finding;
  const { onset, worst } = alert.interval;
  const end = finding.withdrawn ? onset : alert.interval.end;
  const event = eventBetween(stored, { onset, end, finding });
  const severities = finding.withdrawn
    ? stored.severities
    : severitiesOf(finding, stored.severities[0]?.severity ?? stored.severity);
  const severity = severities.at(-1)?.severity ?? stored.severity;
  const move = end === null ? moveBetween(stored.severity, severity) : null;
  const evidence = {
    ...stored.evidence,
    worst,
    samples: evidenceOf(finding),
    limit: severity === stored.severity ? stored.evidence.limit : limitOf(finding, severity),
    ...(finding.beside !== undefined && { beside: finding.beside }),
  };
  const next = { severity, severities, evidence: { ...evidence, limit: evidence.limit ?? 0 } };
  const before = { severity: stored.severity, severities: stored.severities };
  const isSame =
    event === null &&
    JSON.stringify(next) === JSON.stringify({ ...before, evidence: stored.evidence });
  if (isSame) return null;
  const entries: TimelineEntry[] = [];
  const note = finding.note ?? (event === 'revised' ? LATE_NOTE : null);
  if (event !== null) entries.push({ at, event, who: null, note });
  // One that was never more than recorded calls people now, for the first time.
  const isFirstCall = event === 'reopened' && alert.raised && !wasRaised(stored);
  if (isFirstCall) entries.push({ at, event: 'raised', who: null, note: null });
  if (move !== null) entries.push({ at, event: move, who: null, note: severity });
  const state = stateAfter(stored, end, { event, move });
  return {
    ...stored,
    ...next,
    state,
    shelf: state === 'shelved' ? stored.shelf : null,
    onset,
    end,
    revision: stored.revision + 1,
    timeline: bounded([...stored.timeline, ...entries]),
  };
}

/** A silence has one severity, the machine tells those of other intervals. */
function severitiesOf({ alert }: Finding, severity: Severity): SeverityStep[] {
  const { severities, onset } = alert.interval;
  return severities.length > 0 ? [...severities] : [{ time: onset, severity }];
}

function moveBetween(before: Severity, after: Severity): 'escalated' | 'eased' | null {
  if (before === after) return null;
  return SEVERITIES.indexOf(after) > SEVERITIES.indexOf(before) ? 'escalated' : 'eased';
}

function eventBetween(
  stored: Alert,
  now: { onset: number; end: number | null; finding: Finding },
): TimelineEvent | null {
  const { onset, end, finding } = now;
  if (finding.withdrawn) return stored.end === stored.onset ? null : 'withdrawn';
  if (stored.end === null && end !== null) return 'resolved';
  if (stored.end !== null && end === null) return 'reopened';
  if (stored.onset !== onset || stored.end !== end) return 'revised';
  return end === null && finding.alert.raised && !wasRaised(stored) ? 'raised' : null;
}

function wasRaised({ timeline }: Alert): boolean {
  return timeline.some(({ event }) => event === 'raised');
}

function stateAfter(
  stored: Alert,
  end: number | null,
  { event, move }: { event: TimelineEvent | null; move: TimelineEvent | null },
): Alert['state'] {
  if (end !== null) return 'resolved';
  if (event === 'reopened') return 'open';
  // What people answered was the milder alert. One they ended stays ended.
  return move === 'escalated' && stored.state !== 'resolved' ? 'open' : stored.state;
}

function limitOf({ levels }: Finding, wanted: Severity): number | undefined {
  return (levels.findLast(({ severity }) => severity === wanted) ?? levels[0])?.limit;
}

function evidenceOf({ alert, latest }: Finding): EvidenceSample[] {
  const samples = [...alert.interval.samples];
  const last = samples.at(-1);
  if (alert.interval.end === null && latest !== null && latest.time > (last?.time ?? 0)) {
    samples.push(latest);
  }
  return samples.slice(-EVIDENCE_SAMPLES_MAX);
}

/** Ends an alert whose rule or device is gone: no report will. Null when it has an end already. */
export function endOrphan(stored: Alert, { at, note }: { at: number; note: string }): Alert | null {
  if (stored.end !== null) return null;
  return {
    ...stored,
    state: 'resolved',
    end: Math.max(at, stored.onset + 1),
    revision: stored.revision + 1,
    timeline: bounded([...stored.timeline, { at, event: 'resolved', who: null, note }]),
  };
}

/** They tell whether people were called. */
const KEPT: ReadonlySet<TimelineEvent> = new Set(['raised', 'quieted', 'unquieted']);

function bounded(timeline: TimelineEntry[]): TimelineEntry[] {
  if (timeline.length <= TIMELINE_MAX) return timeline;
  const oldest = timeline.findIndex(
    ({ event, who }, index) => index > 0 && who === null && !KEPT.has(event),
  );
  return timeline.filter((_, index) => index !== oldest);
}

/** Whether later data took the alert back: an interval of no length. */
export function isWithdrawn({ onset, end }: Pick<Alert, 'onset' | 'end'>): boolean {
  return end === onset;
}
