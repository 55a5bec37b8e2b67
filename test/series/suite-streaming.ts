import { beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '#src/base/errors';
import {
  collect,
  MINUTE,
  MONDAY,
  newDevice,
  points,
  query,
  type Report,
  type StoreScene,
} from './fixtures.ts';

const errorCode = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: AppError) => error.code,
  );

/** What every store promises of long answers. */
export function streamingSuite(scene: () => StoreScene): void {
  const of = (device: string) => ({ filter: { devices: [device] } });

  describe('streaming', () => {
    const COUNT = 50_000;
    let device: string;

    beforeAll(async () => {
      device = newDevice();
      const report = (row: number): Report => ({
        device,
        at: MONDAY + row * 1_000,
        values: { oxygen: row },
      });
      await scene().journal.write(...Array.from({ length: COUNT }, (_, row) => report(row)));
    });

    it('gives every point once to a reader that dawdles', async () => {
      let expected = 0;
      for await (const block of scene().store.query(query(of(device)))) {
        // Long enough for the store to give the reader's place to others now and then.
        if (expected % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 120));
        for (const value of block.columns[0] ?? []) expect(value).toBe(expected++);
      }
      expect(expected).toBe(COUNT);
    });

    it('ends when the reader leaves or cancels', async () => {
      for await (const block of scene().store.query(query(of(device)))) {
        expect(block.times.length).toBeLessThan(COUNT);
        break;
      }
      const cancelled = new AbortController();
      const reading = (async () => {
        for await (const _ of scene().store.query(query(of(device)), cancelled.signal)) {
          cancelled.abort();
        }
      })();
      expect(await errorCode(reading)).toBe('QUERY_CANCELLED');
      expect(
        await errorCode(collect(scene().store.query(query(of(device)), AbortSignal.abort()))),
      ).toBe('QUERY_CANCELLED');
      expect(await points(scene().store, { ...of(device), limit: 1 })).toEqual([[MONDAY, 0]]);
    });

    it('gives all points of many series, each in one piece', async () => {
      const devices = Array.from({ length: 9 }, newDevice);
      const metrics = ['temperature', 'oxygen', 'ph'];
      const expected = new Map<string, number[][]>();
      for (let step = 0; step < 60; step++) {
        const reports = devices.map((device, place): Report => {
          // Not every report has every metric, and some devices say little.
          const has = (metric: number) => (step * (place + 1) + metric) % 3 !== 0;
          const at = MONDAY + ((step * 7) % 60) * MINUTE + place;
          const site = place === 4 && step % 2 === 0 ? 'p1' : 'site';
          const values: Record<string, number> = { offset: 1 };
          metrics.forEach((metric, number) => {
            if (!has(number) || (place > 6 && step > 5)) return;
            values[metric] = step * 10 + place;
            const key = `${device} ${site} ${metric}`;
            const point = [at, step * 10 + place];
            expected.set(key, [...(expected.get(key) ?? []), point]);
          });
          return { device, site, at, values };
        });
        await scene().journal.write(...reports);
      }
      for (const order of ['ascending', 'descending'] as const) {
        const got = await collect(
          scene().store.query(query({ filter: { devices }, metrics, order })),
        );
        const found = got.map(({ device, site, metric, times, columns, quality }) => {
          expect(quality).toHaveLength(times.length);
          return [
            `${device} ${site} ${metric}`,
            Array.from(times, (time, row) => [time, columns[0]?.[row]]),
          ];
        });
        for (const rows of expected.values()) {
          rows.sort(([left = 0], [right = 0]) => left - right);
          if (order === 'descending') rows.reverse();
        }
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
      }
    });
  });
}
