import { expect } from 'vitest';
import type { HistoryQuery, ValueVersion } from '#src/contracts/history';
import type { SeriesStore } from '#src/contracts/series';
import type { State } from '#src/contracts/state';
import {
  DAY,
  HOUR,
  MONDAY,
  newDevice,
  POND,
  type Report,
  toObservation,
  ZONE,
} from './fixtures.ts';
import {
  HandClock,
  type Offsets,
  openScene,
  openState,
  PlainHistory,
  type Scene,
} from './history-scene.ts';

/** Kills the program right before or right after its n-th lasting operation. */
class Killer {
  isDead = false;
  #left: number;

  constructor(after: number) {
    this.#left = after;
  }

  /** The operation, unless the program dies before it; it may also die before it hears of it. */
  wrap<T extends object>(target: T, names: ReadonlyArray<keyof T>): T {
    return new Proxy(target, {
      get: (_, name) => {
        const found: unknown = Reflect.get(target, name);
        if (typeof found !== 'function') return found;
        const call = (...input: unknown[]): unknown => Reflect.apply(found, target, input);
        if (!names.includes(name as keyof T)) return call;
        return async (...input: unknown[]) => {
          this.#step();
          const result: unknown = await call(...input);
          this.#step();
          return result;
        };
      },
    });
  }

  #step(): void {
    if (!this.isDead && --this.#left === 0) this.isDead = true;
    if (this.isDead) throw new Error('killed');
  }
}

/**
 * Kills a program after its first, its second … operation until one lives through its whole life.
 * Started again, it must answer like the points, now and after everything was computed anew.
 */
export async function survivesEveryKill(parts: {
  store: SeriesStore;
  offsets: Offsets;
}): Promise<number> {
  const state = await openState(parts.store);
  for (let kill = 1; ; kill++) {
    const killer = new Killer(kill);
    await new Life({ ...parts, state }, killer, `killed at ${kill}`).live();
    if (!killer.isDead) return kill - 1;
  }
}

class Life {
  readonly #store: SeriesStore;
  readonly #offsets: Offsets;
  readonly #killer: Killer;
  readonly #name: string;
  readonly #device = newDevice();
  readonly #plain = new PlainHistory();
  readonly #clock = new HandClock(MONDAY + 30 * DAY);
  readonly #state: State;
  #scene!: Scene;
  #hasDied = false;

  constructor(
    { store, state, offsets }: { store: SeriesStore; state: State; offsets: Offsets },
    killer: Killer,
    name: string,
  ) {
    this.#store = store;
    this.#state = state;
    this.#offsets = offsets;
    this.#killer = killer;
    this.#name = name;
  }

  async live(): Promise<void> {
    const { wrap } = this.#killer;
    const killable = wrap.bind(this.#killer) as Killer['wrap'];
    this.#scene = await this.#open(killable(this.#store, ['write', 'replaceRollups']), {
      ...this.#state,
      rollups: killable(this.#state.rollups, ['mark', 'clear']),
      corrections: killable(this.#state.corrections, ['save']),
    });
    const calibration = { type: 'calibration', gain: 2, offset: 1 } as const;
    const span = { device: this.#device, metric: 'oxygen', note: null };
    let id = '';
    await this.#write(0, 1, 2);
    await this.#settle();
    await this.#write(1);
    await this.#correct(async ({ corrections }) => {
      const work = { from: MONDAY + DAY + HOUR, to: null, work: calibration };
      ({ id } = await corrections.create({ ...span, ...work }, 'mai'));
    });
    await this.#settle();
    await this.#write(2);
    await this.#correct(({ corrections }) => corrections.remove(id, 'mai'));
    await this.#settle();
    // Two rounds: what died in the first is computed in the second.
    await this.#scene.settle();
    expect([...this.#scene.rollups.stale()], this.#name).toEqual([]);
    await this.#expectTruth(['corrected', 'raw']);
  }

  #open(store: SeriesStore, state: State): Promise<Scene> {
    const parts = { offsets: this.#offsets, timeZone: ZONE, clock: this.#clock };
    return openScene({ store, state, ...parts });
  }

  /** Does something; when the program died of it, another takes its place. */
  async #attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!this.#killer.isDead || this.#hasDied) throw error;
      this.#hasDied = true;
      this.#scene = await this.#open(this.#store, this.#state);
      return false;
    }
  }

  async #write(...days: number[]): Promise<void> {
    const reports = days.flatMap((day) =>
      [2, 9].map((hour): Report => {
        const value = this.#offsets.next + hour;
        return {
          device: this.#device,
          at: MONDAY + day * DAY + hour * HOUR,
          values: { oxygen: value },
        };
      }),
    );
    const from = this.#offsets.next;
    if (!(await this.#attempt(() => this.#scene.write(...reports)))) {
      // The pump goes on where the store's cursor stands.
      const isStored = (await this.#store.cursor()) > from;
      const observations = reports.map((report, place) => toObservation(report, from + place));
      if (!isStored) await this.#scene.accept({ from, next: this.#offsets.next, observations });
    }
    this.#plain.write(...reports);
    await this.#expectTruthAfterDeath();
  }

  async #correct(work: (scene: Scene) => Promise<unknown>): Promise<void> {
    await this.#attempt(() => work(this.#scene));
    const current = await this.#state.corrections.current();
    const mine = current.filter(({ device }) => device === this.#device);
    this.#plain.corrections = new Map(mine.map((one) => [one.id, one]));
    await this.#expectTruthAfterDeath();
  }

  async #settle(): Promise<void> {
    await this.#attempt(() => this.#scene.settle());
    await this.#expectTruthAfterDeath();
  }

  async #expectTruthAfterDeath(): Promise<void> {
    if (this.#hasDied) await this.#expectTruth();
  }

  async #expectTruth(versions: readonly ValueVersion[] = ['corrected']): Promise<void> {
    for (const values of versions) {
      const query: HistoryQuery = {
        kind: POND.name,
        metrics: ['oxygen'],
        filter: { devices: [this.#device] },
        from: MONDAY - DAY,
        to: MONDAY + 9 * DAY,
        values,
        order: 'ascending',
        aggregate: {
          every: { count: 1, unit: 'day' },
          functions: ['sum', 'first', 'last'],
          timeZone: ZONE,
        },
      };
      this.#plain.expectEqual(await this.#scene.ask(query), query, `${this.#name}, ${values}`);
    }
  }
}
