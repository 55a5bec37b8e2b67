import type { Alert } from '../contracts/alert.ts';
import type { Delivery } from '../contracts/notify.ts';

/** A message that says why nothing more is heard of an alert, such as one that comes and goes. */
export const QUIETED = 'quieted';

/**
 * Why a message would not be true any more, or null while it is. News that make an alert graver
 * reach people although it was acknowledged or put aside before; had that happened since, the
 * delivery would have been cancelled with it.
 */
export function fault({ event }: Delivery, alert: Alert | undefined): string | null {
  if (event === 'ended') {
    return alert === undefined || alert.state === 'resolved' ? null : 'it is not over any more';
  }
  if (alert === undefined || alert.state === 'resolved') return 'it was over';
  if (event === QUIETED) return alert.quiet === null ? 'it is not quiet any more' : null;
  if (alert.quiet !== null) return `it was quiet (${alert.quiet.reason})`;
  return event === 'escalated' || alert.state === 'open' ? null : `it was ${alert.state}`;
}
