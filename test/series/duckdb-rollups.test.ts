import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RollupChange, SeriesBlock } from '#src/contracts/series';
import type { DuckDbStore } from '#src/series/duckdb/store';
import { createStore, type TestStoreOptions } from './duckdb-store.ts';
import {
  collect,
  HOUR,
  Journalist,
  MONDAY,
  POND,
  points,
  query,
  testKind,
  ZONE,
} from './fixtures.ts';

const HOURS = 2_000;
const NEVER = { checkpointBytes: 1e9, checkpointEveryMs: 1e9 };

/** Windows of an hour, all with the same values. */
function hours(value: number, metric = 'oxygen', count = HOURS): RollupChange {
  const windows = Array.from({ length: count }, (_, hour) => MONDAY + hour * HOUR);
  const block: SeriesBlock = {
    coop: 'coop',
    site: 'site',
    device: 'a',
    kind: POND.name,
    metric,
    times: Float64Array.from(windows),
    columns: [1, value, value, value, value, value].map((one) => new Float64Array(count).fill(one)),
  };
  return { tier: 'hour', kind: POND.name, device: 'a', windows, blocks: [block] };
}

const hourly = (metric = 'oxygen') =>
  query({
    metrics: [metric],
    aggregate: {
      every: { count: 1, unit: 'hour' },
      functions: ['count', 'sum'],
      timeZone: ZONE,
      tier: 'hour',
    },
  });

describe('rollups in a DuckDB series store', () => {
  let dir: string;
  let store: DuckDbStore | undefined;
  const file = () => path.join(dir, 'series.duckdb');

  const open = async (options: Partial<TestStoreOptions> = {}) => {
    store = createStore({ dir, ...options });
    await store.start(new AbortController().signal);
    return store;
  };
  const crash = async () => {
    const { pid } = store ?? {};
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await store?.stop();
  };
  /** Counts and sums of all windows, as a set: one pair when all windows are the same. */
  const pairs = async (running: DuckDbStore, metric = 'oxygen') => {
    const [series] = await collect(running.query(hourly(metric)));
    const found = Array.from(series?.times ?? [], (_, row) =>
      series?.columns.map((column) => column[row]).join(' '),
    );
    return { rows: found.length, values: [...new Set(found)] };
  };
  const rowsInFile = async () => {
    const instance = await DuckDBInstance.create(file(), { access_mode: 'READ_ONLY' });
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(`SELECT count(*) FROM hour."${POND.name}"`);
    connection.closeSync();
    instance.closeSync();
    return Number(result.getRows()[0]?.[0]);
  };

  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'series-rollups-'));
  });
  afterEach(async () => {
    await store?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('answers by the newest version before and after a kill, and folds the others', async () => {
    const running = await open({ limits: NEVER });
    for (const value of [1, 2, 3]) await running.replaceRollups([hours(value)]);
    expect(await pairs(running)).toEqual({ rows: HOURS, values: ['1 3'] });
    await crash();
    const second = await open({ limits: NEVER });
    expect(await pairs(second)).toEqual({ rows: HOURS, values: ['1 3'] });
    await second.replaceRollups([hours(4)]);
    await second.replaceRollups([{ ...hours(0), windows: [MONDAY], blocks: [] }]);
    expect(await pairs(second)).toEqual({ rows: HOURS - 1, values: ['1 4'] });
    await second.stop();
    expect(await rowsInFile()).toBe(HOURS - 1);
    const third = await open();
    expect(await pairs(third)).toEqual({ rows: HOURS - 1, values: ['1 4'] });
  });

  it('gives a reader one version of each window while versions are folded', async () => {
    const running = await open({ limits: { checkpointBytes: 1, readerHoldMs: 5 } });
    await running.replaceRollups([hours(1, 'oxygen', 30_000)]);
    const times: number[] = [];
    for await (const block of running.query(hourly())) {
      times.push(...block.times);
      await running.replaceRollups([hours(2, 'oxygen', 30_000)]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(times).toHaveLength(30_000);
    expect(new Set(times).size).toBe(30_000);
  });

  it('keeps rollups safe without a batch that moves the cursor', async () => {
    const running = await open({ limits: { checkpointBytes: 1 } });
    await running.replaceRollups([hours(1)]);
    const logBytes = () => statSync(`${file()}.wal`, { throwIfNoEntry: false })?.size ?? 0;
    await expect.poll(logBytes, { timeout: 5_000 }).toBe(0);
    await crash();
    rmSync(`${file()}.wal`, { force: true });
    expect(await pairs(await open())).toEqual({ rows: HOURS, values: ['1 1'] });
  });

  it('adds columns for a new metric and keeps those nobody names any more', async () => {
    const running = await open();
    await running.replaceRollups([hours(1, 'ph')]);
    await running.stop();
    const grown = testKind(POND.name, ['Salinity', 'oxygen']);
    const after = await open({ kinds: new Map([[grown.name, grown]]) });
    await after.replaceRollups([hours(2, 'Salinity', 10)]);
    expect(await pairs(after, 'Salinity')).toEqual({ rows: 10, values: ['1 2'] });
    await after.stop();
    const back = await open();
    expect(await pairs(back, 'ph')).toEqual({ rows: HOURS - 10, values: ['1 1'] });
  });

  it('knows places that are known from rollups alone, and sends new points there', async () => {
    const running = await open();
    await running.replaceRollups([hours(1, 'oxygen', 2)]);
    const journal = new Journalist(running);
    await journal.write({ device: 'a', at: MONDAY, values: { oxygen: 5 } });
    await running.stop();
    const after = await open();
    expect(await points(after, {})).toEqual([[MONDAY, 5]]);
    expect(await pairs(after)).toEqual({ rows: 2, values: ['1 1'] });
  });

  it('has an identity that outlives a lost log and ends with the file', async () => {
    const running = await open();
    const { identity } = running.status();
    expect(identity).toMatch(/^[0-9a-f-]{36}$/);
    await new Journalist(running).write({ device: 'a', at: MONDAY, values: { oxygen: 5 } });
    await crash();
    rmSync(`${file()}.wal`);
    const second = await open();
    expect(second.status()).toMatchObject({ identity, cursor: 0 });
    await second.stop();
    writeFileSync(file(), 'this is not a database '.repeat(1_000));
    const third = createStore({ dir });
    expect(third.status().identity).toBeNull();
    store = third;
    await third.start(new AbortController().signal);
    expect(third.status().identity).toMatch(/^[0-9a-f-]{36}$/);
    expect(third.status().identity).not.toBe(identity);
  });
});
