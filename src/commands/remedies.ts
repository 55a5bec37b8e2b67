import type { Command } from '../contracts/command.ts';
import {
  type Attempt,
  type Cause,
  type CompensationOrder,
  compensationFor,
  type FoundFault,
} from './compensation.ts';
import { actionOf, type Floor, flowMeterOf, kindOf, plantAt, stopUnderWay } from './floor.ts';
import { takeOrder } from './orders.ts';
import type { Sitting } from './sitting.ts';

/** What is being done about something that went wrong with a part; kept with its state. */
export interface Remedy {
  /** The command whose failure began it; null: a fault that no command showed. */
  root: string | null;
  cause: Cause;
  /** End of the lease that was running then, ms. */
  until: number | null;
  tries: ReadonlyArray<Attempt & { command: string }>;
}

/** A close, its supply and all that hangs on it: a farm's valves. */
const TRIES_MAX = 200;

export function remedyOf(sitting: Sitting, device: string): Remedy | undefined {
  return sitting.state(device).remedy as Remedy | undefined;
}

/** Begins to mend. What is being mended already is gone through first. */
export function begin(
  floor: Floor,
  sitting: Sitting,
  { device, root, cause }: { device: string; root: string | null; cause: Cause },
): void {
  if (remedyOf(sitting, device) !== undefined) return;
  const lease = sitting.state(device).lease;
  keep(sitting, device, { root, cause, until: lease?.until ?? null, tries: [] });
  goOn(floor, sitting, device);
}

/** Whether a command is to mend something: what it comes to is asked for anyway. */
export function isTry(floor: Floor, sitting: Sitting, id: string): boolean {
  for (const device of devicesWithRemedy(floor, sitting)) {
    if (remedyOf(sitting, device)?.tries.some(({ command }) => command === id)) return true;
  }
  return false;
}

/** Asks what is to be done next wherever something is being mended. */
export async function goOnAll(floor: Floor, sitting: Sitting): Promise<void> {
  for (const device of devicesWithRemedy(floor, sitting)) {
    const remedy = remedyOf(sitting, device);
    if (remedy === undefined) continue;
    const tries = [];
    for (const one of remedy.tries) {
      const known = sitting.command(one.command) ?? (await floor.state.commands.get(one.command));
      const isAnswered = known === undefined ? one.isAnswered : known.startedAt !== null;
      tries.push({ ...one, state: known?.state ?? one.state, isAnswered: isAnswered ?? false });
    }
    const isNews = tries.some(
      ({ state, isAnswered }, place) =>
        state !== remedy.tries[place]?.state || isAnswered !== remedy.tries[place]?.isAnswered,
    );
    if (isNews) keep(sitting, device, { ...remedy, tries });
    goOn(floor, sitting, device);
  }
}

/** A stop that answers what a command came to; what is on its way to stop the part will do. */
export function orderStop(
  floor: Floor,
  sitting: Sitting,
  { device, root, why }: { device: string; root: string | null; why: string },
): Command | null {
  const order = { device, to: 'off', maxSeconds: null, why } as const;
  return place(floor, sitting, { order, root });
}

function devicesWithRemedy(floor: Floor, sitting: Sitting): string[] {
  const changed = sitting.states.map(({ device }) => device);
  const all = new Set([...floor.book.remedied, ...changed]);
  return [...all].filter((device) => remedyOf(sitting, device) !== undefined);
}

function goOn(floor: Floor, sitting: Sitting, device: string): void {
  const remedy = remedyOf(sitting, device);
  const plant = plantAt(floor, sitting);
  const part = plant.get(device);
  if (remedy === undefined) return;
  if (part === undefined) return keep(sitting, device, null);
  const { cause, tries, until, root } = remedy;
  const plan = compensationFor({
    ...{ cause, part, plant, attempts: tries },
    isConnected: (one) => floor.messenger.connected(one),
    isFlow: flowMeterOf(floor, part.actuator) !== null,
    secondsLeft: Math.max(0, (until ?? 0) - sitting.now) / 1000,
  });
  for (const fault of plan.faults) raise(sitting, { found: fault, command: root });
  const more = plan.orders.map((order) => {
    const command = place(floor, sitting, { order, root });
    const { device: where, to } = order;
    // One that cannot be made is a try as well: something else follows it.
    if (command === null) return { command: '', device: where, to, state: 'refused' as const };
    return { command: command.id, device: where, to, state: command.state };
  });
  if (plan.state !== 'trying') keep(sitting, device, null);
  else if (more.length > 0) {
    keep(sitting, device, { ...remedy, tries: [...tries, ...more].slice(-TRIES_MAX) });
  }
}

/** One stop at a time: what is on its way to stop the part will do. */
function place(
  floor: Floor,
  sitting: Sitting,
  { order, root }: { order: CompensationOrder; root: string | null },
): Command | null {
  const { device, to, maxSeconds, why } = order;
  const underWay = to === 'off' ? stopUnderWay(floor, sitting, device) : undefined;
  if (underWay !== undefined) return underWay;
  const kind = kindOf(floor, device);
  const action = kind && actionOf(kind, to);
  if (action === undefined) return null;
  const owner = sitting.state(device).lease?.owner;
  const { command } = takeOrder(floor, sitting, {
    request: {
      ...{ id: sitting.newId(), device, action, why },
      ...(maxSeconds !== null && { maxSeconds }),
      ...(to === 'on' && owner !== undefined && { owner }),
      source: { type: 'compensation', name: 'compensation', id: root },
    },
    ...(root !== null && { compensates: root }),
  });
  return command;
}

/** A fault stands until somebody looks: nothing starts, and people are told. */
function raise(
  sitting: Sitting,
  { found, command: id }: { found: FoundFault; command: string | null },
): void {
  const { device, code, severity, text } = found;
  const state = sitting.state(device);
  if (state.fault !== null) return;
  const fault = { code, at: sitting.now, command: id, text };
  sitting.putState({ ...state, fault });
  sitting.faults.push({ device, fault, severity, by: 'witness', note: null });
  sitting.audit({
    ...{ coop: sitting.actuator(device)?.coop ?? null, who: 'witness', what: 'actuator.fault' },
    ...{ subject: device, why: text.en, before: null, after: fault },
  });
  const command = id === null ? undefined : sitting.command(id);
  if (command !== undefined) sitting.move(command, {}, `fault: ${code}`);
}

function keep(sitting: Sitting, device: string, remedy: Remedy | null): void {
  const { remedy: _, ...rest } = sitting.state(device);
  sitting.putState(remedy === null ? rest : { ...rest, remedy });
  sitting.isUrgent = true;
}
