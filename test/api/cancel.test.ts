import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleep } from '#src/base/clock';
import type { History, HistoryBlock, HistoryQuery } from '#src/contracts/history';
import { type Bench, NOW, startBench } from './support/api.ts';

/** How long a query may go on after its reader has left. */
const PATIENCE_MS = 2_000;

/** History that never ends by itself: it gives block after block, or stalls after some. */
class EndlessHistory implements History {
  /** Queries that run now, and those whose signal was heard. */
  running = 0;
  cancelled = 0;
  /** Blocks given before it stalls until it is cancelled. */
  blocksBeforeStall = Number.POSITIVE_INFINITY;

  async *query(query: HistoryQuery, signal?: AbortSignal): AsyncGenerator<HistoryBlock> {
    this.running++;
    try {
      for (let block = 0; block < this.blocksBeforeStall; block++) yield blockOf(query, block);
      const gone = new Promise((resolve) => signal?.addEventListener('abort', resolve));
      if (signal?.aborted !== true) await gone;
      throw new Error('cancelled');
    } finally {
      this.running--;
      if (signal?.aborted) this.cancelled++;
    }
  }
}

function blockOf({ kind, metrics, aggregate }: HistoryQuery, block: number): HistoryBlock {
  const rows = aggregate === undefined ? 1_000 : 1;
  const width = aggregate?.functions.length ?? 1;
  const times = Float64Array.from({ length: rows }, (_, row) => NOW + (block * rows + row) * 1_000);
  return {
    device: 'dev-1',
    site: 'ao-1',
    coop: 'binh-minh',
    kind,
    metric: metrics[0] ?? '',
    times,
    columns: Array.from({ length: width }, () => times.map(() => Math.PI)),
  };
}

const history = new EndlessHistory();
let bench: Bench;

beforeAll(async () => {
  bench = await startBench({ history });
  await bench.api.start(new AbortController().signal);
});
afterAll(() => bench.close());

async function until(what: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!what() && Date.now() < end) await sleep(5);
  expect(what()).toBe(true);
}

test.each([
  ['series?device=dev-1', Number.POSITIVE_INFINITY, 'reading'],
  ['series?device=dev-1&format=csv', Number.POSITIVE_INFINITY, 'reading'],
  ['sites/ao-1/series?format=csv', Number.POSITIVE_INFINITY, 'reading'],
  ['series?device=dev-1', 0, 'waiting'],
  ['series?device=dev-1&every=1h', 1, 'waiting'],
  ['series?device=dev-1&points=100&format=csv', 0, 'waiting'],
  ['series?device=dev-1&limit=100000', 3, 'waiting'],
  ['series/stats?device=dev-1', 1, 'waiting'],
] as const)(
  'a reader who leaves ends the query: %s after %d blocks, %s',
  async (path, blocks, how) => {
    history.blocksBeforeStall = blocks;
    history.cancelled = 0;
    const asked = request(new URL(`/api/v1/${path}`, bench.api.address()?.url), {
      headers: { authorization: `Bearer ${bench.tokens.viewer}` },
    });
    asked.on('error', () => undefined);
    asked.end();
    if (how === 'reading') {
      const [answer] = await once(asked, 'response');
      answer.on('error', () => undefined);
      await once(answer, 'data');
    }
    await until(() => history.running === 1);
    asked.destroy();
    await until(() => history.running === 0);
    expect(history.cancelled).toBe(1);
  },
);
