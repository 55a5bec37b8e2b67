import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireActuatorView, WireCommand } from '../api/plant-types.ts';
import { lengthsUpTo, partOf, usualLength } from '../domain/plant.ts';
import { Choice, Problem } from '../parts/form.tsx';
import { farm } from '../state/farm.ts';
import { format } from '../state/language.ts';
import { takeCommands } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { mayAs, useWork } from '../state/work.ts';

/** Start for so long, and stop. Nothing for who may do neither. */
export function ActuatorActions({ view }: { view: WireActuatorView }): JSX.Element | null {
  const { actuator, state, blocked } = view;
  const lengths = lengthsUpTo(actuator.maxSeconds);
  const length = useSignal(String(usualLength(lengths)));
  const { busy, problem, run } = useWork();
  const words = plantTexts.value.control;
  const kind = farm.value.kinds.get(farm.value.devices.get(actuator.device)?.kind ?? '');
  const moves = kind?.actuator ?? null;
  if (moves === null || !mayAs('farmer')) return null;
  const part = partOf(actuator.role);
  const order = (body: { action: string; maxSeconds?: number }): Promise<boolean> =>
    run(async () => {
      const path = `/devices/${encodeURIComponent(actuator.device)}/commands`;
      takeCommands([await api.send<WireCommand>('POST', path, body)]);
    });
  const mayStart = mayAs('agronomist');
  const isOn = state.position === 'on';
  return (
    <div class="rows">
      {mayStart && (
        <Choice
          label={words.howLong}
          value={length}
          options={lengths.map((seconds) => ({
            value: String(seconds),
            text: format.value.duration(seconds * 1_000),
          }))}
        />
      )}
      <div class="actions">
        {mayStart && (
          <button
            type="button"
            class="button primary"
            disabled={busy.value || blocked.length > 0}
            onClick={() => void order({ action: moves.on, maxSeconds: Number(length.value) })}
          >
            {isOn ? words.extend : words.start[part]}
          </button>
        )}
        <button
          type="button"
          class="button strong"
          disabled={busy.value}
          onClick={() => void order({ action: moves.off })}
        >
          {words.stop[part]}
        </button>
      </div>
      <Problem text={problem.value} />
    </div>
  );
}
