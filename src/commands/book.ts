import type { Clock } from '../base/clock.ts';
import type { Actuator, ActuatorState } from '../contracts/actuator.ts';
import { type Command, type EmergencyStop, isOpen } from '../contracts/command.ts';
import type { Repositories } from '../contracts/state.ts';
import { LEASE_GRACE_MS } from './interlocks.ts';
import { createPlant } from './parts.ts';
import type { MeterMemory } from './watch.ts';

/** A wall clock that stands this far before what was written was set back. */
export const CLOCK_BACK_MS = 60_000;

/** A command that is not over, and what only this run of the program knows of it. */
export interface OpenCommand {
  command: Command;
  /** Instants of the clock that never jumps: no device begins it later, */
  beginsUntil: number;
  /** its lease is over; null before it runs. */
  runsUntil: number | null;
  /** it was handed over last; null: not by this run. */
  triedAt: number | null;
  /** It is on its way to the socket. */
  isSending: boolean;
  /** Its connection was closed because nobody answered. */
  isDropped: boolean;
}

/**
 * What is known of the plant, as it is committed: changes are made by a `Sitting` and come here
 * with its commit. A few MB for ten thousand open commands.
 */
export class Book {
  readonly actuators = new Map<string, Actuator>();
  /** What feeds what, and who shares a meter. */
  readonly plant = createPlant();
  /** What flows through the meters, by device and metric. */
  readonly meters = new Map<string, MeterMemory>();
  readonly states = new Map<string, ActuatorState>();
  readonly stops = new Map<string, EmergencyStop>();
  /** Parts with which something is being mended: a few. */
  readonly remedied = new Set<string>();
  readonly #open = new Map<string, OpenCommand>();
  readonly #byDevice = new Map<string, Set<string>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async load(tx: Pick<Repositories, 'commands' | 'actuators'>): Promise<void> {
    const actuators = await tx.actuators.all();
    const states = await tx.actuators.states();
    const stops = await tx.actuators.stops();
    const open = await tx.commands.open();
    for (const map of [this.actuators, this.states, this.stops]) map.clear();
    this.#open.clear();
    this.#byDevice.clear();
    this.remedied.clear();
    for (const { device } of [...this.plant.all()].map((part) => part.actuator)) {
      this.plant.remove(device);
    }
    for (const actuator of actuators) this.putActuator(actuator);
    for (const state of states) {
      this.states.set(state.device, state);
      if (state.remedy !== undefined) this.remedied.add(state.device);
    }
    for (const stop of stops) this.stops.set(stop.scope, stop);
    for (const command of open) this.put(command);
  }

  putActuator(actuator: Actuator): void {
    this.actuators.set(actuator.device, actuator);
    this.plant.put({ actuator, state: freshState(actuator.device), starting: [] });
  }

  removeActuator(device: string): void {
    this.actuators.delete(device);
    this.plant.remove(device);
  }

  get size(): number {
    return this.#open.size;
  }

  open(): Iterable<OpenCommand> {
    return this.#open.values();
  }

  find(id: string): OpenCommand | undefined {
    return this.#open.get(id);
  }

  /** Open commands of a device, the oldest sequence first. */
  of(device: string): OpenCommand[] {
    const ids = this.#byDevice.get(device) ?? [];
    return [...ids]
      .flatMap((id) => this.#open.get(id) ?? [])
      .sort((left, right) => left.command.sequence - right.command.sequence);
  }

  /** Takes over a committed command, or lets go of one that is over. */
  put(command: Command): void {
    const { id, device } = command;
    const known = this.#open.get(id);
    if (!isOpen(command)) {
      this.#open.delete(id);
      const ids = this.#byDevice.get(device);
      ids?.delete(id);
      if (ids?.size === 0) this.#byDevice.delete(device);
      return;
    }
    if (known === undefined) {
      this.#open.set(id, this.#opened(command));
      const ids = this.#byDevice.get(device);
      if (ids === undefined) this.#byDevice.set(device, new Set([id]));
      else ids.add(id);
      return;
    }
    if (known.runsUntil === null) known.runsUntil = this.#runsUntil(command);
    known.command = command;
  }

  /**
   * Wall times as durations from now. What a clock that was set back would make longer than it
   * was when it was written stays as long as it was.
   */
  #opened(command: Command): OpenCommand {
    const { now, monotonic } = { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
    const { notAfter, createdAt } = command;
    const leftMs = Math.min(notAfter - now, notAfter - createdAt);
    return {
      command,
      beginsUntil: monotonic + leftMs,
      runsUntil: this.#runsUntil(command),
      triedAt: null,
      isSending: false,
      isDropped: false,
    };
  }

  #runsUntil({ startedAt, grantedSeconds, maxSeconds }: Command): number | null {
    const seconds = grantedSeconds ?? maxSeconds;
    if (startedAt === null || seconds === null) return null;
    const leftMs = Math.min(startedAt + seconds * 1000 - this.#clock.now(), seconds * 1000);
    return this.#clock.monotonic() + leftMs + LEASE_GRACE_MS;
  }
}

/** A part nobody has moved yet. */
export function freshState(device: string): ActuatorState {
  return {
    device,
    sequence: 0,
    position: 'unknown',
    since: null,
    lease: null,
    lastOffAt: null,
    use: { day: '', seconds: 0, litres: 0 },
    goodRuns: [],
    verdicts: { effective: 0, contradicted: 0, unproven: 0, failed: 0 },
    fault: null,
  };
}
