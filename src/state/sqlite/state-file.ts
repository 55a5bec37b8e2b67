import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { type DatabaseSync, openDatabase } from '../../base/sqlite.ts';
import { failureOf, primaryCode, SQLITE_CORRUPT, SQLITE_NOTADB } from './protocol.ts';

export interface OpenedFile {
  writer: DatabaseSync;
  reader: DatabaseSync;
  /** Where an unusable file went, and what was wrong with it; null when all was well. */
  setAside: string | null;
  reason: string | null;
}

/** Pages of 4 KiB are read once each by the check: 64 MiB take about 0.1 s from the page cache. */
const CHECKED_BYTES_MAX = 64 * 1024 * 1024;
/** Another process (a backup, a curious shell) may hold the file for a moment. */
const BUSY_TIMEOUT_MS = 5_000;
/** 2 MiB hold the inner pages of every index; the operating system caches the rest. */
const WRITER_CACHE_KIB = 2_048;
const READER_CACHE_KIB = 1_024;
/** The WAL may grow while a large transaction runs; afterwards it is cut back to this. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024;

/** Opens the file for writing and reading; one that is not a sound database is set aside first. */
export function openStateFile(file: string, now: number): OpenedFile {
  mkdirSync(path.dirname(file), { recursive: true });
  let writer = openPrivate(file);
  let setAside: string | null = null;
  const reason = damageOf(writer, file);
  if (reason !== null) {
    writer.close();
    setAside = moveAside(file, now);
    writer = openPrivate(file);
  }
  writer.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma cache_size = -${WRITER_CACHE_KIB};
    pragma journal_size_limit = ${WAL_KEPT_BYTES};
  `);
  const reader = openPrivate(file);
  reader.exec(`
    pragma cache_size = -${READER_CACHE_KIB};
    pragma query_only = on;
  `);
  return { writer, reader, setAside, reason };
}

/** The file holds hashes of secrets: only its owner may read it; SQLite gives its WAL the same. */
function openPrivate(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600));
  const database = openDatabase(file);
  database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return database;
}

/** Why the file cannot be used, or null. A full disk or missing rights are not damage. */
function damageOf(database: DatabaseSync, file: string): string | null {
  // Asked before SQLite reads the file, because reading already mends an unclean stop.
  const checking = worthChecking(file);
  try {
    database.prepare('select count(*) from sqlite_schema').all();
    if (!checking) return null;
    const [finding] = database.prepare('pragma quick_check(1)').all() as Array<{
      quick_check: string;
    }>;
    return finding === undefined || finding.quick_check === 'ok' ? null : finding.quick_check;
  } catch (error) {
    const { errcode, message } = failureOf(error, null);
    const code = primaryCode(errcode);
    if (code === SQLITE_NOTADB || code === SQLITE_CORRUPT) return message;
    throw error;
  }
}

/** After an unclean stop always; else while the check is cheap. */
function worthChecking(file: string): boolean {
  const wal = `${file}-wal`;
  return (existsSync(wal) && statSync(wal).size > 0) || statSync(file).size <= CHECKED_BYTES_MAX;
}

/** The companions go along, so that the file can still be opened with what its WAL holds. */
function moveAside(file: string, now: number): string {
  const target = `${file}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
  }
  return target;
}
