import type { DuckDBConnection } from '@duckdb/node-api';
import type { RollupTier } from '../../contracts/series.ts';
import { allRows } from './database.ts';
import { identifier, literal } from './sql.ts';

/** Deletes windows of a rollup that began before an instant; returns how many there were. */
export async function expireTier(
  connection: DuckDBConnection,
  tier: RollupTier,
  { kind, before }: { kind: string; before: number },
): Promise<number> {
  const tables = await allRows(
    connection,
    `SELECT 1 FROM duckdb_tables()
     WHERE schema_name = ${literal(tier)} AND table_name = ${literal(kind)}`,
  );
  if (tables.length === 0) return 0;
  const table = `${identifier(tier)}.${identifier(kind)}`;
  const { rowsChanged } = await connection.run(
    `DELETE FROM ${table} WHERE _start < ${Math.floor(before)}`,
  );
  return rowsChanged;
}
