import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type {
  Alert,
  AlertAction,
  AlertActions,
  AlertMessenger,
  AlertNews,
  TimelineEntry,
  TimelineEvent,
} from '../contracts/alert.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { State } from '../contracts/state.ts';
import { dueOf, isRaised, isTold } from './timeline.ts';

export interface AlertsOptions {
  state: State;
  live: LivePublisher;
  clock: Clock;
  /** Hears what people did; without one nobody is told. */
  messenger?: AlertMessenger;
}

/** A note on a phone's screen; longer ones belong in a journal of the farm. */
const NOTE_LENGTH_MAX = 1_000;
/** What is put aside for longer is a matter for the rule. */
const SHELF_MS_MAX = 7 * 86_400_000;
/** What became of messages to a person; that person did nothing. */
const OF_MESSAGES: ReadonlySet<TimelineEvent> = new Set(['sent', 'delivered', 'failed']);
/** What people may add to one alert: with the longest notes 200 KB in its row. */
const PEOPLES_ENTRIES_MAX = 200;

/**
 * What people do to alerts. Each action reads and writes the alert in one transaction, as the rule
 * engine does with what it finds out, so neither loses the other's word.
 */
export function createAlerts({ state, live, clock, messenger }: AlertsOptions): AlertActions {
  async function act(
    id: string,
    change: (alert: Alert) => Alert | undefined,
    newsOf: (changed: Alert) => AlertNews['event'] | null = () => null,
  ): Promise<Alert> {
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
      const isMoved = changed.state !== stored.state || changed.shelf !== stored.shelf;
      if (isMoved) await tx.desk.remind(id, dueOf(changed));
      const event = isRaised(changed) ? newsOf(changed) : null;
      const at = clock.now();
      if (event !== null) await messenger?.enqueue(tx, [{ event, alert: changed, at }]);
      return changed;
    });
    if (isChanged) live.publish({ type: 'alert', coop: alert.coop, data: alert });
    return alert;
  }

  const add = (alert: Alert, event: TimelineEvent, action: AlertAction): Alert => {
    const { who, note } = action;
    const entry: TimelineEntry = { at: clock.now(), event, who, note: checkedNote(note) };
    const byPeople = alert.timeline.filter(
      (said) => said.who !== null && !OF_MESSAGES.has(said.event),
    ).length;
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
      act(
        id,
        (alert) => {
          if (alert.state === 'acknowledged') return undefined;
          refuseResolved(alert, 'acknowledged');
          return { ...add(alert, 'acknowledged', action), state: 'acknowledged', shelf: null };
        },
        () => 'acknowledged',
      ),
    comment: (id, action) => act(id, (alert) => add(alert, 'commented', action)),
    resolve: (id, action) =>
      act(
        id,
        (alert) => {
          refuseResolved(alert, 'resolved');
          const ended = add(alert, 'resolved', action);
          return { ...ended, state: 'resolved', shelf: null, quiet: null };
        },
        (alert) => (isTold(alert) ? 'ended' : null),
      ),
    shelve: (id, { reason, until, ...action }) =>
      act(
        id,
        (alert) => {
          refuseResolved(alert, 'shelved');
          const since = clock.now();
          checkShelf(until - since);
          const shelf = { who: action.who, reason, since, until };
          return { ...add(alert, 'shelved', { ...action, note: reason }), state: 'shelved', shelf };
        },
        () => 'shelved',
      ),
    unshelve: (id, action) =>
      act(
        id,
        (alert) => {
          if (alert.state !== 'shelved') return undefined;
          return { ...add(alert, 'unshelved', action), state: 'open', shelf: null };
        },
        // What lasts calls again, unless something else keeps it quiet.
        ({ quiet }) => (quiet === null ? 'unquieted' : null),
      ),
    assign: (id, { assignee, ...action }) =>
      act(id, (alert) => {
        if (alert.assignee === assignee) return undefined;
        return { ...add(alert, 'assigned', { ...action, note: assignee ?? '' }), assignee };
      }),
    see: (id, who) =>
      act(id, (alert) => {
        const isSeen = alert.timeline.some((said) => said.event === 'seen' && said.who === who);
        return isSeen ? undefined : add(alert, 'seen', { who });
      }),
  };
}

function checkShelf(lengthMs: number): void {
  if (lengthMs > 0 && lengthMs <= SHELF_MS_MAX) return;
  throw new AppError('ALERT_SHELF_INVALID', 'an alert is put aside for up to seven days', {
    field: 'until',
    hint: 'Give an end in the future, at most seven days from now.',
  });
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
