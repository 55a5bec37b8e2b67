import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { systemClock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { syncPath } from './archive-files.ts';
import { settleArchive } from './archive-settle.ts';
import { registeredFiles } from './archive-tables.ts';
import { Archivist } from './archivist.ts';
import { readCounts } from './counts.ts';
import { type Database, openDatabase } from './database.ts';
import { readLatest } from './latest.ts';
import { ConnectionPool } from './pool.ts';
import type { Calls, ChildStatus, ColumnBatch, OpenRequest, WriteResult } from './protocol.ts';
import { lossMark } from './repair.ts';
import { loadRollups } from './rollup-memory.ts';
import { RollupWriter } from './rollups.ts';
import { copyArchive, copyDurably } from './snapshot.ts';
import { StoreMemory } from './sources.ts';
import { QueryStreams } from './streams.ts';
import { Writer } from './write.ts';

/** A query waits this long for a connection before the caller hears that the store is busy. */
const QUEUE_WAIT_MAX_MS = 10_000;

/** While the main file is copied the log may grow to so many times its usual size: 128 MiB. */
const COPYING_LOG_FACTOR = 4;
/** A copy that took so long that a checkpoint could not wait is taken again, not for ever. */
const COPY_ATTEMPTS = 3;

/** The open database and everything that works on it; one per process, never reopened. */
export class Engine {
  readonly #request: OpenRequest;
  readonly #database: Database;
  readonly #memory: StoreMemory;
  readonly #connection: DuckDBConnection;
  readonly #writer: Writer;
  readonly #rollups: RollupWriter;
  readonly #pool: ConnectionPool;
  readonly streams: QueryStreams;
  readonly archivist: Archivist;
  /** The work on the writing connection, one thing after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #persisted = 0;
  #bytesSinceCheckpoint = 0;
  #checkpoints = 0;
  /** The main file is being copied: checkpoints wait. */
  #copying = false;
  #checkpointAt = systemClock.monotonic();

  static async open(request: OpenRequest, onRepair: (line: string) => void): Promise<Engine> {
    const database = await openDatabase(request);
    const connection = await database.connect();
    const { kinds, timeZone } = request;
    const dir = archiveDir(request);
    const now = systemClock.now();
    for (const line of await settleArchive({ connection, dir, kinds, timeZone, now })) {
      onRepair(line);
    }
    const memory = await StoreMemory.load(connection, kinds, dir);
    memory.identity += lossMark(request.file);
    await loadRollups(connection, memory);
    const readers: DuckDBConnection[] = [];
    for (let count = 0; count < request.limits.queriesConcurrentMax; count++) {
      readers.push(await database.connect());
    }
    return new Engine({ request, database, memory, connection, readers, onRepair });
  }

  private constructor(parts: {
    request: OpenRequest;
    database: Database;
    memory: StoreMemory;
    connection: DuckDBConnection;
    readers: DuckDBConnection[];
    onRepair(line: string): void;
  }) {
    this.#request = parts.request;
    this.#database = parts.database;
    this.#memory = parts.memory;
    this.#connection = parts.connection;
    this.#writer = new Writer(parts.connection, parts.memory, parts.request.timeZone);
    this.#rollups = new RollupWriter(parts.connection, parts.memory);
    const { limits } = parts.request;
    this.#pool = new ConnectionPool({
      connections: parts.readers,
      waitingMax: limits.queriesWaitingMax,
      waitMaxMs: QUEUE_WAIT_MAX_MS,
    });
    this.archivist = new Archivist({
      database: parts.database,
      memory: parts.memory,
      connection: parts.connection,
      inTurn: (work) => this.#inTurn(work),
      checkpoint: () => this.checkpoint(),
      idle: () => this.#pool.idle,
      dir: archiveDir(parts.request),
      timeZone: parts.request.timeZone,
      onRepair: parts.onRepair,
    });
    this.streams = new QueryStreams({
      memory: parts.memory,
      pool: this.#pool,
      limits,
      archivist: this.archivist,
    });
  }

  status(): ChildStatus {
    return {
      cursor: this.#memory.cursor,
      persisted: this.#persisted,
      bytes: this.#database.bytes() + this.#memory.archivedBytes(),
      rssBytes: process.memoryUsage.rss(),
      identity: this.#memory.identity,
    };
  }

  write(batch: ColumnBatch): Promise<WriteResult> {
    return this.#inTurn(async () => {
      const result = await this.#writer.write(batch);
      this.#bytesSinceCheckpoint += batchBytes(batch);
      return result;
    }).catch(async (error: unknown) => {
      if (!(await this.archivist.examine(error))) throw error;
      // What was decided on the strength of the damaged file must not be decided again from there.
      throw new AppError('SERIES_UNAVAILABLE', 'a damaged archive file was set aside', {
        cause: error,
        hint: 'Write the batch again.',
      });
    });
  }

  replaceRollups(changes: Calls['rollups']['input']): Promise<void> {
    return this.#inTurn(async () => {
      this.#bytesSinceCheckpoint += await this.#rollups.replace(changes);
    });
  }

  /** Enough was written, or enough time has passed, since the last checkpoint. */
  checkpointDue(): boolean {
    const { checkpointBytes, checkpointEveryMs } = this.#request.limits;
    if (this.#persisted === this.#memory.cursor && this.#bytesSinceCheckpoint === 0) return false;
    if (this.#copying && this.#bytesSinceCheckpoint < COPYING_LOG_FACTOR * checkpointBytes) {
      return false;
    }
    const elapsedMs = systemClock.monotonic() - this.#checkpointAt;
    return this.#bytesSinceCheckpoint >= checkpointBytes || elapsedMs >= checkpointEveryMs;
  }

  /** Writes the log into the main file; what is committed then no longer needs the log. */
  checkpoint(): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkpointAt = systemClock.monotonic();
      this.#checkpoints++;
      await this.#rollups.fold();
      await this.#database.checkpoint(this.#connection);
      this.#persisted = this.#memory.cursor;
      this.#bytesSinceCheckpoint = 0;
    });
  }

  async withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#pool.acquire();
    try {
      return await work(connection);
    } finally {
      this.#pool.release(connection);
    }
  }

  latest(): Promise<Calls['latest']['output']> {
    return this.#whole((connection) => readLatest(connection, this.#memory));
  }

  counts(range: Calls['counts']['input']): Promise<Calls['counts']['output']> {
    const context = { memory: this.#memory, timeZone: this.#request.timeZone };
    return this.#whole((connection) =>
      this.#memory.archiveGate.reading(() => readCounts(connection, context, range)),
    );
  }

  /** Reads, and reads again without the files that turned out to be damaged. */
  async #whole<T>(read: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.withConnection(read);
      } catch (error) {
        if (!(await this.archivist.examine(error))) throw error;
      }
    }
  }

  /**
   * Copies the store into a folder while batches go on being written: the main file changes at
   * checkpoints only, so those wait. Throws SERIES_BUSY when they cannot wait that long.
   */
  snapshot(dir: string): Promise<void> {
    return this.archivist.exclusively(async () => {
      mkdirSync(dir, { recursive: true });
      const { file } = this.#request;
      const target = path.join(dir, path.basename(file));
      try {
        this.#copying = true;
        for (let attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
          await this.checkpoint();
          const before = this.#checkpoints;
          await copyDurably(file, target);
          if (before !== this.#checkpoints) continue;
          const files = await this.withConnection(registeredFiles);
          await copyArchive(files, archiveDir(this.#request), path.join(dir, 'archive'));
          syncPath(dir);
          return;
        }
      } finally {
        this.#copying = false;
      }
      throw new AppError('SERIES_BUSY', 'too much is written for a copy of the store', {
        hint: 'Try again when less is written, or copy to a faster disk.',
      });
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => undefined);
    return run;
  }
}

/** What a batch adds to the log, near enough. */
function batchBytes({ rows }: ColumnBatch): number {
  return rows.reduce(
    (sum, { source, metrics }) => sum + source.length * (29 + 8 * metrics.length),
    64,
  );
}

/** The archive stands beside the main file. */
function archiveDir({ file }: OpenRequest): string {
  return path.join(path.dirname(file), 'archive');
}
