import type { Alert, TimelineEntry, TimelineEvent } from '../contracts/alert.ts';

/** Entries the desk keeps: at 150 bytes each some 15 KB for an alert that changes without end. */
const ENTRIES_MAX = 100;

/** What must stay in a long timeline: it tells whether people were called. */
const KEPT: ReadonlySet<TimelineEvent> = new Set(['raised', 'quieted', 'unquieted']);

/** The alert with one more entry that no person wrote; the oldest of the middle give way. */
export function withEntry(
  alert: Alert,
  event: TimelineEvent,
  { at, note = null }: { at: number; note?: string | null },
): Alert {
  const entry: TimelineEntry = { at, event, who: null, note };
  const timeline = [...alert.timeline, entry];
  if (timeline.length > ENTRIES_MAX) {
    const oldest = timeline.findIndex(
      ({ who, event }, index) => index > 0 && who === null && !KEPT.has(event),
    );
    if (oldest !== -1) timeline.splice(oldest, 1);
  }
  return { ...alert, timeline };
}

/** Whether a report fresh enough to act on has shown it. */
export function isRaised(alert: Alert): boolean {
  return alert.timeline.some(({ event }) => event === 'raised');
}

/** Whether it lasts, and nobody has said that it is over. */
export function isStanding(alert: Alert): boolean {
  return alert.end === null && alert.state !== 'resolved';
}

/** Whether a person has ended it, whatever its condition did since. */
export function isEndedByPerson(alert: Alert): boolean {
  return alert.timeline.some(({ event, who }) => event === 'resolved' && who !== null);
}

/** Whether people have heard of it from us, or told us that they know. */
export function isTold(alert: Alert): boolean {
  const { timeline } = alert;
  if (!isRaised(alert)) return false;
  return timeline.some(({ event, at }, index) => {
    if (event === 'unquieted' || event === 'acknowledged' || event === 'shelved') return true;
    if (event !== 'raised') return false;
    const next = timeline[index + 1];
    return next?.event !== 'quieted' || next.at !== at;
  });
}

/** When a standing alert is to be looked at again: a shelf or a silence ends; null: at no time. */
export function dueOf(alert: Alert): number | null {
  if (!isStanding(alert)) return null;
  const times = [alert.shelf?.until ?? null, alert.quiet?.until ?? null];
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
