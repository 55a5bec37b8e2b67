import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { CommandState, WireCommand } from '../api/plant-types.ts';
import type { WirePage } from '../api/types.ts';
import { toMs } from '../domain/instant.ts';
import { lasting, newestFirst } from '../domain/plant.ts';
import type { SiteState } from '../domain/site-state.ts';
import { Problem } from '../parts/form.tsx';
import { StateIcon } from '../parts/icons.tsx';
import { everyQuarter } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { format, local } from '../state/language.ts';
import { commandsOf, metricText, refusalText, takeCommands } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';

const SHOWN = 10;

const TONES: Record<CommandState, SiteState> = {
  queued: 'waiting',
  sent: 'waiting',
  acknowledged: 'waiting',
  running: 'waiting',
  effective: 'good',
  contradicted: 'danger',
  unproven: 'attention',
  refused: 'silent',
  failed: 'danger',
  expired: 'silent',
};

/** Open or close, by the kind's own word. */
function actionText({ device, action, maxSeconds, grantedSeconds }: WireCommand): string {
  const kind = farm.value.kinds.get(farm.value.devices.get(device)?.kind ?? '');
  const label = kind?.commands.find((one) => one.action === action)?.label;
  const seconds = grantedSeconds ?? maxSeconds;
  const forSoLong = seconds === null ? '' : ` ${lasting(seconds, format.value.duration)}`;
  return (label === undefined ? action : local(label)) + forSoLong;
}

export function CommandLine({ command }: { command: WireCommand }): JSX.Element {
  const { state, reason, source, createdAt, proof } = command;
  const words = plantTexts.value.control;
  const time = format.value.shortTime(toMs(createdAt), everyQuarter.value);
  const whose = source.type === 'person' ? source.name : words.sources[source.type];
  // What answers a failure says what for, not by whom.
  const who = source.type === 'compensation' ? whose : words.by(whose);
  return (
    <li class="interval" data-state={TONES[state]} data-command={state}>
      <StateIcon state={TONES[state]} />
      <span>
        <strong>{actionText(command)}</strong> · {words.states[state]}
        {proof !== null && ` (${metricText(proof.device, proof.metric, proof.value)})`}
        {reason !== null && ` – ${refusalText(reason)}`}
        <span class="soft">
          {' '}
          · {time} · {who}
        </span>
      </span>
    </li>
  );
}

/** The ones before the newest, for who asks. */
export function ActuatorCommands({ device }: { device: string }): JSX.Element {
  const open = useSignal(false);
  const { problem, run } = useWork();
  const words = plantTexts.value.control;
  const own = newestFirst(commandsOf(device)).slice(0, SHOWN);
  const read = (): Promise<boolean> =>
    run(async () => {
      const path = `/commands?device=${encodeURIComponent(device)}&limit=${SHOWN}`;
      takeCommands((await api.get<WirePage<WireCommand>>(path)).items);
    });
  return (
    <details
      onToggle={(event) => {
        open.value = event.currentTarget.open;
        if (open.value) void read();
      }}
    >
      <summary>{words.commands}</summary>
      <Problem text={problem.value} />
      {own.length === 0 && <p class="soft">{words.noCommand}</p>}
      <ul class="plain-list">
        {own.map((command) => (
          <CommandLine key={command.id} command={command} />
        ))}
      </ul>
    </details>
  );
}

/** What became of the newest one, always in sight. */
export function NewestCommand({ device }: { device: string }): JSX.Element | null {
  const [newest] = newestFirst(commandsOf(device));
  if (newest === undefined) return null;
  return (
    <ul class="plain-list newest">
      <CommandLine command={newest} />
    </ul>
  );
}
