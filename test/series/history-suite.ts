import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryQuery } from '#src/contracts/history';
import type { SeriesStore } from '#src/contracts/series';
import {
  DAY,
  HOUR,
  KINDS,
  MINUTE,
  MONDAY,
  newDevice,
  POND,
  type Report,
  ZONE,
} from './fixtures.ts';
import { survivesEveryKill } from './history-crash.ts';
import { historyEqualsPoints } from './history-property.ts';
import {
  around,
  HandClock,
  type Offsets,
  openScene,
  openState,
  PlainHistory,
  type Scene,
} from './history-scene.ts';
import type { MakeStore, StoreUnderTest } from './suite.ts';

const SCENARIOS = Number(process.env['SCENARIOS'] ?? 5);
const DAILY = { every: { count: 1, unit: 'day' } as const, timeZone: ZONE };
const VALUES = { functions: ['mean', 'count', 'first', 'last'] as const };

/** Work that waits where a test wants it to. */
function gate(): { passed: Promise<void>; reached: Promise<void>; arrive(): void; open(): void } {
  let arrive = (): void => undefined;
  let open = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { reached, passed, arrive, open };
}

/** What history promises over any store: answers from rollups are those from points. */
export function historySuite(name: string, makeStore: MakeStore): void {
  describe(`history over ${name}`, () => {
    let under: StoreUnderTest;
    let store: SeriesStore;
    const offsets: Offsets = { next: 0 };

    beforeAll(async () => {
      under = await makeStore(KINDS);
      store = under.store;
    });
    afterAll(() => under?.stop());

    const at = (day: number, hour = 0): number => MONDAY + day * DAY + hour * HOUR;
    const reportsOf = (device: string, days: readonly number[]): Report[] =>
      days.flatMap((day) =>
        [1, 7, 7.5, 22].map((hour) => ({
          device,
          at: at(day, hour),
          values: { oxygen: day + hour },
        })),
      );
    const daily = (device: string, change: Partial<HistoryQuery> = {}): HistoryQuery => ({
      kind: POND.name,
      metrics: ['oxygen'],
      filter: { devices: [device] },
      from: at(-1),
      to: at(20),
      values: 'corrected',
      order: 'ascending',
      aggregate: { ...DAILY, ...VALUES },
      ...change,
    });

    /** A device with three days in the store, and the plain history to compare with. */
    async function setUp(change: { store?: SeriesStore } = {}) {
      const device = newDevice();
      const state = await openState(store);
      const clock = new HandClock(at(30));
      const options = { store: change.store ?? store, state, offsets, timeZone: ZONE, clock };
      const open = () => openScene(options);
      const scene = await open();
      const plain = new PlainHistory();
      const write = async (of: Scene, ...reports: Report[]) => {
        plain.write(...reports);
        await of.write(...reports);
      };
      await write(scene, ...reportsOf(device, [0, 1, 2]));
      const expectTruth = async (of: Scene, what = 'daily') => {
        for (const values of ['corrected', 'raw'] as const) {
          const query = daily(device, { values });
          plain.expectEqual(await of.ask(query), query, `${what}, ${values}`);
        }
      };
      const dirty = (of: Scene) => [...of.rollups.stale()].filter((one) => one.device === device);
      return { device, clock, scene, plain, open, write, expectTruth, dirty };
    }

    it('answers like the points, whatever comes when', {
      timeout: 60_000 + SCENARIOS * 20_000,
    }, async () => {
      await historyEqualsPoints({ store, offsets }, SCENARIOS);
    });

    it('tells the truth after every kill', { timeout: 60_000 }, async () => {
      expect(await survivesEveryKill({ store, offsets })).toBeGreaterThan(20);
    });

    it('reads quiet days from rollups and dirty ones from points', async () => {
      const queries: Array<string | undefined> = [];
      const watched = around(store, {
        query: (query, signal) => {
          queries.push(query.aggregate === undefined ? 'raw' : query.aggregate.tier);
          return store.query(query, signal);
        },
      });
      const { scene, device, write, expectTruth, dirty } = await setUp({ store: watched });
      expect(dirty(scene)).toHaveLength(3);
      await expectTruth(scene);
      expect(await scene.settle()).toBe(3);
      queries.length = 0;
      await expectTruth(scene);
      expect(queries).toEqual(['day', 'day']);
      await write(scene, { device, at: at(1, 3), values: { oxygen: -4 } });
      queries.length = 0;
      await expectTruth(scene);
      expect(queries).toEqual(['day', undefined, 'day', 'day', undefined, 'day']);
      const hourly = daily(device, {
        from: at(0, 5),
        to: at(1),
        aggregate: { every: { count: 1, unit: 'hour' }, functions: ['max'], timeZone: 'UTC' },
      });
      queries.length = 0;
      await scene.ask(hourly);
      expect(queries).toEqual(['hour']);
      await scene.ask({ ...hourly, from: at(0, 5) + 1 });
      expect(queries.slice(1)).toEqual([undefined]);
    });

    it('asks few questions of a range that is dirty here and there', async () => {
      let queries = 0;
      const watched = around(store, {
        query: (query, signal) => {
          queries++;
          return store.query(query, signal);
        },
      });
      const { scene, device, clock, plain, write } = await setUp({ store: watched });
      clock.time = at(200);
      const days = Array.from({ length: 150 }, (_, day) => day);
      await write(scene, ...reportsOf(device, days));
      await scene.settle();
      const late = days.filter((day) => day % 3 === 1);
      await write(
        scene,
        ...late.map((day) => ({ device, at: at(day, 5), values: { oxygen: day } })),
      );
      const month = { count: 1, unit: 'month' } as const;
      for (const timeZone of [ZONE, 'UTC']) {
        for (const every of [DAILY.every, month, null]) {
          const functions = ['mean', 'first', 'last', 'max'] as const;
          const query = daily(device, {
            from: at(0, 3),
            to: at(160, 4),
            aggregate: { every, functions, timeZone },
          });
          queries = 0;
          plain.expectEqual(await scene.ask(query), query, JSON.stringify(query.aggregate));
          expect(queries).toBeLessThanOrEqual(32);
          expect(queries).toBeGreaterThan(20);
        }
      }
    });

    it('joins decades of hours a few series at a time', async () => {
      const { scene, device, clock, plain, write } = await setUp();
      clock.time = at(200);
      const other = newDevice();
      const values = { oxygen: 3, ph: 7 };
      const hours = [-1, 5, 6, 30];
      const reports = [device, other].flatMap((one) =>
        hours.map((hour) => ({ device: one, at: at(4, hour), values })),
      );
      await write(scene, ...reports);
      await scene.settle();
      await write(scene, { device: other, at: at(3, 2), values });
      const query = daily(device, {
        metrics: ['ph', 'oxygen'],
        filter: { devices: [other, device, other] },
        from: at(-25 * 365),
        aggregate: {
          every: { count: 1, unit: 'hour' },
          functions: ['mean', 'min'],
          timeZone: ZONE,
        },
      });
      plain.expectEqual(await scene.ask(query), query, 'decades');
    });

    it('keeps a day dirty that is written to while it is computed', async () => {
      const wait = gate();
      const slow = around(store, {
        replaceRollups: async (changes) => {
          wait.arrive();
          await wait.passed;
          await store.replaceRollups(changes);
        },
      });
      const { scene, device, write, expectTruth, dirty } = await setUp({ store: slow });
      const settling = scene.settle();
      await wait.reached;
      await write(scene, { device, at: at(1, 3), values: { oxygen: 99 } });
      wait.open();
      await settling;
      expect(dirty(scene).map(({ day }) => scene.rollups.days.spanOf(day).from)).toEqual([at(1)]);
      await expectTruth(scene);
      await scene.settle();
      expect(dirty(scene)).toEqual([]);
      await expectTruth(scene);
    });

    it('keeps a day dirty while a write to it is on its way', async () => {
      const wait = gate();
      let isSlow = false;
      const slow = around(store, {
        write: async (batch) => {
          if (isSlow) {
            wait.arrive();
            await wait.passed;
          }
          await store.write(batch);
        },
      });
      const { scene, device, write, expectTruth, dirty } = await setUp({ store: slow });
      await scene.settle();
      expect(dirty(scene)).toEqual([]);
      isSlow = true;
      const writing = write(scene, { device, at: at(1, 3), values: { oxygen: 99 } });
      await wait.reached;
      await scene.settle();
      await scene.settle();
      wait.open();
      await writing;
      expect(dirty(scene)).toHaveLength(1);
      await expectTruth(scene);
      await scene.settle();
      await expectTruth(scene);
    });

    it('waits for quiet: not today, not a day that was just touched', async () => {
      const { scene, device, clock, write, dirty } = await setUp();
      const left = () =>
        dirty(scene).map(({ day }) =>
          Math.round((scene.rollups.days.spanOf(day).from - MONDAY) / DAY),
        );
      clock.time = at(3, 1);
      await write(scene, { device, at: at(3), values: { oxygen: 1 } });
      clock.pass(MINUTE - 1_000);
      await scene.recompute.round();
      expect(left()).toEqual([0, 1, 2, 3]);
      // Stragglers are given a minute, and today never ends before it does.
      clock.pass(2_000);
      await scene.recompute.round();
      expect(left()).toEqual([3]);
      for (let minute = 0; minute < 12; minute++) {
        clock.pass(MINUTE);
        await write(scene, { device, at: at(0, 1), values: { oxygen: minute } });
        await scene.recompute.round();
        if (minute < 9) expect(left()).toEqual([3, 0]);
      }
      expect(left().filter((day) => day !== 3).length).toBeLessThanOrEqual(1);
    });

    it('begins anew with another store, and trusts nothing until it has', async () => {
      const { scene, device, open, expectTruth, dirty } = await setUp();
      await scene.settle();
      let identity = 'another';
      const other = around(store, { status: () => ({ ...store.status(), identity }) });
      const state = await openState();
      const clock = new HandClock(at(30));
      const second = await openScene({ store: other, state, offsets, timeZone: ZONE, clock });
      expect(second.rollups.trusts(other.status())).toBe(false);
      await expectTruth(second);
      await second.recompute.round();
      expect(second.rollups.trusts(other.status())).toBe(true);
      expect(dirty(second)).toHaveLength(3);
      await expectTruth(second);
      identity = 'a third';
      expect(second.rollups.trusts(other.status())).toBe(false);
      await scene.rollups.distrust();
      const third = await open();
      expect(third.rollups.trusts(store.status())).toBe(false);
      await third.settle();
      expect(dirty(third).map((one) => one.device)).toEqual([device, device, device]);
      await third.settle();
      await expectTruth(third);
    });

    it('lets go of what left a tier: coarser or finer ones answer as far as they reach', async () => {
      const { scene, device, clock, expectTruth, dirty, write } = await setUp();
      await scene.settle();
      await scene.rollups.raiseFloor(POND.name, 'day', at(2));
      await expectTruth(scene, 'hours instead of days');
      await scene.rollups.raiseFloor(POND.name, 'hour', at(1));
      await expectTruth(scene, 'points instead of hours');
      // The points before Tuesday have left: a late one must not wipe out what is known of them.
      const { scene: other, device: kept, ...rest } = await setUp();
      await other.settle();
      await other.rollups.raiseFloor(POND.name, 'points', at(1));
      const before = await other.ask(daily(kept));
      await other.write({ device: kept, at: at(0, 9), values: { oxygen: 1e6 } });
      expect(await other.ask(daily(kept))).toEqual(before);
      await other.settle();
      expect(rest.dirty(other)).toEqual([]);
      expect(await other.ask(daily(kept))).toEqual(before);
      await write(scene, { device, at: at(2, 9), values: { oxygen: 3 } });
      clock.pass(HOUR);
      await scene.settle();
      expect(dirty(scene)).toEqual([]);
      await expectTruth(scene);
    });

    it('stops asking the store when the reader goes', async () => {
      const { scene, device } = await setUp();
      const gone = new AbortController();
      const signals: Array<AbortSignal | undefined> = [];
      const watched = around(store, {
        query: (query, signal) => {
          signals.push(signal);
          return store.query(query, signal);
        },
      });
      const state = await openState();
      const clock = new HandClock(at(30));
      const other = await openScene({ store: watched, state, offsets, timeZone: ZONE, clock });
      const read = async () => {
        const query = daily(device, { aggregate: { ...DAILY, functions: ['mean'], fill: 'null' } });
        for await (const _ of other.history.query(query, gone.signal)) gone.abort();
        for await (const _ of other.history.query(query, gone.signal)) break;
      };
      await expect(read()).rejects.toMatchObject({ code: 'QUERY_CANCELLED' });
      expect(signals.every((signal) => signal === gone.signal)).toBe(true);
      await scene.settle();
    });
  });
}
