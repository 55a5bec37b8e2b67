import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { AppError } from '#src/base/errors';
import type { SeriesStore, StoredCount } from '#src/contracts/series';
import type { DuckDbStore } from '#src/series/duckdb/store';
import { createStore, type TestStoreOptions } from './duckdb-store.ts';
import { collect, POND, query, type Report, TRAP, ZONE } from './fixtures.ts';

export const JANUARY = Date.parse('2026-01-01T00:00:00Z');
export const FEBRUARY = Date.parse('2026-02-01T00:00:00Z');
export const MARCH = Date.parse('2026-03-01T00:00:00Z');
export const APRIL = Date.parse('2026-04-01T00:00:00Z');
export const MAY = Date.parse('2026-05-01T00:00:00Z');

export async function openStore(options: TestStoreOptions): Promise<DuckDbStore> {
  const store = createStore(options);
  onTestFinished(() => store.stop());
  await store.start(new AbortController().signal);
  return store;
}

/** Ends the process as a power cut would, files left as they are. */
export async function crash(store: DuckDbStore): Promise<void> {
  const { pid } = store;
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  await store.stop();
}

export const fileOf = (dir: string): string => path.join(dir, 'series.duckdb');

/** Whole archive files of the pond kind. */
export function archiveNames(dir: string, kind = POND.name): string[] {
  const folder = path.join(dir, 'archive', kind);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.parquet'))
    .sort();
}

export const archivePath = (dir: string, name: string): string =>
  path.join(dir, 'archive', POND.name, name);

const METRICS = ['oxygen', 'ph', 'quality'];

function sorted(counts: readonly StoredCount[]): StoredCount[] {
  const key = ({ coop, device, day }: StoredCount): string => JSON.stringify([coop, device, day]);
  return counts
    .filter(({ stored, duplicate }) => stored !== 0 || duplicate !== 0)
    .sort((left, right) => key(left).localeCompare(key(right)));
}

export async function countsOf(store: SeriesStore): Promise<StoredCount[]> {
  return sorted(await store.counts('2025-01-01', '2027-12-31'));
}

/** Everything a store can be asked, in an order of its own choosing made the same. */
export async function answers(store: SeriesStore): Promise<unknown> {
  const name = (block: { device: string; site: string | null; metric: string }): string =>
    JSON.stringify([block.device, block.site, block.metric]);
  const read = async (change: Parameters<typeof query>[0]) =>
    (await collect(store.query(query({ metrics: METRICS, ...change })))).sort((left, right) =>
      name(left).localeCompare(name(right)),
    );
  const aggregate = {
    every: { count: 1, unit: 'month' },
    functions: ['mean', 'min', 'max', 'count', 'first', 'last', 'p50'],
    timeZone: ZONE,
  } as const;
  const every = { count: 6, unit: 'hour' } as const;
  const latest = await store.latest();
  return {
    raw: await read({}),
    part: await read({
      from: JANUARY + 20 * 86_400_000,
      to: MARCH + 1,
      filter: { devices: ['a'] },
    }),
    newest: await read({ order: 'descending', limit: 3 }),
    months: rounded(await read({ aggregate })),
    hours: rounded(await read({ aggregate: { ...aggregate, every }, filter: { sites: ['p1'] } })),
    traps: await read({ kind: TRAP.name, metrics: ['count'] }),
    latest: latest.sort((left, right) => name(left).localeCompare(name(right))),
    counts: await countsOf(store),
  };
}

/** Sums of the same values in another order differ in their last digits. */
function rounded(blocks: Awaited<ReturnType<typeof collect>>) {
  const round = (value: number): number => Number(value.toPrecision(12));
  return blocks.map(({ columns, ...block }) => ({
    ...block,
    columns: columns.map((column) => column.map(round)),
  }));
}

export async function expectSameAnswers(store: SeriesStore, as: SeriesStore): Promise<void> {
  expect(await answers(store)).toEqual(await answers(as));
}

/** Reports every four hours from January to March: 2 devices × 540 instants × 2 metrics. */
export function season(): Report[] {
  const reports: Report[] = [];
  for (let at = JANUARY; at < APRIL; at += 4 * 3_600_000) {
    const hour = (at - JANUARY) / 3_600_000;
    for (const device of ['a', 'b']) {
      const site = device === 'a' ? 'p1' : null;
      reports.push({ device, at, site, values: { oxygen: hour % 97, quality: hour % 13 } });
    }
  }
  return reports;
}

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: AppError) => error.code,
  );
