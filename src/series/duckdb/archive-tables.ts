import { BIGINT, type DuckDBConnection, INTEGER, VARCHAR } from '@duckdb/node-api';
import { type AppendColumn, appendRows, everyRow } from './append.ts';
import type { ArchivedCount, ArchivedFile } from './archive-files.ts';
import { allRows } from './database.ts';
import { literal } from './sql.ts';

/** Observed times (ms) of one source within an archive file. */
export interface ArchivedSpan {
  source: number;
  oldest: number;
  newest: number;
}

/** What the database keeps about one archive file. */
export interface Registration {
  file: ArchivedFile;
  counts: readonly ArchivedCount[];
  spans: readonly ArchivedSpan[];
}

export type KindMonth = Pick<ArchivedFile, 'kind' | 'month'>;

export async function registeredFiles(connection: DuckDBConnection): Promise<ArchivedFile[]> {
  const rows = await allRows(connection, 'SELECT body FROM store.archived ORDER BY kind, month');
  return rows.map(([body]) => JSON.parse(String(body)) as ArchivedFile);
}

/** In the caller's transaction; what was known of the same month is replaced. */
export async function register(
  connection: DuckDBConnection,
  { file, counts, spans }: Registration,
): Promise<void> {
  await unregister(connection, file);
  const row = { ...monthColumns(file), body: text(() => JSON.stringify(file)) };
  await append(connection, 'archived', row, 1);
  await registerCounts(connection, file, counts);
  const spanColumns = {
    ...monthColumns(file),
    source: { type: INTEGER, value: (place: number) => spans[place]?.source ?? null },
    oldest: whole((place) => spans[place]?.oldest),
    newest: whole((place) => spans[place]?.newest),
  };
  await append(connection, 'archived_span', spanColumns, spans.length);
}

/** What a month counts for; its file need not be there any more. */
export async function registerCounts(
  connection: DuckDBConnection,
  month: KindMonth,
  counts: readonly ArchivedCount[],
): Promise<void> {
  await connection.run(`DELETE FROM store.archived_count WHERE ${ofMonth(month)}`);
  const columns = {
    ...monthColumns(month),
    coop: text((place) => counts[place]?.coop),
    device: text((place) => counts[place]?.device),
    day: text((place) => counts[place]?.day),
    stored: whole((place) => counts[place]?.stored),
  };
  await append(connection, 'archived_count', columns, counts.length);
}

/** Forgets a file, and what its rows count for only if that is asked as well. */
export async function unregister(
  connection: DuckDBConnection,
  month: KindMonth,
  { countsToo = false }: { countsToo?: boolean } = {},
): Promise<void> {
  const tables = ['archived', 'archived_span', ...(countsToo ? ['archived_count'] : [])];
  for (const table of tables) {
    await connection.run(`DELETE FROM store.${table} WHERE ${ofMonth(month)}`);
  }
}

export async function registeredCounts(
  connection: DuckDBConnection,
  month: KindMonth,
): Promise<ArchivedCount[]> {
  const rows = await allRows(
    connection,
    `SELECT coop, device, day, stored::DOUBLE FROM store.archived_count WHERE ${ofMonth(month)}`,
  );
  return rows.map(([coop, device, day, stored]) => ({
    coop: String(coop),
    device: String(device),
    day: String(day),
    stored: Number(stored),
  }));
}

function ofMonth({ kind, month }: KindMonth): string {
  return `kind = ${literal(kind)} AND month = ${literal(month)}`;
}

function monthColumns({ kind, month }: KindMonth): Record<string, AppendColumn> {
  return { kind: text(() => kind), month: text(() => month) };
}

function text(value: (place: number) => string | undefined): AppendColumn {
  return { type: VARCHAR, value: (place) => value(place) ?? null };
}

function whole(value: (place: number) => number | undefined): AppendColumn {
  return { type: BIGINT, value: (place) => BigInt(value(place) ?? 0) };
}

function append(
  connection: DuckDBConnection,
  name: string,
  columns: Readonly<Record<string, AppendColumn>>,
  count: number,
): Promise<void> {
  return appendRows(connection, { schema: 'store', name }, Object.values(columns), everyRow(count));
}
