import { uuidv7 } from '../base/uuid.ts';
import type { Actuator, ActuatorFault, ActuatorState } from '../contracts/actuator.ts';
import type { AuditEntry, Command, CommandState, EmergencyStop } from '../contracts/command.ts';
import type { Repositories } from '../contracts/state.ts';
import { type Book, freshState, type OpenCommand } from './book.ts';
import type { MeterMemory } from './watch.ts';

/** Steps of a command that are kept: the whole story of one, and the newest of one that repeats. */
const TIMELINE_MAX = 50;

export type Draft = Omit<AuditEntry, 'number' | 'at'>;

export interface FaultChange {
  device: string;
  /** Null: it was cleared. */
  fault: ActuatorFault | null;
  severity: 'warn' | 'critical';
  by: string;
  note: string | null;
}

/**
 * Changes that commit together or not at all. Reads see what was changed here before; the book
 * changes when all of it is on disk, and only then anything is published or told.
 */
export class Sitting {
  readonly now: number;
  readonly monotonic: number;
  readonly #book: Book;
  readonly #commands = new Map<string, Command>();
  /** Ids of those by device. */
  readonly #changedOf = new Map<string, Set<string>>();
  readonly #states = new Map<string, ActuatorState>();
  readonly #actuators = new Map<string, Actuator | null>();
  readonly #stops = new Map<string, EmergencyStop | null>();
  readonly #meters = new Map<string, MeterMemory>();
  readonly #audit: Draft[] = [];
  /** Commands to hand over, and connections to close, once it is committed. */
  readonly sends: string[] = [];
  readonly drops: string[] = [];
  readonly faults: FaultChange[] = [];
  /** Wall time minus monotonic time, when what is written here was moved to another one. */
  clockOffset: number | null = null;
  /** Something that must not wait for the next commit. */
  isUrgent = false;

  constructor(book: Book, at: { now: number; monotonic: number }) {
    this.#book = book;
    this.now = at.now;
    this.monotonic = at.monotonic;
  }

  newId(): string {
    return uuidv7(this.now);
  }

  actuator(device: string): Actuator | undefined {
    const changed = this.#actuators.get(device);
    return changed === undefined ? this.#book.actuators.get(device) : (changed ?? undefined);
  }

  actuators(): Actuator[] {
    const all = new Map<string, Actuator | null>([...this.#book.actuators, ...this.#actuators]);
    return [...all.values()].filter((one) => one !== null);
  }

  state(device: string): ActuatorState {
    return this.#states.get(device) ?? this.#book.states.get(device) ?? freshState(device);
  }

  /** Whether anything of the part is remembered: its sequence is known then. */
  isKnown(device: string): boolean {
    return this.#states.has(device) || this.#book.states.has(device);
  }

  stop(scope: string): EmergencyStop | undefined {
    const changed = this.#stops.get(scope);
    return changed === undefined ? this.#book.stops.get(scope) : (changed ?? undefined);
  }

  stops(): EmergencyStop[] {
    const all = new Map<string, EmergencyStop | null>([...this.#book.stops, ...this.#stops]);
    return [...all.values()].filter((one) => one !== null);
  }

  command(id: string): Command | undefined {
    return this.#commands.get(id) ?? this.#book.find(id)?.command;
  }

  entry(id: string): OpenCommand | undefined {
    return this.#book.find(id);
  }

  /** Open commands of a device and those changed here, the oldest sequence first. */
  commandsOf(device: string): Command[] {
    const found = new Map(this.#book.of(device).map(({ command }) => [command.id, command]));
    for (const id of this.#changedOf.get(device) ?? []) {
      const command = this.#commands.get(id);
      if (command !== undefined) found.set(id, command);
    }
    return [...found.values()].sort((left, right) => left.sequence - right.sequence);
  }

  putActuator(device: string, actuator: Actuator | null): void {
    this.#actuators.set(device, actuator);
    this.isUrgent = true;
  }

  putStop(scope: string, stop: EmergencyStop | null): void {
    this.#stops.set(scope, stop);
    this.isUrgent = true;
  }

  /** A change that a crash may lose with the frames it came from: they are read again. */
  putState(state: ActuatorState): void {
    this.#states.set(state.device, state);
  }

  meter(key: string): MeterMemory | undefined {
    return this.#meters.get(key) ?? this.#book.meters.get(key);
  }

  putMeter(key: string, memory: MeterMemory): void {
    this.#meters.set(key, memory);
  }

  add(command: Command, note: string | null = null): Command {
    const steps = [{ at: this.now, state: command.state, note }];
    return this.#keep({ ...command, timeline: steps });
  }

  /** A step of a command: a new state, or more known of the one it is in. */
  move(
    command: Command,
    change: Partial<Omit<Command, 'id' | 'timeline'>> & { state?: CommandState },
    note: string | null = null,
  ): Command {
    const state = change.state ?? command.state;
    const timeline = [...command.timeline, { at: this.now, state, note }].slice(-TIMELINE_MAX);
    return this.#keep({ ...command, ...change, timeline });
  }

  /** A change that is no news to people. */
  amend(command: Command, change: Partial<Command>): Command {
    return this.#keep({ ...command, ...change });
  }

  audit(entry: Draft): void {
    this.#audit.push(entry);
    this.isUrgent = true;
  }

  get commands(): Command[] {
    return [...this.#commands.values()];
  }

  get states(): ActuatorState[] {
    return [...this.#states.values()];
  }

  get isReplumbed(): boolean {
    return this.#actuators.size > 0;
  }

  get isEmpty(): boolean {
    const isSilent = this.drops.length === 0 && !this.isUrgent;
    return this.#states.size === 0 && this.#meters.size === 0 && isSilent;
  }

  async write(tx: Repositories): Promise<void> {
    for (const [device, actuator] of this.#actuators) {
      if (actuator === null) await tx.actuators.remove(device);
      else await tx.actuators.save(actuator);
    }
    for (const [scope, stop] of this.#stops) {
      if (stop === null) await tx.actuators.removeStop(scope);
      else await tx.actuators.saveStop(stop);
    }
    if (this.#commands.size > 0) await tx.commands.save(this.commands);
    if (this.#audit.length > 0) {
      await tx.audit.append(this.#audit.map((entry) => ({ ...entry, at: this.now })));
    }
  }

  /** Brings the book to what is committed now. */
  apply(): void {
    const { states, stops, meters } = this.#book;
    for (const [device, actuator] of this.#actuators) {
      if (actuator === null) this.#book.removeActuator(device);
      else this.#book.putActuator(actuator);
    }
    settle(stops, this.#stops);
    settle(states, this.#states);
    settle(meters, this.#meters);
    for (const { device, remedy } of this.#states.values()) {
      if (remedy === undefined) this.#book.remedied.delete(device);
      else this.#book.remedied.add(device);
    }
    for (const command of this.#commands.values()) this.#book.put(command);
  }

  #keep(command: Command): Command {
    const { id, device } = command;
    this.#commands.set(id, command);
    const changed = this.#changedOf.get(device);
    if (changed === undefined) this.#changedOf.set(device, new Set([id]));
    else changed.add(id);
    this.isUrgent = true;
    return command;
  }
}

function settle<T>(target: Map<string, T>, changes: ReadonlyMap<string, T | null>): void {
  for (const [key, value] of changes) {
    if (value === null) target.delete(key);
    else target.set(key, value);
  }
}
