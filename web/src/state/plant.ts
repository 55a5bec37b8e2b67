import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { reasonText, whyText } from '../../../src/irrigation/words/reason-text.ts';
import type { WireActuatorView, WireCommand, WireReason } from '../api/plant-types.ts';
import type { WirePage } from '../api/types.ts';
import { toMs } from '../domain/instant.ts';
import { onCommand } from './commands-heard.ts';
import { farm } from './farm.ts';
import { format, local } from './language.ts';
import { plantTexts } from './plant-texts.ts';
import { api } from './session.ts';
import { problemText } from './work.ts';

/** What no event tells: a lease that is over, a fault, a sensor that grew old. */
const READ_EVERY_MS = 10_000;
/** One command makes several events: its actuator is read once after them. */
const READ_AFTER_MS = 250;
/** The newest of all actuators; more of one are read when somebody asks for them. */
const COMMANDS_READ = 300;

export const actuators = signal<readonly WireActuatorView[] | null>(null);
/** The commands known, by id. */
export const commands = signal<ReadonlyMap<string, WireCommand>>(new Map());
export const plantProblem = signal<string | null>(null);

export function takeCommands(taken: readonly WireCommand[]): void {
  const next = new Map(commands.value);
  for (const command of taken) {
    const before = next.get(command.id);
    // An answer that was under way while the stream told of a later step.
    if (before !== undefined && stepOf(before) > stepOf(command)) continue;
    next.set(command.id, command);
  }
  commands.value = next;
}

function stepOf({ timeline, endedAt }: WireCommand): number {
  return toMs(timeline.at(-1)?.at ?? 0) + (endedAt === null ? 0 : 1);
}

export function takeView(view: WireActuatorView): void {
  actuators.value = (actuators.value ?? []).map((one) =>
    one.actuator.device === view.actuator.device ? view : one,
  );
}

export async function readPlant(): Promise<void> {
  try {
    const [views, page] = await Promise.all([
      api.list<WireActuatorView>('/actuators?limit=1000'),
      api.get<WirePage<WireCommand>>(`/commands?limit=${COMMANDS_READ}`),
    ]);
    takeCommands(page.items);
    const missing = views.flatMap(({ state }) => state.lease?.command ?? []);
    const unread = missing.filter((id) => !commands.value.has(id));
    takeCommands(await Promise.all(unread.map((id) => api.get<WireCommand>(`/commands/${id}`))));
    actuators.value = views;
    plantProblem.value = null;
  } catch (error) {
    plantProblem.value = problemText(error);
  }
}

async function readActuator(device: string): Promise<void> {
  try {
    takeView(await api.get<WireActuatorView>(`/actuators/${encodeURIComponent(device)}`));
  } catch {
    // The next reading of all of them tells.
  }
}

/** Keeps the actuators and their commands as they are while a view that shows them is open. */
export function usePlant(): void {
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    void readPlant();
    const forget = onCommand((command) => {
      takeCommands([command]);
      const { device } = command;
      clearTimeout(timers.get(device));
      timers.set(
        device,
        setTimeout(() => void readActuator(device), READ_AFTER_MS),
      );
    });
    const every = setInterval(() => {
      if (!document.hidden) void readPlant();
    }, READ_EVERY_MS);
    return () => {
      forget();
      clearInterval(every);
      for (const timer of timers.values()) clearTimeout(timer);
    };
  }, []);
}

export function commandsOf(device: string): WireCommand[] {
  return [...commands.value.values()].filter((one) => one.device === device);
}

/** What a device or a place is called. */
export function nameOf(id: string): string {
  const { devices, sites } = farm.value;
  return devices.get(id)?.name || sites.get(id)?.name || id;
}

export function sentence(reason: WireReason): string {
  return reasonText(reason, { words: plantTexts.value, format: format.value, nameOf });
}

export function refusalText(code: string): string {
  return whyText(code, plantTexts.value);
}

/** A value of a device's metric with its name: `Flow rate 18.4 L/min`. */
export function metricText(device: string, metric: string, value: number | null): string {
  const kind = farm.value.kinds.get(farm.value.devices.get(device)?.kind ?? '');
  const known = kind?.metrics.find(({ name }) => name === metric);
  const label = known === undefined ? metric : local(known.label).toLowerCase();
  if (value === null) return label;
  const shown = format.value.quantity(value, known?.decimals ?? 1, known?.unit);
  return `${label} ${shown}`;
}
