import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppError } from '#src/base/errors';
import type { SeriesBatch } from '#src/contracts/series';
import type { DuckDbStore } from '#src/series/duckdb/store';
import { createStore, type TestStoreOptions } from './duckdb-store.ts';
import {
  collect,
  Journalist,
  MINUTE,
  MONDAY,
  POND,
  points,
  query,
  testKind,
  toObservation,
  ZONE,
} from './fixtures.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** A small seeded generator: the same seed gives the same run. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const DEVICES = ['a', 'b', 'c'];
const BATCH_ROWS = 60;

/** Frame `offset` of a journal in which everything is a function of the offset. */
function frame(offset: number) {
  const device = DEVICES[offset % DEVICES.length] ?? 'a';
  // Every tenth report repeats the one before it from the same device.
  const said = offset % 10 === 9 ? offset - DEVICES.length : offset;
  const at = MONDAY + said * MINUTE;
  return toObservation({ device, at, values: { oxygen: said, ph: said / 2 } }, offset);
}

function batchAt(from: number): SeriesBatch {
  const next = from + BATCH_ROWS;
  const observations = Array.from({ length: BATCH_ROWS }, (_, row) => frame(from + row));
  return { from, next, observations };
}

/** Writes the journal from where the store is to `head`, however often it fails on the way. */
async function catchUp(store: DuckDbStore, head: number): Promise<void> {
  for (const deadline = Date.now() + 20_000; ; ) {
    try {
      const from = await store.cursor();
      if (from >= head) return;
      await store.write(batchAt(from));
    } catch (error) {
      if ((error as AppError).code !== 'SERIES_UNAVAILABLE' || Date.now() > deadline) throw error;
      await wait(10);
    }
  }
}

/** Every frame below `head` is there exactly once, and so is its count. */
async function expectExactlyOnce(store: DuckDbStore, head: number): Promise<void> {
  for (const device of DEVICES) {
    const expected: number[][] = [];
    for (let offset = 0; offset < head; offset++) {
      const observation = frame(offset);
      const fresh = offset % 10 !== 9;
      const { oxygen = Number.NaN } = observation.values;
      if (fresh && observation.source.device === device) {
        expected.push([observation.observedAt, oxygen]);
      }
    }
    expect(await points(store, { filter: { devices: [device] } })).toEqual(expected);
  }
  const counts = await store.counts('2026-01-01', '2027-12-31');
  const sum = (key: 'stored' | 'duplicate') => counts.reduce((all, count) => all + count[key], 0);
  const repeats = Math.floor(head / 10);
  expect([sum('stored'), sum('duplicate')]).toEqual([2 * (head - repeats), 2 * repeats]);
}

describe('a DuckDB series store in trouble', () => {
  let dir: string;
  let store: DuckDbStore | undefined;
  const file = () => path.join(dir, 'series.duckdb');

  const open = async (options: Partial<TestStoreOptions> = {}) => {
    store = createStore({ dir, ...options });
    await store.start(new AbortController().signal);
    return store;
  };

  /** Ends the process as a power cut would, files left as they are. */
  const crash = async () => {
    const { pid } = store ?? {};
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await store?.stop();
  };

  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'series-faults-'));
  });
  afterEach(async () => {
    await store?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it(`stores exactly once while it is killed under load (SEED=${SEED})`, async () => {
    const random = randomFrom(SEED);
    // A checkpoint every few batches, so that kills hit those as well.
    const running = await open({ limits: { checkpointBytes: 20_000 } });
    let head = 0;
    const kills = 5;
    for (let kill = 0; kill < kills; kill++) {
      head += 30 * BATCH_ROWS;
      const killing = (async () => {
        await wait(random() * 150);
        const { pid } = running;
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
      })();
      const reading = collect(running.query(query({ metrics: ['oxygen', 'ph'] }))).then(
        () => 'answered',
        (error: AppError) => error.code,
      );
      await Promise.all([catchUp(running, head), killing]);
      expect(['answered', 'SERIES_UNAVAILABLE']).toContain(await reading);
    }
    await catchUp(running, head);
    await expectExactlyOnce(running, head);
    expect(running.status().repairs).toEqual([]);
  });

  it('fails what is under way with SERIES_UNAVAILABLE and comes back by itself', async () => {
    const running = await open();
    await catchUp(running, 600);
    const { pid } = running;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await expect(running.write(batchAt(600))).rejects.toMatchObject({ code: 'SERIES_UNAVAILABLE' });
    expect(running.status().available).toBe(false);
    await expect(running.latest()).rejects.toMatchObject({ code: 'SERIES_UNAVAILABLE' });
    await catchUp(running, 1_200);
    expect(running.status()).toMatchObject({ available: true, reason: null, cursor: 1_200 });
    expect(running.pid).not.toBe(pid);
  });

  it(`gets over a log torn or scribbled on anywhere (SEED=${SEED})`, async () => {
    const random = randomFrom(SEED + 1);
    let repaired = 0;
    for (let round = 0; round < 4; round++) {
      const before = await open();
      await catchUp(before, (2 * round + 1) * 600);
      await crash();
      const log = `${file()}.wal`;
      expect(statSync(log).size).toBeGreaterThan(1_000);
      const place = Math.floor(random() * statSync(log).size);
      if (round % 2 === 0) {
        truncateSync(log, place);
      } else {
        const bytes = readFileSync(log);
        // All different: the log's checksum does not see pairs of equal words change alike.
        for (let at = place; at < place + 16; at++) bytes[at] = Math.floor(random() * 256);
        writeFileSync(log, bytes);
      }
      const after = await open();
      expect(after.status().cursor).toBeLessThanOrEqual((2 * round + 1) * 600);
      repaired += after.status().repairs.length;
      const head = (2 * round + 2) * 600;
      await catchUp(after, head);
      await expectExactlyOnce(after, head);
      await after.stop();
    }
    const aside = readdirSync(dir).filter((name) => name.includes('.damaged-'));
    expect(aside.length).toBeGreaterThanOrEqual(Math.min(repaired, 1));
  });

  it('starts anew beside a main file that cannot be read', async () => {
    await catchUp(await open(), 600);
    await store?.stop();
    writeFileSync(file(), 'this is not a database '.repeat(1_000));
    writeFileSync(`${file()}.wal`, 'nor is this its log');
    const after = await open();
    expect(await after.cursor()).toBe(0);
    expect(after.status().repairs).toHaveLength(2);
    expect(after.status().repairs[1]).toMatch(/series\.duckdb\.damaged-.* set aside/);
    expect(readdirSync(dir).filter((name) => name.includes('.damaged-'))).toHaveLength(2);
    await catchUp(after, 600);
    await expectExactlyOnce(after, 600);
  });

  it('says what is persisted, and keeps it when the log is lost', async () => {
    const running = await open({ limits: { checkpointBytes: 1e9, checkpointEveryMs: 1e9 } });
    await catchUp(running, 600);
    expect(running.status()).toMatchObject({ cursor: 600, persisted: 0 });
    await running.stop();
    const second = await open({ limits: { checkpointBytes: 1e9, checkpointEveryMs: 1e9 } });
    expect(second.status()).toMatchObject({ cursor: 600, persisted: 600 });
    await catchUp(second, 1_200);
    expect(second.status()).toMatchObject({ cursor: 1_200, persisted: 600 });
    await crash();
    rmSync(`${file()}.wal`);
    const third = await open({ limits: { checkpointBytes: 1 } });
    expect(third.status()).toMatchObject({ cursor: 600, persisted: 600 });
    await catchUp(third, 1_200);
    await expect.poll(() => third.status().persisted, { timeout: 5_000 }).toBe(1_200);
    await expectExactlyOnce(third, 1_200);
  });

  it('folds its own tables without losing a count', async () => {
    const running = await open({ limits: { foldRows: 5, checkpointBytes: 1 } });
    await catchUp(running, 1_800);
    await running.stop();
    await expectExactlyOnce(await open(), 1_800);
  });

  it('adds a column for a new metric and keeps one nobody names any more', async () => {
    const running = await open();
    const journal = new Journalist(running);
    await journal.write({ device: 'a', at: MONDAY, values: { oxygen: 1, ph: 7 } });
    await running.stop();
    const grown = testKind(POND.name, ['Salinity', 'oxygen']);
    const after = await open({ kinds: new Map([[grown.name, grown]]) });
    const later = new Journalist(after);
    later.next = journal.next;
    await later.write({ device: 'a', at: MONDAY, values: { Salinity: 20 } });
    await later.write({ device: 'a', at: MONDAY + 1, values: { oxygen: 2, Salinity: 21 } });
    const series = await collect(after.query(query({ metrics: ['oxygen', 'Salinity'] })));
    expect(series.map(({ columns }) => [...(columns[0] ?? [])])).toEqual([
      [1, 2],
      [20, 21],
    ]);
    const [count] = await after.counts('2026-03-01', '2026-03-03');
    expect(count).toMatchObject({ stored: 5, duplicate: 0 });
    await expect(collect(after.query(query({ metrics: ['ph'] })))).rejects.toMatchObject({
      code: 'UNKNOWN_METRIC',
    });
  });

  it('shows a point where its latest report places it', async () => {
    const running = await open();
    const journal = new Journalist(running);
    const report = { device: 'a', at: MONDAY };
    await journal.write({ ...report, site: 'p1', values: { oxygen: 1, ph: 7 } });
    await journal.write({ ...report, site: 'p2', values: { oxygen: 2 } });
    const at = (site: string, metric: string) =>
      points(running, { filter: { sites: [site] }, metrics: [metric] });
    expect(await at('p1', 'oxygen')).toEqual([]);
    expect(await at('p2', 'oxygen')).toEqual([[MONDAY, 2]]);
    expect(await at('p1', 'ph')).toEqual([[MONDAY, 7]]);
  });

  describe('with much to read', () => {
    /** A hundred thousand rows: enough for a query that can be cut short. */
    const fill = async (running: DuckDbStore) => {
      for (let from = 0; from < 100_000; from += 20_000) {
        const observations = Array.from({ length: 20_000 }, (_, row) => {
          const at = MONDAY + (from + row) * 1_000;
          return toObservation({ device: `d${row % 50}`, at, values: { oxygen: row } }, from + row);
        });
        await running.write({ from, next: from + 20_000, observations });
      }
    };
    const aggregate = {
      every: { count: 1, unit: 'second' },
      functions: ['p50', 'p95'],
      timeZone: ZONE,
    } as const;

    it('cuts off a query that takes too long, and goes on', async () => {
      const running = await open({ limits: { queryTimeMaxMs: 20 } });
      await fill(running);
      const heavy = collect(running.query(query({ aggregate })));
      await expect(heavy).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' });
      expect(await points(running, { limit: 1, to: MONDAY + 1 })).toEqual([[MONDAY, 0]]);
    });

    it('refuses what does not fit the queue, and writes meanwhile', async () => {
      const running = await open({ limits: { queriesConcurrentMax: 1, queriesWaitingMax: 2 } });
      await fill(running);
      const heavy = Array.from({ length: 5 }, () =>
        collect(running.query(query({ aggregate }))).then(
          () => 'answered',
          (error: AppError) => error.code,
        ),
      );
      const from = await running.cursor();
      const late = { device: 'late', at: MONDAY, values: { oxygen: 1 } };
      await running.write({ from, next: from + 1, observations: [toObservation(late, from)] });
      const codes = await Promise.all(heavy);
      expect(codes.filter((code) => code === 'SERIES_BUSY')).toHaveLength(2);
      expect(codes.filter((code) => code === 'answered')).toHaveLength(3);
    });
  });

  it('never outlives its parent', async () => {
    const script = [
      `const { default: duckdb } = await import('#src/series/duckdb/store');`,
      `const { systemClock } = await import('#src/base/clock');`,
      `const { createLogger } = await import('#src/base/logger');`,
      `const { createMetrics } = await import('#src/base/metrics');`,
      `const store = duckdb.create({ dir: ${JSON.stringify(dir)}, kinds: new Map(),`,
      `  timeZone: 'UTC', clock: systemClock, logger: createLogger('silent'),`,
      `  metrics: createMetrics() });`,
      `await store.start(new AbortController().signal);`,
      `process.stdout.write('pid ' + store.pid + '\\n');`,
    ].join('\n');
    const parent: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout ?? process.stdin, 'data')) as [Buffer];
    const pid = Number(/pid (\d+)/.exec(line.toString())?.[1]);
    parent.kill('SIGKILL');
    const alive = () => {
      try {
        process.kill(pid, 0);
        return (
          !existsSync(`/proc/${pid}/stat`) ||
          !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
        );
      } catch {
        return false;
      }
    };
    await expect.poll(alive, { timeout: 5_000 }).toBe(false);
  });
});
