import { type Interval, overlaps } from './interval.ts';

/** What is to be done about one interval or one alert after an evaluation was repeated. */
export interface Revision<A> {
  /** The alert that stands for the interval; undefined: a new one is due. */
  alert: A | undefined;
  /** Null: the alert's interval is gone, it is withdrawn. */
  interval: Interval | null;
}

/**
 * Gives each interval of a repeated evaluation its alert. An interval takes the first alert, in
 * order of onset, that shares time with it and is still free: so an alert whose onset or end moved
 * is revised, an interval that splits leaves its alert on the first part, and two that become one
 * keep the earlier alert. An alert that was withdrawn comes back only when an interval begins
 * exactly where it had begun. Whatever is left is withdrawn.
 */
export function matchAlerts<A extends { onset: number; end: number | null }>(
  alerts: readonly A[],
  intervals: readonly Interval[],
): Revision<A>[] {
  const free = [...alerts].sort((left, right) => left.onset - right.onset);
  const take = (wanted: (alert: A) => boolean): A | undefined => {
    const index = free.findIndex(wanted);
    return index === -1 ? undefined : free.splice(index, 1)[0];
  };
  const revisions: Revision<A>[] = intervals.map((interval) => ({
    alert: take((alert) => alert.end !== alert.onset && overlaps(alert, interval)),
    interval,
  }));
  for (const revision of revisions) {
    revision.alert ??= take(
      (alert) => alert.end === alert.onset && alert.onset === revision.interval?.onset,
    );
  }
  for (const alert of free) {
    if (alert.end !== alert.onset) revisions.push({ alert, interval: null });
  }
  return revisions;
}
