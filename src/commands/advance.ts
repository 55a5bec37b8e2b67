import { type Acknowledgement, acknowledgementSchema } from '../../schemas/acknowledgement.ts';
import { type Command, isTerminal } from '../contracts/command.ts';
import type { AckReport } from '../contracts/observation.ts';
import { type Floor, flowMeterOf, isStarting } from './floor.ts';
import { beginLease, endRun, isRunning } from './leases.ts';
import { SUPERSEDED } from './orders.ts';
import { moveTo, standStill } from './positions.ts';
import { count, UNPROVEN, watchChange, watchEnd } from './proving.ts';
import { begin, isTry, orderStop } from './remedies.ts';
import type { Sitting } from './sitting.ts';

/** The device refused or failed and said no word on why. */
const NO_REASON = 'no reason given';

/** It has taken a higher number before: from a state that was lost, or restored from a backup. */
const OLDER = 'older';

interface Word {
  command: Command;
  ack: Acknowledgement;
  /** When it was received, ms. */
  at: number;
}

/**
 * What a device says of a command moves it, once: repeated, late, contradictory words and those of
 * other devices change nothing. False when the word had no effect. Never throws for what it says.
 */
export async function advance(
  floor: Floor,
  sitting: Sitting,
  { source, receivedAt: at, body }: AckReport,
): Promise<boolean> {
  const parsed = acknowledgementSchema.safeParse(body);
  if (!parsed.success) return false;
  const ack = parsed.data;
  const command = sitting.command(ack.id) ?? (await floor.state.commands.get(ack.id));
  if (command === undefined || command.device !== source.device) return false;
  // Nobody was given it: whoever speaks of it guesses.
  if (command.attempts === 0) return false;
  const word: Word = { command, ack, at };
  if (ack.state === 'refused' && ack.reason === OLDER) overtake(sitting, command);
  return command.to === 'on' ? ofStart(floor, sitting, word) : ofStop(floor, sitting, word);
}

/** The next number is above all that came before, since none comes more often than each second. */
function overtake(sitting: Sitting, { device }: Command): void {
  const state = sitting.state(device);
  const sequence = Math.max(state.sequence, Math.floor(sitting.now / 1000));
  sitting.putState({ ...state, sequence });
}

async function ofStart(floor: Floor, sitting: Sitting, word: Word): Promise<boolean> {
  const { command, ack, at } = word;
  const isOver = isTerminal(command.state);
  switch (ack.state) {
    case 'accepted':
      return isOver ? false : acknowledge(sitting, word);
    case 'running':
      if (command.startedAt !== null) return false;
      return isOver ? runsAfterAll(floor, sitting, word) : runs(floor, sitting, word);
    case 'done':
      return isDone(floor, sitting, word);
    case 'refused':
      if (isOver || command.startedAt !== null) return false;
      sitting.move(command, { state: 'refused', reason: ack.reason ?? NO_REASON }, 'by the device');
      return true;
    case 'failed':
      if (isOver) return false;
      return fails(floor, sitting, { command, ack, at });
  }
}

async function ofStop(floor: Floor, sitting: Sitting, word: Word): Promise<boolean> {
  const { command, ack, at } = word;
  const isOver = isTerminal(command.state);
  switch (ack.state) {
    case 'accepted':
    case 'running':
      return isOver ? false : acknowledge(sitting, word);
    case 'done':
      return stands(floor, sitting, word);
    case 'refused':
    case 'failed': {
      if (isOver || command.startedAt !== null) return false;
      if (ack.state === 'failed') return fails(floor, sitting, { command, ack, at });
      sitting.move(command, { state: 'refused', reason: ack.reason ?? NO_REASON }, 'by the device');
      return mend(floor, sitting, command, 'the device refused to stop');
    }
  }
}

function acknowledge(sitting: Sitting, { command, ack, at }: Word): boolean {
  if (command.state !== 'queued' && command.state !== 'sent') return false;
  const granted = grantOf(command, ack);
  const sentAt = command.sentAt ?? at;
  const change = { sentAt, ...(granted !== null && { grantedSeconds: granted }) };
  sitting.move(command, { state: 'acknowledged', ...change }, grantNote(command, granted));
  return true;
}

async function runs(floor: Floor, sitting: Sitting, { command, ack, at }: Word): Promise<boolean> {
  if (isOvertaken(sitting, command)) {
    // Its word was overtaken by that of a later stop, which watches what really is.
    const ended = { startedAt: at, endedAt: at, reason: SUPERSEDED };
    sitting.move(command, { state: 'unproven', ...ended }, 'it ran before a stop that is done');
    return true;
  }
  const granted = grantOf(command, ack) ?? command.grantedSeconds ?? command.maxSeconds ?? 0;
  const sentAt = command.sentAt ?? at;
  const running = sitting.move(command, { state: 'running', sentAt }, grantNote(command, granted));
  const begun = beginLease(floor, sitting, { command: running, from: at, grantedSeconds: granted });
  await watchChange(floor, sitting, { command: begun, cause: 'start', at });
  return true;
}

/**
 * A start that was given up runs all the same: nobody may begin another run meanwhile, and where
 * standing is safe it is stopped.
 */
async function runsAfterAll(floor: Floor, sitting: Sitting, word: Word): Promise<boolean> {
  const { command, ack, at } = word;
  if (isOvertaken(sitting, command) || givesWay(sitting, command)) return false;
  const grantedSeconds = grantOf(command, ack) ?? command.maxSeconds ?? 0;
  // A word that waited for days in a device tells of a run that is over.
  if (at + grantedSeconds * 1000 < sitting.now) return false;
  const said = sitting.move(command, {}, `it runs although it is ${command.state}`);
  beginLease(floor, sitting, { command: said, from: at, grantedSeconds });
  const { device, id } = command;
  if (sitting.actuator(device)?.failSafe === 'on') return true;
  orderStop(floor, sitting, { device, root: id, why: 'it runs although it was given up' });
  return true;
}

/** A start is over by the device's own doing: at its end, or before it. */
async function isDone(floor: Floor, sitting: Sitting, { command, at }: Word): Promise<boolean> {
  if (command.endedAt !== null) return false;
  if (command.startedAt === null) {
    if (isTerminal(command.state)) return false;
    const times = { startedAt: at, endedAt: at, sentAt: command.sentAt ?? at };
    const change = { state: 'unproven', ...times, reason: UNPROVEN } as const;
    const over = sitting.move(command, change, 'it was over at once');
    if (sitting.state(command.device).lease !== null) return true;
    standStill(floor, sitting, { device: command.device, at });
    // The word that it ran may have been lost: its end is watched like any other.
    await watchEnd(floor, sitting, { command: over, at });
    return true;
  }
  const isCurrent = sitting.state(command.device).lease?.command === command.id;
  const ended = endRun(floor, sitting, { command, at });
  if (!isCurrent) return true;
  standStill(floor, sitting, { device: command.device, at });
  const leftMs = (command.startedAt ?? at) + (command.grantedSeconds ?? 0) * 1000 - at;
  const early = leftMs > 2_000 ? `it closed ${Math.round(leftMs / 1000)} s before its end` : null;
  const noted = sitting.move(ended, {}, early ?? 'its time is over');
  await watchEnd(floor, sitting, { command: noted, at });
  return true;
}

/** A stop is done: whatever ran on an older command is over. */
async function stands(floor: Floor, sitting: Sitting, { command, at }: Word): Promise<boolean> {
  if (command.startedAt !== null) return false;
  const { device, sequence } = command;
  const state = sitting.state(device);
  if (sequence > (state.stopSequence ?? 0)) sitting.putState({ ...state, stopSequence: sequence });
  const later = sitting.commandsOf(device).some((one) => isRunning(one) && one.sequence > sequence);
  const isOver = isTerminal(command.state);
  if (isOver && later) return false;
  for (const one of sitting.commandsOf(device)) {
    if (one.sequence >= sequence) continue;
    if (isRunning(one)) endRun(floor, sitting, { command: one, at });
    else if (isStarting(one)) giveWay(sitting, one);
  }
  if (!later) standStill(floor, sitting, { device, at });
  if (isOver) {
    sitting.amend(command, { startedAt: at });
    return true;
  }
  const sentAt = command.sentAt ?? at;
  const stopped = sitting.move(command, { state: 'running', startedAt: at, sentAt }, 'done');
  if (!later) await watchChange(floor, sitting, { command: stopped, cause: 'stop', at });
  else sitting.move(stopped, { state: 'unproven', reason: SUPERSEDED }, 'it was started again');
  return true;
}

/** The device takes none that is older than the stop it has done; whether it ran before is open. */
function giveWay(sitting: Sitting, start: Command): void {
  const isUnseen = start.attempts === 0;
  const state = isUnseen ? 'refused' : 'unproven';
  sitting.move(start, { state, reason: SUPERSEDED }, 'a stop that came after it is done');
}

/** The device could not: where it is now nobody knows. */
async function fails(floor: Floor, sitting: Sitting, { command, ack, at }: Word): Promise<boolean> {
  const { device } = command;
  const reason = ack.reason ?? NO_REASON;
  const failed = sitting.move(command, { state: 'failed', reason }, 'by the device');
  count(sitting, device, 'failed');
  const isCurrent = sitting.state(device).lease?.command === command.id;
  if (isRunning(failed)) endRun(floor, sitting, { command: failed, at });
  if (isCurrent || command.to === 'off' || sitting.state(device).lease === null) {
    moveTo(floor, sitting, { device, position: 'unknown', at });
  }
  return mend(floor, sitting, failed, `the device failed: ${reason}`);
}

/** A device's own word that it did not do it is as good as a witness's. */
function mend(floor: Floor, sitting: Sitting, { id, device, to }: Command, note: string): boolean {
  if (isTry(floor, sitting, id)) return true;
  const cause = to === 'on' ? 'start' : 'stop';
  const verdict = { command: id, cause, to, state: 'contradicted', proof: null, note } as const;
  const actuator = sitting.actuator(device);
  const isValve = actuator !== undefined && flowMeterOf(floor, actuator) !== null;
  begin(floor, sitting, {
    ...{ device, root: id },
    cause:
      to === 'on'
        ? { type: 'fault', fault: isValve ? 'stuck-valve' : 'no-effect' }
        : { type: 'verdict', verdict },
  });
  return true;
}

/** A later stop is done, or a later start runs. */
function isOvertaken(sitting: Sitting, { device, sequence }: Command): boolean {
  const { lease, stopSequence = 0 } = sitting.state(device);
  const current = lease === null ? undefined : sitting.command(lease.command);
  return stopSequence > sequence || (current?.sequence ?? 0) > sequence;
}

/** A device that was handed a later start takes that one, and none that is older. */
function givesWay(sitting: Sitting, { device, sequence }: Command): boolean {
  return sitting
    .commandsOf(device)
    .some((other) => other.sequence > sequence && isStarting(other) && other.attempts > 0);
}

/** Never more than was asked for, whatever the device says. */
function grantOf({ maxSeconds }: Command, { grantedSeconds }: Acknowledgement): number | null {
  if (grantedSeconds === undefined || maxSeconds === null) return null;
  return Math.min(grantedSeconds, maxSeconds);
}

function grantNote({ maxSeconds }: Command, granted: number | null): string | null {
  if (granted === null || maxSeconds === null || granted >= maxSeconds) return null;
  return `granted ${granted} of ${maxSeconds} s`;
}
