import type { Acknowledgement } from '../../schemas/acknowledgement.ts';
import type { Position } from '../../src/contracts/actuator.ts';

/**
 * The device's side of a lease, written to be read beside docs/device-guide.md and to be copied
 * into firmware: one state, one event, what to answer. It counts seconds and knows no transport,
 * no time of day but the one it was given, and nothing of what it moves.
 */
export interface LeaseSettings {
  /** Actions of the kind: the one that starts and the one that ends. */
  on: string;
  off: string;
  /** Longest lease this device grants, s, whatever it is asked for. */
  capSeconds: number;
  /** Until the part stands: travel of a valve, spin-up of a motor; the lease counts already. */
  travelSeconds: number;
  /** Where the part harms least. A late stop is obeyed where that is `off`. */
  safe: Position;
}

/** Kept in flash, and written there before the part moves: what a power cut must not undo. */
export interface LeaseMemory {
  /** Of the newest command that was taken; 0 for a new device. */
  sequence: number;
  /** Id of the run; null while off. Found at boot it says that power was lost in mid-run. */
  run: string | null;
  /** The last answer to each of the newest commands, oldest first. */
  answers: readonly Acknowledgement[];
}

export type LeasePhase = 'off' | 'starting' | 'on';

/** The rest is lost at each reboot, and the part with it. */
export interface LeaseState extends LeaseMemory {
  phase: LeasePhase;
  grantedSeconds: number;
  /** Of the lease, and of the travel. */
  leftSeconds: number;
  travelSeconds: number;
  /** Seconds since 1970 by the device's own clock; null until it was set. */
  clock: number | null;
}

/** A command as it came; what a program on the other side forgot may be missing. */
export interface LeaseCommand {
  id: string;
  action: string;
  maxSeconds?: number | undefined;
  notAfter?: string | undefined;
  sequence?: number | undefined;
}

export type LeaseEvent =
  | { type: 'command'; command: LeaseCommand }
  /** So many seconds of the monotonic timer went by. */
  | { type: 'tick'; seconds: number }
  | { type: 'clock'; clock: number }
  /** Power is back. `clock` of a battery-backed clock, or null. */
  | { type: 'boot'; clock: number | null };

export interface LeaseStep {
  state: LeaseState;
  /** To be sent in this order. */
  answers: readonly Acknowledgement[];
}

/** Why a device answered as it did; short words, for the wire. */
export type LeaseReason =
  | 'unknown-action'
  | 'unreadable'
  | 'no-lease'
  | 'older'
  | 'no-clock'
  | 'too-late'
  | 'clock-wrong'
  | 'lease-over'
  | 'stopped'
  | 'replaced'
  | 'reboot';

/**
 * A command is sent twice at most and its successors are numbered, so that a copy that comes after
 * eight others is told by its number; 8 answers are about 800 bytes of flash.
 */
const ANSWERS_KEPT = 8;
/**
 * No server orders more than 7 days ahead. A `notAfter` a day beyond that says that this clock is
 * wrong: it began again at 1970 or at the date of the build.
 */
const AHEAD_SECONDS_MAX = 8 * 86_400;

export const NEW_DEVICE: LeaseState = {
  sequence: 0,
  run: null,
  answers: [],
  phase: 'off',
  grantedSeconds: 0,
  leftSeconds: 0,
  travelSeconds: 0,
  clock: null,
};

/** What the device drives its part to. */
export function positionOf({ phase }: Pick<LeaseState, 'phase'>): Position {
  return phase === 'off' ? 'off' : 'on';
}

/** One event. Pure: the same state, event and settings give the same step. */
export function stepLease(
  state: LeaseState,
  event: LeaseEvent,
  settings: LeaseSettings,
): LeaseStep {
  switch (event.type) {
    case 'command':
      return take(state, event.command, settings);
    case 'tick':
      return tick(state, event.seconds);
    case 'clock':
      return { state: { ...state, clock: event.clock }, answers: [] };
    case 'boot':
      return boot(state, event.clock);
  }
}

function take(state: LeaseState, command: LeaseCommand, settings: LeaseSettings): LeaseStep {
  const taken = state.answers.find((answer) => answer.id === command.id);
  // Delivered twice: the same word again, and nothing moves.
  if (taken !== undefined) return { state, answers: [taken] };
  if (command.action === settings.off) return stop(state, command, settings);
  if (command.action !== settings.on) return refuse(state, command, 'unknown-action');
  return start(state, command, settings);
}

function start(state: LeaseState, command: LeaseCommand, settings: LeaseSettings): LeaseStep {
  const { maxSeconds } = command;
  const sequence = wholeAboveZero(command.sequence);
  const notAfter = Date.parse(command.notAfter ?? '');
  if (sequence === null || Number.isNaN(notAfter)) return refuse(state, command, 'unreadable');
  if (wholeAboveZero(maxSeconds) === null) return refuse(state, command, 'no-lease');
  if (sequence <= state.sequence) return refuse(state, command, 'older');
  // From here on it is the newest order, taken or not: none before it may come through any more.
  const newest = { ...state, sequence };
  const late = lateness(state.clock, notAfter);
  if (late !== null) return refuse(newest, command, late);

  const grantedSeconds = Math.min(maxSeconds ?? 0, settings.capSeconds);
  const isExtension = state.phase === 'on';
  const replaced = ended(newest, 'replaced');
  const begun: LeaseState = {
    ...replaced.state,
    run: command.id,
    phase: isExtension ? 'on' : 'starting',
    grantedSeconds,
    leftSeconds: grantedSeconds,
    travelSeconds: settings.travelSeconds,
  };
  const word = isExtension ? 'running' : 'accepted';
  return say(begun, replaced.answers, { id: command.id, state: word, grantedSeconds });
}

/** Why a start comes too late, or may; null when it does not. A second that runs counts as over. */
function lateness(clock: number | null, notAfter: number): LeaseReason | null {
  if (clock === null) return 'no-clock';
  if ((clock + 1) * 1000 > notAfter) return 'too-late';
  return notAfter > (clock + AHEAD_SECONDS_MAX) * 1000 ? 'clock-wrong' : null;
}

/** Nothing keeps a stop from being obeyed: no clock, no date, no fault, no missing number. */
function stop(state: LeaseState, command: LeaseCommand, settings: LeaseSettings): LeaseStep {
  const sequence = wholeAboveZero(command.sequence) ?? 0;
  const isOlder = sequence <= state.sequence;
  if (isOlder && settings.safe === 'on') return refuse(state, command, 'older');
  const newest = { ...state, sequence: Math.max(sequence, state.sequence) };
  const off = ended(newest, 'stopped');
  return say(off.state, off.answers, { id: command.id, state: 'done' });
}

function tick(before: LeaseState, seconds: number): LeaseStep {
  const clock = before.clock === null ? null : before.clock + seconds;
  const state = { ...before, clock };
  if (state.phase === 'off') return { state, answers: [] };
  const leftSeconds = state.leftSeconds - seconds;
  if (leftSeconds <= 0) return ended(state, 'lease-over');
  const travelSeconds = Math.max(0, state.travelSeconds - seconds);
  const counted = { ...state, leftSeconds, travelSeconds };
  if (state.phase === 'on' || travelSeconds > 0) return { state: counted, answers: [] };
  const { grantedSeconds } = state;
  const running = { id: state.run ?? '', state: 'running', grantedSeconds } as const;
  return say({ ...counted, phase: 'on' }, [], running);
}

/** Whatever ran is over: nobody knows how long the power was away. */
function boot(state: LeaseState, clock: number | null): LeaseStep {
  const { sequence, run, answers } = state;
  const fresh: LeaseState = { ...NEW_DEVICE, sequence, answers, clock };
  return run === null
    ? { state: fresh, answers: [] }
    : say(fresh, [], { id: run, state: 'failed', reason: 'reboot' });
}

/** The run's end, if one is under way. */
function ended(state: LeaseState, reason: LeaseReason): LeaseStep {
  if (state.run === null) return { state, answers: [] };
  const off: LeaseState = {
    ...state,
    run: null,
    phase: 'off',
    grantedSeconds: 0,
    leftSeconds: 0,
    travelSeconds: 0,
  };
  return say(off, [], { id: state.run, state: 'done', reason });
}

function refuse(state: LeaseState, { id }: LeaseCommand, reason: LeaseReason): LeaseStep {
  return say(state, [], { id, state: 'refused', reason });
}

/** Answers, and remembers the answer for a command that comes again. */
function say(
  state: LeaseState,
  before: readonly Acknowledgement[],
  answer: Acknowledgement,
): LeaseStep {
  const others = state.answers.filter(({ id }) => id !== answer.id);
  const answers = [...others, answer].slice(-ANSWERS_KEPT);
  return { state: { ...state, answers }, answers: [...before, answer] };
}

function wholeAboveZero(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}
