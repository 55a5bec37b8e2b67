import type { Alert, EvidenceSample, TimelineEntry, TimelineEvent } from '../contracts/alert.ts';
import type { Rule } from '../contracts/rule.ts';
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
  unit: string | null;
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
    this.#byAlert.set(finding.alert.id, { ...finding, note });
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
  const { id, coop, site, known, onset, end, timeline, evidence } = alert;
  return {
    id,
    interval: { onset, end, worst: evidence.worst, samples: evidence.samples },
    coop,
    site,
    known,
    raised: timeline.some(({ event }) => event === 'raised'),
    savedWorst: evidence.worst,
    savedAt: onset,
  };
}

/** Why an interval changes after the fact, as the timeline tells it. */
export const LATE_NOTE = 'the reports arrived late';

/** As the contract promises; the oldest of the middle give way. */
const EVIDENCE_SAMPLES_MAX = 20;
/** Entries the engine keeps: at 150 bytes each some 15 KB for an alert revised without end. */
const TIMELINE_MAX = 100;

/** The alert as it is to be stored, or null when the stored one says it already. */
export function record(stored: Alert | undefined, finding: Finding): Alert | null {
  return stored === undefined ? firstRecord(finding) : nextRecord(stored, finding);
}

function firstRecord(finding: Finding): Alert | null {
  const { alert, rule, device, withdrawn, at, note } = finding;
  if (withdrawn) return null;
  const { onset, end } = alert.interval;
  // What is over before anyone could know calls nobody: it is recorded, never raised.
  const event = end === null && alert.raised ? 'raised' : 'recorded';
  const timeline: TimelineEntry[] = [{ at: alert.known, event, who: null, note: null }];
  if (end !== null) timeline.push({ at, event: 'resolved', who: null, note });
  return {
    id: alert.id,
    rule: rule.id,
    ruleVersion: rule.version,
    coop: alert.coop,
    site: alert.site,
    device,
    severity: rule.severity,
    state: end === null ? 'open' : 'resolved',
    onset,
    known: alert.known,
    end,
    revision: 1,
    evidence: {
      metric: rule.condition.type === 'threshold' ? rule.condition.metric : null,
      unit: finding.unit,
      limit: limitOf(finding),
      worst: alert.interval.worst,
      samples: evidenceOf(finding),
      source: rule.source,
    },
    title: rule.title,
    advice: rule.advice,
    timeline,
  };
}

/** Joins what the engine knows (the interval) with what people did to the alert meanwhile. */
function nextRecord(stored: Alert, finding: Finding): Alert | null {
  const { alert, at } = finding;
  const { onset, worst } = alert.interval;
  const end = finding.withdrawn ? onset : alert.interval.end;
  const samples = evidenceOf(finding);
  const event = eventBetween(stored, { onset, end, finding });
  const evidence = { ...stored.evidence, worst, samples };
  if (event === null && JSON.stringify(evidence) === JSON.stringify(stored.evidence)) return null;
  const note = finding.note ?? (event === 'revised' ? LATE_NOTE : null);
  const entry: TimelineEntry[] = event === null ? [] : [{ at, event, who: null, note }];
  return {
    ...stored,
    state: stateAfter(stored, end, event),
    onset,
    end,
    revision: stored.revision + 1,
    evidence,
    timeline: bounded([...stored.timeline, ...entry]),
  };
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
  const wasRaised = stored.timeline.some(({ event }) => event === 'raised');
  return end === null && finding.alert.raised && !wasRaised ? 'raised' : null;
}

function stateAfter(
  stored: Alert,
  end: number | null,
  event: TimelineEvent | null,
): Alert['state'] {
  if (end !== null) return 'resolved';
  return event === 'reopened' ? 'open' : stored.state;
}

function limitOf({ rule, alert }: Finding): number {
  if (rule.condition.type === 'threshold') return rule.condition.limit;
  // The first sample of a silence is the device's last word before it.
  const heardAt = alert.interval.samples[0]?.time ?? alert.interval.onset;
  return (alert.interval.onset - heardAt) / 1000;
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

function bounded(timeline: TimelineEntry[]): TimelineEntry[] {
  if (timeline.length <= TIMELINE_MAX) return timeline;
  const oldest = timeline.findIndex((entry, index) => index > 0 && entry.who === null);
  return timeline.filter((_, index) => index !== oldest);
}

/** Whether later data took the alert back: an interval of no length. */
export function isWithdrawn({ onset, end }: Pick<Alert, 'onset' | 'end'>): boolean {
  return end === onset;
}
