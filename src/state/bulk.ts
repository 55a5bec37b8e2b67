import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

/**
 * Rows per statement, largest first. 128 rows of 10 columns are 1,280 parameters, far below the
 * 32,766 of SQLite and the 65,535 of PostgreSQL; longer statements are not faster.
 */
const CHUNK_ROWS = [128, 16, 1] as const;

export interface BulkWrite<Row> {
  /** Names the statement among the compiled ones. */
  name: string;
  /** All of one shape: the same columns in the same order, null for what is absent. */
  rows: readonly Row[];
  /** The insert of so many rows, with what happens on conflict. */
  build: (db: Kysely<Tables>, rows: Row[]) => Compilable;
}

/**
 * Inserts any number of rows in one transaction. Building and compiling a query costs more than
 * sending it, so each statement is compiled once per size and filled with the rows' values.
 */
export async function writeRows<Row extends object>(
  scope: Scope,
  { name, rows, build }: BulkWrite<Row>,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first) as Array<keyof Row>;
  await scope.atomically(async ({ db, compiled }) => {
    let start = 0;
    for (const size of CHUNK_ROWS) {
      for (; rows.length - start >= size; start += size) {
        const chunk = rows.slice(start, start + size);
        const key = `${name} ${size}`;
        let query = compiled.get(key);
        if (query === undefined) {
          query = build(db, chunk).compile();
          checkParameters(query, name, size * columns.length);
          compiled.set(key, query);
        }
        await db.executeQuery({ ...query, parameters: valuesOf(chunk, columns) });
      }
    }
  });
}

/** A build that adds parameters of its own would be filled wrongly. */
function checkParameters(query: CompiledQuery, name: string, expected: number): void {
  if (query.parameters.length === expected) return;
  throw new Error(`bulk statement ${name} has parameters besides its rows`);
}

function valuesOf<Row extends object>(
  rows: readonly Row[],
  columns: ReadonlyArray<keyof Row>,
): unknown[] {
  const values: unknown[] = [];
  for (const row of rows) for (const column of columns) values.push(row[column]);
  return values;
}

/**
 * One row per key, the last one given: PostgreSQL refuses an upsert that meets the same row twice
 * in one statement.
 */
export function lastOfEach<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  if (rows.length < 2) return [...rows];
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}
