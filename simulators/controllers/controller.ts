import type { Acknowledgement } from '../../schemas/acknowledgement.ts';
import type { ActuatorKind, Position } from '../../src/contracts/actuator.ts';
import type { DeviceKind } from '../../src/contracts/device-kind.ts';
import { readValues } from '../report.ts';
import { type ControllerFault, type ControllerFaultType, faultAt } from './controller-faults.ts';
import {
  type LeaseCommand,
  type LeaseEvent,
  type LeaseSettings,
  type LeaseState,
  NEW_DEVICE,
  positionOf,
  stepLease,
} from './lease.ts';
import type { Part } from './surroundings.ts';

export interface ControllerOptions {
  /** A kind with an actuator. */
  kind: DeviceKind;
  /** Of the device's surroundings and of its noise. */
  seed: number;
  part: Part;
  /** ms since 1970; nothing happens before. */
  startAt: number;
  faults?: readonly ControllerFault[];
  /** Longest lease it grants; the kind's own when it is left out. */
  capSeconds?: number;
  travelSeconds?: number;
  /** True: its part moves by order alone from the start on, not only from the first order on. */
  isCommanded?: boolean;
}

/** A lease as it was driven, in true time. */
export interface DrivenRun {
  command: string;
  from: number;
  /** Null while it lasts. */
  until: number | null;
  grantedSeconds: number;
}

/** What nobody but a test can see. */
export interface ControllerTruth {
  /** What the device drives its part to, and what the part does. */
  isDriven: boolean;
  isOn: boolean;
  isUp: boolean;
  /** An extension begins a run of its own. */
  runs: readonly DrivenRun[];
}

/** Sent by the device at `at`, in order. */
export interface Answer {
  at: number;
  acknowledgement: Acknowledgement;
}

interface Appointment {
  at: number;
  /** A command on its way, which dies with the connection. */
  isDelivery: boolean;
  keep(): void;
}

interface Outage {
  from: number;
  until: number;
  /** When it knows the time again. */
  clockAt: number;
}

/**
 * One controlled device in a time of its own, which only `advance` moves: the lease machine, the part
 * it drives and all that is wrong with both.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #actuator: ActuatorKind;
  readonly #faults: readonly ControllerFault[];
  readonly #appointments: Appointment[] = [];
  readonly #answers: Answer[] = [];
  readonly #runs: DrivenRun[] = [];
  readonly #drives: Array<{ at: number; isDriven: boolean }> = [];
  readonly #outages: Outage[] = [];
  readonly #changes: number[] = [];
  #state: LeaseState = NEW_DEVICE;
  #now: number;
  /** When the seconds' timer last ticked. */
  #tickedAt: number;
  #isOn = false;
  #isCommanded = false;

  constructor(options: ControllerOptions) {
    const { kind, faults = [], startAt } = options;
    if (kind.actuator === undefined) throw new RangeError(`${kind.name} moves nothing`);
    this.#options = options;
    this.#actuator = kind.actuator;
    this.#faults = faults;
    this.#now = startAt;
    this.#tickedAt = startAt;
    this.#step({ type: 'boot', clock: this.#clock() });
    for (const fault of faults) this.#plan(fault);
    if (options.isCommanded === true) this.#beginCommanded();
  }

  get now(): number {
    return this.#now;
  }

  /** When something happens by itself next; infinite when nothing will. */
  nextAt(): number {
    const first = this.#appointments[0]?.at ?? Number.POSITIVE_INFINITY;
    return Math.min(first, this.#leaseAt());
  }

  /** To `time` or, for one that is past, nowhere. */
  advance(time: number): void {
    for (;;) {
      const next = Math.max(this.#now, Math.min(time, this.nextAt()));
      if (next > time) return;
      this.#now = next;
      this.#tick();
      const due = this.#appointments[0];
      if (due !== undefined && due.at <= next) {
        this.#appointments.shift();
        due.keep();
      } else if (next >= time) return;
    }
  }

  /** A command that was published to the device now: its payload, or what is in it. */
  receive(message: unknown): void {
    const command = commandOf(message);
    if (command === null || !this.isUpAt(this.#now)) return;
    const late = this.#has('late-link')?.delaySeconds ?? 0;
    const times = [late];
    const again = this.#has('duplicate-delivery')?.afterSeconds;
    if (again !== undefined) times.push(late + again);
    for (const seconds of times) {
      this.#meet({
        at: this.#now + seconds * 1000,
        isDelivery: true,
        keep: () => this.#take(command),
      });
    }
    this.advance(this.#now);
  }

  /** The connection is gone, and what was under way to the device with it. */
  drop(): void {
    const kept = this.#appointments.filter(({ isDelivery }) => !isDelivery);
    this.#appointments.splice(0, this.#appointments.length, ...kept);
  }

  /** Takes what left the device by now. */
  answers(): Answer[] {
    const left = this.#answers.findIndex(({ at }) => at > this.#now);
    return this.#answers.splice(0, left === -1 ? this.#answers.length : left);
  }

  /** What it drives its part to. */
  position(): Position {
    return this.isUpAt(this.#now) ? positionOf(this.#state) : 'off';
  }

  /** Whether it obeys orders alone; before the first one its part follows the world. */
  get isCommanded(): boolean {
    return this.#isCommanded;
  }

  /** Later instants at which its drive changed or it was started again: worth a report. */
  changesSince(time: number): number[] {
    const first = this.#changes.findLastIndex((at) => at <= time) + 1;
    return this.#changes.slice(first);
  }

  isUpAt(time: number): boolean {
    return !this.#outages.some(({ from, until }) => from <= time && time < until);
  }

  /** How often it was started again until then: marks the sequence of its reports. */
  bootsAt(time: number): number {
    return this.#outages.filter(({ until }) => until <= time).length;
  }

  /** How far its clock is off at an instant, ms; null when it does not know the time. */
  clockErrorAt(time: number): number | null {
    const isLost = this.#outages.some(({ from, clockAt }) => from <= time && time < clockAt);
    return isLost ? null : (faultAt(this.#faults, 'clock-error', time)?.offsetMs ?? 0);
  }

  truth(): ControllerTruth {
    const isDriven = this.position() === 'on';
    const isOn = this.#isCommanded ? this.#isOn : this.#options.part.isOn(this.#now);
    return { isDriven, isOn, isUp: this.isUpAt(this.#now), runs: this.#runs };
  }

  /** What it reads at an instant up to now, its dead meter and its lying contact included. */
  values(time: number, intervalSeconds: number): Record<string, number> | null {
    const { kind, seed, part } = this.#options;
    const values = readValues(kind, { world: part.world, seed, time, intervalSeconds });
    if (values === null) return null;
    const { position, witness } = this.#actuator;
    if (position !== null && this.#isCommanded && this.#liesAt(time)) {
      values[position] = Number(this.#drives.findLast(({ at }) => at <= time)?.isDriven ?? false);
    }
    const dead = faultAt(this.#faults, 'dead-meter', time);
    if (dead === undefined) return values;
    if (witness !== null && values[witness.metric] !== undefined) values[witness.metric] = 0;
    const stood = readValues(kind, { world: part.world, seed, time: dead.from, intervalSeconds });
    for (const { name, shape } of kind.metrics) {
      const total = stood?.[name];
      if (shape === 'total' && total !== undefined) values[name] = total;
    }
    return values;
  }

  #liesAt(time: number): boolean {
    const stuck =
      faultAt(this.#faults, 'stuck-open', time) ?? faultAt(this.#faults, 'stuck-closed', time);
    return stuck?.contact === 'drive';
  }

  #has<Type extends ControllerFaultType>(type: Type): ReturnType<typeof faultAt<Type>> {
    return faultAt(this.#faults, type, this.#now);
  }

  #settings(): LeaseSettings {
    const { kind, capSeconds, travelSeconds = 0 } = this.#options;
    const { on, off, role } = this.#actuator;
    const own = kind.commands?.find(({ action }) => action === on)?.maxSeconds ?? 0;
    const cap = Math.min(capSeconds ?? own, this.#has('shorter-grant')?.capSeconds ?? Infinity);
    return { on, off, capSeconds: cap, travelSeconds, safe: role === 'aerator' ? 'on' : 'off' };
  }

  /** When the lease machine has its next say: the lease is over, or its part has arrived. */
  #leaseAt(): number {
    const { phase, leftSeconds, travelSeconds } = this.#state;
    if (phase === 'off' || !this.isUpAt(this.#now)) return Number.POSITIVE_INFINITY;
    const travel = phase === 'on' ? Number.POSITIVE_INFINITY : Math.max(1, travelSeconds);
    return this.#tickedAt + Math.min(leftSeconds, travel) * 1000;
  }

  #tick(): void {
    const seconds = Math.floor((this.#now - this.#tickedAt) / 1000);
    if (seconds === 0) return;
    this.#tickedAt += seconds * 1000;
    if (this.isUpAt(this.#now)) this.#step({ type: 'tick', seconds });
  }

  #take(command: LeaseCommand): void {
    this.#beginCommanded();
    this.#step({ type: 'command', command });
  }

  #beginCommanded(): void {
    if (this.#isCommanded) return;
    this.#isCommanded = true;
    const { part } = this.#options;
    part.takeOver(this.#now);
    this.#isOn = part.isOn(this.#now);
    this.#harm();
    this.#drive();
  }

  #step(event: LeaseEvent): void {
    const before = this.#state;
    const { state, answers } = stepLease(before, event, this.#settings());
    this.#state = state;
    const late = this.#has('late-link')?.delaySeconds ?? 0;
    if (this.#has('lost-acknowledgement') === undefined) {
      for (const acknowledgement of answers) {
        this.#answers.push({ at: this.#now + late * 1000, acknowledgement });
      }
    }
    if (state.run !== before.run) this.#follow(state);
  }

  /** A run began, was replaced or ended. */
  #follow({ run, grantedSeconds }: LeaseState): void {
    const open = this.#runs.at(-1);
    if (open !== undefined) open.until ??= this.#now;
    if (run !== null) {
      remember(this.#runs, { command: run, from: this.#now, until: null, grantedSeconds });
      this.#planRun();
    }
    this.#drive();
  }

  /** The part follows the drive, as far as it can. */
  #drive(): void {
    if (!this.#isCommanded) return;
    const isDriven = this.position() === 'on';
    if ((this.#drives.at(-1)?.isDriven ?? false) !== isDriven) {
      remember(this.#drives, { at: this.#now, isDriven });
      remember(this.#changes, this.#now);
    }
    const sticks = isDriven ? this.#has('stuck-closed') : this.#has('stuck-open');
    if (sticks === undefined) this.#isOn = isDriven;
    this.#options.part.move(this.#isOn, this.#now);
  }

  /** What happens in the middle of a run on its own account. */
  #planRun(): void {
    const run = this.#runs.at(-1);
    if (run === undefined) return;
    const early = this.#has('early-close');
    if (early !== undefined) {
      this.#meetIn(early.afterSeconds, () => {
        if (run.until !== null) return;
        this.#isOn = false;
        this.#options.part.move(false, this.#now);
      });
    }
    const reboot = this.#has('reboot');
    const { intoRunSeconds } = reboot ?? {};
    if (reboot === undefined || intoRunSeconds === undefined) return;
    this.#meetIn(intoRunSeconds, () => {
      if (run.until === null) this.#powerCut(reboot);
    });
  }

  #plan(fault: ControllerFault): void {
    const { from, until } = fault;
    const edge = (at: number, keep: () => void): void =>
      this.#meet({ at, isDelivery: false, keep });
    if (fault.type === 'reboot') {
      if (fault.intoRunSeconds === undefined) edge(from, () => this.#powerCut(fault));
      return;
    }
    const change = (): void => {
      if (fault.type === 'clock-error') this.#setClock();
      else if (fault.type === 'broken-pipe' || fault.type === 'clogged') this.#harm();
      // What was stuck and is mended follows its drive.
      else if (fault.type === 'stuck-open' || fault.type === 'stuck-closed') this.#drive();
    };
    edge(from, change);
    if (until !== undefined) edge(until, change);
  }

  #harm(): void {
    if (!this.#isCommanded) return;
    const pipe = this.#has('broken-pipe')?.pipe;
    const clogged = this.#has('clogged')?.share;
    const { part } = this.#options;
    if (this.#faults.some(({ type }) => type === 'broken-pipe')) {
      part.harm({ pipe: pipe ?? 'sound' }, this.#now);
    }
    if (this.#faults.some(({ type }) => type === 'clogged')) {
      part.harm({ clogged: clogged ?? 0 }, this.#now);
    }
  }

  /** Without power the drive lets go at once; what ran is told when the device is back. */
  #powerCut({ downSeconds, clockSeconds }: { downSeconds: number; clockSeconds: number }): void {
    const from = this.#now;
    const until = from + downSeconds * 1000;
    const clockAt = until + clockSeconds * 1000;
    remember(this.#outages, { from, until, clockAt });
    const open = this.#runs.at(-1);
    if (open !== undefined) open.until ??= from;
    this.#drive();
    this.drop();
    this.#meetIn(downSeconds, () => {
      this.#tickedAt = this.#now;
      this.#step({ type: 'boot', clock: null });
      remember(this.#changes, this.#now);
    });
    this.#meetIn(downSeconds + clockSeconds, () => this.#setClock());
  }

  #setClock(): void {
    const clock = this.#clock();
    if (clock !== null && this.isUpAt(this.#now)) this.#step({ type: 'clock', clock });
  }

  /** Rounded up, so that the second that runs never makes it late. */
  #clock(): number | null {
    const error = this.clockErrorAt(this.#now);
    return error === null ? null : Math.ceil((this.#tickedAt + error) / 1000);
  }

  #meetIn(seconds: number, keep: () => void): void {
    this.#meet({ at: this.#now + seconds * 1000, isDelivery: false, keep });
  }

  #meet(appointment: Appointment): void {
    const place = this.#appointments.findIndex(({ at }) => at > appointment.at);
    this.#appointments.splice(place === -1 ? this.#appointments.length : place, 0, appointment);
  }
}

/** Runs, changes and outages that are remembered: weeks of them; what is asked for is younger. */
const REMEMBERED_MAX = 1_000;

function remember<Item>(list: Item[], item: Item): void {
  list.push(item);
  if (list.length > REMEMBERED_MAX) list.shift();
}

/** What a device makes of a payload; null for one without an id or an action to answer to. */
function commandOf(message: unknown): LeaseCommand | null {
  let read = message;
  if (typeof message === 'string') {
    try {
      read = JSON.parse(message);
    } catch {
      return null;
    }
  }
  if (typeof read !== 'object' || read === null) return null;
  const { id, action } = read as Partial<LeaseCommand>;
  return typeof id === 'string' && typeof action === 'string' ? (read as LeaseCommand) : null;
}
