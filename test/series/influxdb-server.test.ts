import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RollupChange, SeriesBlock, SeriesStore } from '#src/contracts/series';
import { createInfluxd, type Influxd, influxdMissing } from '../support/influxd.ts';
import {
  collect,
  DAY,
  HOUR,
  Journalist,
  MINUTE,
  MONDAY,
  POND,
  points,
  query,
  type Report,
  ZONE,
} from './fixtures.ts';
import { createStore } from './influxdb-store.ts';
import { MemoryLedger } from './memory-ledger.ts';

const title = influxdMissing === null ? 'a real server' : `skipped, ${influxdMissing}`;

describe.skipIf(influxdMissing !== null)(title, () => {
  let folder: string;
  let influxd: Influxd;
  let buckets = 0;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-influxd-'));
    influxd = await createInfluxd(folder);
    await influxd.start();
  });
  afterAll(async () => {
    await influxd?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const ask = async (bucket: string, statement: string): Promise<string> => {
    const search = new URLSearchParams({ db: bucket, q: statement });
    const answer = await fetch(new URL(`/query?${search}`, influxd.url), { method: 'POST' });
    return answer.text();
  };

  const bench = async (before = async (_bucket: string): Promise<void> => undefined) => {
    const bucket = `b${++buckets}`;
    await before(bucket);
    const ledger = new MemoryLedger();
    const limits = { identityCheckEveryMs: 0 };
    const store = createStore({ server: { url: influxd.url, bucket }, ledger, limits });
    await store.start(new AbortController().signal);
    onTestFinished(() => store.stop());
    return { store, ledger, bucket, journal: new Journalist(store) };
  };

  /** A store on what another wrote, with nothing to remember that by. */
  const forgetful = async (bucket: string): Promise<SeriesStore> => {
    const server = { url: influxd.url, bucket };
    const store = createStore({ server, ledger: new MemoryLedger() });
    await store.start(new AbortController().signal);
    onTestFinished(() => store.stop());
    return store;
  };

  const stored = async (store: SeriesStore): Promise<number> =>
    (await store.counts('2000-01-01', '2100-01-01')).reduce((sum, one) => sum + one.stored, 0);

  test('a field of another type costs its values alone, each as a rejection', async () => {
    const { store, journal, ledger } = await bench(async (bucket) => {
      await ask(bucket, `CREATE DATABASE "${bucket}"`);
      const address = new URL(`/write?db=${bucket}&precision=ms`, influxd.url);
      await fetch(address, { method: 'POST', body: `test-pond,device=x ph=1i ${MONDAY}` });
    });
    const reports = Array.from(
      { length: 100 },
      (_, minute): Report => ({
        device: 'd',
        at: MONDAY + minute * MINUTE,
        values: minute % 2 === 0 ? { oxygen: minute, ph: 7 } : { oxygen: minute },
      }),
    );
    await journal.write(...reports);
    expect(await points(store, {})).toHaveLength(100);
    expect(ledger.rejections.size).toBe(50);
    const [rejection] = ledger.rejections.values();
    expect(rejection).toMatchObject({ metric: 'ph', code: 'SERIES_REFUSED', part: 1_001 });
    expect(rejection?.reason).toContain('type conflict');
    expect(await stored(store)).toBe(100);
    // What was refused is no reason to take the next report for a repeat.
    await journal.write({ device: 'd', at: MONDAY, values: { ph: 8 } });
    expect(ledger.rejections.size).toBe(51);
    expect(await stored(store)).toBe(100);
  });

  test('a time beyond what the server can hold is a rejection', async () => {
    const { store, journal, ledger } = await bench();
    await journal.write(
      { device: 'd', at: 9.3e15, values: { oxygen: 1 }, receivedAt: MONDAY },
      { device: 'd', at: MONDAY, values: { oxygen: 2 } },
      { device: 'd', at: 9.4e15, values: { oxygen: 3 }, receivedAt: MONDAY },
    );
    expect(await points(store, {})).toEqual([[MONDAY, 2]]);
    expect(await stored(store)).toBe(1);
    expect([...ledger.rejections.values()].map(({ reason }) => reason).join()).toContain('time');
  });

  test('ten thousand devices are written, read and searched in seconds', async () => {
    const { store, journal } = await bench();
    const startedAt = performance.now();
    for (let round = 0; round < 2; round++) {
      const reports = Array.from(
        { length: 10_000 },
        (_, number): Report => ({
          device: `d-${number}`,
          site: `s-${number % 100}`,
          at: MONDAY + round * MINUTE,
          values: { oxygen: number, ph: 7 },
        }),
      );
      await journal.write(...reports);
      // The same again: every one of them is suspect.
      if (round === 1) await journal.write(...reports);
    }
    expect(await stored(store)).toBe(40_000);
    expect(await store.latest()).toHaveLength(20_000);
    const some = await collect(store.query(query({ filter: { sites: ['s-7'] } })));
    expect(some).toHaveLength(100);
    const aggregate = { every: null, functions: ['mean', 'p95'] as const, timeZone: ZONE };
    expect(await collect(store.query(query({ aggregate })))).toHaveLength(10_000);
    expect(performance.now() - startedAt).toBeLessThan(25_000);
  });

  test('a server whose data is gone is filled again, and says so', async () => {
    const { store, journal, bucket } = await bench();
    const first = await journal.write({ device: 'd', at: MONDAY, values: { oxygen: 1 } });
    const before = store.status().identity;
    await ask(bucket, `DROP DATABASE "${bucket}"`);
    const second = journal.batch({ device: 'd', at: MONDAY + 1, values: { oxygen: 2 } });
    const codes: string[] = [];
    for (let attempt = 0; attempt < 5 && (await store.cursor()) > 0; attempt++) {
      await store.write(second).catch(({ code }) => codes.push(code));
    }
    expect(new Set(codes)).toEqual(new Set(['SERIES_UNAVAILABLE']));
    expect(await store.cursor()).toBe(0);
    expect(store.status().identity).not.toBe(before);
    expect(store.status().repairs).toHaveLength(1);
    const observations = [...first.observations, ...second.observations];
    await store.write({ from: 0, next: second.next, observations });
    expect(await points(store, {})).toEqual([
      [MONDAY, 1],
      [MONDAY + 1, 2],
    ]);
    expect(await stored(store)).toBe(2);
  });

  test('a server that holds data nobody here remembers is taken over with its history', async () => {
    const { store, journal, bucket } = await bench();
    const batch = await journal.write(
      { device: 'd', site: 'p1', at: MONDAY, values: { oxygen: 1 } },
      { device: 'd', site: null, at: MONDAY + DAY, values: { ph: 7 } },
    );
    const other = await forgetful(bucket);
    expect(await other.cursor()).toBe(0);
    expect(other.status().identity).toBe(store.status().identity);
    expect(other.status().repairs.join()).toContain('2 places');
    expect(await points(other, {})).toEqual([[MONDAY, 1]]);
    expect(await other.latest()).toHaveLength(2);
    await other.write(batch);
    expect(await points(other, {})).toEqual([[MONDAY, 1]]);
    expect(await stored(other)).toBe(0);
  });

  const block = (site: string, times: number[], values: number[]): SeriesBlock => ({
    device: 'd',
    site,
    coop: 'coop',
    kind: POND.name,
    metric: 'oxygen',
    times: Float64Array.from(times),
    columns: ['count', 'sum', 'min', 'max', 'first', 'last'].map((name) =>
      Float64Array.from(values, (value) => (name === 'count' ? 2 : value)),
    ),
  });

  test('rollups replace windows, twice as once, and answer aggregates', async () => {
    const { store, journal } = await bench();
    await journal.write({ device: 'd', site: 'p1', at: MONDAY + 3 * HOUR, values: { oxygen: 1 } });
    await journal.write({ device: 'd', site: 'p2', at: MONDAY + 4 * HOUR, values: { oxygen: 1 } });
    const windows = [MONDAY, MONDAY + HOUR, MONDAY + 2 * HOUR];
    const change: RollupChange = {
      tier: 'hour',
      kind: POND.name,
      device: 'd',
      windows,
      blocks: [block('p1', windows, [10, 20, 30])],
    };
    const every = { count: 1, unit: 'day' } as const;
    const functions = ['mean', 'count', 'sum', 'min', 'max', 'first', 'last'] as const;
    const aggregate = { every, functions, timeZone: ZONE, tier: 'hour' as const };
    const answer = () => points(store, { aggregate });
    await store.replaceRollups([change]);
    await store.replaceRollups([change]);
    expect(await answer()).toEqual([[MONDAY, 10, 6, 60, 10, 30, 10, 30]]);
    // The middle window lost its points, the last moved to where the device stands now.
    const moved = [MONDAY + HOUR, MONDAY + 2 * HOUR];
    await store.replaceRollups([
      { ...change, windows: moved, blocks: [block('p2', [moved[1] ?? 0], [5])] },
    ]);
    const series = await collect(store.query(query({ aggregate })));
    expect(series.map(({ site, columns }) => [site, columns[1]?.[0], columns[2]?.[0]])).toEqual([
      ['p1', 2, 10],
      ['p2', 2, 5],
    ]);
  });

  test('windows that outlived their points are taken over as well', async () => {
    const { store, journal, bucket } = await bench();
    await journal.write({ device: 'd', site: 'p1', at: MONDAY, values: { oxygen: 1 } });
    const windows = [MONDAY, MONDAY + HOUR];
    const blocks = [block('p1', windows, [10, 20])];
    await store.replaceRollups([{ tier: 'hour', kind: POND.name, device: 'd', windows, blocks }]);
    await store.expire('raw', POND.name, MONDAY + DAY);
    const aggregate = {
      every: { count: 1, unit: 'hour' },
      functions: ['max'],
      timeZone: ZONE,
      tier: 'hour',
    } as const;
    const other = await forgetful(bucket);
    const expected = [
      [MONDAY, 10],
      [MONDAY + HOUR, 20],
    ];
    for (const one of [store, other]) expect(await points(one, { aggregate })).toEqual(expected);
    expect(await points(other, {})).toEqual([]);
  });

  test('old data leaves its tier, and only that', async () => {
    const { store, journal } = await bench();
    for (const day of [0, 1, 2]) {
      await journal.write({ device: 'd', at: MONDAY + day * DAY, values: { oxygen: day, ph: 7 } });
    }
    expect(await store.expire('raw', POND.name, MONDAY + 2 * DAY)).toEqual({
      values: 4,
      files: [],
    });
    expect(await store.expire('raw', POND.name, MONDAY + 2 * DAY)).toEqual({
      values: 0,
      files: [],
    });
    expect(await store.expire('archive', POND.name, MONDAY)).toEqual({ values: 0, files: [] });
    expect(await points(store, {})).toEqual([[MONDAY + 2 * DAY, 2]]);
    expect(await store.snapshot('')).toBe(false);
  });
});
