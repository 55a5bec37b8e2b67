import path from 'node:path';
import drip from '#devices/drip-controller/kind';
import { createMetrics } from '#src/base/metrics';
import type { Actuator } from '#src/contracts/actuator';
import type { KindRegistry } from '#src/contracts/device-kind';
import type { Forecast, WeatherDay } from '#src/contracts/forecast';
import type { BalanceRow, Programme, ProgrammeRun } from '#src/contracts/irrigation';
import type { State } from '#src/contracts/state';
import { createProgrammes, type ProgrammesService } from '#src/irrigation/programmes/programmes';
import type { Moisture } from '#src/irrigation/programmes/readings';
import type { Need, RainPiece } from '#src/irrigation/programmes/world';
import { createState, type StateService } from '#src/state/state';
import { deviceOf, hashOf, siteOf } from '../../state/examples.ts';
import { actuatorOf, programmeOf } from '../../state/examples-water.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { quietLogger } from '../../support/quiet.ts';
import { RecordingDesk } from './recording-desk.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
export const ZONE = 'Asia/Ho_Chi_Minh';
/** 2026-11-22 00:00 in Hà Nội, a Sunday. */
export const MIDNIGHT = Date.parse('2026-11-21T17:00:00Z');

export const dripKinds: KindRegistry = new Map([[drip.name, drip]]);

/** Local time of the first day, `05:30`, or of another one counted from it. */
export function at(text: string, day = 0): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return MIDNIGHT + day * DAY + hours * HOUR + minutes * MINUTE;
}

export class ManualClock {
  wall = MIDNIGHT;
  #monotonic = 1_000;
  now(): number {
    return this.wall;
  }
  monotonic(): number {
    return this.#monotonic;
  }
  advance(ms: number): void {
    this.wall += ms;
    this.#monotonic += ms;
  }
  /** Somebody sets the clock. */
  jump(ms: number): void {
    this.wall += ms;
  }
}

/** What the field and the sky say; tests change it. */
export class Weather {
  rain: RainPiece[] | null = null;
  moisture: Moisture | null = null;
  days: WeatherDay[] = [];
  rows: BalanceRow[] = [];
  need: (day: string) => Need | null = () => null;
  isBroken = false;

  #unless<T>(value: T): Promise<T> {
    return this.isBroken ? Promise.reject(new Error('no answer')) : Promise.resolve(value);
  }

  readonly readings = {
    rain: () => this.#unless(this.rain),
    moisture: () => this.#unless(this.moisture),
  };
  readonly balance = {
    needOn: (_: string, day: string) => this.#unless(this.need(day)),
    rows: () => this.#unless(this.rows),
  };
  readonly forecasts = {
    of: (site: string): Promise<Forecast | undefined> => {
      const forecast = { site, provider: 'test', takenAt: 0, days: this.days, fellBack: null };
      return this.#unless(forecast);
    },
  };
}

/** A plant of four valves behind one pump, its state, and programmes that can die and come back. */
export class Stand {
  readonly clock = new ManualClock();
  readonly weather = new Weather();
  readonly desk = new RecordingDesk(this.clock);
  readonly state: StateService;
  readonly timeZone: string;
  programmes!: ProgrammesService;
  /** The n-th transaction from now is rolled back, as a power cut would have it. */
  failAfter = Number.POSITIVE_INFINITY;

  constructor(timeZone = ZONE) {
    this.timeZone = timeZone;
    const file = path.join(temporaryFolder(), 'state.db');
    this.state = createState({ file, clock: this.clock, logger: quietLogger });
  }

  /** At five in the morning of the first day. */
  static async open(timeZone?: string): Promise<Stand> {
    const stand = new Stand(timeZone);
    stand.clock.advance(5 * HOUR);
    const { state } = stand;
    await state.start(new AbortController().signal);
    for (const coop of ['an-binh', 'phu-my']) await state.coops.create({ id: coop, name: coop });
    await state.sites.create(siteOf({ id: 'plot', kind: 'zone', species: null }));
    await stand.valve('pump', { role: 'pump' });
    for (const device of ['v-1', 'v-2', 'v-3', 'v-4']) await stand.valve(device);
    stand.restart();
    return stand;
  }

  async valve(device: string, change: Partial<Actuator> = {}, coop = 'an-binh'): Promise<void> {
    if (this.state.registry.find(device) === undefined) {
      const site = coop === 'an-binh' ? 'plot' : null;
      const kind = 'drip-controller';
      await this.state.devices.create(deviceOf({ id: device, coop, site, kind }), hashOf(device));
    }
    const isPump = change.role === 'pump';
    await this.state.actuators.save(
      actuatorOf({
        ...{ device, coop, nominalFlow: isPump ? null : 20, interlocks: [] },
        supply: isPump ? null : 'pump',
        ...change,
      }),
    );
  }

  /** The program died, and a new one starts: only the state and the desk remember. */
  restart(): void {
    this.programmes = createProgrammes({
      ...{ state: this.#shaky(), registry: this.state.registry, kinds: dripKinds },
      ...{ commands: this.desk, clock: this.clock, logger: quietLogger, timeZone: this.timeZone },
      ...{ balance: this.weather.balance, forecasts: this.weather.forecasts },
      ...{ readings: this.weather.readings, metrics: createMetrics() },
    });
  }

  #shaky(): State {
    const transaction: State['transaction'] = (work) =>
      this.state.transaction(async (tx) => {
        const result = await work(tx);
        if (--this.failAfter === 0) throw new Error('the power went');
        return result;
      });
    return { ...this.state, transaction };
  }

  save(change: Partial<Programme> = {}): Promise<Programme> {
    const { version: _, ...programme } = programmeOf({ zones: [{ device: 'v-1' }], ...change });
    return this.programmes.save(programme, 'Lan');
  }

  /** Runs until an instant, looking each minute. */
  async until(time: number): Promise<void> {
    for (;;) {
      await this.programmes.tick();
      if (this.clock.wall >= time) return;
      const next = Math.floor(this.clock.wall / MINUTE) * MINUTE + MINUTE;
      this.clock.advance(Math.min(next, time) - this.clock.wall);
    }
  }

  /** Nothing runs until an instant. */
  sleepUntil(time: number): void {
    this.clock.advance(time - this.clock.wall);
  }

  async runs(programme = 'p-1'): Promise<ProgrammeRun[]> {
    return (await this.programmes.runs(programme, { limit: 100 })).items.reverse();
  }

  /** What was ordered: device, local start and seconds. */
  starts(): string[] {
    return this.desk.leases().map(({ device, from, to }) => {
      return `${device} ${clockOf(from)} ${Math.round((to - from) / 1000)}`;
    });
  }
}

/** Local time of the first zone, `05:30`. */
export function clockOf(time: number): string {
  return new Date(time + 7 * HOUR).toISOString().slice(11, 16);
}

export function codesOf(run: ProgrammeRun | undefined): string[] {
  return run?.reasons.map(({ code }) => code) ?? [];
}
