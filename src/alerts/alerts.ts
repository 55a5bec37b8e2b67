import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type {
  Alert,
  AlertAction,
  AlertActions,
  TimelineEntry,
  TimelineEvent,
} from '../contracts/alert.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { State } from '../contracts/state.ts';

export interface AlertsOptions {
  state: State;
  live: LivePublisher;
  clock: Clock;
}

/** A note on a phone's screen; longer ones belong in a journal of the farm. */
const NOTE_LENGTH_MAX = 1_000;
/** What people may add to one alert: with the longest notes 200 KB in its row. */
const PEOPLES_ENTRIES_MAX = 200;

/**
 * What people do to alerts. Each action reads and writes the alert in one transaction, as the rule
 * engine does with what it finds out, so neither loses the other's word.
 */
export function createAlerts({ state, live, clock }: AlertsOptions): AlertActions {
  async function act(id: string, change: (alert: Alert) => Alert | undefined): Promise<Alert> {
    let isChanged = false;
    const alert = await state.transaction(async (tx) => {
      const stored = await tx.alerts.get(id);
      if (stored === undefined) {
        throw new AppError('ALERT_NOT_FOUND', `there is no alert ${id}`);
      }
      const changed = change(stored);
      isChanged = changed !== undefined;
      if (changed === undefined) return stored;
      await tx.alerts.save([changed]);
      return changed;
    });
    if (isChanged) live.publish({ type: 'alert', coop: alert.coop, data: alert });
    return alert;
  }

  const add = (alert: Alert, event: TimelineEvent, action: AlertAction): Alert => {
    const { who, note } = action;
    const entry: TimelineEntry = { at: clock.now(), event, who, note: checkedNote(note) };
    const byPeople = alert.timeline.filter((said) => said.who !== null).length;
    if (byPeople >= PEOPLES_ENTRIES_MAX) {
      throw new AppError('ALERT_TIMELINE_FULL', `alert ${alert.id} has ${byPeople} entries`, {
        hint: 'Write further notes elsewhere, or resolve the alert: the next one begins afresh.',
      });
    }
    const revision = alert.revision + 1;
    return { ...alert, revision, timeline: [...alert.timeline, entry] };
  };

  return {
    acknowledge: (id, action) =>
      act(id, (alert) => {
        if (alert.state === 'acknowledged') return undefined;
        refuseResolved(alert, 'acknowledged');
        return { ...add(alert, 'acknowledged', action), state: 'acknowledged' };
      }),
    comment: (id, action) => act(id, (alert) => add(alert, 'commented', action)),
    resolve: (id, action) =>
      act(id, (alert) => {
        refuseResolved(alert, 'resolved');
        return { ...add(alert, 'resolved', action), state: 'resolved' };
      }),
  };
}

function refuseResolved(alert: Alert, action: string): void {
  if (alert.state !== 'resolved') return;
  throw new AppError('ALERT_RESOLVED', `alert ${alert.id} is over and cannot be ${action}`, {
    hint: 'Read it again: it was resolved meanwhile. A comment is still possible.',
  });
}

function checkedNote(note: string | undefined): string | null {
  const text = note?.trim() ?? '';
  if (text.length > NOTE_LENGTH_MAX) {
    throw new AppError('ALERT_NOTE_TOO_LONG', `the note has ${text.length} characters`, {
      field: 'note',
      hint: `At most ${NOTE_LENGTH_MAX} characters are kept.`,
    });
  }
  return text === '' ? null : text;
}
