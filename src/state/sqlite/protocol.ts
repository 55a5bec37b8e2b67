/** What the main thread and the SQLite thread say to each other. */

export interface Operation {
  sql: string;
  parameters: readonly unknown[];
  /** Whether it may return rows. */
  rows: boolean;
}

/** Operations run in order on one connection; the answer carries the rows of the last one. */
export interface RunRequest {
  type: 'run';
  id: number;
  connection: 'reader' | 'writer';
  operations: readonly Operation[];
}

/** Brings over what can still be read from a database that was set aside. */
export interface SalvageRequest {
  type: 'salvage';
  id: number;
  file: string;
  /** Tables in an order in which each one's references come before it. */
  tables: readonly string[];
}

export interface CloseRequest {
  type: 'close';
}

export type ThreadRequest = RunRequest | SalvageRequest | CloseRequest;

/** An error as plain data. `errcode` is SQLite's extended result code, null for other errors. */
export interface Failure {
  message: string;
  errcode: number | null;
  sql: string | null;
}

export type ThreadAnswer =
  | { type: 'ready'; setAside: string | null; reason: string | null }
  | { type: 'unopened'; failure: Failure }
  | { type: 'rows'; id: number; rows: unknown[] }
  | { type: 'failed'; id: number; failure: Failure };

export interface ThreadSettings {
  file: string;
  /** Wall time of the start (ms), for the name of a file that is set aside. */
  now: number;
}

/** Primary result codes of SQLite that decide what happens next; see sqlite.org/rescode.html. */
export const SQLITE_CORRUPT = 11;
export const SQLITE_CONSTRAINT = 19;
export const SQLITE_NOTADB = 26;

/**
 * The texts of sqlite3_errstr() for what is wrong with the file or its disk. The prebuilt package
 * leaves the code out of an error met while rows are read.
 */
const CODE_OF_MESSAGE: ReadonlyMap<string, number> = new Map([
  ['database is locked', 5],
  ['out of memory', 7],
  ['attempt to write a readonly database', 8],
  ['disk I/O error', 10],
  ['database disk image is malformed', SQLITE_CORRUPT],
  ['database or disk is full', 13],
  ['unable to open database file', 14],
  ['locking protocol', 15],
  ['file is not a database', SQLITE_NOTADB],
]);

/** The primary code of an extended one is its lowest byte. */
export function primaryCode(errcode: number | null): number | null {
  return errcode === null ? null : errcode & 0xff;
}

export function failureOf(error: unknown, sql: string | null): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = (error as { errcode?: unknown } | null)?.errcode;
  const code = typeof errcode === 'number' ? errcode : (CODE_OF_MESSAGE.get(message) ?? null);
  return { message, errcode: code, sql };
}
