import { ROLLUP_FUNCTIONS, ROLLUP_TIERS } from '../../contracts/series.ts';
import type { KindColumns } from './protocol.ts';
import { identifier, rollupColumn, rollupTable } from './sql.ts';

/** Every rollup's table begins with these; of each window the greatest version counts. */
const WINDOW_COLUMNS = '_source INTEGER, _start BIGINT, _version BIGINT';

/** Statements that make a kind's rollup tables, or the columns they lack, by what exists. */
export function shapeRollups(
  kind: KindColumns,
  existing: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const columnsOf = (metric: string): string[] =>
    ROLLUP_FUNCTIONS.map((name) => `${identifier(rollupColumn(metric, name))} DOUBLE`);
  return ROLLUP_TIERS.flatMap((tier) => {
    const table = rollupTable(tier, kind.name);
    const known = existing.get(`${tier}.${kind.name}`);
    if (known === undefined) {
      const columns = kind.metrics.flatMap(columnsOf);
      return [
        `CREATE SCHEMA IF NOT EXISTS ${identifier(tier)}`,
        `CREATE TABLE ${table} (${[WINDOW_COLUMNS, ...columns].join(', ')})`,
      ];
    }
    return kind.metrics
      .filter((metric) => !known.has(rollupColumn(metric, 'count').toLowerCase()))
      .flatMap((metric) =>
        columnsOf(metric).map((one) => `ALTER TABLE ${table} ADD COLUMN ${one}`),
      );
  });
}
