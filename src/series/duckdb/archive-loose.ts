import { statSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_MS, dayName } from '../../base/local-clock.ts';
import { zonePieces } from '../time-zone.ts';
import {
  ARCHIVE_COLUMNS,
  ARCHIVE_FORMAT,
  monthOf,
  type Sidecar,
  sha256Of,
} from './archive-files.ts';
import { bucketNumber } from './buckets.ts';
import { allRows } from './database.ts';
import { identifier, literal } from './sql.ts';

/** What can be told from an archive file alone, when nothing stands beside it. */
export async function readLooseFile(
  connection: DuckDBConnection,
  file: string,
  timeZone: string,
): Promise<Sidecar> {
  const relation = `read_parquet(${literal(file)})`;
  const columns = await allRows(connection, `SELECT column_name FROM (DESCRIBE FROM ${relation})`);
  const fixed: readonly string[] = ARCHIVE_COLUMNS;
  const metrics = columns.map(([name]) => String(name)).filter((name) => !fixed.includes(name));
  const [sums = []] = await allRows(
    connection,
    `SELECT count(*)::DOUBLE, coalesce(epoch_ms(min(time)), 0)::DOUBLE,
       coalesce(epoch_ms(max(time)), 0)::DOUBLE,
       coalesce(epoch_ms(min(received_at)), 0)::DOUBLE,
       coalesce(epoch_ms(max(received_at)), 0)::DOUBLE,
       (coalesce(max(frame_offset), -1) + 1)::DOUBLE
       ${metrics.map((metric) => `, count(${identifier(metric)})::DOUBLE`).join('')}
     FROM ${relation}`,
  );
  const [rows = 0, first = 0, last = 0, received = 0, receivedLast = 0, next = 0, ...values] =
    sums.map(Number);
  const pieces = zonePieces(timeZone, received - DAY_MS, receivedLast + DAY_MS);
  const width = { type: 'local', widthMs: DAY_MS, originMs: 0 } as const;
  const stored = metrics.map((metric) => `count(${identifier(metric)})`).join(' + ') || '0';
  const counts = await allRows(
    connection,
    `SELECT coop, device, day, (${stored})::DOUBLE FROM (
       SELECT *, ${bucketNumber('epoch_ms(received_at)', width, pieces)}::DOUBLE AS day
       FROM ${relation}) GROUP BY coop, device, day`,
  );
  return {
    format: ARCHIVE_FORMAT,
    removed: false,
    kind: path.basename(path.dirname(file)),
    month: monthOf(first),
    file: path.basename(file),
    store: '',
    next,
    rows,
    values: values.reduce((sum, count) => sum + count, 0),
    bytes: statSync(file).size,
    sha256: await sha256Of(file),
    first,
    last,
    metrics: metrics.map((column, place) => ({
      name: column.replace(/^_/, ''),
      column,
      values: values[place] ?? 0,
    })),
    counts: counts.map(([coop, device, day, count]) => ({
      coop: String(coop),
      device: String(device),
      day: dayName(Number(day)),
      stored: Number(count),
    })),
  };
}
