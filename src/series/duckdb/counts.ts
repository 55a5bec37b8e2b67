import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_MS, dayName, dayNumber } from '../../base/local-clock.ts';
import type { StoredCount } from '../../contracts/series.ts';
import { toInstant, type ZonePiece, zonePieces } from '../time-zone.ts';
import { bucketNumber } from './buckets.ts';
import { allRows } from './database.ts';
import type { KindMemory, StoreMemory } from './sources.ts';
import { identifier, literal } from './sql.ts';

export interface CountRange {
  /** First and last day, `2026-11-22`; both are counted. */
  fromDay: string;
  toDay: string;
  coops: readonly string[] | null;
}

/** Counts by coop, device and day while they are added up. */
class CountTable {
  readonly #counts = new Map<string, StoredCount>();

  at(coop: string, device: string, day: string): StoredCount {
    const key = JSON.stringify([coop, device, day]);
    const found = this.#counts.get(key) ?? { coop, device, day, stored: 0, duplicate: 0 };
    this.#counts.set(key, found);
    return found;
  }

  all(): StoredCount[] {
    return [...this.#counts.values()];
  }
}

/** Values by device and local day of receipt: those that stand in the tables, and the ledger's. */
export async function readCounts(
  connection: DuckDBConnection,
  { memory, timeZone }: { memory: StoreMemory; timeZone: string },
  { fromDay, toDay, coops }: CountRange,
): Promise<StoredCount[]> {
  const table = new CountTable();
  const first = dayNumber(fromDay);
  const end = dayNumber(toDay) + 1;
  if (!(first < end)) return [];
  const pieces = zonePieces(timeZone, (first - 1) * DAY_MS, (end + 1) * DAY_MS);
  const from = toInstant(first * DAY_MS, pieces);
  const to = toInstant(end * DAY_MS, pieces);
  for (const kind of memory.kinds.values()) {
    const ids = kind.matching(coops === null ? {} : { coops });
    if (ids?.length === 0) continue;
    const range = { from, to, pieces, by: 'receipt' } as const;
    for (const row of await allRows(connection, storedSql(kind, ids, range))) {
      const [id, day, stored] = row.map(Number);
      const tags = kind.sources.get(id ?? 0)?.tags;
      if (tags !== undefined && stored !== undefined && stored !== 0) {
        table.at(tags.coop, tags.device, dayName(day ?? 0)).stored += stored;
      }
    }
  }
  const archived = await allRows(
    connection,
    `SELECT coop, device, day, sum(stored)::DOUBLE FROM store.archived_count
     WHERE day >= $1 AND day <= $2 GROUP BY ALL`,
    [fromDay, toDay],
  );
  const ledger = await allRows(
    connection,
    `SELECT coop, device, day, sum(duplicates)::DOUBLE FROM store.ledger
     WHERE day >= $1 AND day <= $2 GROUP BY ALL`,
    [fromDay, toDay],
  );
  const wanted = coops === null ? null : new Set<unknown>(coops);
  for (const [coop, device, day, stored] of archived) {
    if (stored === 0 || wanted?.has(coop) === false) continue;
    table.at(String(coop), String(device), String(day)).stored += Number(stored);
  }
  for (const [coop, device, day, duplicates] of ledger) {
    if (wanted?.has(coop) === false) continue;
    table.at(String(coop), String(device), String(day)).duplicate += Number(duplicates);
  }
  return table.all();
}

export interface InstantRange {
  /** Which times lie in `[from, to)`. */
  by: 'receipt' | 'observation';
  from: number;
  to: number;
  /** Of the times of receipt. */
  pieces: readonly ZonePiece[];
}

/** Rows of (source, day, values); a value that replaced another was already counted with that. */
export function storedSql(
  kind: KindMemory,
  ids: readonly number[] | null,
  { by, from, to, pieces }: InstantRange,
): string {
  const day = (column: string): string =>
    bucketNumber(column, { type: 'local', widthMs: DAY_MS, originMs: 0 }, pieces);
  const condition = (source: string, time: string): string => {
    const within = `${time} >= ${from} AND ${time} < ${to}`;
    return ids === null ? within : `${within} AND ${source} IN (${ids.join(',')})`;
  };
  const [inTable, replacing] =
    by === 'receipt' ? ['_received_at', 'by_received_at'] : ['_observed_at', '_observed_at'];
  const values = kind.columns.map((column) => `count(${identifier(column)})`).join(' + ');
  return `SELECT source, day, sum(stored)::DOUBLE FROM (
      SELECT _source AS source, ${day('_received_at')} AS day, ${values} AS stored
      FROM ${identifier(kind.name)} WHERE ${condition('_source', inTable)}
      GROUP BY ALL
      UNION ALL
      SELECT by_source, ${day('by_received_at')}, -count(*)
      FROM store.superseded
      WHERE kind = ${literal(kind.name)} AND ${condition('by_source', replacing)}
      GROUP BY ALL
    ) GROUP BY source, day`;
}
