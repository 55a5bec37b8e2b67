import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStore } from './duckdb-store.ts';
import { historySuite } from './history-suite.ts';

historySuite('duckdb', async (kinds) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'history-'));
  const store = createStore({ dir, kinds });
  await store.start(new AbortController().signal);
  return {
    store,
    async stop() {
      await store.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});
