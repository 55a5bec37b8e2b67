import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStore } from './duckdb-store.ts';
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
