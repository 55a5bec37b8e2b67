import type { DuckDBConnection } from '@duckdb/node-api';
import { systemClock } from '../../base/clock.ts';
import { readCounts } from './counts.ts';
import { type Database, openDatabase } from './database.ts';
import { readLatest } from './latest.ts';
import { ConnectionPool } from './pool.ts';
import type { Calls, ChildStatus, ColumnBatch, OpenRequest, WriteResult } from './protocol.ts';
import { StoreMemory } from './sources.ts';
import { QueryStreams } from './streams.ts';
import { Writer } from './write.ts';

/** A query waits this long for a connection before the caller hears that the store is busy. */
const QUEUE_WAIT_MAX_MS = 10_000;

/** The open database and everything that works on it; one per process, never reopened. */
export class Engine {
  readonly #request: OpenRequest;
  readonly #database: Database;
  readonly #memory: StoreMemory;
  readonly #connection: DuckDBConnection;
  readonly #writer: Writer;
  readonly #pool: ConnectionPool;
  readonly streams: QueryStreams;
  /** The work on the writing connection, one thing after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #persisted = 0;
  #bytesSinceCheckpoint = 0;
  #checkpointAt = systemClock.monotonic();

  static async open(request: OpenRequest): Promise<Engine> {
    const database = await openDatabase(request);
    const connection = await database.connect();
    const memory = await StoreMemory.load(connection, request.kinds);
    const readers: DuckDBConnection[] = [];
    for (let count = 0; count < request.limits.queriesConcurrentMax; count++) {
      readers.push(await database.connect());
    }
    return new Engine({ request, database, memory, connection, readers });
  }

  private constructor(parts: {
    request: OpenRequest;
    database: Database;
    memory: StoreMemory;
    connection: DuckDBConnection;
    readers: DuckDBConnection[];
  }) {
    this.#request = parts.request;
    this.#database = parts.database;
    this.#memory = parts.memory;
    this.#connection = parts.connection;
    this.#writer = new Writer(parts.connection, parts.memory, parts.request.timeZone);
    const { limits } = parts.request;
    this.#pool = new ConnectionPool({
      connections: parts.readers,
      waitingMax: limits.queriesWaitingMax,
      waitMaxMs: QUEUE_WAIT_MAX_MS,
    });
    this.streams = new QueryStreams(parts.memory, this.#pool, limits);
  }

  status(): ChildStatus {
    return {
      cursor: this.#memory.cursor,
      persisted: this.#persisted,
      bytes: this.#database.bytes(),
      rssBytes: process.memoryUsage.rss(),
    };
  }

  write(batch: ColumnBatch): Promise<WriteResult> {
    return this.#inTurn(async () => {
      const result = await this.#writer.write(batch);
      this.#bytesSinceCheckpoint += batchBytes(batch);
      return result;
    });
  }

  /** Enough was written, or enough time has passed, since the last checkpoint. */
  checkpointDue(): boolean {
    const { checkpointBytes, checkpointEveryMs } = this.#request.limits;
    if (this.#persisted === this.#memory.cursor) return false;
    const elapsedMs = systemClock.monotonic() - this.#checkpointAt;
    return this.#bytesSinceCheckpoint >= checkpointBytes || elapsedMs >= checkpointEveryMs;
  }

  /** Writes the log into the main file; what is committed then no longer needs the log. */
  checkpoint(): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkpointAt = systemClock.monotonic();
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
    return this.withConnection((connection) => readLatest(connection, this.#memory));
  }

  counts(range: Calls['counts']['input']): Promise<Calls['counts']['output']> {
    const context = { memory: this.#memory, timeZone: this.#request.timeZone };
    return this.withConnection((connection) => readCounts(connection, context, range));
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
