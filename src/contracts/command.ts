import type { Actuator, ActuatorState, Position } from './actuator.ts';
import type { CoopFilter, Page, Paged } from './state.ts';

/**
 * Only evidence moves a command. `queued`: committed, not published. `sent`: handed to the
 * connected device. `acknowledged`: it said `accepted`. `running`: it said `running` (of a stop:
 * `done`). Then the witness: `effective`, `contradicted`, or `unproven` when nothing showed in time.
 * `refused` by an interlock, the device or an emergency stop; `failed` by the device's own word;
 * `expired`: its `notAfter` passed before any device took it.
 */
export const COMMAND_STATES = [
  'queued',
  'sent',
  'acknowledged',
  'running',
  'effective',
  'contradicted',
  'unproven',
  'refused',
  'failed',
  'expired',
] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

/** Nothing follows these. */
export const TERMINAL_STATES = [
  'effective',
  'contradicted',
  'unproven',
  'refused',
  'failed',
  'expired',
] as const satisfies readonly CommandState[];

export function isTerminal(state: CommandState): boolean {
  return (TERMINAL_STATES as readonly CommandState[]).includes(state);
}

/** Something is still to come of it: its own end, or that of the time its device was granted. */
export function isOpen(
  command: Pick<Command, 'state' | 'maxSeconds' | 'startedAt' | 'endedAt'>,
): boolean {
  const { state, maxSeconds, startedAt, endedAt } = command;
  return !isTerminal(state) || (maxSeconds !== null && startedAt !== null && endedAt === null);
}

/** Who or what ordered it. `name` of a person is that of the session or token. */
export interface CommandSource {
  type: 'person' | 'rule' | 'programme' | 'aeration' | 'compensation' | 'emergency-stop';
  name: string;
  /** Id of the rule, programme or of the command that is compensated; null for a person. */
  id: string | null;
}

/** What is asked for. */
export interface CommandRequest {
  /** UUIDv7 of the caller: the same id again is the same command, whatever else it says. */
  id: string;
  device: string;
  action: string;
  /** Needed for an action that starts something, refused for one that ends it. Whole seconds. */
  maxSeconds?: number;
  /** ms; a device never begins it later. 60 s from now when it is left out, 7 days at most. */
  notAfter?: number;
  /** Whose run it is; the source's name when it is left out. An extension has the same owner. */
  owner?: string;
  why?: string;
  source: CommandSource;
}

export interface Command {
  id: string;
  device: string;
  coop: string;
  site: string | null;
  action: string;
  /** Where the action leads. */
  to: Position;
  maxSeconds: number | null;
  notAfter: number;
  /** From 1 on for each device; a device takes no older one than it has. 0 for one never queued. */
  sequence: number;
  source: CommandSource;
  owner: string;
  why: string | null;
  state: CommandState;
  /** Why it ended as it did: a code of docs/errors.md or the device's own word; null before. */
  reason: string | null;
  createdAt: number;
  /** Of the first publishing; null before. */
  sentAt: number | null;
  attempts: number;
  grantedSeconds: number | null;
  /** Receive time of the word that it runs. */
  startedAt: number | null;
  /** Of a start: when its lease was over, by whatever ended it; null while it lasts. */
  endedAt: number | null;
  /** What the actuator's position was before, by evidence. */
  before: Position | 'unknown';
  proof: Proof | null;
  /** The command whose failure this one answers; null for others. */
  compensates: string | null;
  /** The newest 50 steps, oldest first. */
  timeline: readonly CommandEvent[];
}

/** What the witness showed. */
export interface Proof {
  device: string;
  metric: string;
  value: number | null;
  /** Observed time. */
  at: number | null;
  expected: { min: number | null; max: number | null };
}

export interface CommandEvent {
  at: number;
  state: CommandState;
  /** The device's or the server's word, in English. */
  note: string | null;
}

export interface CommandFilter extends CoopFilter {
  device?: string;
  site?: string;
  states?: readonly CommandState[];
  source?: CommandSource['type'];
}

/** Newest first in lists. */
export interface CommandRepository {
  list(filter: CommandFilter, page: Page): Promise<Paged<Command>>;
  get(id: string): Promise<Command | undefined>;
  /** Inserts or replaces by id. */
  save(commands: readonly Command[]): Promise<void>;
  /** Every command that is not terminal, or whose lease is not over (`isOpen`); oldest first. */
  open(): Promise<Command[]>;
  /** Forgets up to so many created before an instant that are not open; answers how many. */
  expire(before: number, most: number): Promise<number>;
}

/** Cooperative and site of an actuator are always those its device has now. */
export interface ActuatorRepository {
  list(filter: CoopFilter & { site?: string }, page: Page): Promise<Paged<Actuator>>;
  all(): Promise<Actuator[]>;
  get(device: string): Promise<Actuator | undefined>;
  /** Throws DEVICE_NOT_FOUND. */
  save(actuator: Actuator): Promise<void>;
  /**
   * What is known of the part stays: it is where it is, and its fault still stands. Throws
   * ACTUATOR_IN_USE while it feeds another.
   */
  remove(device: string): Promise<boolean>;
  /** Also of a part that is no actuator any more; none of a device that was removed. */
  states(): Promise<ActuatorState[]>;
  saveStates(states: readonly ActuatorState[]): Promise<void>;
  /**
   * The highest sequence that a device of this id ever got, before it was removed too; 0 for none.
   * The first state of a device begins with it: hardware that was out of the list for a while takes
   * no older command than it has, not even one to stop.
   */
  lastSequence(device: string): Promise<number>;
  /** Places that are stopped: nothing starts there. Key: `coop:<id>`, `site:<id>`, `device:<id>`. */
  stops(): Promise<EmergencyStop[]>;
  saveStop(stop: EmergencyStop): Promise<void>;
  removeStop(scope: string): Promise<boolean>;
}

/** Where everything stands until somebody releases it. */
export interface EmergencyStop {
  /** `coop:<id>`, `site:<id>` or `device:<id>`. */
  scope: string;
  coop: string;
  at: number;
  by: string;
  why: string | null;
}

/** One line of what was done to the plant and by whom; never changed, never removed. */
export interface AuditEntry {
  /** Grows by 1 with each. */
  number: number;
  at: number;
  coop: string | null;
  /** Person, token, rule or programme. */
  who: string;
  /** `command.ordered`, `command.refused`, `actuator.changed`, `stop.set`, `programme.saved` … */
  what: string;
  /** Device, programme or place. */
  subject: string;
  why: string | null;
  before: unknown;
  after: unknown;
}

export interface AuditRepository {
  /** Newest first. */
  list(
    filter: CoopFilter & { subject?: string; who?: string; from?: number; to?: number },
    page: Page,
  ): Promise<Paged<AuditEntry>>;
  /** In their order. A rejected transaction leaves no gap in the numbers. */
  append(entries: ReadonlyArray<Omit<AuditEntry, 'number'>>): Promise<void>;
}

/** Who asks, for the audit. */
export interface CommandHand {
  by: string;
  /** The text of an earlier CONFIRMATION_NEEDED, given back within two minutes by the same hand. */
  confirmation?: string;
}

/** An actuator with what is known of it. */
export interface ActuatorView {
  actuator: Actuator;
  state: ActuatorState;
  connected: boolean;
  reliability: number | null;
  /** Why a start would be refused now, by error code; empty when it would pass. */
  blocked: ReadonlyArray<{ code: string; text: string }>;
}

/**
 * Commands and what they act on. Refusals are `AppError`s with the field and the fix, and stand in
 * the audit: COMMAND_INVALID, COMMAND_UNKNOWN_ACTION, COMMAND_NO_LEASE, COMMAND_OVER_CAP,
 * COMMAND_TOO_LATE, COMMAND_OFFLINE, ACTUATOR_NOT_FOUND, ACTUATOR_DISABLED, ACTUATOR_NO_FAIL_SAFE,
 * ACTUATOR_FAULTY, ACTUATOR_OWNED, ACTUATOR_STOPPED, INTERLOCK_<TYPE>, CONFIRMATION_NEEDED.
 */
export interface CommandDesk {
  /** Committed before it returns; published at once when the device is connected. */
  order(request: CommandRequest): Promise<Command>;
  /** Several at once: all pass or none. Needs a confirmation beyond one device. */
  orderAll(requests: readonly CommandRequest[], hand: CommandHand): Promise<Command[]>;
  get(id: string): Promise<Command | undefined>;
  list(filter: CommandFilter, page: Page): Promise<Paged<Command>>;
  actuator(device: string): Promise<ActuatorView | undefined>;
  actuators(filter: CoopFilter & { site?: string }, page: Page): Promise<Paged<ActuatorView>>;
  /**
   * Throws ACTUATOR_INVALID (a circle, a witness that cannot be, a cap over the kind's). Raising a
   * cap and switching off an interlock need a confirmation.
   */
  saveActuator(actuator: Omit<Actuator, 'version'>, hand: CommandHand): Promise<Actuator>;
  removeActuator(device: string, hand: CommandHand): Promise<boolean>;
  /** Ends a standing fault after somebody looked. */
  clearFault(device: string, why: string, hand: CommandHand): Promise<ActuatorView | undefined>;
  /**
   * Stops every actuator of a place that fails safe `off`, before all that waits; twice is once.
   * Aerators go on, except one that is named itself.
   */
  emergencyStop(scope: string, why: string | null, hand: CommandHand): Promise<EmergencyStop>;
  /** Needs a confirmation. False when there was none. Nothing starts by itself. */
  release(scope: string, hand: CommandHand): Promise<boolean>;
  stops(filter: CoopFilter): Promise<EmergencyStop[]>;
  /** What would be refused, without ordering: null when it would pass. */
  check(request: CommandRequest): Promise<{ code: string; text: string } | null>;
}
