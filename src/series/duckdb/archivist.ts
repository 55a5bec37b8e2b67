import { rmSync, statSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { systemClock } from '../../base/clock.ts';
import { AppError, describeError } from '../../base/errors.ts';
import {
  type ArchivedFile,
  monthEnd,
  readSidecar,
  sha256Of,
  sidecarPath,
  writeSidecar,
} from './archive-files.ts';
import { type CopiedMonth, copyMonth, inMonth, monthsInTable } from './archive-month.ts';
import { setFileAside } from './archive-settle.ts';
import { register, unregister } from './archive-tables.ts';
import type { Database } from './database.ts';
import type { Calls } from './protocol.ts';
import type { KindMemory, StoreMemory } from './sources.ts';
import { identifier, literal } from './sql.ts';
import { expireTier } from './tier-expiry.ts';
import { inTransaction } from './transaction.ts';

export interface ArchivistParts {
  database: Database;
  memory: StoreMemory;
  /** The writing connection; used in turn only. */
  connection: DuckDBConnection;
  /** One thing after the other on the writing connection. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  checkpoint(): Promise<void>;
  /** No query reads anything now. */
  idle(): boolean;
  /** Folder of the archive. */
  dir: string;
  timeZone: string;
  onRepair(line: string): void;
}

type ExpireInput = Calls['expire']['input'];
type ExpireOutput = Calls['expire']['output'];

/** Moves old rows out of the tables into files, and looks after the files. */
export class Archivist {
  readonly #parts: ArchivistParts;
  /** Long work, one thing after the other: nothing moves while a snapshot is taken. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Files nobody asks for any more, though a running statement may still read them. */
  #outdated: string[] = [];
  #examination: Promise<boolean> | null = null;

  constructor(parts: ArchivistParts) {
    this.#parts = parts;
  }

  /** Runs what must not meet another move of rows. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => undefined);
    return run;
  }

  /** One step of letting data leave a tier; asked again until it says it is done. */
  expire(input: ExpireInput): Promise<ExpireOutput> {
    return this.exclusively(async () => {
      const kind = this.#parts.memory.kinds.get(input.kind);
      if (kind === undefined) throw new AppError('UNKNOWN_KIND', `there is no kind ${input.kind}`);
      switch (input.tier) {
        case 'raw':
          return this.#archiveNext(kind, input.before);
        case 'archive':
          return this.#removeNext(kind, input.before);
        default:
          return this.#expireWindows(input.tier, input);
      }
    });
  }

  async #archiveNext(kind: KindMemory, before: number): Promise<ExpireOutput> {
    const { database, memory, timeZone, dir } = this.#parts;
    const connection = await database.connect();
    try {
      const [month, ...others] = await monthsInTable(connection, kind.name, before);
      if (month === undefined) return { values: 0, files: [], done: true };
      // What is merged gets a checksum of its own: damage must not hide behind that.
      const older = kind.archive.get(month);
      if (older !== undefined) await this.#check(kind, older);
      const copied = await copyMonth({ connection, memory, kind, timeZone, dir }, month);
      await this.#takeOut(kind, copied);
      const files = [`archive/${kind.name}/${copied.file.file} written`];
      return { values: copied.values, files, done: others.length === 0 };
    } finally {
      connection.disconnectSync();
    }
  }

  /** The copied rows leave the tables in the moment in which queries begin to read the file. */
  async #takeOut(kind: KindMemory, copied: CopiedMonth): Promise<void> {
    const { connection } = this.#parts;
    const { month, next } = copied.file;
    const older = kind.archive.get(month);
    try {
      await this.#commit(
        async () => {
          const { rowsChanged } = await connection.run(
            `DELETE FROM ${identifier(kind.name)} WHERE ${inMonth(month)} AND _offset < ${next}`,
          );
          if (rowsChanged !== copied.tableRows) {
            throw new AppError('SERIES_FAILED', `${month} changed while it was archived`);
          }
          await connection.run(
            `DELETE FROM store.superseded WHERE kind = ${literal(kind.name)}
               AND ${inMonth(month)} AND coalesce(by_offset, 0) < ${next}`,
          );
          await register(connection, copied);
        },
        () => kind.archive.set(copied.file),
      );
    } catch (error) {
      if (!isUncertain(error)) removeFile(kind.archive.pathOf(copied.file));
      throw error;
    }
    if (older !== undefined) this.#outdated.push(kind.archive.pathOf(older));
    // A log with a month's rows to delete would hold up the next open.
    await this.#parts.checkpoint();
  }

  async #removeNext(kind: KindMemory, before: number): Promise<ExpireOutput> {
    const old = kind.archive.files.filter(({ month }) => monthEnd(month) <= before);
    const [file] = old;
    if (file === undefined) return { values: 0, files: [], done: true };
    const target = kind.archive.pathOf(file);
    const sidecar = readSidecar(target);
    // First, so that a database made anew does not take the file over again.
    if (sidecar !== null) writeSidecar(target, { ...sidecar, removed: true });
    await this.#forget(kind, file, { countsToo: false });
    this.#outdated.push(target);
    this.sweep();
    const files = [`archive/${kind.name}/${file.file} removed`];
    return { values: file.values, files, done: old.length === 1 };
  }

  async #forget(kind: KindMemory, file: ArchivedFile, how: { countsToo: boolean }): Promise<void> {
    await this.#commit(
      () => unregister(this.#parts.connection, file, how),
      () => kind.archive.delete(file.month),
    );
  }

  async #expireWindows(
    tier: Exclude<ExpireInput['tier'], 'raw' | 'archive'>,
    input: ExpireInput,
  ): Promise<ExpireOutput> {
    const { connection, inTurn } = this.#parts;
    const values = await inTurn(() => expireTier(connection, tier, input));
    return { values, files: [], done: true };
  }

  /** Changes the tables and the memory of what is archived, as one for every statement. */
  #commit(change: () => Promise<void>, note: () => void): Promise<void> {
    const { connection, inTurn, memory } = this.#parts;
    return inTurn(() =>
      inTransaction(connection, change, (commit) => memory.archiveGate.change(commit, note)),
    );
  }

  /** Removes files that are no longer part of the store, once nobody can be reading them. */
  sweep(): void {
    if (this.#outdated.length === 0 || !this.#parts.idle()) return;
    for (const file of this.#outdated.splice(0)) removeFile(file);
  }

  /**
   * Whether an error came from damaged files, which are set aside then: what failed can be tried
   * again without them.
   */
  async examine(error: unknown): Promise<boolean> {
    if (error instanceof AppError || !/parquet|zstd|thrift|protocol/i.test(describeError(error))) {
      return false;
    }
    return this.verify();
  }

  /** Compares every file with its checksum; true when one had to be set aside. */
  verify(): Promise<boolean> {
    this.#examination ??= this.#verify().finally(() => {
      this.#examination = null;
    });
    return this.#examination;
  }

  async #verify(): Promise<boolean> {
    let damaged = false;
    for (const kind of this.#parts.memory.kinds.values()) {
      for (const file of kind.archive.files) {
        if (!(await this.#check(kind, file))) damaged = true;
      }
    }
    return damaged;
  }

  /** False when the file is not what was written; it is set aside then. */
  async #check(kind: KindMemory, file: ArchivedFile): Promise<boolean> {
    const target = kind.archive.pathOf(file);
    const why = await damageOf(target, file);
    // While it was read a newer file may have taken its place.
    if (why === null || kind.archive.get(file.month) !== file) return true;
    await this.#forget(kind, file, { countsToo: true });
    const now = systemClock.now();
    this.#parts.onRepair(setFileAside(target, now, { held: file, why }));
    return false;
  }
}

/** Why a file is not what was written, or null. A machine that cannot read it says nothing. */
async function damageOf(name: string, file: ArchivedFile): Promise<string | null> {
  const size = statSync(name, { throwIfNoEntry: false })?.size;
  if (size === undefined) return 'it is missing';
  if (size !== file.bytes) return `it has ${size} bytes and not ${file.bytes}`;
  try {
    const found = await sha256Of(name);
    return found === file.sha256 ? null : 'its checksum is not the one it was written with';
  } catch {
    return null;
  }
}

/** With what stands beside it, unless that says that the file was removed for its age. */
function removeFile(file: string): void {
  const removed = readSidecar(file)?.removed === true;
  rmSync(file, { force: true });
  if (!removed) rmSync(sidecarPath(file), { force: true });
}

function isUncertain(error: unknown): boolean {
  return error instanceof AppError && error.code === 'COMMIT_UNCERTAIN';
}
