import { AppError } from '../../base/errors.ts';
import type { Expired, RetentionTier } from '../../contracts/series.ts';
import type { Connection } from './connection.ts';
import { identifier, timeCondition } from './influxql.ts';
import type { KindMemory } from './memory.ts';
import { rollupField, rollupMeasurement } from './rollups.ts';
import type { Dialect } from './setup.ts';

/** Deletes what was observed before an instant from one tier of a kind. */
export async function expireTier(
  connection: Connection,
  { major }: Dialect,
  { tier, kind, before }: { tier: RetentionTier; kind: KindMemory; before: number },
): Promise<Expired> {
  // Points that leave this store are gone; it keeps no files of them.
  if (tier === 'archive') return { values: 0, files: [] };
  if (major >= 3) {
    throw new AppError('SERIES_RETENTION_ELSEWHERE', 'this InfluxDB deletes by its own retention', {
      hint: 'Set the retention period of the database on the server.',
    });
  }
  const measurement = identifier(tier === 'raw' ? kind.name : rollupMeasurement(kind.name, tier));
  const range = timeCondition(Number.NEGATIVE_INFINITY, before);
  const fields = [...kind.metrics].map((metric) =>
    tier === 'raw' ? metric : rollupField(metric, 'count'),
  );
  const counts = fields.map((field) => `count(${identifier(field)})`);
  let values = 0;
  const statement = `SELECT ${counts} FROM ${measurement} WHERE ${range}`;
  for await (const { values: rows } of connection.query(statement)) {
    for (const [, ...columns] of rows) for (const count of columns) values += Number(count ?? 0);
  }
  if (values > 0) {
    const end = range.split(' AND ')[1];
    await connection.queryAll(`DELETE FROM ${measurement} WHERE ${end}`, { post: true });
  }
  return { values, files: [] };
}
