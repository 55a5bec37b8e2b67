import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSeriesWriter } from '#src/series/writer';
import { createStore } from './duckdb-store.ts';
import { MONDAY, points, toObservation } from './fixtures.ts';
import { seriesSuite } from './suite.ts';

seriesSuite('duckdb', async (kinds) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'series-'));
  // A reader that pauses at all is sent back to the queue, so that this is tested as well.
  const store = createStore({ dir, kinds, limits: { readerHoldMs: 20 } });
  await store.start(new AbortController().signal);
  return {
    store,
    async stop() {
      await store.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});

describe('the series writer', () => {
  it('accepts a decoded batch twice as once and tells the cursor of its store', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'series-'));
    const store = createStore({ dir });
    await store.start(new AbortController().signal);
    try {
      const writer = createSeriesWriter(store);
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
