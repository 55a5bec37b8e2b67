import type { Command } from '../contracts/command.ts';
import { isTerminal } from '../contracts/command.ts';
import type { OpenCommand } from './book.ts';
import { actionOf, type Floor, kindOf, mayBegin, situationOf, stopUnderWay } from './floor.ts';
import { checkRunning, LEASE_GRACE_MS } from './interlocks.ts';
import { endRun, isRunning } from './leases.ts';
import { send, startRefusal, takeOrder } from './orders.ts';
import { moveTo } from './positions.ts';
import { memoryOf, UNANSWERED, watchChange, watchEnd } from './proving.ts';
import type { Sitting } from './sitting.ts';

/** A device on a village link answers within seconds; what is lost is sent once more. */
const TRY_AGAIN_MS = 10_000;
const TRIES_MAX = 2;
/** A stop is never given up while it may still be heard: each connection, and then each minute. */
const STOP_AGAIN_MS = 60_000;
/** A stop that was not answered for so long is judged by its witness before its time is over. */
const STOP_ASK_MS = 30_000;
const EXPIRED = 'COMMAND_EXPIRED';
/** What runs against an interlock is told to stop for as long as a device may be away. */
const INTERLOCK_NOT_AFTER_MS = 600_000;

/** What time does to open commands: they are sent again, given up, or their leases end. */
export async function passTime(floor: Floor, sitting: Sitting): Promise<void> {
  for (const entry of [...floor.book.open()]) {
    const command = sitting.command(entry.command.id);
    if (command === undefined) continue;
    if (isRunning(command)) await passRun(floor, sitting, { entry, command });
    else if (isTerminal(command.state) || command.startedAt !== null) continue;
    else if (mayBegin(sitting, entry)) {
      tryAgain(floor, sitting, { entry, command });
      await askWitness(floor, sitting, { entry, command });
    } else await giveUp(floor, sitting, { entry, command });
  }
}

/** Commands of a device that has just begun to listen: what waits, and what it never answered. */
export function onListening(floor: Floor, sitting: Sitting, device: string): void {
  for (const entry of floor.book.of(device)) {
    const { command } = entry;
    if (isTerminal(command.state) || command.startedAt !== null || !mayBegin(sitting, entry))
      continue;
    const isWaiting = command.state === 'queued' || command.state === 'sent';
    if (isWaiting) sendNow(floor, sitting, { entry, command });
  }
}

/** What runs although an interlock says that it must not is stopped. */
export function watchInterlocks(floor: Floor, sitting: Sitting): void {
  for (const actuator of floor.book.actuators.values()) {
    const { device } = actuator;
    const { position, lease, fault } = sitting.state(device);
    if (fault !== null || (position !== 'on' && lease === null)) continue;
    // One that is away is told when it is back.
    if (!floor.messenger.connected(device)) continue;
    if (stopUnderWay(floor, sitting, device) !== undefined) continue;
    // What a stop before came to is not known yet: the next one would hide it.
    if (memoryOf(sitting, device).watch?.to === 'off') continue;
    const refusal = checkRunning(actuator, situationOf(floor, sitting, { actuator, order: null }));
    const kind = kindOf(floor, device);
    const action = kind && actionOf(kind, 'off');
    if (refusal === null || action === undefined) continue;
    takeOrder(floor, sitting, {
      request: {
        ...{ id: sitting.newId(), device, action, why: `${refusal.code}: ${refusal.text}` },
        notAfter: sitting.now + INTERLOCK_NOT_AFTER_MS,
        source: { type: 'compensation', name: 'interlock', id: lease?.command ?? null },
      },
    });
  }
}

interface Step {
  entry: OpenCommand;
  command: Command;
}

async function passRun(floor: Floor, sitting: Sitting, { entry, command }: Step): Promise<void> {
  const { runsUntil } = entry;
  if (runsUntil === null || sitting.monotonic < runsUntil) return;
  const until = (command.startedAt ?? 0) + (command.grantedSeconds ?? 0) * 1000;
  const { device } = command;
  const isCurrent = sitting.state(device).lease?.command === command.id;
  const at = Math.min(until, sitting.now);
  const ended = endRun(floor, sitting, { command, at });
  if (!isCurrent) return;
  // Nobody said so: its device must have closed, and its witness will tell.
  moveTo(floor, sitting, { device, position: 'unknown', at });
  const state = sitting.state(device);
  sitting.putState({ ...state, lastOffAt: Math.max(at, state.lastOffAt ?? 0) });
  const noted = sitting.move(ended, {}, 'its time is over');
  const latestAt = at + LEASE_GRACE_MS;
  await watchEnd(floor, sitting, { command: noted, at, latestAt });
}

function tryAgain(floor: Floor, sitting: Sitting, { entry, command }: Step): void {
  const { state, attempts, to } = command;
  if (entry.isSending) return;
  const pauseMs = to === 'off' && attempts >= TRIES_MAX ? STOP_AGAIN_MS : TRY_AGAIN_MS;
  const isLost = entry.triedAt === null || sitting.monotonic - entry.triedAt >= pauseMs;
  const isWaiting = state === 'queued' && attempts === 0;
  const isUnanswered = (state === 'queued' || state === 'sent') && isLost;
  if (isWaiting || isUnanswered) sendNow(floor, sitting, { entry, command });
}

/** A start is judged again by what is known now; a newer command goes before it. */
function sendNow(floor: Floor, sitting: Sitting, { entry, command }: Step): void {
  if (entry.isSending || (command.to === 'on' && command.attempts >= TRIES_MAX)) return;
  if (!floor.messenger.connected(command.device)) return;
  // A device takes none that is older than one it has, whatever became of the newer one.
  const newest = sitting.state(command.device).sequence;
  const isOlder = command.to === 'on' ? newest > command.sequence : hasNewer(sitting, command);
  if (isOlder && command.attempts > 0) return;
  if (command.to === 'on' && command.attempts === 0) {
    const actuator = sitting.actuator(command.device);
    const { owner, maxSeconds } = command;
    const refusal =
      actuator === undefined
        ? { code: 'ACTUATOR_NOT_FOUND', text: 'it is no actuator any more' }
        : startRefusal(floor, sitting, { actuator, owner, maxSeconds });
    if (refusal !== null) {
      sitting.move(command, { state: 'refused', reason: refusal.code }, refusal.text);
      sitting.audit({
        ...{ coop: command.coop, who: command.source.name, what: 'command.refused' },
        ...{
          subject: command.device,
          why: refusal.text,
          before: { id: command.id },
          after: refusal,
        },
      });
      return;
    }
  }
  send(floor, sitting, command);
}

function hasNewer(sitting: Sitting, { device, sequence }: Command): boolean {
  return sitting.commandsOf(device).some((one) => one.sequence > sequence);
}

/** A stop whose answer is lost may have been done all the same, or a valve may not have moved. */
async function askWitness(floor: Floor, sitting: Sitting, { command }: Step): Promise<void> {
  const { device, to, state, sentAt, attempts, id } = command;
  if (to !== 'off' || state !== 'sent' || sentAt === null || attempts < TRIES_MAX) return;
  const memory = memoryOf(sitting, device);
  if (sitting.now - sentAt < STOP_ASK_MS || memory.watch !== null) return;
  // A newer one is sent in its place, and is judged first.
  if (memory.lastChange === `stop ${id}` || hasNewer(sitting, command)) return;
  const times = { at: sentAt, latestAt: sitting.now };
  await watchChange(floor, sitting, { command, cause: 'stop', ...times, isUnheard: true });
}

/** No device begins it any more: expired when none had it, else the witness says what it did. */
async function giveUp(floor: Floor, sitting: Sitting, { entry, command }: Step): Promise<void> {
  const { device, to, notAfter, attempts, id } = command;
  if (entry.isSending) return;
  if (attempts === 0) {
    sitting.move(command, { state: 'expired', reason: EXPIRED }, 'no device took it in time');
    return;
  }
  // What its socket still holds must not be taken hours later.
  if (!entry.isDropped && command.state !== 'acknowledged') sitting.drops.push(device);
  entry.isDropped = true;
  // While an earlier run lasts the witness would show that one.
  const memory = memoryOf(sitting, device);
  // What is being proved already comes first: its end shows what this one can be told by.
  if (overlaps(sitting, command) || memory.watch !== null) return;
  const { lastOffAt } = sitting.state(device);
  const earliest = Math.max(
    command.sentAt ?? command.createdAt,
    to === 'on' ? (lastOffAt ?? 0) : 0,
  );
  // Written by a clock that was set back since.
  const at = Math.min(earliest, sitting.now);
  const silent = sitting.move(command, {}, 'nobody answered; its witness decides');
  const latestAt = Math.max(at, Math.min(notAfter, sitting.now));
  const cause = to === 'on' ? 'start' : 'stop';
  if (memory.lastChange === `${cause} ${id}`) {
    sitting.move(silent, { state: 'unproven', reason: UNANSWERED }, 'its witness said nothing');
    return;
  }
  await watchChange(floor, sitting, { command: silent, cause, at, latestAt, isUnheard: true });
}

/** What runs anyway shows the same as the start nobody answered. */
function overlaps(sitting: Sitting, { device, to, id }: Command): boolean {
  if (to === 'off') return false;
  return sitting.commandsOf(device).some((one) => one.id !== id && isRunning(one));
}
