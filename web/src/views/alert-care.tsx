import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireAlert } from '../api/types.ts';
import type { Alert } from '../domain/farm.ts';
import { Problem } from '../parts/form.tsx';
import { takeAlert } from '../state/farm.ts';
import { format, texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';

/** What is put aside in one tap: time to walk to the pond, and time to mend something there. */
const SHELF_MINUTES = [15, 60] as const;
const MINUTE_MS = 60_000;

/** Puts aside, notes and takes over an alert that is not over. */
export function AlertCare({ alert }: { alert: Alert }): JSX.Element {
  const { busy, problem, run } = useWork();
  const note = useSignal('');
  const words = texts.value.alerts;
  const send = (action: string, body: object): Promise<boolean> =>
    run(async () => {
      const path = `/alerts/${encodeURIComponent(alert.id)}/${action}`;
      takeAlert(await api.send<WireAlert>('POST', path, body));
    });
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
      <Problem text={problem.value} />
    </div>
  );
}
