import { createMetrics } from '#src/base/metrics';
import type { Actuator } from '#src/contracts/actuator';
import type { Programme, ProgrammeRun } from '#src/contracts/irrigation';
import { createProgrammes, type ProgrammesService } from '#src/irrigation/programmes/programmes';
import { HAND, MINUTE, SECOND, type Sent, Stand, valveOf } from '../../commands/stand.ts';
import { programmeOf } from '../../state/examples-water.ts';
import { quietLogger } from '../../support/quiet.ts';
import { dripKinds, Weather } from './stand.ts';

/** How a controller takes its starts. */
export interface Ways {
  /** Grants so much at most, s. */
  grants?: number;
  refuses?: string;
  /** It says nothing and does nothing. */
  isDeaf?: boolean;
  /** It says that it runs, and nothing moves. */
  isStuck?: boolean;
}

interface Part {
  /** What it opened for, by the clock of the field; null: it stands. */
  until: number | null;
  /** The start that runs, until its device has said that it is over. */
  command: string | null;
  supply: string | null;
}

/** One time a part was on. */
export interface On {
  device: string;
  from: number;
  to: number;
}

const STEP = 2 * SECOND;
const REPORT_EVERY = 10 * SECOND;

/**
 * Real programmes over the real desk, on a field whose pipes are real enough: water flows through a
 * valve while it and all that feeds it are on. Time passes in steps of two seconds.
 */
export class Field {
  readonly stand: Stand;
  programmes: ProgrammesService;
  readonly ways = new Map<string, Ways>();
  readonly parts = new Map<string, Part>();
  readonly on: On[] = [];
  /** Seconds in which a valve was open without water, and a supply pushed against closed ones. */
  readonly dry = new Map<string, number>();
  readonly pushed = new Map<string, number>();
  readonly begunAt: number;
  #answered = 0;
  #minute = 0;

  private constructor(stand: Stand) {
    this.stand = stand;
    this.begunAt = stand.clock.now();
    this.programmes = this.make();
  }

  static async open(): Promise<Field> {
    const stand = await Stand.open();
    const { clock } = stand;
    clock.advance(MINUTE - (clock.now() % MINUTE));
    return new Field(stand);
  }

  make(): ProgrammesService {
    const { state, clock, desk } = this.stand;
    const { balance, forecasts, readings } = new Weather();
    return createProgrammes({
      ...{ state, registry: state.registry, kinds: dripKinds, commands: desk, clock },
      ...{ balance, forecasts, readings, logger: quietLogger, metrics: createMetrics() },
      timeZone: 'Asia/Ho_Chi_Minh',
    });
  }

  async part(device: string, change: Partial<Actuator> = {}): Promise<void> {
    if (!this.parts.has(device)) await this.stand.device(device);
    const actuator = { ...valveOf(device), nominalFlow: 20, ...change };
    await this.stand.desk.saveActuator(actuator, HAND);
    this.parts.set(device, { until: null, command: null, supply: actuator.supply });
    this.stand.wire.connect(device);
    await this.stand.report(device, { flow_rate: 0, valve_open: 0 });
  }

  /** Valves `v-1`, `v-2`, … behind a main `m-1` behind a pump `p-1`. */
  async plant(
    valves: number,
    { pump = {}, main = {} }: { pump?: Partial<Actuator>; main?: Partial<Actuator> } = {},
  ): Promise<void> {
    const bare = { nominalFlow: null, interlocks: [] };
    const master = { role: 'master-valve', supply: 'p-1' } as const;
    await this.part('p-1', { role: 'pump', ...bare });
    await this.part('m-1', { ...master, ...bare });
    for (let count = 1; count <= valves; count++) await this.part(`v-${count}`, { supply: 'm-1' });
    const needsOpen = { type: 'needs-open', enabled: true } as const;
    await this.part('p-1', { role: 'pump', ...bare, interlocks: [needsOpen], ...pump });
    await this.part('m-1', { ...master, ...bare, ...main });
    // What was heard closed just now rests first, as after a run.
    await this.pass(2 * MINUTE);
  }

  async save(change: Partial<Programme> = {}): Promise<Programme> {
    const { version: _, ...programme } = programmeOf({
      ...{ coop: 'coop', mode: 'manual', zones: [{ device: 'v-1' }] },
      ...{ dose: { type: 'minutes', minutes: 5 }, ...change },
    });
    return this.programmes.save(programme, 'Lan');
  }

  /** The program is killed, and comes back after a while in which only the devices go on. */
  async restart(awayMs = 0): Promise<void> {
    for (let left = awayMs; left > 0; left -= STEP) {
      this.#flow();
      this.stand.clock.advance(STEP);
    }
    await this.stand.restart();
    this.programmes = this.make();
    // What a controller could not say meanwhile it says first.
    await this.#end();
    for (const device of this.parts.keys()) await this.#report(device);
  }

  async pass(ms: number): Promise<void> {
    const { clock } = this.stand;
    for (const end = clock.monotonic() + ms; clock.monotonic() < end; ) {
      if (Math.floor(clock.now() / MINUTE) !== this.#minute) {
        this.#minute = Math.floor(clock.now() / MINUTE);
        await this.programmes.tick();
      } else await this.programmes.look();
      await this.stand.desk.idle();
      await this.answer();
      this.#flow();
      await this.#end();
      if (clock.now() % REPORT_EVERY < STEP) {
        for (const device of this.parts.keys()) await this.#report(device);
      }
      await this.stand.pass(STEP, STEP);
    }
  }

  /** What was sent is taken, and answered. */
  async answer(): Promise<void> {
    const { sent } = this.stand.wire;
    for (; this.#answered < sent.length; this.#answered++) {
      const one = sent[this.#answered];
      if (one !== undefined) await this.#take(one);
    }
  }

  /** What was sent and not yet taken is lost on its way. */
  lose(): void {
    this.#answered = this.stand.wire.sent.length;
  }

  isOn(device: string): boolean {
    return (this.parts.get(device)?.until ?? 0) > this.stand.clock.now();
  }

  async run(programme = 'p-1'): Promise<ProgrammeRun> {
    const { items } = await this.programmes.runs(programme, { limit: 9 });
    const [run] = items;
    if (run === undefined) throw new Error('there is no run');
    return run;
  }

  /** Each time a part was on, `v-1 10-310`, in seconds since the field began. */
  times(...devices: string[]): string[] {
    const seconds = (time: number): number => Math.round((time - this.begunAt) / SECOND);
    return this.on
      .filter(({ device }) => devices.includes(device))
      .map(({ device, from, to }) => `${device} ${seconds(from)}-${seconds(to)}`);
  }

  async #take(sent: Sent): Promise<void> {
    const { device, maxSeconds } = sent;
    const {
      grants = Number.POSITIVE_INFINITY,
      refuses,
      isDeaf,
      isStuck,
    } = this.ways.get(device) ?? {};
    const part = this.parts.get(device);
    if (part === undefined || isDeaf === true) return;
    if (maxSeconds === undefined) {
      part.until = null;
      part.command = null;
      this.#close(device);
      await this.stand.ack(sent, 'done');
      return;
    }
    if (refuses !== undefined) {
      await this.stand.ack(sent, 'refused', { reason: refuses });
      return;
    }
    const grantedSeconds = Math.min(maxSeconds, grants);
    await this.stand.ack(sent, 'running', { grantedSeconds });
    if (isStuck === true) return;
    const now = this.stand.clock.now();
    if (!this.isOn(device)) this.on.push({ device, from: now, to: now });
    part.until = now + grantedSeconds * SECOND;
    part.command = sent.id;
  }

  #close(device: string): void {
    const last = this.on.findLast((one) => one.device === device);
    if (last !== undefined) last.to = Math.max(last.to, this.stand.clock.now());
  }

  /** A lease that is over closes its part, and the device says so. */
  async #end(): Promise<void> {
    for (const [device, part] of this.parts) {
      if (part.until === null || part.until > this.stand.clock.now()) continue;
      part.until = null;
      const { command: id } = part;
      part.command = null;
      if (id === null || !this.stand.wire.connected(device)) continue;
      await this.stand.ack({ id, device }, 'done', { reason: 'lease-over' });
    }
  }

  #flow(): void {
    const now = this.stand.clock.now();
    for (const [device, { until }] of this.parts) {
      if (until === null || until <= now) continue;
      const last = this.on.findLast((one) => one.device === device);
      if (last !== undefined) last.to = Math.min(until, now + STEP);
      const isEnd = ![...this.parts.values()].some(({ supply }) => supply === device);
      if (isEnd && !this.#isFed(device)) add(this.dry, device);
      if (!isEnd && !this.#hasWayOut(device)) add(this.pushed, device);
    }
  }

  #isFed(device: string): boolean {
    const supply = this.parts.get(device)?.supply ?? null;
    return supply === null || (this.isOn(supply) && this.#isFed(supply));
  }

  #hasWayOut(device: string): boolean {
    const below = [...this.parts].filter(([, { supply }]) => supply === device);
    return below.length === 0 || below.some(([one]) => this.isOn(one) && this.#hasWayOut(one));
  }

  async #report(device: string): Promise<void> {
    if (!this.stand.wire.connected(device)) return;
    const isFlowing = this.isOn(device) && this.#isFed(device) && this.#hasWayOut(device);
    const values = { flow_rate: isFlowing ? 20 : 0, valve_open: this.isOn(device) ? 1 : 0 };
    await this.stand.report(device, values);
  }
}

function add(seconds: Map<string, number>, device: string): void {
  seconds.set(device, (seconds.get(device) ?? 0) + STEP / SECOND);
}
