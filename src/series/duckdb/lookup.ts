import { type DuckDBConnection, INTEGER } from '@duckdb/node-api';
import { DAY_MS } from '../time-zone.ts';
import { appendRows, everyRow, wideColumn } from './append.ts';
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
  // Day by day, so that one late report does not make the whole time since then be read.
  const days = new Set(candidates.map(({ observedAt }) => Math.floor(observedAt / DAY_MS)));
  for (const day of days) {
    const range = `_observed_at >= ${day * DAY_MS} AND _observed_at < ${(day + 1) * DAY_MS}`;
    const rows = await allRows(
      connection,
      `SELECT _source, _observed_at::DOUBLE, _offset::DOUBLE, _quality ${columns}
       FROM (SELECT * FROM ${identifier(kind.name)} WHERE ${range})
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
