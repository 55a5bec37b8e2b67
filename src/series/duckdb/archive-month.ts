import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { AppError } from '../../base/errors.ts';
import { DAY_MS, dayName } from '../../base/local-clock.ts';
import { zonePieces } from '../time-zone.ts';
import {
  ARCHIVE_COLUMNS,
  ARCHIVE_FORMAT,
  type ArchivedCount,
  type ArchivedFile,
  archiveColumn,
  makeFolder,
  monthEnd,
  monthStart,
  moveDurably,
  newFileName,
  sha256Of,
  temporaryName,
  writeSidecar,
} from './archive-files.ts';
import { type ArchivedSpan, registeredCounts } from './archive-tables.ts';
import { QUALITIES } from './columns.ts';
import { storedSql } from './counts.ts';
import { allRows } from './database.ts';
import type { KindMemory, StoreMemory } from './sources.ts';
import { identifier, literal, pointsRelation } from './sql.ts';

/** Sorted by device, so small groups of rows let a reader of one device pass over the others. */
const ROW_GROUP_ROWS = 61_440;

export interface MonthContext {
  /** Of its own: it looks at one moment of the tables while batches go on being written. */
  connection: DuckDBConnection;
  memory: StoreMemory;
  kind: KindMemory;
  timeZone: string;
  /** Folder of the archive. */
  dir: string;
}

/** A month whose rows are in a file, and still in the tables. */
export interface CopiedMonth {
  file: ArchivedFile;
  counts: ArchivedCount[];
  spans: ArchivedSpan[];
  /** Rows of the kind's table that are in the file. */
  tableRows: number;
  /** Values that leave the table. */
  values: number;
}

/** UTC months, oldest first, that end at or before an instant and have rows in the kind's table. */
export async function monthsInTable(
  connection: DuckDBConnection,
  kind: string,
  before: number,
): Promise<string[]> {
  const rows = await allRows(
    connection,
    `SELECT DISTINCT strftime(epoch_ms(_observed_at), '%Y-%m') AS month
     FROM ${identifier(kind)} WHERE _observed_at < ${Math.floor(before)} ORDER BY month`,
  );
  return rows.map(([month]) => String(month)).filter((month) => monthEnd(month) <= before);
}

/**
 * Copies a month out of the tables and out of its older file into a new one, reads that back and
 * compares. Deletes nothing; throws SERIES_FAILED when the file does not hold what it should.
 */
export async function copyMonth(context: MonthContext, month: string): Promise<CopiedMonth> {
  const { connection, kind, dir } = context;
  makeFolder(dir);
  makeFolder(kind.archive.folder);
  const name = newFileName(kind.archive.folder, month);
  const target = path.join(kind.archive.folder, name);
  const temporary = temporaryName(target);
  await connection.run('BEGIN');
  try {
    const next = await copiedBelow(connection);
    const points = archivedPoints(kind, month);
    // Sorted straight out of the older file the rows do not fit into the store's memory; from a
    // table, whose size is known, the sort spills to the disk in time. It goes with the rollback.
    await connection.run(`CREATE TEMP TABLE staged AS ${points}`);
    await connection.run(
      `COPY (SELECT * FROM staged ORDER BY device, time, frame_offset) TO ${literal(temporary)} (
         FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS},
         KV_METADATA {
           format: '${ARCHIVE_FORMAT}', kind: ${literal(kind.name)}, month: ${literal(month)}
         })`,
    );
    const sums = await verify(connection, kind, { points, file: temporary });
    await writeDuplicates(context, next);
    const copied = await describe(context, { month, name, temporary, next, sums });
    writeSidecar(target, {
      format: ARCHIVE_FORMAT,
      removed: false,
      ...copied.file,
      counts: copied.counts,
    });
    moveDurably(temporary, target);
    return copied;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    // Nothing was changed: this only lets go of the moment that was looked at.
    await connection.run('ROLLBACK').catch(() => undefined);
  }
}

/** Every row the transaction sees is of a frame below this one, and no later row will be. */
async function copiedBelow(connection: DuckDBConnection): Promise<number> {
  const [row] = await allRows(
    connection,
    'SELECT coalesce(max(next), 0)::DOUBLE FROM store.cursor',
  );
  return Number(row?.[0]);
}

/** The month's points as rows of an archive file, those of its older file among them. */
function archivedPoints(kind: KindMemory, month: string): string {
  const [from, to] = [monthStart(month), monthEnd(month)];
  const range = { kind: kind.name, sources: null, from, to, archive: kind.archive };
  const relation = pointsRelation(range, kind.columns, kind.supersededMetrics(from, to));
  const qualities = QUALITIES.map((quality, place) => `WHEN ${place} THEN ${literal(quality)}`);
  const values = kind.columns.map(
    (metric) => `, r.${identifier(metric)} AS ${identifier(archiveColumn(metric))}`,
  );
  const some = kind.columns.map((metric) => `r.${identifier(metric)} IS NOT NULL`);
  return `SELECT epoch_ms(r._observed_at) AS time, s.device, s.site, s.coop,
      epoch_ms(r._received_at) AS received_at, r._offset AS frame_offset,
      CASE r._quality ${qualities.join(' ')} END AS quality ${values.join('')}
    FROM ${relation} r JOIN store.source s ON s.id = r._source
    WHERE ${some.join(' OR ') || 'false'}`;
}

interface Sums {
  rows: number;
  first: number;
  last: number;
  /** By place in the kind's columns. */
  values: number[];
}

/** Row count, a hash that does not depend on order, and a count for each metric: all must agree. */
async function verify(
  connection: DuckDBConnection,
  kind: KindMemory,
  { points, file }: { points: string; file: string },
): Promise<Sums> {
  const metrics = kind.columns.map((metric) => identifier(archiveColumn(metric)));
  const hash = `hash(${[...ARCHIVE_COLUMNS, ...metrics].join(',')})`;
  const sums = async (relation: string): Promise<unknown[]> => {
    const [row = []] = await allRows(
      connection,
      `SELECT bit_xor(h)::VARCHAR, sum(h::HUGEINT)::VARCHAR, count(*)::DOUBLE,
         epoch_ms(min(time))::DOUBLE, epoch_ms(max(time))::DOUBLE
         ${metrics.map((metric) => `, count(${metric})::DOUBLE`).join('')}
       FROM (SELECT *, ${hash} AS h FROM (${relation}))`,
    );
    return row;
  };
  const expected = await sums(points);
  const found = await sums(`SELECT * FROM read_parquet(${literal(file)})`);
  if (JSON.stringify(expected) !== JSON.stringify(found)) {
    throw new AppError('SERIES_FAILED', `${path.basename(file)} does not hold what was copied`, {
      hint: 'Nothing was deleted. Look at the disk: what is written to it does not come back.',
    });
  }
  const [rows = 0, first, last, ...values] = found.slice(2).map(Number);
  return { rows, first: first ?? 0, last: last ?? 0, values };
}

/** Repeats as the ledger counts them, for a database that is made anew from the archive. */
async function writeDuplicates({ connection, dir }: MonthContext, next: number): Promise<void> {
  const target = duplicatesPath(dir);
  const temporary = temporaryName(target);
  await connection.run(
    `COPY (SELECT coop, device, day, sum(duplicates)::BIGINT AS duplicates
       FROM store.ledger GROUP BY ALL ORDER BY ALL)
     TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd,
       KV_METADATA { format: '${ARCHIVE_FORMAT}', next: '${next}' })`,
  );
  moveDurably(temporary, target);
}

export function duplicatesPath(dir: string): string {
  return path.join(dir, 'duplicates.parquet');
}

async function describe(
  context: MonthContext,
  made: { month: string; name: string; temporary: string; next: number; sums: Sums },
): Promise<CopiedMonth> {
  const { connection, kind, memory } = context;
  const { month, name, temporary, next, sums } = made;
  const [tableRows] = await allRows(
    connection,
    `SELECT count(*)::DOUBLE FROM ${identifier(kind.name)} WHERE ${inMonth(month)}`,
  );
  const before = await registeredCounts(connection, { kind: kind.name, month });
  const left = await countsOfTable(context, month);
  const file: ArchivedFile = {
    kind: kind.name,
    month,
    file: name,
    store: memory.identity,
    next,
    rows: sums.rows,
    values: sums.values.reduce((sum, count) => sum + count, 0),
    bytes: statSync(temporary).size,
    sha256: await sha256Of(temporary),
    first: sums.first,
    last: sums.last,
    metrics: kind.columns.map((metric, place) => ({
      name: metric,
      column: archiveColumn(metric),
      values: sums.values[place] ?? 0,
    })),
  };
  return {
    file,
    counts: addCounts(before, left),
    spans: await readSpans(connection, kind.name, temporary),
    tableRows: Number(tableRows?.[0]),
    values: left.reduce((sum, { stored }) => sum + stored, 0),
  };
}

/** What the month's rows that are still in the table count for. */
async function countsOfTable(
  { connection, kind, timeZone }: MonthContext,
  month: string,
): Promise<ArchivedCount[]> {
  const [received] = await allRows(
    connection,
    `SELECT min(_received_at)::DOUBLE, max(_received_at)::DOUBLE
     FROM ${identifier(kind.name)} WHERE ${inMonth(month)}`,
  );
  const [first = 0, last = 0] = (received ?? []).map(Number);
  const pieces = zonePieces(timeZone, first - DAY_MS, last + DAY_MS);
  const range = {
    from: monthStart(month),
    to: monthEnd(month),
    pieces,
    by: 'observation',
  } as const;
  const rows = await allRows(connection, storedSql(kind, null, range));
  return rows.flatMap((row) => {
    const [id = 0, day = 0, stored = 0] = row.map(Number);
    const tags = kind.sources.get(id)?.tags;
    if (tags === undefined) return [];
    return [{ coop: tags.coop, device: tags.device, day: dayName(day), stored }];
  });
}

function addCounts(...lists: ReadonlyArray<readonly ArchivedCount[]>): ArchivedCount[] {
  const sums = new Map<string, ArchivedCount>();
  for (const { stored, ...place } of lists.flat()) {
    const key = JSON.stringify([place.coop, place.device, place.day]);
    const sum = sums.get(key) ?? { ...place, stored: 0 };
    sum.stored += stored;
    sums.set(key, sum);
  }
  return [...sums.values()].filter(({ stored }) => stored !== 0);
}

/** First and last observed time of each source in a file; all of them are known by now. */
export async function readSpans(
  connection: DuckDBConnection,
  kind: string,
  file: string,
): Promise<ArchivedSpan[]> {
  const rows = await allRows(
    connection,
    `SELECT s.id, epoch_ms(min(a.time))::DOUBLE, epoch_ms(max(a.time))::DOUBLE
     FROM read_parquet(${literal(file)}) a JOIN store.source s
       ON s.kind = ${literal(kind)} AND s.device = a.device AND s.coop = a.coop
         AND s.site IS NOT DISTINCT FROM a.site
     GROUP BY s.id`,
  );
  return rows.map((row) => {
    const [source = 0, oldest = 0, newest = 0] = row.map(Number);
    return { source, oldest, newest };
  });
}

/** The month's rows in a table that has `_observed_at`. */
export function inMonth(month: string): string {
  return `_observed_at >= ${monthStart(month)} AND _observed_at < ${monthEnd(month)}`;
}
