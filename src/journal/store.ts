import { systemClock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { DatabaseSync, StatementSync } from '../base/sqlite.ts';
import { DamageError, isDamage, openJournalDatabase, PAGE_BYTES, readNumber } from './database.ts';
import { GROUP_BYTES_MAX } from './group.ts';
import { type CommitHeader, checksum, findFault, sourceChecksum } from './layout.ts';
import type { Position, Slice, SourceRow } from './protocol.ts';

/** A job holds up the next commit for about this long, and one commit's worth of reading more. */
const JOB_BUDGET_MS = 3;
const SLICE_BYTES_MAX = 1024 * 1024;
/**
 * A checkpoint copies the WAL into the file and delays the next commit: 2 to 8 ms for 2 MiB, 60 ms
 * for 16 MiB. Below it every checkpoint costs a sync that is not worth its bytes.
 */
const CHECKPOINT_BYTES = 2 * 1024 * 1024;
/** With nothing else to do it is worth less, but single reports should not cause one each. */
const IDLE_CHECKPOINT_BYTES = 256 * 1024;
/** SQLite looks through this in a third of a second; larger files are checked as they are read. */
const CHECKED_BYTES_MAX = 128 * 1024 * 1024;
/** Pages a commit writes besides its blob: its leaf, an interior page, the free list, the rest. */
const COMMIT_EXTRA_BYTES = 3 * PAGE_BYTES;

export interface CommitRow extends CommitHeader {
  crc: number;
  frames: Uint8Array;
}

export interface NewCommit {
  frames: Uint8Array;
  count: number;
  receivedAt: number;
  sources: readonly SourceRow[];
}

const COLUMNS = 'first, count, received_at AS receivedAt, crc, frames';

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    insertSource: prepare('INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?, ?, ?)'),
    copySource: prepare('INSERT OR IGNORE INTO sources_copy VALUES (?, ?, ?, ?, ?, ?)'),
    insertCommit: prepare('INSERT INTO commits VALUES (?, ?, ?, ?, ?)'),
    restoreCommit: prepare('INSERT OR IGNORE INTO commits VALUES (?, ?, ?, ?, ?)'),
    oldest: prepare(
      'SELECT first, count, received_at AS receivedAt FROM commits ORDER BY first LIMIT 1',
    ),
    newest: prepare(`SELECT ${COLUMNS} FROM commits ORDER BY first DESC LIMIT 1`),
    covering: prepare(
      'SELECT first, count FROM commits WHERE first <= ? ORDER BY first DESC LIMIT 1',
    ),
    following: prepare(`SELECT ${COLUMNS} FROM commits WHERE first >= ? ORDER BY first LIMIT 1`),
    remove: prepare('DELETE FROM commits WHERE first = ?'),
    setAside: prepare('INSERT INTO damaged VALUES (?, ?, ?, ?, ?)'),
    raiseHead: prepare('UPDATE state SET head = max(head, ?)'),
    sources: prepare('SELECT * FROM sources UNION ALL SELECT * FROM sources_copy'),
    gapAt: prepare('SELECT first, next FROM gaps WHERE first <= ? ORDER BY first DESC LIMIT 1'),
    insertGap: prepare(
      'INSERT INTO gaps VALUES (?, ?) ON CONFLICT (first) DO UPDATE SET next = max(next, excluded.next)',
    ),
    noteGaps: prepare(
      `INSERT INTO gaps SELECT next, following FROM (
        SELECT first + count AS next, lead(first) OVER (ORDER BY first) AS following FROM commits
      ) WHERE following > next`,
    ),
    removeGaps: prepare('DELETE FROM gaps WHERE next <= ?'),
    fill: prepare('INSERT INTO probe VALUES (zeroblob(?))'),
    empty: prepare('DELETE FROM probe'),
    pages: prepare('PRAGMA page_count'),
    freePages: prepare('PRAGMA freelist_count'),
    checkpoint: prepare('PRAGMA wal_checkpoint(PASSIVE)'),
    restart: prepare('PRAGMA wal_checkpoint(TRUNCATE)'),
  };
}

/** The journal's file, one call at a time. Every method may throw what SQLite throws. */
export class JournalStore {
  readonly #database: DatabaseSync;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #known = new Set<number>();
  #head = 0;
  #oldest: CommitHeader | null = null;
  /** About what a checkpoint would have to copy. */
  #walBytes = 0;
  #checkpointAtBytes = CHECKPOINT_BYTES;
  readonly #skipped = new Set<number>();

  constructor(file: string) {
    this.#database = openJournalDatabase(file);
    try {
      this.#sql = this.#prepare();
      for (const { id } of this.sources()) this.#known.add(id);
      this.reload();
      this.#check();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Sources whose rows are sound; frames of the others are set aside when they are read. */
  sources(): SourceRow[] {
    const rows = this.#sql.sources.all() as unknown as (SourceRow & { crc: number })[];
    const sound = rows.filter((row) => row.crc === sourceChecksum(row));
    return [...new Map(sound.map((row) => [row.id, row])).values()];
  }

  position(): Position {
    const pages = first(this.#sql.pages) - first(this.#sql.freePages);
    return {
      tail: this.#oldest?.first ?? this.#head,
      head: this.#head,
      bytes: pages * PAGE_BYTES,
      oldestAt: this.#oldest?.receivedAt ?? null,
    };
  }

  /** All frames and new sources are on disk when this returns. */
  commit({ frames, count, receivedAt, sources }: NewCommit): void {
    const header = { first: this.#head, count, receivedAt };
    this.#sql.begin.run();
    this.addSources(sources);
    const crc = checksum(header, frames);
    this.#sql.insertCommit.run(header.first, count, receivedAt, crc, frames);
    this.#sql.commit.run();
    this.#head += count;
    this.#oldest ??= header;
    this.#walBytes += frames.byteLength + COMMIT_EXTRA_BYTES;
  }

  begin(): void {
    this.#sql.begin.run();
  }

  end(): void {
    this.#sql.commit.run();
  }

  addSources(rows: readonly SourceRow[]): void {
    for (const row of rows) {
      const { id, coop, site, device, kind } = row;
      const crc = sourceChecksum(row);
      this.#sql.insertSource.run(id, coop, site, device, kind, crc);
      this.#sql.copySource.run(id, coop, site, device, kind, crc);
      this.#known.add(id);
    }
  }

  /** Puts a commit back under its own offset; false when that offset is taken. */
  restore({ first, count, receivedAt, crc, frames }: CommitRow): boolean {
    return Number(this.#sql.restoreCommit.run(first, count, receivedAt, crc, frames).changes) > 0;
  }

  /** Declares every hole between the commits a gap. */
  noteGaps(): void {
    this.#sql.noteGaps.run();
  }

  /** Why the commit's frames cannot be trusted, or null. */
  faultOf(row: CommitRow): string | null {
    if (!(row.frames instanceof Uint8Array)) return 'its frames are gone';
    if (checksum(row, row.frames) !== row.crc) return 'its checksum does not match';
    return findFault(row.frames, row.count, (id) => this.#known.has(id));
  }

  /** After a failed write: nothing half-done stays, and the file says where the head is. */
  recover(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite had already rolled back by itself.
    }
    this.reload();
  }

  reload(): void {
    const newest = this.#sql.newest.get() as unknown as CommitRow | undefined;
    // A last row under a wrong key would put the head anywhere: the checksum covers the key.
    const fault = newest === undefined ? null : this.faultOf(newest);
    if (fault !== null) throw new DamageError(`of its newest commit, ${fault}`);
    const end = newest === undefined ? 0 : newest.first + newest.count;
    this.#head = Math.max(end, readNumber(this.#database, 'SELECT head FROM state'));
    this.#oldest = this.#readOldest();
  }

  /** Whole commits from the one that holds `from`, as many as the bounds allow, at least one. */
  read(from: number, bytesMax: number, repairs: string[]): Slice {
    const until = systemClock.monotonic() + JOB_BUDGET_MS;
    const start = Math.max(from, this.#oldest?.first ?? this.#head);
    const covering = this.#sql.covering.get(start) as unknown as CommitHeader | undefined;
    const held = covering !== undefined && covering.first + covering.count > start;
    let next = held ? covering.first : start;
    let bytes = 0;
    const rows: CommitRow[] = [];
    while (next < this.#head) {
      const row = this.#sql.following.get(next) as unknown as CommitRow | undefined;
      this.#expectGap(next, row?.first ?? this.#head);
      if (row === undefined) {
        next = this.#head;
        break;
      }
      if (row.first < next || row.first + row.count > this.#head) {
        throw new DamageError('its commits are out of order');
      }
      const fault = this.faultOf(row);
      if (fault === null) {
        rows.push(row);
        bytes += row.frames.byteLength;
        next = row.first + row.count;
      } else {
        next = this.#quarantine(row, fault, repairs);
      }
      if (bytes >= Math.min(bytesMax, SLICE_BYTES_MAX)) break;
      if (systemClock.monotonic() > until) break;
    }
    return { from: start, next, ...pack(rows, bytes) };
  }

  /** Forgets whole commits below `offset`, the oldest first; true when there is more to forget. */
  trim(offset: number): boolean {
    const limit = Math.min(offset, this.#head);
    if (!this.#reachesInto(limit)) return false;
    const until = systemClock.monotonic() + JOB_BUDGET_MS;
    this.begin();
    // The last commit may go: without it, only this row knows the head.
    this.#sql.raiseHead.run(this.#head);
    do {
      this.#sql.remove.run(this.#oldest?.first ?? 0);
      this.#walBytes += PAGE_BYTES;
      this.#oldest = this.#readOldest();
    } while (this.#reachesInto(limit) && systemClock.monotonic() < until);
    this.#sql.removeGaps.run(this.#oldest?.first ?? this.#head);
    this.end();
    this.#walBytes += COMMIT_EXTRA_BYTES;
    return this.#reachesInto(limit);
  }

  /** Offsets below `offset` will never be given out again. */
  advance(offset: number): void {
    if (offset <= this.#head) return;
    this.begin();
    this.addGap(this.#head, offset);
    this.#sql.raiseHead.run(offset);
    this.end();
    this.#head = offset;
  }

  /** Offsets that no commit holds, for a good reason. */
  addGap(first: number, next: number): void {
    this.#sql.insertGap.run(first, next);
  }

  /** Throws unless a whole commit fits on the disk; its pages stay reserved inside the file. */
  probe(): void {
    this.#sql.restart.all();
    this.#walBytes = 0;
    this.begin();
    this.#sql.empty.run();
    this.#sql.fill.run(GROUP_BYTES_MAX);
    this.end();
    this.begin();
    this.#sql.empty.run();
    this.end();
    this.#walBytes += GROUP_BYTES_MAX + COMMIT_EXTRA_BYTES;
    this.reload();
  }

  /** Copies the WAL into the file when it is time; why it failed, or null. */
  checkpoint(idle: boolean): string | null {
    if (this.#walBytes < (idle ? IDLE_CHECKPOINT_BYTES : this.#checkpointAtBytes)) return null;
    try {
      this.#sql.checkpoint.all();
      this.#walBytes = 0;
      this.#checkpointAtBytes = CHECKPOINT_BYTES;
      return null;
    } catch (error) {
      // The WAL still holds everything, synced. It is tried again after as much has been added.
      this.#checkpointAtBytes = this.#walBytes + CHECKPOINT_BYTES;
      return describeError(error);
    }
  }

  /** Moves everything into the file and starts the WAL anew. */
  restartWal(): void {
    this.#sql.restart.all();
    this.#walBytes = 0;
  }

  close(): void {
    this.#database.close();
  }

  #prepare(): ReturnType<typeof prepareStatements> {
    try {
      return prepareStatements(this.#database);
    } catch (error) {
      throw new DamageError(`its tables are not ours: ${describeError(error)}`);
    }
  }

  #reachesInto(limit: number): boolean {
    return this.#oldest !== null && this.#oldest.first + this.#oldest.count <= limit;
  }

  /** Throws when the pages contradict each other, in files small enough to look through. */
  #check(): void {
    if (this.position().bytes > CHECKED_BYTES_MAX) return;
    const [finding] = this.#database.prepare('PRAGMA quick_check(1)').all();
    const text = String(Object.values(finding ?? {})[0]);
    // The first line of a finding only names the database.
    if (text !== 'ok') throw new DamageError(text.split('\n').at(-1) ?? text);
  }

  /** Throws unless every offset of `[from, to)` is known to be held by no commit. */
  #expectGap(from: number, to: number): void {
    for (let next = from; next < to; ) {
      const gap = this.#sql.gapAt.get(next) as unknown as { next: number } | undefined;
      if (gap === undefined || gap.next <= next) {
        throw new DamageError(`frames from ${next} on are missing`);
      }
      next = gap.next;
    }
  }

  #readOldest(): CommitHeader | null {
    return (this.#sql.oldest.get() as unknown as CommitHeader | undefined) ?? null;
  }

  /** Moves the commit out of the way; answers with the offset to go on from. */
  #quarantine(row: CommitRow, fault: string, repairs: string[]): number {
    // Not by its own count, which is as doubtful as the rest of it.
    const after = this.#sql.following.get(row.first + 1) as unknown as CommitRow | undefined;
    const next = after?.first ?? this.#head;
    if (this.#skipped.has(row.first)) return next;
    this.#skipped.add(row.first);
    repairs.push(`frames ${row.first} to ${next - 1} were set aside: ${fault}`);
    try {
      this.begin();
      this.#sql.raiseHead.run(this.#head);
      this.#sql.setAside.run(row.first, next - row.first, row.receivedAt, fault, row.frames);
      this.#sql.remove.run(row.first);
      this.addGap(row.first, next);
      this.end();
      this.reload();
    } catch (error) {
      if (isDamage(error)) throw error;
      // Without room to move it, it stays where it is and is skipped each time.
      this.recover();
    }
    return next;
  }
}

function first(statement: StatementSync): number {
  return Number(Object.values(statement.get() ?? {})[0]);
}

/** One buffer for all: transferring thousands of small ones would cost more than the copy. */
function pack(
  rows: readonly CommitRow[],
  bytes: number,
): { buffer: ArrayBuffer; commits: number[] } {
  const packed = new Uint8Array(bytes);
  const commits: number[] = [];
  let position = 0;
  for (const row of rows) {
    packed.set(row.frames, position);
    position += row.frames.byteLength;
    const { first, count, receivedAt, crc, frames } = row;
    commits.push(first, count, frames.byteLength, receivedAt, crc);
  }
  return { buffer: packed.buffer, commits };
}
