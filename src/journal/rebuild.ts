import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type DatabaseSync, openDatabase, type StatementSync } from '../base/sqlite.ts';
import { isDamage, openJournalDatabase, PAGE_BYTES, readNumber } from './database.ts';
import { GROUP_FRAMES_MAX } from './group.ts';
import { sourceChecksum } from './layout.ts';
import type { SourceRow } from './protocol.ts';
import { type CommitRow, JournalStore } from './store.ts';
import { rebuildingFile, removeDatabase, sizeOf } from './swap.ts';

/** Commits copied in one transaction: bounds the new file's WAL. */
const COPY_ROWS = 256;

const ALL_SOURCES = [
  'SELECT * FROM sources WHERE id >= ? ORDER BY id',
  'SELECT * FROM sources_copy WHERE id >= ? ORDER BY id',
];
const ALL_COMMITS =
  'SELECT first, count, received_at AS receivedAt, crc, frames FROM commits' +
  ' WHERE first >= ? ORDER BY first';

interface Tally {
  commits: number;
  frames: number;
  /** Commits that were found, but cannot be trusted. */
  lost: number;
}

/**
 * Copies what is readable in a damaged journal to the file that will replace it, and answers with
 * what was kept. Leaves its databases to the end of the thread: closing one does not free it while
 * statements exist, and with `@photostructure/sqlite` these live until they are collected.
 */
export function rebuildJournal(file: string, headAtLeast: number): string {
  const target = rebuildingFile(file);
  removeDatabase(target);
  const store = new JournalStore(target);
  const kept: Tally = { commits: 0, frames: 0, lost: 0 };
  const damaged = openDamaged(file);
  if (damaged !== null) copyAll(damaged, store, kept);
  store.advance(headAtLeast);
  // All of it in the file itself: a WAL would not move with it.
  store.restartWal();
  return (
    `${kept.frames} frames in ${kept.commits} commits were kept, ` +
    `${kept.lost} commits were found unreadable`
  );
}

/** The damaged database, or null when not even its tables can be found. */
function openDamaged(file: string): DatabaseSync | null {
  try {
    // With nothing in the file SQLite would delete the WAL, which may hold all of it.
    if (sizeOf(file) >= PAGE_BYTES) return openForSalvage(file);
  } catch {
    // Its first page may be all that is wrong, or a cut file disagrees with the size noted there.
  }
  try {
    replaceFirstPage(file);
    return openForSalvage(file);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return null;
  }
}

function openForSalvage(file: string): DatabaseSync {
  const database = openDatabase(file);
  try {
    // By `exec`, which leaves no statement behind that would keep a failed attempt open.
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA wal_autocheckpoint = 0;
      SELECT id FROM sources WHERE id < 0;
      SELECT first FROM commits WHERE first < 0;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Writes the first page of an empty journal over that of the file: tables are always created in
 * the same order, so it names the same root pages. The free list is left out and the size noted in
 * it (SQLite file format, 1.3: offsets 28 and 32) is that of the file as it is.
 */
function replaceFirstPage(file: string): void {
  const template = `${rebuildingFile(file)}-template`;
  removeDatabase(template);
  openJournalDatabase(template).exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const page = readFileSync(template).subarray(0, PAGE_BYTES);
  removeDatabase(template);
  const pages = Math.max(1, Math.floor(sizeOf(file) / PAGE_BYTES));
  page.writeUInt32BE(pages, 28);
  page.writeUInt32BE(0, 32);
  page.writeUInt32BE(0, 36);
  const target = openSync(file, existsSync(file) ? 'r+' : 'w+');
  writeSync(target, page, 0, PAGE_BYTES, 0);
  ftruncateSync(target, pages * PAGE_BYTES);
  closeSync(target);
}

function copyAll(damaged: DatabaseSync, store: JournalStore, kept: Tally): void {
  const sources: SourceRow[] = [];
  for (const sql of ALL_SOURCES) {
    walk<SourceRow & { crc: number }>(damaged, sql, (row) => {
      if (row.crc !== sourceChecksum(row)) return null;
      sources.push(row);
      return row.id + 1;
    });
  }
  let end = 0;
  store.begin();
  store.addSources(sources);
  walk<CommitRow>(damaged, ALL_COMMITS, (row) => {
    if (store.faultOf(row) !== null) {
      kept.lost++;
      // The key of a row that fails its checksum counts only where it was to be expected.
      const plausible = row.first === end && row.count > 0 && row.count <= GROUP_FRAMES_MAX;
      if (plausible) end = row.first + row.count;
      return plausible ? end : null;
    }
    if (store.restore(row)) {
      kept.commits++;
      kept.frames += row.count;
      if (kept.commits % COPY_ROWS === 0) {
        store.end();
        store.restartWal();
        store.begin();
      }
    }
    end = Math.max(end, row.first + row.count);
    return row.first + row.count;
  });
  store.noteGaps();
  store.end();
  store.reload();
  store.advance(Math.max(end, headNoted(damaged)));
}

/** The head as the last trim left it; the commits show the newer one. */
function headNoted(damaged: DatabaseSync): number {
  try {
    return readNumber(damaged, 'SELECT max(head) FROM state');
  } catch {
    return 0;
  }
}

/**
 * Visits every readable row in key order. `visit` answers with the key to go on from, or null when
 * the row cannot be trusted. Where reading fails, the walk goes on at the next key that works.
 */
function walk<Row>(database: DatabaseSync, sql: string, visit: (row: Row) => number | null): void {
  let from: number | null = 0;
  while (from !== null) {
    try {
      const rows: Iterator<unknown> = database.prepare(sql).iterate(from);
      for (let row = rows.next(); !row.done; row = rows.next()) {
        from = Math.max(from, visit(row.value as Row) ?? from);
      }
      return;
    } catch (error) {
      if (!isDamage(error)) throw error;
      from = nextReadable(database.prepare(sql), from);
    }
  }
}

/** The lowest key above `from` where a search does not fail: doubling steps, then bisection. */
function nextReadable(statement: StatementSync, from: number): number | null {
  let step = 1;
  while (!isReadable(statement, from + step)) {
    step *= 2;
    if (from + step > Number.MAX_SAFE_INTEGER) return null;
  }
  let failing = from + Math.floor(step / 2);
  let working = from + step;
  while (working - failing > 1) {
    const middle = failing + Math.floor((working - failing) / 2);
    if (isReadable(statement, middle)) working = middle;
    else failing = middle;
  }
  return working;
}

function isReadable(statement: StatementSync, key: number): boolean {
  try {
    statement.get(key);
    return true;
  } catch {
    return false;
  }
}
