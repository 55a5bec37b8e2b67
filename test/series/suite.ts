import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '#src/base/errors';
import type { KindRegistry } from '#src/contracts/device-kind';
import type { Every, SeriesStore } from '#src/contracts/series';
import {
  collect,
  DAY,
  expectClose,
  HOUR,
  Journalist,
  KINDS,
  latestOf,
  MINUTE,
  MONDAY,
  newDevice,
  POND,
  points,
  query,
  TRAP,
  ZONE,
} from './fixtures.ts';
import { movedCases } from './moved.ts';
import { answersLikeReference } from './property.ts';
import { rollupSuite } from './suite-rollups.ts';
import { streamingSuite } from './suite-streaming.ts';

/** A started store and how to end it. */
export interface StoreUnderTest {
  store: SeriesStore;
  stop(): Promise<void>;
  /** Ends the store and opens it again from what it left; absent where that is no other store. */
  reopen?(): Promise<StoreUnderTest>;
}
export type MakeStore = (kinds: KindRegistry) => Promise<StoreUnderTest>;

/** What every series store promises; all tests share one store and keep to devices of their own. */
export function seriesSuite(name: string, makeStore: MakeStore): void {
  describe(`series store ${name}`, () => {
    let under: StoreUnderTest;
    let store: SeriesStore;
    let journal: Journalist;

    beforeAll(async () => {
      under = await makeStore(KINDS);
      store = under.store;
      journal = new Journalist(store);
    });
    afterAll(() => under?.stop());

    const of = (device: string) => ({ filter: { devices: [device] } });

    /** Sum of the counts of one device over all days. */
    const countsOf = async (device: string) => {
      const counts = await store.counts('2026-01-01', '2027-12-31');
      const mine = counts.filter((count) => count.device === device);
      const sum = (key: 'stored' | 'duplicate') =>
        mine.reduce((total, count) => total + count[key], 0);
      return { stored: sum('stored'), duplicate: sum('duplicate') };
    };

    describe('exactly once', () => {
      it('keeps a batch that comes twice once, and its cursor', async () => {
        const device = newDevice();
        const batch = await journal.write(
          { device, at: MONDAY, values: { oxygen: 5, ph: 7 } },
          { device, at: MONDAY + MINUTE, values: { oxygen: 6 } },
        );
        const cursor = await store.cursor();
        expect(cursor).toBe(batch.next);
        await store.write(batch);
        expect(await store.cursor()).toBe(cursor);
        const { next } = await journal.write({
          device,
          at: MONDAY + 2 * MINUTE,
          values: { ph: 8 },
        });
        await store.write(batch);
        expect(await store.cursor()).toBe(next);
        expect(await points(store, of(device))).toEqual([
          [MONDAY, 5],
          [MONDAY + MINUTE, 6],
        ]);
        expect(await countsOf(device)).toEqual({ stored: 4, duplicate: 0 });
      });

      it('takes only what is new of a batch that reaches behind the cursor', async () => {
        const device = newDevice();
        const first = await journal.write({ device, at: MONDAY, values: { oxygen: 1 } });
        const second = journal.batch({ device, at: MONDAY + 1, values: { oxygen: 2 } });
        await store.write({
          from: first.from,
          next: second.next,
          observations: [...first.observations, ...second.observations],
        });
        expect(await points(store, of(device))).toEqual([
          [MONDAY, 1],
          [MONDAY + 1, 2],
        ]);
        expect(await countsOf(device)).toEqual({ stored: 2, duplicate: 0 });
      });

      it('moves the cursor over frames without observations', async () => {
        const batch = await journal.write();
        await store.write({ from: batch.next, next: batch.next + 7, observations: [] });
        journal.next += 7;
        expect(await store.cursor()).toBe(journal.next);
      });

      it('drops a repeat within a batch and a repeat of what is stored', async () => {
        const device = newDevice();
        const report = { device, at: MONDAY, values: { oxygen: 5, ph: 7 } };
        await journal.write(report, report);
        await journal.write(report);
        expect(await points(store, of(device))).toEqual([[MONDAY, 5]]);
        expect(await countsOf(device)).toEqual({ stored: 2, duplicate: 4 });
      });

      it('lets the later write win, within a batch and over batches', async () => {
        const device = newDevice();
        await journal.write(
          { device, at: MONDAY, values: { oxygen: 1, ph: 7 } },
          { device, at: MONDAY, values: { oxygen: 2 } },
        );
        expect(await points(store, of(device))).toEqual([[MONDAY, 2]]);
        await journal.write({ device, at: MONDAY, values: { oxygen: 3 } });
        await journal.write(
          { device, at: MONDAY, values: { oxygen: 4 } },
          { device, at: MONDAY, values: { oxygen: 5 } },
        );
        expect(await points(store, of(device))).toEqual([[MONDAY, 5]]);
        expect(await points(store, { ...of(device), metrics: ['ph'] })).toEqual([[MONDAY, 7]]);
        const every = { count: 1, unit: 'day' } as const;
        const aggregate = { every, functions: ['sum', 'count'] as const, timeZone: ZONE };
        expect(await points(store, { ...of(device), aggregate })).toEqual([[MONDAY, 5, 1]]);
        expect(await countsOf(device)).toEqual({ stored: 2, duplicate: 4 });
        expect((await latestOf(store, device)).map(({ value }) => value)).toEqual([5, 7]);
      });

      it('merges reports of one instant that have different metrics', async () => {
        const device = newDevice();
        await journal.write({ device, at: MONDAY, values: { oxygen: 5 } });
        await journal.write({ device, at: MONDAY, values: { ph: 7 } });
        await journal.write({ device, at: MONDAY, values: { oxygen: 5, temperature: 29 } });
        const metrics = ['oxygen', 'ph', 'temperature'];
        const aggregate = {
          every: { count: 1, unit: 'hour' } as const,
          functions: ['last'] as const,
          timeZone: ZONE,
        };
        for (const change of [{}, { aggregate }]) {
          const series = await collect(store.query(query({ ...of(device), metrics, ...change })));
          expect(series.map(({ metric, columns }) => [metric, columns[0]?.[0]])).toEqual([
            ['oxygen', 5],
            ['ph', 7],
            ['temperature', 29],
          ]);
        }
        expect(await countsOf(device)).toEqual({ stored: 3, duplicate: 1 });
      });

      it('files late reports under their own time, repeats of them included', async () => {
        const device = newDevice();
        const days = [0, -90, -1, -30, -90];
        for (const day of days) {
          const values = { oxygen: Math.abs(day) };
          await journal.write({ device, at: MONDAY + day * DAY, values, receivedAt: MONDAY });
        }
        expect(await points(store, of(device))).toEqual([
          [MONDAY - 90 * DAY, 90],
          [MONDAY - 30 * DAY, 30],
          [MONDAY - DAY, 1],
          [MONDAY, 0],
        ]);
        expect(await countsOf(device)).toEqual({ stored: 4, duplicate: 1 });
      });

      it('counts by the local day of receipt, and per coop', async () => {
        const device = newDevice();
        const coop = `coop-${device}`;
        const midnight = MONDAY + DAY;
        const at = MONDAY;
        await journal.write(
          { device, coop, at, values: { oxygen: 1, ph: 7 }, receivedAt: midnight - 1 },
          { device, coop, at: at + 1, values: { oxygen: 2 }, receivedAt: midnight },
          { device, coop, at, values: { oxygen: 9 }, receivedAt: midnight + DAY },
        );
        await journal.write({ device, coop, at, values: { ph: 8 }, receivedAt: midnight + DAY });
        const counts = await store.counts('2026-03-02', '2026-03-04', [coop]);
        const sums = new Map(counts.map((count) => [count.day, count.stored + count.duplicate]));
        expect([...sums].sort()).toEqual([
          ['2026-03-02', 2],
          ['2026-03-03', 1],
          ['2026-03-04', 2],
        ]);
        expect(await countsOf(device)).toEqual({ stored: 3, duplicate: 2 });
        expect(await store.counts('2026-03-02', '2026-03-04', [])).toEqual([]);
        expect(await store.counts('2026-03-05', '2026-03-09', [coop])).toEqual([]);
      });
    });

    describe('queries', () => {
      it('keeps kinds apart and names like any of its own', async () => {
        const device = newDevice();
        await journal.write(
          { device, at: MONDAY, values: { offset: 3, quality: 4 }, quality: 'clock' },
          { device, at: MONDAY, values: { count: 11, order: 2 }, kind: TRAP.name },
        );
        const metrics = ['quality', 'offset'];
        const pond = await collect(store.query(query({ ...of(device), metrics })));
        expect(pond.map(({ metric, columns }) => [metric, columns[0]?.[0]])).toEqual([
          ['quality', 4],
          ['offset', 3],
        ]);
        expect(pond[0]?.quality).toEqual(['clock']);
        const trap = await collect(
          store.query(query({ ...of(device), kind: TRAP.name, metrics: ['order'] })),
        );
        expect(trap.map(({ kind, columns }) => [kind, columns[0]?.[0]])).toEqual([[TRAP.name, 2]]);
      });

      it('filters by the tags stored with the row; empty is nothing', async () => {
        const device = newDevice();
        const other = newDevice();
        await journal.write(
          { device, site: 'p1', at: MONDAY, values: { oxygen: 1 } },
          { device, site: null, at: MONDAY + 1, values: { oxygen: 2 } },
          { device, site: 'p2\'"', coop: 'elsewhere', at: MONDAY + 2, values: { oxygen: 3 } },
          { device: other, site: 'p1', at: MONDAY, values: { oxygen: 4 } },
        );
        const sites = (filter: object) => collect(store.query(query({ filter })));
        const all = await sites({ devices: [device] });
        const places = all.map(({ site, coop }) => JSON.stringify([site, coop]));
        expect(places.sort()).toEqual(
          [
            ['p1', 'coop'],
            ['p2\'"', 'elsewhere'],
            [null, 'coop'],
          ].map((place) => JSON.stringify(place)),
        );
        expect(await sites({ devices: [device], sites: ['p1'] })).toHaveLength(1);
        expect(await sites({ devices: [device], coops: ['elsewhere'] })).toHaveLength(1);
        expect(await sites({ devices: [device, other], sites: ['p1'] })).toHaveLength(2);
        for (const filter of [{ devices: [] }, { sites: [] }, { coops: [], devices: [device] }]) {
          expect(await sites(filter)).toEqual([]);
        }
        expect(await sites({ devices: ['never-seen'] })).toEqual([]);
      });

      it('includes from and excludes to, orders and limits each series', async () => {
        const devices = [newDevice(), newDevice()];
        for (const device of devices) {
          const reports = [0, 1, 2, 3, 4].map((minute) => ({
            device,
            at: MONDAY + minute * MINUTE,
            values: { oxygen: minute },
          }));
          await journal.write(...reports);
        }
        const [device = ''] = devices;
        const range = { from: MONDAY + MINUTE, to: MONDAY + 4 * MINUTE };
        const values = async (change: object) =>
          (await points(store, { ...of(device), ...change })).map(([, value]) => value);
        expect(await values(range)).toEqual([1, 2, 3]);
        expect(await values({ ...range, order: 'descending' })).toEqual([3, 2, 1]);
        expect(await values({ order: 'descending', limit: 2 })).toEqual([4, 3]);
        expect(await values({ limit: 2 })).toEqual([0, 1]);
        const both = await collect(store.query(query({ filter: { devices }, limit: 3 })));
        expect(both.map(({ times }) => times.length)).toEqual([3, 3]);
        const every = { count: 2, unit: 'minute' } as const;
        const aggregate = { every, functions: ['count'] as const, timeZone: ZONE };
        expect(await values({ aggregate, order: 'descending', limit: 2 })).toEqual([1, 2]);
      });

      it('starts days, weeks, months and years by the local calendar', async () => {
        const device = newDevice();
        const sunday = MONDAY - 1;
        const march = Date.parse('2026-02-28T17:00:00Z');
        const year = Date.parse('2025-12-31T17:00:00Z');
        const instants = [year - 1, year, march - 1, march, sunday, MONDAY];
        for (const at of instants) await journal.write({ device, at, values: { oxygen: 1 } });
        const starts = async (unit: Every['unit'], timeZone = ZONE) => {
          const aggregate = { every: { count: 1, unit }, functions: ['count'] as const, timeZone };
          const found = await points(store, { ...of(device), aggregate });
          return found.map(([time = 0]) => new Date(time).toISOString().slice(0, 13));
        };
        expect(await starts('day')).toEqual(
          ['2025-12-30', '2025-12-31', '2026-02-27', '2026-02-28', '2026-03-01'].map(
            (day) => `${day}T17`,
          ),
        );
        expect(await starts('week')).toEqual(
          ['2025-12-28', '2026-02-22', '2026-03-01'].map((day) => `${day}T17`),
        );
        expect(await starts('month')).toEqual(
          ['2025-11-30', '2025-12-31', '2026-01-31', '2026-02-28'].map((day) => `${day}T17`),
        );
        expect(await starts('year')).toEqual(['2024-12-31T17', '2025-12-31T17']);
        expect(await starts('day', 'UTC')).toHaveLength(3);
      });

      it('takes the whole range as one bucket that starts where it does', async () => {
        const device = newDevice();
        const reports = [2, 4, 4, 4, 5, 5, 7, 9].map((oxygen, place) => ({
          device,
          at: MONDAY + place * DAY,
          values: { oxygen },
        }));
        await journal.write(...reports);
        const functions = ['count', 'mean', 'stddev', 'p50'] as const;
        const whole = (from: number, to: number) => {
          const aggregate = { every: null, functions, timeZone: ZONE };
          return points(store, { ...of(device), aggregate, from, to });
        };
        // The range reaches far beyond the points on both sides, and still the bucket is its own.
        const [row = []] = await whole(MONDAY - 3_000 * DAY + 17, MONDAY + 300 * DAY);
        expect(row.slice(0, 3)).toEqual([MONDAY - 3_000 * DAY + 17, 8, 5]);
        expectClose(row[3], Math.sqrt(32 / 7), 'stddev');
        expect(row[4]).toBe(4.5);
        expect(await whole(MONDAY + 1, MONDAY + 2 * DAY)).toEqual([
          [MONDAY + 1, 1, 4, Number.NaN, 4],
        ]);
        expect(await whole(MONDAY + 1, MONDAY + 2)).toEqual([]);
      });

      it('cuts days and hours right where the clocks change', async () => {
        const device = newDevice();
        const timeZone = 'Europe/Paris';
        // 2026-10-25: at 03:00 summer time it is 02:00 again, so the day has 25 hours.
        const midnight = Date.parse('2026-10-24T22:00:00Z');
        const reports = Array.from({ length: 26 }, (_, hour) => ({
          device,
          at: midnight + hour * HOUR,
          values: { oxygen: hour },
        }));
        await journal.write(...reports);
        const counts = (count: number, unit: Every['unit']) => {
          const aggregate = { every: { count, unit }, functions: ['count'] as const, timeZone };
          return points(store, { ...of(device), aggregate });
        };
        expect(await counts(1, 'day')).toEqual([
          [midnight, 25],
          [midnight + 25 * HOUR, 1],
        ]);
        expect(await counts(1, 'hour')).toHaveLength(26);
        expect((await counts(6, 'hour')).map(([, count]) => count)).toEqual([7, 6, 6, 6, 1]);
      });

      it('answers like a plain reference, whatever the order of arrival', async () => {
        await answersLikeReference(store, journal);
      });

      it('refuses what it does not know, naming the field', async () => {
        const fail = async (change: object) => {
          try {
            await collect(store.query(query(change)));
          } catch (error) {
            const { code, field } = error as AppError;
            return [code, field];
          }
          return [];
        };
        expect(await fail({ kind: 'pond' })).toEqual(['UNKNOWN_KIND', 'kind']);
        expect(await fail({ metrics: ['oxygene'] })).toEqual(['UNKNOWN_METRIC', 'metric']);
        expect(await fail({ metrics: ['oxygen"; DROP TABLE x'] })).toEqual([
          'UNKNOWN_METRIC',
          'metric',
        ]);
        const every = { count: 1, unit: 'day' };
        const aggregate = { every, functions: ['mean'], timeZone: 'Asia/Saigong' };
        expect(await fail({ aggregate })).toEqual(['UNKNOWN_TIME_ZONE', 'timeZone']);
        expect(await fail({ limit: 0 })).toEqual(['QUERY_INVALID', 'limit']);
      });
    });

    describe('last values', () => {
      it('gives the last by observed time of every device and metric', async () => {
        const device = newDevice();
        const late = newDevice();
        await journal.write(
          { device, at: MONDAY + 400 * DAY, values: { oxygen: 1 }, site: 'p1' },
          { device, at: MONDAY + 300 * DAY, values: { oxygen: 2, ph: 7 }, quality: 'clock' },
          { device: late, at: MONDAY, values: { temperature: 30 }, site: null },
        );
        expect(await latestOf(store, device)).toEqual([
          {
            device,
            site: 'p1',
            coop: 'coop',
            kind: POND.name,
            metric: 'oxygen',
            observedAt: MONDAY + 400 * DAY,
            receivedAt: MONDAY + 400 * DAY + 1_000,
            value: 1,
            quality: 'good',
          },
          {
            device,
            site: 'site',
            coop: 'coop',
            kind: POND.name,
            metric: 'ph',
            observedAt: MONDAY + 300 * DAY,
            receivedAt: MONDAY + 300 * DAY + 1_000,
            value: 7,
            quality: 'clock',
          },
        ]);
        const [only] = await latestOf(store, late);
        expect(only).toMatchObject({ metric: 'temperature', site: null, value: 30 });
      });

      it('follows a device that moved, keeping its history where it was', async () => {
        const device = newDevice();
        await journal.write({ device, site: 'p1', at: MONDAY, values: { oxygen: 1 } });
        await journal.write({ device, site: 'p2', at: MONDAY + DAY, values: { oxygen: 2 } });
        const at = async (site: string) =>
          (await points(store, { filter: { devices: [device], sites: [site] } })).flat();
        expect(await at('p1')).toEqual([MONDAY, 1]);
        expect(await at('p2')).toEqual([MONDAY + DAY, 2]);
        expect(await latestOf(store, device)).toMatchObject([{ site: 'p2', value: 2 }]);
      });
    });

    movedCases(() => ({ store, journal }));

    rollupSuite(() => ({ store, journal }));

    it('is the same store when it is opened again', async (context) => {
      const { reopen } = under;
      if (reopen === undefined) return context.skip('this store is not opened');
      const { identity } = store.status();
      expect(identity).toMatch(/./);
      const cursor = await store.cursor();
      under = await reopen();
      store = under.store;
      const { next } = journal;
      journal = new Journalist(store);
      journal.next = next;
      expect(await store.cursor()).toBe(cursor);
      expect(store.status().identity).toBe(identity);
    });

    streamingSuite(() => ({ store, journal }));
  });
}
