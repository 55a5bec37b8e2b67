import { type DatabaseSync, openDatabase } from '../../base/sqlite.ts';
import { failureOf, primaryCode, SQLITE_CONSTRAINT } from './protocol.ts';

export interface SalvagedTable {
  table: string;
  rows: number;
}

type Row = Record<string, string | number | bigint | Uint8Array | null>;

/**
 * Copies what can still be read from a damaged database into the new one. A table is read from its
 * beginning until the damage and then from its end until the damage, so one bad page costs the rows
 * around it only. A row that refers to a lost one is left out.
 */
export function salvage(
  target: DatabaseSync,
  file: string,
  tables: readonly string[],
): SalvagedTable[] {
  let source: DatabaseSync;
  try {
    source = openDatabase(file);
  } catch {
    return [];
  }
  const found: SalvagedTable[] = [];
  try {
    target.exec('begin immediate');
    for (const table of tables) {
      const rows = copyTable(source, target, table);
      if (rows > 0) found.push({ table, rows });
    }
    target.exec('commit');
    return found;
  } catch (error) {
    target.exec('rollback');
    throw error;
  } finally {
    source.close();
  }
}

function copyTable(source: DatabaseSync, target: DatabaseSync, table: string): number {
  const known = columnsOf(target, table);
  const columns = columnsOf(source, table).filter((column) => known.includes(column));
  if (columns.length === 0) return 0;
  const names = columns.map((column) => `"${column}"`).join(', ');
  const insert = target.prepare(
    `insert into "${table}" (${names}) values (${columns.map(() => '?').join(', ')})
     on conflict do nothing`,
  );
  let copied = 0;
  for (const direction of ['asc', 'desc']) {
    for (const row of readable(
      source,
      `select ${names} from "${table}" order by rowid ${direction}`,
    )) {
      copied += insertRow(
        insert,
        columns.map((column) => row[column] ?? null),
      );
    }
  }
  return copied;
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  const rows = [...readable(database, `pragma table_info("${table}")`)];
  return rows.map((row) => String(row['name']));
}

/** Rows until the first that cannot be read. */
function* readable(database: DatabaseSync, sql: string): Generator<Row> {
  try {
    for (const row of database.prepare(sql).iterate()) yield row as Row;
  } catch {
    // The damage begins here: whatever it is, the rows before it are what there is.
  }
}

function insertRow(
  insert: ReturnType<DatabaseSync['prepare']>,
  values: Array<Row[string]>,
): number {
  try {
    return Number(insert.run(...values).changes);
  } catch (error) {
    if (primaryCode(failureOf(error, null).errcode) === SQLITE_CONSTRAINT) return 0;
    throw error;
  }
}
