import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireActuatorView } from '../api/plant-types.ts';
import { toMs } from '../domain/instant.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Problem, TextField } from '../parts/form.tsx';
import { everyQuarter } from '../state/clock.ts';
import { useConfirmed } from '../state/confirmed.ts';
import { format, local } from '../state/language.ts';
import { takeView } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { mayAs } from '../state/work.ts';

/** A fault that stands, until somebody has looked and says what they found. */
export function ActuatorFault({ view }: { view: WireActuatorView }): JSX.Element | null {
  const isOpen = useSignal(false);
  const why = useSignal('');
  const asked = useConfirmed();
  const words = plantTexts.value.control;
  const { fault } = view.state;
  if (fault === null) return null;
  const clear = async (): Promise<void> => {
    const isDone = await asked.run(async (confirmation) => {
      const path = `/actuators/${encodeURIComponent(view.actuator.device)}/clear-fault`;
      const body = { why: why.value };
      takeView(await api.sendConfirmed<WireActuatorView>('POST', path, { confirmation, body }));
    });
    if (isDone) isOpen.value = false;
  };
  return (
    <div class="said" data-tone="danger">
      <p>
        <strong>
          {words.faultSince(format.value.shortTime(toMs(fault.at), everyQuarter.value))}
        </strong>
      </p>
      <p>{local(fault.text)}</p>
      {mayAs('operator') && !isOpen.value && (
        <button
          type="button"
          class="button"
          onClick={() => {
            isOpen.value = true;
          }}
        >
          {words.clear}
        </button>
      )}
      {isOpen.value && (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            void clear();
          }}
        >
          <TextField label={words.clearWhy} hint={words.clearWhyHint} value={why} required />
          {asked.question.value === null && <Problem text={asked.problem.value} />}
          <button type="submit" class="button strong" disabled={asked.busy.value}>
            {words.clearDo}
          </button>
        </form>
      )}
      {asked.question.value !== null && (
        <ConfirmDialog
          title={plantTexts.value.confirm}
          text={local(fault.text)}
          yes={words.clearDo}
          busy={asked.busy.value}
          problem={asked.problem.value}
          onYes={() => void clear()}
          onNo={asked.cancel}
        />
      )}
    </div>
  );
}
