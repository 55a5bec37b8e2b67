import type { Actuator } from '../contracts/actuator.ts';
import type { Command, Proof } from '../contracts/command.ts';
import { isTerminal } from '../contracts/command.ts';
import { type Floor, flowMeterOf, isStarting, mayBegin, plantAt, stopUnderWay } from './floor.ts';
import { isInBand } from './flow-band.ts';
import { LEASE_GRACE_MS } from './interlocks.ts';
import { beginLease } from './leases.ts';
import type { Plant } from './parts.ts';
import { moveTo, standStill } from './positions.ts';
import { begin, isTry, orderStop } from './remedies.ts';
import type { Sitting } from './sitting.ts';
import {
  type ChangeCause,
  contextOf,
  followWitness,
  leadOf,
  recallWitness,
  type Verdict,
  type WitnessEvent,
  type WitnessMemory,
} from './witness.ts';

/** Why a command ended as it did, where it was the witness that ended it. */
export const CONTRADICTED = 'WITNESS_CONTRADICTS';
export const UNPROVEN = 'WITNESS_SILENT';
export const UNANSWERED = 'COMMAND_UNANSWERED';

/** A device that took a stop so often and never said so has lost its voice. */
const STOP_TRIES = 6;

export interface Change {
  command: Command;
  cause: ChangeCause;
  /** Receive time of the word; the earliest it can have been when there was none. */
  at: number;
  /** The latest it can have been. */
  latestAt?: number;
  /** Its device has not answered. */
  isUnheard?: boolean;
}

export function memoryOf(sitting: Sitting, device: string): WitnessMemory {
  const state = sitting.state(device);
  return (state.witness as WitnessMemory | undefined) ?? recallWitness(state);
}

/** Begins to look for the effect of a change; what was looked for before ends unproven. */
export async function watchChange(floor: Floor, sitting: Sitting, change: Change): Promise<void> {
  const { command, cause, at, latestAt, isUnheard = false } = change;
  const { device, id } = command;
  const actuator = sitting.actuator(device);
  const witness = actuator?.witness ?? null;
  const { goodRuns } = sitting.state(device);
  await see(floor, sitting, device, {
    type: 'change',
    command: id,
    cause,
    to: cause === 'start' ? 'on' : 'off',
    at,
    ...(latestAt !== undefined && { latestAt }),
    ...(isUnheard && { isUnheard }),
    ...(cause === 'start' && { mayEndAt: earliestEnd(change) }),
    ...(cause !== 'lease-end' && command.sentAt !== null && { sentAt: command.sentAt }),
    device,
    witness,
    goodRuns,
    nominalFlow: actuator?.nominalFlow ?? null,
    intervalSeconds: floor.senses.intervalSeconds(witness?.device ?? device),
  });
}

/** A device counts its seconds from when it began, and its word of that may have come late. */
function earliestEnd({ command, at, isUnheard = false }: Change): number {
  const { sentAt, grantedSeconds, maxSeconds } = command;
  const from = isUnheard ? at : Math.min(at, sentAt ?? at);
  return from + (grantedSeconds ?? maxSeconds ?? 0) * 1000;
}

/** The end of a run; a stop that is being proved already shows the same, and ended it. */
export async function watchEnd(
  floor: Floor,
  sitting: Sitting,
  change: Omit<Change, 'cause'>,
): Promise<void> {
  const { device, sequence } = change.command;
  const { watch } = memoryOf(sitting, device);
  const stop = watch?.cause === 'stop' ? sitting.command(watch.command) : undefined;
  if (stop !== undefined && stop.sequence > sequence) return;
  await watchChange(floor, sitting, { ...change, cause: 'lease-end' });
}

/** A new value of the metric that is a part's witness. */
export async function seeSample(
  floor: Floor,
  sitting: Sitting,
  device: string,
  sample: Omit<Extract<WitnessEvent, { type: 'sample' }>, 'type' | 'aloneSince' | 'suppliedSince'>,
): Promise<void> {
  const plant = plantAt(floor, sitting);
  const part = plant.get(device);
  const watch = memoryOf(sitting, device).watch;
  // A start nobody answered may be what is to be proved: then it is no other that begins. And one
  // that was given up excuses no flow beyond a lease: whatever flows is to end.
  const isExcuse = (id: string): boolean => {
    if (watch === null || id === watch.command) return id !== watch?.command;
    const { notAfter = 0, maxSeconds = 0 } = sitting.command(id) ?? {};
    if (watch.cause === 'lease-end') return sitting.now < notAfter;
    // After a stop it does as long as it may run, and its pipes drain.
    const until = notAfter + (maxSeconds ?? 0) * 1000 + LEASE_GRACE_MS + watch.withinMs;
    return watch.cause === 'start' || sample.at < until;
  };
  const starting = part?.starting.filter(({ command }) => isExcuse(command)) ?? [];
  const get: Plant['get'] = (name) =>
    name === device && part ? { ...part, starting } : plant.get(name);
  const context = contextOf({ ...plant, get }, device);
  // Of two starts that the device was handed, only its word says which one runs.
  const { unheardUntil = 0 } = sitting.state(device);
  const handed = starting.filter(({ isWaiting }) => isWaiting !== true);
  const isOther = handed.length > 0 || sample.at < unheardUntil + (watch?.withinMs ?? 0);
  // And what flows after a stop may be what was ordered after it, wherever its contact stands.
  const sequence = sitting.command(watch?.command ?? '')?.sequence ?? 0;
  const isLater = handed.some(
    ({ command }) => (sitting.command(command)?.sequence ?? 0) > sequence,
  );
  const isShared = watch?.to === 'off' ? isLater : watch?.rest !== undefined && isOther;
  const alone = isShared ? { aloneSince: null } : {};
  await see(floor, sitting, device, { type: 'sample', ...sample, ...context, ...alone });
  seeRest(floor, sitting, device, { ...sample, ...context });
}

/** What ran without an answer and is seen at rest stands: its witness can tell. */
function seeRest(
  floor: Floor,
  sitting: Sitting,
  device: string,
  sample: Omit<Extract<WitnessEvent, { type: 'sample' }>, 'type' | 'aloneSince'>,
): void {
  const { fault } = sitting.state(device);
  const witness = sitting.actuator(device)?.witness;
  if (fault?.code !== 'no-answer' || witness?.view !== 'value') return;
  const { at, value, suppliedSince } = sample;
  // Behind a supply that was cut, nothing flows through an open valve either.
  const isSeen = sample.quality === 'good' && at > fault.at && suppliedSince !== null;
  if (!isSeen || !isInBand(witness.off, value)) return;
  standStill(floor, sitting, { device, at: Math.min(at, sitting.now) });
}

/** Gives up on witnesses that stay silent; only when all that was said by `now` was read. */
export async function seeTime(floor: Floor, sitting: Sitting, now: number): Promise<void> {
  for (const device of floor.book.states.keys()) {
    const { watch } = memoryOf(sitting, device);
    if (watch === null || now < watch.giveUpAt) continue;
    await see(floor, sitting, device, { type: 'time', now });
  }
}

/** The wall clock was moved: spans that were set by it move along. */
export function moveWatches(floor: Floor, sitting: Sitting, byMs: number): void {
  for (const device of floor.book.states.keys()) {
    const memory = memoryOf(sitting, device);
    if (memory.watch === null) continue;
    const witness = moved(memory, byMs);
    sitting.putState({ ...sitting.state(device), witness });
  }
}

/** What was awaited by a clock that was ahead since then would never come. */
export function moved(memory: WitnessMemory, byMs: number): WitnessMemory {
  const { watch, changedAt } = memory;
  const times = { changedAt: changedAt === null ? null : changedAt + byMs };
  if (watch === null) return { ...memory, ...times };
  const { from, latestFrom, dueAt, giveUpAt, doubtFrom } = watch;
  const spans = { from: from + byMs, latestFrom: latestFrom + byMs, dueAt: dueAt + byMs };
  const doubt = { doubtFrom: doubtFrom === null ? null : doubtFrom + byMs };
  const end = { giveUpAt: giveUpAt + byMs };
  return { ...memory, ...times, watch: { ...watch, ...spans, ...doubt, ...end } };
}

async function see(
  floor: Floor,
  sitting: Sitting,
  device: string,
  event: WitnessEvent,
): Promise<void> {
  const before = memoryOf(sitting, device);
  const { memory, verdicts } = followWitness(before, event);
  if (memory !== before) sitting.putState({ ...sitting.state(device), witness: memory });
  for (const verdict of verdicts) {
    // The word that it runs came after its silence was noticed: it is being proved anew.
    const isAgain = event.type === 'change' && verdict.command === event.command;
    if (
      isAgain &&
      memory.watch?.command === verdict.command &&
      memory.watch.cause === verdict.cause
    )
      continue;
    await judge(floor, sitting, { device, verdict });
  }
}

async function judge(
  floor: Floor,
  sitting: Sitting,
  { device, verdict }: { device: string; verdict: Verdict },
): Promise<void> {
  const id = verdict.command;
  const command = sitting.command(id) ?? (await floor.state.commands.get(id));
  if (command === undefined) return;
  if (verdict.cause === 'lease-end') return judgeEnd(floor, sitting, { command, verdict });
  const isSilent = command.startedAt === null;
  if (isTerminal(command.state)) {
    if (verdict.state === 'contradicted') await judgeLater(floor, sitting, { command, verdict });
    return;
  }
  if (verdict.state === 'unproven' && mayBeHeard(floor, sitting, command)) {
    // Its witness is asked again, once it was repeated.
    const witness = { ...memoryOf(sitting, device), lastChange: null };
    sitting.putState({ ...sitting.state(device), witness });
    return;
  }
  if (verdict.state === 'effective') showEffective(floor, sitting, { command, verdict, isSilent });
  else if (verdict.state === 'contradicted') {
    // Nobody took a start and nothing runs: that is how it should be.
    const isExpired = isSilent && command.to === 'on';
    const reason = isExpired ? UNANSWERED : CONTRADICTED;
    const state = isExpired ? 'expired' : 'contradicted';
    sitting.move(command, { state, reason, proof: verdict.proof }, verdict.note);
    if (!isExpired) count(sitting, device, 'contradicted');
  } else {
    const reason = isSilent ? UNANSWERED : UNPROVEN;
    sitting.move(command, { state: 'unproven', reason, proof: verdict.proof }, verdict.note);
    if (!isSilent && sitting.actuator(device)?.witness) count(sitting, device, 'unproven');
  }
  const isRisk = isSilent && command.to === 'on' && verdict.state === 'unproven';
  if (isRisk) keepUnheard(sitting, command);
  if (isTry(floor, sitting, id)) return;
  if (verdict.state === 'contradicted' && !(isSilent && command.to === 'on')) {
    const cause = { type: 'verdict', verdict, isUnanswered: isSilent } as const;
    begin(floor, sitting, { device, root: id, cause });
  }
  // Whether it runs is not known: where standing is safe it is told to stand.
  if (isRisk && sitting.actuator(device)?.failSafe === 'off') {
    orderStop(floor, sitting, { device, root: id, why: 'nobody answered the start' });
  }
  const isLost = isSilent && command.to === 'off' && verdict.state === 'unproven';
  if (isLost && command.source.type !== 'compensation' && isAdrift(sitting, device)) {
    orderStop(floor, sitting, { device, root: id, why: 'nobody answered the stop' });
  }
}

/** A clock alone says that its run is over, and standing is the safe place. */
function isAdrift(sitting: Sitting, device: string): boolean {
  const { lease, position } = sitting.state(device);
  const isLost = lease === null && position === 'unknown';
  return isLost && sitting.actuator(device)?.failSafe === 'off';
}

/** Until it is over for sure, what flows may be this start's. */
function keepUnheard(sitting: Sitting, { device, notAfter, maxSeconds }: Command): void {
  const state = sitting.state(device);
  const until = notAfter + (maxSeconds ?? 0) * 1000 + LEASE_GRACE_MS;
  sitting.putState({ ...state, unheardUntil: Math.max(until, state.unheardUntil ?? 0) });
}

/** A stop that nobody answered yet is repeated, and may still be. */
function mayBeHeard({ book }: Floor, sitting: Sitting, command: Command): boolean {
  const { id, to, startedAt, attempts } = command;
  const entry = book.find(id);
  const isSilent = to === 'off' && startedAt === null;
  return isSilent && entry !== undefined && mayBegin(sitting, entry) && attempts < STOP_TRIES;
}

/** A start that was proved shows something else once it has settled: its water goes elsewhere. */
async function judgeLater(
  floor: Floor,
  sitting: Sitting,
  { command, verdict }: { command: Command; verdict: Verdict },
): Promise<void> {
  const { device, id, coop, sentAt, grantedSeconds } = command;
  if (sitting.state(device).lease?.command !== id || isTry(floor, sitting, id)) return;
  // It may have closed since, at its end or by a stop, and the word of that is still to come.
  const runsUntil = (sentAt ?? 0) + (grantedSeconds ?? 0) * 1000;
  const stoppedAt = stopUnderWay(floor, sitting, device)?.createdAt ?? Number.POSITIVE_INFINITY;
  const seenBy = latestOf(memoryOf(sitting, device), verdict.proof);
  if (
    seenBy >= Math.min(runsUntil, stoppedAt) &&
    !isExcess(floor, sitting.actuator(device), verdict)
  )
    return;
  sitting.audit({
    ...{ coop, who: 'witness', what: 'command.went-wrong', subject: device, why: verdict.note },
    ...{ before: { command: id }, after: { proof: verdict.proof } },
  });
  begin(floor, sitting, { device, root: id, cause: { type: 'verdict', verdict } });
}

/** When a proof can have been observed at the latest: by a clock that may be slow. */
function latestOf({ lead }: WitnessMemory, proof: Proof | null): number {
  return (proof?.at ?? 0) - Math.min(0, leadOf(lead));
}

/** More water than a run has: no valve that closes makes that. */
function isExcess(floor: Floor, actuator: Actuator | undefined, { proof }: Verdict): boolean {
  const isFlow = actuator !== undefined && flowMeterOf(floor, actuator) !== null;
  return isFlow && (proof?.value ?? 0) > (proof?.expected.max ?? Number.POSITIVE_INFINITY);
}

function showEffective(
  floor: Floor,
  sitting: Sitting,
  { command, verdict, isSilent }: { command: Command; verdict: Verdict; isSilent: boolean },
): void {
  const { device, to, notAfter, maxSeconds } = command;
  const { proof, note } = verdict;
  const proven = sitting.move(command, { state: 'effective', reason: null, proof }, note);
  count(sitting, device, 'effective');
  const seenAt = Math.min(proof?.at ?? sitting.now, sitting.now);
  if (to === 'off') standStill(floor, sitting, { device, at: seenAt });
  else if (isSilent) {
    // It runs and nobody said since when: its time ends at the latest it can.
    const from = Math.max(Math.min(seenAt, notAfter), command.sentAt ?? 0);
    beginLease(floor, sitting, { command: proven, from, grantedSeconds: maxSeconds ?? 0 });
  }
}

async function judgeEnd(
  floor: Floor,
  sitting: Sitting,
  { command, verdict }: { command: Command; verdict: Verdict },
): Promise<void> {
  const { device, id } = command;
  const state = sitting.state(device);
  if (verdict.state === 'unproven') {
    // Nobody knows whether it has closed: where standing is safe it is told to.
    if (isAdrift(sitting, device) && !isTry(floor, sitting, id)) {
      orderStop(floor, sitting, { device, root: id, why: 'nobody said that it has closed' });
    }
    return;
  }
  if (verdict.state === 'effective') {
    const at = Math.min(verdict.proof?.at ?? sitting.now, sitting.now);
    if (state.lease === null) standStill(floor, sitting, { device, at });
    return;
  }
  moveTo(floor, sitting, { device, position: 'on', at: verdict.proof?.at ?? sitting.now });
  sitting.audit({
    ...{ coop: command.coop, who: 'witness', what: 'command.outlived', subject: device },
    ...{ why: verdict.note, before: { command: id }, after: { proof: verdict.proof } },
  });
  // A later start that nobody answered may be what flows.
  const isStarted = sitting.commandsOf(device).some((one) => isStarting(one) && one.attempts > 0);
  const isUnanswered = isStarted || (verdict.proof?.at ?? 0) < (state.unheardUntil ?? 0);
  begin(floor, sitting, { device, root: id, cause: { type: 'verdict', verdict, isUnanswered } });
}

export function count(
  sitting: Sitting,
  device: string,
  verdict: 'effective' | 'contradicted' | 'unproven' | 'failed',
): void {
  const state = sitting.state(device);
  const verdicts = { ...state.verdicts, [verdict]: state.verdicts[verdict] + 1 };
  sitting.putState({ ...state, verdicts });
}
