import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ApiProblem } from '../api/client.ts';
import type { WireAlert } from '../api/types.ts';
import type { Alert } from '../domain/farm.ts';
import { takeAlert } from '../state/farm.ts';
import { format, texts } from '../state/language.ts';
import { api } from '../state/session.ts';

/** What is put aside in one tap: time to walk to the pond, and time to mend something there. */
const SHELF_MINUTES = [15, 60] as const;
const MINUTE_MS = 60_000;

export function problemText(error: unknown): string {
  const words = texts.value.error;
  if (!(error instanceof ApiProblem)) return words.failed(String(error));
  if (error.status === 0) return words.unreachable;
  return error.status === 403 ? words.forbidden : words.failed(error.message || error.code);
}

/** Puts aside, notes and takes over an alert that is not over. */
export function AlertCare({ alert }: { alert: Alert }): JSX.Element {
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const note = useSignal('');
  const words = texts.value.alerts;
  const send = async (action: string, body: object): Promise<boolean> => {
    busy.value = true;
    problem.value = null;
    try {
      const path = `/alerts/${encodeURIComponent(alert.id)}/${action}`;
      takeAlert(await api.send<WireAlert>('POST', path, body));
      return true;
    } catch (error) {
      problem.value = problemText(error);
      return false;
    } finally {
      busy.value = false;
    }
  };
  const comment = async (): Promise<void> => {
    if (await send('comment', { note: note.value })) note.value = '';
  };
  const button = (text: string, action: string, body: object = {}): JSX.Element => (
    <button
      type="button"
      class="button"
      disabled={busy.value}
      onClick={() => void send(action, body)}
    >
      {text}
    </button>
  );
  return (
    <div class="alert-care">
      <div class="alert-foot">
        {alert.state === 'shelved'
          ? button(words.unshelve, 'unshelve')
          : SHELF_MINUTES.map((minutes) =>
              button(words.shelve(format.value.duration(minutes * MINUTE_MS)), 'shelve', {
                minutes,
              }),
            )}
        {button(words.takeOver, 'assign')}
      </div>
      <details>
        <summary>{words.addNote}</summary>
        <form
          class="alert-note"
          onSubmit={(event) => {
            event.preventDefault();
            void comment();
          }}
        >
          <input
            aria-label={words.note}
            maxLength={1_000}
            required
            value={note.value}
            onInput={(event) => {
              note.value = event.currentTarget.value;
            }}
          />
          <button type="submit" class="button" disabled={busy.value}>
            {words.send}
          </button>
        </form>
      </details>
      {problem.value !== null && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </div>
  );
}
