import { type DuckDBConnection, INTEGER } from '@duckdb/node-api';
import { DAY_MS } from '../../base/local-clock.ts';
import { appendRows, everyRow, wideColumn } from './append.ts';
import { monthOf } from './archive-files.ts';
import { allRows } from './database.ts';
import type { Candidate, StoredRow } from './resolve.ts';
import type { KindMemory } from './sources.ts';
import { identifier } from './sql.ts';

export type StoredRows = (device: string, observedAt: number) => readonly StoredRow[];

const nothing: readonly StoredRow[] = [];

/** Reads the stored rows at the candidates, with their values of the given metrics. */
export async function lookUp(
  connection: DuckDBConnection,
  kind: KindMemory,
  metrics: readonly string[],
  candidates: readonly Candidate[],
): Promise<StoredRows> {
  if (candidates.length === 0) return () => nothing;
  await fillCandidates(connection, kind, candidates);
  const found = new Map<string, Map<number, StoredRow[]>>();
  const columns = metrics.map((metric) => `, ${identifier(metric)}`).join('');
  for (const { relation, range } of placesToLook(kind, metrics, candidates)) {
    const rows = await allRows(
      connection,
      `SELECT _source, _observed_at::DOUBLE, _offset::DOUBLE, _quality ${columns}
       FROM (${relation})
       SEMI JOIN (SELECT * FROM candidate WHERE ${range}) USING (_source, _observed_at)`,
    );
    for (const [source, observedAt, offset, quality, ...values] of rows) {
      const device = kind.sources.get(Number(source))?.tags.device ?? '';
      const times = found.get(device) ?? new Map<number, StoredRow[]>();
      found.set(device, times);
      const row = {
        source: Number(source),
        offset: Number(offset),
        quality: Number(quality),
        values: values as Array<number | null>,
      };
      const at = times.get(Number(observedAt));
      if (at === undefined) times.set(Number(observedAt), [row]);
      else at.push(row);
    }
  }
  return (device, observedAt) => found.get(device)?.get(observedAt) ?? nothing;
}

interface Place {
  /** Rows among which those of the candidates are looked for. */
  relation: string;
  /** The candidates that may be there, as a condition. */
  range: string;
}

/**
 * Days of the table, so that one late report does not make the whole time since then be read, and
 * whole months of the archive, whose files are sorted by device.
 */
function placesToLook(
  kind: KindMemory,
  metrics: readonly string[],
  candidates: readonly Candidate[],
): Place[] {
  const between = (from: number, to: number): string =>
    `_observed_at >= ${from} AND _observed_at < ${to}`;
  const days = new Set(candidates.map(({ observedAt }) => Math.floor(observedAt / DAY_MS)));
  const places = [...days].map((day) => {
    const range = between(day * DAY_MS, (day + 1) * DAY_MS);
    return { relation: `SELECT * FROM ${identifier(kind.name)} WHERE ${range}`, range };
  });
  if (kind.archive.files.length === 0) return places;
  const months = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const month = monthOf(candidate.observedAt);
    const others = months.get(month);
    if (others === undefined) months.set(month, [candidate]);
    else others.push(candidate);
  }
  for (const [month, inMonth] of months) {
    if (kind.archive.get(month) === undefined) continue;
    const times = inMonth.map(({ observedAt }) => observedAt);
    const devices = new Set(inMonth.map(({ device }) => device));
    const sources = [...devices].flatMap((device) => kind.devices.get(device)?.ids ?? []);
    const from = times.reduce((least, time) => Math.min(least, time));
    const to = times.reduce((greatest, time) => Math.max(greatest, time)) + 1;
    const relation = kind.archive.select({ from, to, sources }, metrics);
    if (relation !== null) places.push({ relation, range: between(from, to) });
  }
  return places;
}

async function fillCandidates(
  connection: DuckDBConnection,
  kind: KindMemory,
  candidates: readonly Candidate[],
): Promise<void> {
  const sources: number[] = [];
  const times: number[] = [];
  for (const { device, observedAt } of candidates) {
    for (const id of kind.devices.get(device)?.ids ?? []) {
      sources.push(id);
      times.push(observedAt);
    }
  }
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE candidate (_source INTEGER, _observed_at BIGINT)',
  );
  await appendRows(
    connection,
    { catalog: 'temp', schema: 'main', name: 'candidate' },
    [{ type: INTEGER, value: (row) => sources[row] ?? null }, wideColumn(Float64Array.from(times))],
    everyRow(sources.length),
  );
}
