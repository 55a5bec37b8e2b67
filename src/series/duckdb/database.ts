import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { describeError } from '../../base/errors.ts';
import type { KindColumns, OpenFault, OpenRequest } from './protocol.ts';
import { shapeRollups } from './rollup-tables.ts';
import { identifier } from './sql.ts';

/** The store's own tables, apart from the kinds so that no kind's name can be theirs. */
const OWN_TABLES: Readonly<Record<string, string>> = {
  // What rows are filed under. A row's `_source` is an `id`.
  source: 'id INTEGER, kind VARCHAR, coop VARCHAR, site VARCHAR, device VARCHAR',
  // Committed with every batch; the greatest counts.
  cursor: 'next BIGINT',
  // Values that repeated or replaced one already stored, summed by day of receipt.
  ledger: 'coop VARCHAR, device VARCHAR, day VARCHAR, duplicates BIGINT',
  // Values that stand in a table and no longer count: a later report gave the point another value.
  superseded:
    'kind VARCHAR, metric VARCHAR, _source INTEGER, _observed_at BIGINT, _offset BIGINT, ' +
    'by_source INTEGER, by_received_at BIGINT, by_offset BIGINT',
  // Which database this is, once; repeats in frames below `charged` are in the ledger already.
  identity: 'id VARCHAR, charged BIGINT',
  // The archive files whose rows have left the tables; the body is JSON.
  archived: 'kind VARCHAR, month VARCHAR, body VARCHAR',
  // What those rows count for, also after their file was removed.
  archived_count:
    'kind VARCHAR, month VARCHAR, coop VARCHAR, device VARCHAR, day VARCHAR, stored BIGINT',
  // Observed times of each source within a file.
  archived_span: 'kind VARCHAR, month VARCHAR, _source INTEGER, oldest BIGINT, newest BIGINT',
  // One row: versions of rollup windows up to it have been folded.
  folded: 'version BIGINT',
};

/** Every kind's table begins with these; a metric's name never begins with an underscore. */
const ROW_COLUMNS =
  '_source INTEGER, _observed_at BIGINT, _received_at BIGINT, _offset BIGINT, _quality UTINYINT';

/** The database file, opened; the only place that runs statements which change its shape. */
export interface Database {
  connect(): Promise<DuckDBConnection>;
  /** Writes everything committed into the main file; the log is empty afterwards. */
  checkpoint(connection: DuckDBConnection): Promise<void>;
  bytes(): number;
}

export async function openDatabase(request: OpenRequest): Promise<Database> {
  mkdirSync(path.dirname(request.file), { recursive: true });
  const instance = await DuckDBInstance.create(request.file, {
    memory_limit: `${request.memoryLimitMb}MB`,
    threads: String(request.threads),
    temp_directory: `${request.file}.tmp`,
    // Nothing is ever fetched from the network; what we use is part of the library.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Checkpoints happen when we say so: one inside a commit would delay a batch unannounced.
    checkpoint_threshold: '1TB',
    // Memory a burst has used goes back to the machine within seconds, not when it is short of it.
    allocator_background_threads: 'true',
    allocator_flush_threshold: '4MB',
    allocator_bulk_deallocation_flush_threshold: '16MB',
    // Rows come out ordered where a query asks for it: no memory goes into keeping another order.
    preserve_insertion_order: 'false',
  });
  const connection = await instance.connect();
  try {
    if (await shapeTables(connection, request.kinds)) {
      // A log that holds a change of shape may not be replayable: keep it for milliseconds only.
      await connection.run('CHECKPOINT');
    }
  } finally {
    connection.disconnectSync();
  }
  return {
    connect: () => instance.connect(),
    async checkpoint(connection) {
      await foldOwnTables(connection, request.limits.foldRows);
      await connection.run('CHECKPOINT');
    },
    bytes: () => fileBytes(request.file) + fileBytes(`${request.file}.wal`),
  };
}

/** True when something had to be made. */
async function shapeTables(
  connection: DuckDBConnection,
  kinds: readonly KindColumns[],
): Promise<boolean> {
  const existing = new Map<string, Set<string>>();
  const rows = await allRows(
    connection,
    `SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal`,
  );
  for (const [schema, table, column] of rows) {
    const key = `${schema}.${table}`;
    const columns = existing.get(key) ?? new Set();
    existing.set(key, columns.add(String(column).toLowerCase()));
  }
  const statements: string[] = [];
  for (const [table, columns] of Object.entries(OWN_TABLES)) {
    const known = existing.get(`store.${table}`);
    if (known === undefined) {
      statements.push(`CREATE TABLE store.${table} (${columns})`);
      continue;
    }
    for (const column of columns.split(', ')) {
      if (known.has(column.split(' ')[0] ?? '')) continue;
      statements.push(`ALTER TABLE store.${table} ADD COLUMN ${column}`);
    }
  }
  for (const kind of kinds) {
    statements.push(...shapeKind(kind, existing.get(`main.${kind.name}`)));
    statements.push(...shapeRollups(kind, existing));
  }
  if (statements.length === 0) return false;
  await connection.run('BEGIN');
  await connection.run('CREATE SCHEMA IF NOT EXISTS store');
  for (const statement of statements) await connection.run(statement);
  await connection.run('COMMIT');
  return true;
}

function shapeKind(kind: KindColumns, existing: ReadonlySet<string> | undefined): string[] {
  const table = identifier(kind.name);
  if (existing === undefined) {
    const columns = kind.metrics.map((metric) => `${identifier(metric)} DOUBLE`);
    return [`CREATE TABLE ${table} (${[ROW_COLUMNS, ...columns].join(', ')})`];
  }
  return kind.metrics
    .filter((metric) => !existing.has(metric.toLowerCase()))
    .map((metric) => `ALTER TABLE ${table} ADD COLUMN ${identifier(metric)} DOUBLE`);
}

/** Appending keeps the log simple to replay; what that leaves behind is folded here. */
async function foldOwnTables(connection: DuckDBConnection, foldRows: number): Promise<void> {
  const [counts] = await allRows(
    connection,
    'SELECT (SELECT count(*) FROM store.cursor), (SELECT count(*) FROM store.ledger)',
  );
  const [cursors = 0, ledger = 0] = (counts ?? []).map(Number);
  if (cursors <= foldRows && ledger <= foldRows) return;
  await connection.run('BEGIN');
  await connection.run(
    'DELETE FROM store.cursor WHERE next < (SELECT max(next) FROM store.cursor)',
  );
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE folded AS
     SELECT coop, device, day, sum(duplicates)::BIGINT AS duplicates
     FROM store.ledger GROUP BY ALL`,
  );
  await connection.run('DELETE FROM store.ledger');
  await connection.run('INSERT INTO store.ledger SELECT * FROM folded');
  await connection.run('DROP TABLE folded');
  await connection.run('COMMIT');
}

function fileBytes(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** All rows of a small result. */
export async function allRows(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<DuckDBValue[][]> {
  return (await connection.runAndReadAll(sql, values)).getRows();
}

/** What an open error says, by the first that fits; what fits none is damage. */
const FAULTS: ReadonlyArray<readonly [RegExp, OpenFault]> = [
  [/could not set lock|conflicting lock|used by another process/i, 'locked'],
  [/out of memory|cannot allocate/i, 'memory'],
  [/permission denied|access is denied|read-only file system|too many open files/i, 'environment'],
  [/no space left|disk full|not enough space|input\/output error/i, 'environment'],
  [/replaying WAL|corrupt|checksum/i, 'damaged'],
  // A file of a newer engine, or a fault of ours: nothing is gained by hiding the file.
  [/file with version number|Binder Error|Catalog Error|Parser Error/i, 'environment'],
];

/** Tells a file that cannot be read from a machine that does not let us read it. */
export function classifyOpenError(error: unknown): OpenFault {
  const message = describeError(error);
  const known = FAULTS.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code !== undefined || error instanceof TypeError ? 'environment' : 'damaged';
}

/** The main file does not hold what was written to it; a file of the archive is not meant. */
export function isDamage(error: unknown): boolean {
  const message = describeError(error);
  return (
    /Corrupt database file|Could not read enough bytes/.test(message) && !/parquet/.test(message)
  );
}

/** The engine gave up on the file as a whole; only a new process may open it again. */
export function isFatal(error: unknown): boolean {
  const message = describeError(error);
  return /COMMIT_UNCERTAIN|FATAL Error|INTERNAL Error|has been invalidated/.test(message);
}
