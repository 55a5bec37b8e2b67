import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AggregateFunction,
  type Every,
  ROLLUP_FUNCTIONS,
  type RollupChange,
  type RollupTier,
  type SeriesAggregate,
  type SeriesBlock,
} from '#src/contracts/series';
import { runs } from '../support/random.ts';
import {
  collect,
  DAY,
  expectClose,
  HOUR,
  MONDAY,
  newDevice,
  POND,
  points,
  query,
  type Report,
  type StoreScene,
  ZONE,
} from './fixtures.ts';
import { naiveAggregate, naiveBucketStart, naiveBuckets } from './reference.ts';

const OF_WINDOWS = [...ROLLUP_FUNCTIONS, 'mean'] as const satisfies readonly AggregateFunction[];
const UNITS = ['day', 'week', 'month', 'year'] as const;

type Point = readonly [time: number, value: number];
interface Tags {
  device: string;
  site?: string | null;
  metric?: string;
}

const windowStart = (tier: RollupTier) => (time: number) =>
  naiveBucketStart(time, { count: 1, unit: tier }, ZONE);

/** Points rolled up into windows of a tier. */
function rolledUp(tier: RollupTier, tags: Tags, given: readonly Point[]): SeriesBlock {
  const windows = naiveBuckets(given, windowStart(tier));
  const columns = ROLLUP_FUNCTIONS.map((name) =>
    Float64Array.from(windows.values(), (values) => naiveAggregate(name, values)),
  );
  const times = Float64Array.from(windows.keys());
  return { site: 'site', metric: 'oxygen', ...tags, coop: 'coop', kind: POND.name, times, columns };
}

function change(
  tier: RollupTier,
  windows: readonly number[],
  blocks: readonly SeriesBlock[],
  device: string = blocks[0]?.device ?? '',
): RollupChange {
  return { tier, kind: POND.name, device, windows, blocks };
}

/** What every store promises of precomputed windows. */
export function rollupSuite(scene: () => StoreScene): void {
  /** A device that has sent something from each place, as devices with rollups have. */
  const deviceAt = async (...sites: Array<string | null>): Promise<string> => {
    const device = newDevice();
    const report = (site: string | null, place: number): Report => ({
      device,
      site,
      at: MONDAY - 900 * DAY + place,
      values: { oxygen: 0, ph: 0 },
    });
    await scene().journal.write(...(sites.length > 0 ? sites : ['site']).map(report));
    return device;
  };

  const windowsOf = (device: string, more: Partial<SeriesAggregate> = {}, metrics = ['oxygen']) => {
    const aggregate: SeriesAggregate = {
      every: { count: 1, unit: 'hour' },
      functions: ['count', 'sum'],
      timeZone: ZONE,
      tier: 'hour',
      ...more,
    };
    return points(scene().store, { filter: { devices: [device] }, metrics, aggregate });
  };

  describe('rollups', () => {
    it('keeps windows apart from points, once however often they come', async () => {
      const { store } = scene();
      const device = await deviceAt();
      const block = rolledUp('hour', { device }, [
        [MONDAY, 1],
        [MONDAY + 1, 2],
        [MONDAY + HOUR, 5],
      ]);
      const windows = [MONDAY, MONDAY + HOUR];
      for (let round = 0; round < 3; round++) {
        await store.replaceRollups([change('hour', windows, [block])]);
        expect(await windowsOf(device)).toEqual([
          [MONDAY, 2, 3],
          [MONDAY + HOUR, 1, 5],
        ]);
      }
      expect(await windowsOf(device, { tier: 'day' })).toEqual([]);
      expect(await points(store, { filter: { devices: [device] }, from: MONDAY })).toEqual([]);
      await store.replaceRollups([]);
    });

    it('replaces windows by just what is given, and no others', async () => {
      const { store } = scene();
      const device = await deviceAt();
      const hours = [0, 1, 2, 3].map((hour) => MONDAY + hour * HOUR);
      const given = hours.map((time, hour): Point => [time, hour]);
      const both = ['oxygen', 'ph'].map((metric) => rolledUp('hour', { device, metric }, given));
      await store.replaceRollups([change('hour', hours, both)]);
      // The first is emptied, the second has one metric left, the third another value.
      const left = rolledUp('hour', { device }, [
        [MONDAY + HOUR, 1],
        [MONDAY + 2 * HOUR, 20],
      ]);
      await store.replaceRollups([change('hour', hours.slice(0, 3), [left])]);
      expect(await windowsOf(device)).toEqual([
        [MONDAY + HOUR, 1, 1],
        [MONDAY + 2 * HOUR, 1, 20],
        [MONDAY + 3 * HOUR, 1, 3],
      ]);
      expect(await windowsOf(device, {}, ['ph'])).toEqual([[MONDAY + 3 * HOUR, 1, 3]]);
      const day = { every: { count: 1, unit: 'day' }, functions: OF_WINDOWS } as const;
      expect(await windowsOf(device, day)).toEqual([[MONDAY, 3, 24, 1, 20, 1, 3, 8]]);
      // A window without values is none, whatever else is said of it.
      const times = Float64Array.from(hours.slice(1, 2));
      const columns = left.columns.map((_, place) => Float64Array.of(place === 0 ? 0 : Number.NaN));
      const empty = { ...left, times, columns };
      await store.replaceRollups([change('hour', [...times], [empty])]);
      expect(await windowsOf(device)).toEqual([
        [MONDAY + 2 * HOUR, 1, 20],
        [MONDAY + 3 * HOUR, 1, 3],
      ]);
      // Of two changes in one call the later counts.
      const twice = [
        change('hour', hours, [rolledUp('hour', { device }, given)]),
        change('hour', hours, [], device),
      ];
      await store.replaceRollups(twice);
      expect(await windowsOf(device)).toEqual([]);
    });

    it('follows a device that moved, window by window', async () => {
      const { store } = scene();
      const device = await deviceAt('p1', 'p2', null);
      const at = (site: string | null, ...given: Point[]) =>
        rolledUp('hour', { device, site }, given);
      const hours = [MONDAY, MONDAY + HOUR];
      await store.replaceRollups([
        change('hour', hours, [
          at('p1', [MONDAY, 1]),
          at('p2', [MONDAY + 1, 2], [MONDAY + HOUR, 3]),
        ]),
      ]);
      const bySite = async () => {
        const filter = { devices: [device] };
        const aggregate = {
          every: null,
          functions: ['sum', 'last'],
          timeZone: ZONE,
          tier: 'hour',
        } as const;
        const range = { from: MONDAY, to: MONDAY + DAY };
        const series = await collect(store.query(query({ filter, aggregate, ...range })));
        const rows = series.map(({ site, times, columns }) => [
          site,
          times[0],
          ...columns.map((column) => column[0]),
        ]);
        return rows.sort((left, right) => String(left[0]).localeCompare(String(right[0])));
      };
      expect(await bySite()).toEqual([
        ['p1', MONDAY, 1, 1],
        ['p2', MONDAY, 5, 3],
      ]);
      await store.replaceRollups([
        change('hour', hours, [at('p1', [MONDAY, 1]), at(null, [MONDAY + HOUR, 3])]),
      ]);
      expect(await bySite()).toEqual([
        [null, MONDAY, 3, 3],
        ['p1', MONDAY, 1, 1],
      ]);
      const aggregate = {
        every: { count: 1, unit: 'hour' },
        functions: ['sum'],
        timeZone: ZONE,
        tier: 'hour',
      } as const;
      const only = { filter: { devices: [device], sites: ['p1'] }, aggregate };
      expect(await points(store, only)).toEqual([[MONDAY, 1]]);
      const back = { filter: { devices: [device] }, aggregate, limit: 1 } as const;
      expect(await points(store, { ...back, order: 'descending' })).toHaveLength(2);
    });

    it('cuts windows into days, weeks, months and years as it cuts points', async () => {
      const { store } = scene();
      // Eleven hours and a bit, so that all hours of the day have their turn, over three years.
      const time = fc.integer({ min: 0, max: 2_200 }).map((step) => MONDAY + step * 11.3 * HOUR);
      const value = fc.integer({ min: -500, max: 4_000 }).map((number) => number / 100);
      const property = fc.asyncProperty(
        fc.uniqueArray(fc.tuple(time, value), { maxLength: 60, selector: ([at]) => at }),
        fc.constantFrom<RollupTier>('hour', 'day'),
        fc.integer({ min: 0, max: 30 }),
        async (unsorted, tier, kept) => {
          const device = await deviceAt();
          const given = [...unsorted].sort(([left], [right]) => left - right);
          // First in the order of chance with wrong values, then as they are.
          const wrong = unsorted.slice(0, kept).map(([at]): Point => [at, -1]);
          for (const some of [wrong.slice(5), wrong.slice(0, 5), given]) {
            const block = rolledUp(tier, { device }, some);
            await store.replaceRollups([change(tier, [...block.times].sort(), [block])]);
          }
          const every: Array<Every | null> = UNITS.map((unit) => ({ count: 1, unit }));
          if (tier === 'hour') every.push({ count: 1, unit: 'hour' }, { count: 6, unit: 'hour' });
          every.push(null);
          const from = MONDAY - DAY;
          for (const one of every) {
            const aggregate = { every: one, functions: OF_WINDOWS, timeZone: ZONE, tier };
            const filter = { devices: [device] };
            const got = await points(store, { filter, aggregate, from });
            const startOf = (at: number) => (one ? naiveBucketStart(at, one, ZONE) : from);
            const expected = naiveBuckets(given, startOf);
            expect(got.map(([start]) => start)).toEqual([...expected.keys()]);
            [...expected.values()].forEach((values, row) => {
              OF_WINDOWS.forEach((name, place) => {
                expectClose(got[row]?.[place + 1], naiveAggregate(name, values), name);
              });
            });
          }
        },
      );
      await fc.assert(property, runs(15));
    });

    it('refuses what windows cannot tell, and windows that contradict themselves', async () => {
      const { store } = scene();
      const device = await deviceAt();
      for (const name of ['p50', 'p95', 'stddev'] as const) {
        await expect(windowsOf(device, { functions: ['mean', name] })).rejects.toMatchObject({
          code: 'QUERY_INVALID',
          field: 'fn',
        });
      }
      const block = rolledUp('hour', { device }, [[MONDAY, 1]]);
      for (const wrong of [
        change('hour', [MONDAY + HOUR], [block]),
        change('hour', [MONDAY], [block], newDevice()),
        change('hour', [MONDAY], [{ ...block, metric: 'oxygene' }]),
        { ...change('hour', [MONDAY], [block]), kind: 'pond' },
      ]) {
        await expect(store.replaceRollups([wrong])).rejects.toMatchObject({
          code: 'ROLLUP_INVALID',
        });
      }
      expect(await windowsOf(device)).toEqual([]);
    });
  });
}
