import { AppError } from '../base/errors.ts';
import type { Actuator } from '../contracts/actuator.ts';
import type { Command, CommandRequest } from '../contracts/command.ts';
import { type Floor, kindOf, situationOf } from './floor.ts';
import { checkStart, type Refusal } from './interlocks.ts';
import { checkForm, type ReadRequest, readRequest } from './requests.ts';
import type { Sitting } from './sitting.ts';
import type { WitnessMemory } from './witness.ts';

/** A newer command of the same part stands before it. */
export const SUPERSEDED = 'COMMAND_SUPERSEDED';

/** What became of a request: a command on its way, or why there is none. */
export type Outcome =
  | { command: Command; refusal: null }
  | { command: null; refusal: AppError; read: ReadRequest | null };

export interface OrderExtras {
  /** The command whose failure this one answers. */
  compensates?: string;
}

/** Takes a request into a sitting: nothing is on disk and nothing is sent before that commits. */
export function takeOrder(
  floor: Floor,
  sitting: Sitting,
  { request, compensates }: { request: CommandRequest } & OrderExtras,
): Outcome {
  let read: ReadRequest | null = null;
  try {
    checkForm(request);
    const actuator = actuatorOf(floor, sitting, request.device);
    read = readRequest(request, { ...actuator, now: sitting.now });
    if (read.to === 'on') checkMayStart(floor, sitting, { actuator: actuator.actuator, read });
    return { command: enter(floor, sitting, { read, compensates }), refusal: null };
  } catch (error) {
    if (error instanceof AppError) return { command: null, refusal: error, read };
    throw error;
  }
}

/** Why a part would not start for this owner now; null when nothing refuses it. */
export function startRefusal(
  floor: Floor,
  sitting: Sitting,
  { actuator, owner, maxSeconds }: { actuator: Actuator; owner: string; maxSeconds: number | null },
): Refusal | null {
  const order = { owner, maxSeconds };
  const refusal = checkStart(actuator, situationOf(floor, sitting, { actuator, order }));
  if (refusal !== null) return refusal;
  // A wall clock that was moved must not end a lease that lasts by the clock that never jumps.
  const { device, failSafe } = actuator;
  const { lease, position, since, witness } = sitting.state(device);
  const watch = (witness as WitnessMemory | undefined)?.watch;
  const isEnding = position !== 'off' && watch?.cause === 'lease-end';
  if (lease === null && failSafe === 'off' && (isEnding || (position === 'unknown' && since))) {
    // A clock alone says that its run is over: that of the device may say something else.
    const text = `nobody knows yet whether ${device} has closed after its last run`;
    return { code: 'ACTUATOR_OWNED', text, field: 'owner' };
  }
  if (lease === null || lease.owner === owner) return null;
  const text = `${lease.owner} runs ${actuator.device}; another may not take it over`;
  return { code: 'ACTUATOR_OWNED', text, field: 'owner' };
}

/** Keeps why a request came to nothing; as a command too, when there is a part it was for. */
export function recordRefusal(
  sitting: Sitting,
  { request, outcome }: { request: CommandRequest; outcome: Extract<Outcome, { command: null }> },
): void {
  const { refusal, read } = outcome;
  const { id, device, action, source } = request;
  const { maxSeconds, notAfter, owner, why } = request;
  const actuator = sitting.actuator(device);
  sitting.audit({
    coop: actuator?.coop ?? null,
    who: source.name,
    what: 'command.refused',
    subject: device,
    why: why ?? null,
    before: null,
    after: {
      ...{ id, action, maxSeconds, notAfter, owner, source },
      ...{ code: refusal.code, reason: refusal.message, field: refusal.field },
    },
  });
  if (read === null || actuator === undefined) return;
  const refused = draft(sitting, { read, actuator, sequence: 0 });
  sitting.add({ ...refused, state: 'refused', reason: refusal.code }, refusal.message);
}

/** What the same id was told before. */
export function refusalAgain({ reason, timeline, device }: Command): AppError {
  const said = timeline[0]?.note ?? `${device} refused it`;
  return new AppError(reason ?? 'COMMAND_INVALID', said, {
    hint: 'This id was refused before; ask with a new id once the reason is gone.',
  });
}

/** Hands a command over as soon as the sitting is committed, when there is a connection. */
export function send(
  { messenger }: Pick<Floor, 'messenger'>,
  sitting: Sitting,
  command: Command,
): Command {
  if (!messenger.connected(command.device)) return command;
  sitting.sends.push(command.id);
  // Counted before it is tried: after a crash in between nobody may believe it was never sent.
  return sitting.amend(command, { attempts: command.attempts + 1 });
}

function actuatorOf(floor: Floor, sitting: Sitting, device: string) {
  const kind = kindOf(floor, device);
  const actuator = sitting.actuator(device);
  if (kind !== undefined && kind.commands === undefined) {
    throw new AppError('COMMAND_UNKNOWN_ACTION', `a ${kind.name} takes no commands`, {
      field: 'device',
      hint: 'Choose a device that controls something.',
    });
  }
  if (kind === undefined || actuator === undefined) {
    throw new AppError('ACTUATOR_NOT_FOUND', `${device.slice(0, 80)} is no actuator`, {
      field: 'device',
      hint: 'Say first what the device controls, with its fail-safe position and its longest run.',
    });
  }
  return { actuator, kind, connected: floor.messenger.connected(device) };
}

function checkMayStart(
  floor: Floor,
  sitting: Sitting,
  { actuator, read }: { actuator: Actuator; read: ReadRequest },
): void {
  const { owner, maxSeconds } = read;
  const refusal = startRefusal(floor, sitting, { actuator, owner, maxSeconds });
  if (refusal === null) return;
  const { code, text, field } = refusal;
  throw new AppError(code, text, { ...(field !== undefined && { field }) });
}

function enter(
  floor: Floor,
  sitting: Sitting,
  { read, compensates }: { read: ReadRequest; compensates: string | undefined },
): Command {
  const { request, to } = read;
  const { device, source } = request;
  const actuator = sitting.actuator(device);
  const before = sitting.state(device);
  if (actuator === undefined) throw new Error('an order for no actuator');
  const sequence = before.sequence + 1;
  sitting.putState({ ...before, sequence });
  if (to === 'off') supersede(sitting, device);
  const place = floor.registry.source(device) ?? actuator;
  const command = sitting.add({
    ...draft(sitting, {
      read,
      actuator: { ...actuator, coop: place.coop, site: place.site },
      sequence,
    }),
    compensates: compensates ?? null,
  });
  const { id, action, maxSeconds, notAfter, owner, coop } = command;
  sitting.audit({
    ...{ coop, who: source.name, what: 'command.ordered', subject: device, why: command.why },
    before: { position: before.position, lease: before.lease },
    after: { id, action, maxSeconds, notAfter, sequence, owner, source },
  });
  return send(floor, sitting, command);
}

/** A start that nobody has seen is not sent after a stop any more. */
function supersede(sitting: Sitting, device: string): void {
  for (const command of sitting.commandsOf(device)) {
    if (command.to !== 'on' || command.state !== 'queued' || command.attempts > 0) continue;
    sitting.move(command, { state: 'refused', reason: SUPERSEDED }, 'a stop came after it');
  }
}

function draft(
  sitting: Sitting,
  { read, actuator, sequence }: { read: ReadRequest; actuator: Actuator; sequence: number },
): Command {
  const { request, to, maxSeconds, notAfter, owner, why } = read;
  const { id, device, action, source } = request;
  const { coop, site } = actuator;
  return {
    ...{ id, device, coop, site, action, to, maxSeconds, notAfter, sequence, source, owner, why },
    state: 'queued',
    reason: null,
    createdAt: sitting.now,
    sentAt: null,
    attempts: 0,
    grantedSeconds: null,
    startedAt: null,
    endedAt: null,
    before: sitting.state(device).position,
    proof: null,
    compensates: null,
    timeline: [],
  };
}
