import { describe, expect, it } from 'vitest';
import type { SeriesStore } from '#src/contracts/series';
import {
  collect,
  DAY,
  type Journalist,
  latestOf,
  MONDAY,
  newDevice,
  points,
  query,
  ZONE,
} from './fixtures.ts';

interface Bench {
  store: SeriesStore;
  journal: Journalist;
}

/** One instant reported from two places: device, metric and time are one point all the same. */
export function movedCases(bench: () => Bench): void {
  describe('an instant reported from two places', () => {
    const sitesOf = async ({ store }: Bench, device: string, metric = 'oxygen') => {
      const filter = { devices: [device] };
      const series = await collect(store.query(query({ filter, metrics: [metric] })));
      return series.map(({ site, columns }) => [site, ...(columns[0] ?? [])]);
    };

    it('counts where it was said last, in points, buckets and last values', async () => {
      const { store, journal } = bench();
      const device = newDevice();
      await journal.write({ device, site: 'p1', at: MONDAY, values: { oxygen: 1, ph: 7 } });
      await journal.write({ device, site: 'p2', at: MONDAY, values: { oxygen: 2 } });
      expect(await sitesOf(bench(), device)).toEqual([['p2', 2]]);
      expect(await sitesOf(bench(), device, 'ph')).toEqual([['p1', 7]]);
      const every = { count: 1, unit: 'day' } as const;
      const aggregate = { every, functions: ['sum', 'count'] as const, timeZone: ZONE };
      const filter = { devices: [device] };
      expect(await points(store, { filter, aggregate })).toEqual([[MONDAY, 2, 1]]);
      expect(await points(store, { filter, limit: 1 })).toEqual([[MONDAY, 2]]);
      expect(await latestOf(store, device)).toMatchObject([
        { metric: 'oxygen', site: 'p2', value: 2 },
        { metric: 'ph', site: 'p1', value: 7 },
      ]);
    });

    it('follows the device there and back', async () => {
      const { store, journal } = bench();
      const device = newDevice();
      const say = (site: string, oxygen: number) =>
        journal.write({ device, site, at: MONDAY, values: { oxygen } });
      await say('p1', 1);
      await say('p2', 2);
      await say('p1', 3);
      expect(await sitesOf(bench(), device)).toEqual([['p1', 3]]);
      await say('p1', 3);
      await say('p2', 4);
      expect(await sitesOf(bench(), device)).toEqual([['p2', 4]]);
      const counts = await store.counts('2026-01-01', '2027-12-31');
      const mine = counts.filter((count) => count.device === device);
      expect(mine.reduce((sum, { stored }) => sum + stored, 0)).toBe(1);
      expect(mine.reduce((sum, { duplicate }) => sum + duplicate, 0)).toBe(4);
    });

    it('is settled within one batch as well', async () => {
      const { journal } = bench();
      const device = newDevice();
      const at = MONDAY + DAY;
      await journal.write({ device, site: 'p1', at, values: { oxygen: 1 } });
      await journal.write(
        { device, site: 'p2', at, values: { oxygen: 2 } },
        { device, site: 'p1', at, values: { oxygen: 3 } },
        { device, site: 'p3', at, values: { oxygen: 4, ph: 7 } },
        { device, site: 'p3', at, values: { oxygen: 5 } },
      );
      expect(await sitesOf(bench(), device)).toEqual([['p3', 5]]);
      expect(await sitesOf(bench(), device, 'ph')).toEqual([['p3', 7]]);
    });
  });
}
