import type { EvidenceSample, SeverityStep } from '../contracts/alert.ts';

/** A stretch of event time (ms) in which a rule's condition held for a device. */
export interface Interval {
  onset: number;
  /** Null while it lasts. Otherwise later than the onset. */
  end: number | null;
  /** The most extreme value from the first sample beyond the limit on; null for absence. */
  worst: number | null;
  /** Samples that show it: the run that opened it, and the one that ended it. */
  samples: EvidenceSample[];
  /** How its severity moved, the first step at the onset. Empty for a silence: it has one. */
  severities: SeverityStep[];
}

/** Whether two intervals share more than an instant. */
export function overlaps(
  left: Pick<Interval, 'onset' | 'end'>,
  right: Pick<Interval, 'onset' | 'end'>,
): boolean {
  const end = Math.min(left.end ?? Number.POSITIVE_INFINITY, right.end ?? Number.POSITIVE_INFINITY);
  return Math.max(left.onset, right.onset) < end;
}
