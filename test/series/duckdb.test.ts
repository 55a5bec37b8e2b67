import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KindRegistry } from '#src/contracts/device-kind';
import { createSeriesWriter } from '#src/series/writer';
import { createStore, type TestStoreOptions } from './duckdb-store.ts';
import {
  collect,
  Journalist,
  KINDS,
  MONDAY,
  points,
  query,
  type Report,
  toObservation,
} from './fixtures.ts';
import { type StoreUnderTest, seriesSuite } from './suite.ts';

/** Opens the store of a folder, which goes with it. */
async function openIn(
  dir: string,
  kinds: KindRegistry,
  limits: NonNullable<TestStoreOptions['limits']>,
): Promise<StoreUnderTest> {
  const store = createStore({ dir, kinds, limits });
  await store.start(new AbortController().signal);
  return {
    store,
    async stop() {
      await store.stop();
      rmSync(dir, { recursive: true, force: true });
    },
    async reopen() {
      await store.stop();
      return openIn(dir, kinds, limits);
    },
  };
}

// A reader that pauses at all is sent back to the queue, and what is read or held at once is
// little: going on behind a page, a group of sources or some metrics is tested as well.
const SMALL = { readerHoldMs: 20, pagePoints: 4_000, sortedRowsMax: 8, heldValuesMax: 60 };
seriesSuite('duckdb', (kinds) => openIn(mkdtempSync(path.join(tmpdir(), 'series-')), kinds, SMALL));

describe('a long answer of a DuckDB series store', () => {
  it('keeps the blocks of a series together, and ends them where it changes', async () => {
    const { store, stop } = await openIn(mkdtempSync(path.join(tmpdir(), 'series-')), KINDS, {});
    try {
      const report = (place: number): Report => ({
        device: place % 3 === 0 ? 'a' : 'b',
        at: MONDAY + place * 1_000,
        values: { oxygen: place, ph: -place },
      });
      const count = 60_000;
      const journal = new Journalist(store);
      for (let from = 0; from < count; from += 10_000) {
        await journal.write(...Array.from({ length: 10_000 }, (_, row) => report(from + row)));
      }
      const metrics = ['ph', 'oxygen'];
      const series = await collect(store.query(query({ metrics })));
      const sums = series.map(({ device, metric, columns }) => [
        `${device} ${metric}`,
        columns[0]?.length,
        columns[0]?.reduce((sum, value) => sum + value, 0),
      ]);
      // 0 + 3 + … + 59,997, and what is left of 0 + 1 + … + 59,999.
      const [ofA, ofB] = [599_970_000, 1_200_000_000];
      expect(sums).toEqual([
        ['a ph', count / 3, -ofA],
        ['a oxygen', count / 3, ofA],
        ['b ph', (count / 3) * 2, -ofB],
        ['b oxygen', (count / 3) * 2, ofB],
      ]);
    } finally {
      await stop();
    }
  });
});

describe('the series writer', () => {
  it('accepts a decoded batch twice as once and tells the cursor of its store', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'series-'));
    const store = createStore({ dir });
    await store.start(new AbortController().signal);
    try {
      const marks = { mark: async () => undefined, release: () => undefined };
      const writer = createSeriesWriter(store, marks);
      const observations = [toObservation({ device: 'a', at: MONDAY, values: { oxygen: 5 } }, 3)];
      const nothing = { rejections: [], claims: [], statuses: [], acks: [] };
      const batch = { from: 0, next: 9, observations, ...nothing };
      expect([writer.name, await writer.cursor(), writer.persisted()]).toEqual(['series', 0, 0]);
      await writer.accept(batch);
      await writer.accept(batch);
      expect(await writer.cursor()).toBe(9);
      expect(await points(store, {})).toEqual([[MONDAY, 5]]);
    } finally {
      await store.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
