import { type DatabaseSync, openDatabase } from '../base/sqlite.ts';

/** "SLJN": tells our file from another program's. */
const APPLICATION_ID = 0x534c_4a4e;
const SCHEMA_VERSION = 1;
/**
 * Half the processor time of 4 KiB pages for full commits, and half the bytes of 16 KiB pages for
 * commits of a single report, which village flash memory has to bear.
 */
export const PAGE_BYTES = 8192;
/** The WAL file is cut back to this after a burst. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024;
/** Room for two full commits, so that none spills before it is committed. */
const CACHE_KIB = 4096;

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** The file's contents contradict themselves: what can be read has to move to a new file. */
export class DamageError extends Error {}

/** The file was written by a later version of this program. */
export class NewerFileError extends Error {}

/**
 * The frames of a commit are one blob under the offset of the first. Rows of `sources` never
 * change, and stand in `sources_copy` once more: a frame without its source is worth nothing.
 * `state.head` holds the head when no commit shows it. Offsets that no commit holds stand in
 * `gaps`: any other hole means that the file is damaged. `damaged` keeps blobs set aside, `probe`
 * the filler of a trial write.
 */
const SCHEMA = `
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY, coop TEXT NOT NULL, site TEXT, device TEXT NOT NULL, kind TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE sources_copy (
    id INTEGER PRIMARY KEY, coop TEXT NOT NULL, site TEXT, device TEXT NOT NULL, kind TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), head INTEGER NOT NULL) STRICT;
  CREATE TABLE gaps (first INTEGER PRIMARY KEY, next INTEGER NOT NULL) STRICT;
  CREATE TABLE probe (filler BLOB NOT NULL) STRICT;
  CREATE TABLE damaged (
    first INTEGER NOT NULL, count INTEGER NOT NULL, received_at REAL NOT NULL,
    reason TEXT NOT NULL, frames BLOB NOT NULL
  ) STRICT;
  CREATE TABLE commits (
    first INTEGER PRIMARY KEY, count INTEGER NOT NULL, received_at REAL NOT NULL,
    crc INTEGER NOT NULL, frames BLOB NOT NULL
  ) STRICT;
  INSERT INTO state VALUES (1, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** Opens the file for this process alone and creates what it lacks. */
export function openJournalDatabase(file: string): DatabaseSync {
  const database = openDatabase(file);
  try {
    // EXCLUSIVE before the first read: no shared-memory file, and no second process can get in.
    // No automatic checkpoints: they would run inside a commit. FULL syncs the WAL at each commit;
    // the two fullfsync settings make that true on macOS as well.
    database.exec(`
      PRAGMA page_size = ${PAGE_BYTES};
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA checkpoint_fullfsync = ON;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${WAL_KEPT_BYTES};
      PRAGMA cache_size = -${CACHE_KIB};`);
    prepareSchema(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepareSchema(database: DatabaseSync): void {
  const tables = readNumber(database, 'SELECT count(*) FROM sqlite_schema');
  if (tables === 0) {
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    return;
  }
  const owner = readNumber(database, 'PRAGMA application_id');
  if (owner !== APPLICATION_ID) throw new DamageError('it is not a journal of this program');
  const version = readNumber(database, 'PRAGMA user_version');
  if (version > SCHEMA_VERSION) throw new NewerFileError(`its version is ${version}`);
}

/** The one number a query answers with. */
export function readNumber(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get() ?? {};
  return Number(Object.values(row)[0]);
}

/** SQLite's own words, for errors that come without a number: those of iterators do on Node 20. */
const MESSAGES: Readonly<Record<string, number>> = {
  'database is locked': SQLITE_BUSY,
  'database disk image is malformed': SQLITE_CORRUPT,
  'file is not a database': SQLITE_NOTADB,
};

function primaryCode(error: unknown): number {
  if (!(error instanceof Error)) return 0;
  const code = (error as Error & { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : (MESSAGES[error.message] ?? 0);
}

/** Held by another process. */
export function isLocked(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

/** Whether the contents are at fault, as opposed to the disk or the system. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  // A number beyond 2^53 in a column of ours was never written by us.
  if (error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') return true;
  const code = primaryCode(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}
