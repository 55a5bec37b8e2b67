import { expect } from 'vitest';
import type { NewCorrection } from '#src/contracts/corrections';
import type { CorrectionWork, HistoryQuery } from '#src/contracts/history';
import {
  AGGREGATE_FUNCTIONS,
  type AggregateFunction,
  type Every,
  ROLLUP_FUNCTIONS,
  type SeriesStore,
} from '#src/contracts/series';
import type { State } from '#src/contracts/state';
import { createRandom, seed } from '../support/random.ts';
import { DAY, HOUR, MINUTE, newDevice, POND, type Report, ZONE } from './fixtures.ts';
import {
  HandClock,
  type Offsets,
  openScene,
  openState,
  PlainHistory,
  type Scene,
} from './history-scene.ts';

/** Where a scenario plays: the instance's zone and a time at which something happens there. */
const STAGES = [
  { timeZone: ZONE, at: '2025-12-31T17:00:00Z' },
  { timeZone: 'Europe/Paris', at: '2026-03-28T23:00:00Z' },
  { timeZone: 'Europe/Paris', at: '2026-10-24T22:00:00Z' },
  { timeZone: 'Asia/Kathmandu', at: '2026-02-28T18:15:00Z' },
  { timeZone: 'Australia/Lord_Howe', at: '2026-04-04T13:00:00Z' },
] as const;
const ZONES = [ZONE, 'UTC', 'Asia/Kathmandu', 'Europe/Paris', 'Australia/Lord_Howe'];
const WIDTHS: ReadonlyArray<Every | null> = [
  { count: 15, unit: 'minute' },
  { count: 1, unit: 'hour' },
  { count: 6, unit: 'hour' },
  { count: 1, unit: 'day' },
  { count: 36, unit: 'hour' },
  { count: 1, unit: 'week' },
  { count: 1, unit: 'month' },
  { count: 1, unit: 'year' },
  null,
];
/** Days before and after the stage's time in which things are observed. */
const BEFORE_DAYS = 6;
const DAYS = 12;
const STEPS = 12;

class Dice {
  readonly roll: () => number;

  constructor(from: number) {
    this.roll = createRandom(from);
  }

  below(count: number): number {
    return Math.floor(this.roll() * count);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  some<T>(items: readonly T[]): T[] {
    const chosen = items.filter(() => this.roll() < 0.5);
    return chosen.length > 0 ? chosen : [this.pick(items)];
  }

  maybe(share: number): boolean {
    return this.roll() < share;
  }
}

/** A random life of a few devices; after every step history must answer like the plain one. */
class Scenario {
  readonly #dice: Dice;
  readonly #stage: (typeof STAGES)[number];
  readonly #start: number;
  readonly #devices = [newDevice(), newDevice(), newDevice()];
  readonly #coop = `coop-${this.#devices[0]}`;
  readonly #plain = new PlainHistory();
  readonly #clock: HandClock;
  readonly #open: () => Promise<Scene>;
  readonly #name: string;
  #scene!: Scene;
  #log: string[] = [];

  constructor(number: number, parts: { store: SeriesStore; offsets: Offsets; state: State }) {
    this.#dice = new Dice(seed + number * 7_919);
    this.#stage = STAGES[number % STAGES.length] ?? STAGES[0];
    this.#start = Date.parse(this.#stage.at) - BEFORE_DAYS * DAY;
    this.#clock = new HandClock(this.#start + (DAYS + 3) * DAY);
    const { timeZone } = this.#stage;
    this.#open = () => openScene({ ...parts, timeZone, clock: this.#clock });
    this.#name = `SEED=${seed} scenario ${number}`;
  }

  async play(): Promise<void> {
    this.#scene = await this.#open();
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      await this.#check();
    }
    await this.#scene.settle();
    await this.#scene.settle();
    expect([...this.#scene.rollups.stale()], this.#name).toEqual([]);
    for (let check = 0; check < 4; check++) await this.#check();
    const again = await this.#scene.settle();
    expect(again, `${this.#name}: nothing is left to do`).toBe(0);
  }

  async #step(): Promise<void> {
    const what = this.#dice.below(10);
    if (what < 4) return this.#write();
    if (what < 6) return void (await this.#settle());
    if (what === 6) {
      this.#log.push('restart');
      this.#scene = await this.#open();
      return;
    }
    if (what === 7) {
      // What is computed while reports come in must not hide them.
      await Promise.all([this.#settle(), this.#write()]);
      return;
    }
    if (what === 8) await Promise.all([this.#settle(), this.#correct()]);
    else await this.#correct();
  }

  async #settle(): Promise<void> {
    this.#log.push('settle');
    await this.#scene.settle();
  }

  #instant(): number {
    const grid = this.#dice.maybe(0.3) ? HOUR : 10 * MINUTE;
    return this.#start + Math.floor((this.#dice.roll() * DAYS * DAY) / grid) * grid;
  }

  async #write(): Promise<void> {
    const reports = Array.from({ length: 1 + this.#dice.below(25) }, (): Report => {
      const value = () => this.#dice.below(4_000) / 100 - 5;
      const values: Record<string, number> = { oxygen: value() };
      if (this.#dice.maybe(0.6)) values['ph'] = value();
      if (this.#dice.maybe(0.2)) delete values['oxygen'];
      if (Object.keys(values).length === 0) values['ph'] = value();
      return {
        device: this.#dice.pick(this.#devices),
        at: this.#instant(),
        values,
        coop: this.#coop,
        site: this.#dice.maybe(0.15) ? 'pond-2' : 'pond-1',
      };
    });
    this.#log.push(`write ${reports.length}`);
    await this.#scene.write(...reports);
    this.#plain.write(...reports);
  }

  #newCorrection(): NewCorrection {
    const works: CorrectionWork[] = [
      { type: 'calibration', gain: this.#dice.pick([2, 0.5, -1]), offset: this.#dice.below(9) },
      { type: 'flag', flag: this.#dice.pick(['suspect', 'invalid'] as const) },
      { type: 'value', value: this.#dice.below(100) },
    ];
    const from = this.#instant();
    const isOpen = this.#dice.maybe(0.3);
    return {
      device: this.#dice.pick(this.#devices),
      metric: this.#dice.pick(['oxygen', 'ph']),
      from,
      to: isOpen ? null : from + 1 + this.#dice.below(3 * DAY),
      work: this.#dice.pick(works),
      note: null,
    };
  }

  async #correct(): Promise<void> {
    // No two are recorded at one instant, so that the later one is known.
    this.#clock.pass(1);
    const { corrections } = this.#scene;
    const known = [...this.#plain.corrections.keys()];
    const what = known.length === 0 ? 0 : this.#dice.below(3);
    this.#log.push(['create', 'replace', 'remove'][what] ?? '');
    if (what === 0) {
      const made = await corrections.create(this.#newCorrection(), 'mai');
      this.#plain.corrections.set(made.id, made);
      return;
    }
    const id = this.#dice.pick(known);
    if (what === 1) {
      const made = await corrections.replace(id, this.#newCorrection(), 'mai');
      if (made === undefined) throw new Error('it applied');
      this.#plain.corrections.set(id, made);
    } else {
      expect(await corrections.remove(id, 'mai')).toBe(true);
      this.#plain.corrections.delete(id);
    }
  }

  #query(): HistoryQuery {
    const dice = this.#dice;
    const bound = (): number => {
      const time = this.#start + Math.floor(dice.roll() * DAYS * DAY);
      const { days } = this.#scene.rollups;
      if (dice.maybe(0.5)) return days.spanOf(days.dayOf(time)).from;
      return dice.maybe(0.5) ? Math.floor(time / HOUR) * HOUR : time;
    };
    const ends = dice.maybe(0.4) ? [this.#start - DAY, this.#clock.time] : [bound(), bound()];
    const query: HistoryQuery = {
      kind: POND.name,
      metrics: dice.some(['oxygen', 'ph']),
      filter: dice.maybe(0.5) ? { coops: [this.#coop] } : { devices: dice.some(this.#devices) },
      from: Math.min(...ends),
      to: Math.max(...ends),
      values: dice.maybe(0.6) ? 'corrected' : 'raw',
      order: dice.maybe(0.8) ? 'ascending' : 'descending',
    };
    if (dice.maybe(0.15)) query.limit = 1 + dice.below(5);
    if (dice.maybe(0.15)) {
      if (dice.maybe(0.3)) query.values = 'both';
      return query;
    }
    const names: readonly AggregateFunction[] = dice.maybe(0.8)
      ? ['mean', ...ROLLUP_FUNCTIONS]
      : AGGREGATE_FUNCTIONS;
    const timeZone = dice.maybe(0.6) ? this.#stage.timeZone : dice.pick(ZONES);
    query.aggregate = { every: dice.pick(WIDTHS), functions: dice.some(names), timeZone };
    return query;
  }

  async #check(): Promise<void> {
    for (let count = 0; count < 2; count++) {
      const query = this.#query();
      const blocks = await this.#scene.ask(query);
      const what = `${this.#name} after ${this.#log.join(', ')}: ${JSON.stringify(query)}`;
      this.#plain.expectEqual(blocks, query, what);
    }
  }
}

/** Plays scenarios one after the other over one store, each with a state of its own. */
export async function historyEqualsPoints(
  parts: { store: SeriesStore; offsets: Offsets },
  scenarios: number,
): Promise<void> {
  for (let number = 0; number < scenarios; number++) {
    const state = await openState(parts.store);
    await new Scenario(number, { ...parts, state }).play();
  }
}
