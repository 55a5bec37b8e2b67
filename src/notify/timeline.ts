import type { Alert, TimelineEntry, TimelineEvent } from '../contracts/alert.ts';
import type { Delivery } from '../contracts/notify.ts';

const EVENTS: readonly TimelineEvent[] = ['sent', 'delivered', 'failed'];
/**
 * Entries about messages on one alert: ten people, told and called again some times. A ladder that
 * goes on writes to the outbox alone.
 */
export const ENTRIES_MAX = 60;

/** The alert with what became of a message about it; null when it says enough already. */
export function withEntry(
  alert: Alert,
  { delivery, who, at }: { delivery: Delivery; who: string; at: number },
): Alert | null {
  const told = alert.timeline.filter(({ event }) => EVENTS.includes(event)).length;
  if (told >= ENTRIES_MAX) return null;
  const { state, channel, reason } = delivery;
  const event: TimelineEvent = state === 'sent' || state === 'delivered' ? state : 'failed';
  const note = reason === null ? channel : `${channel}: ${reason}`;
  const entry: TimelineEntry = { at, event, who, note };
  return { ...alert, revision: alert.revision + 1, timeline: [...alert.timeline, entry] };
}
