import type { DuckDBConnection } from '@duckdb/node-api';
import { sleep } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { SeriesQuery } from '../../contracts/series.ts';
import type { Archivist } from './archivist.ts';
import type { ConnectionPool } from './pool.ts';
import type { QueryPage, StoreLimits } from './protocol.ts';
import { QueryReader } from './read.ts';
import type { StoreMemory } from './sources.ts';

/** An open query. It holds a connection while a page is made, and shortly after. */
interface Stream {
  reader: QueryReader;
  connection: DuckDBConnection | null;
  running: boolean;
  cancelled: boolean;
  /** Ends the wait for the next page. */
  idle: AbortController | null;
}

/** The queries that are open, by the number the parent gave them. */
export class QueryStreams {
  readonly #memory: StoreMemory;
  readonly #pool: ConnectionPool;
  readonly #limits: StoreLimits;
  readonly #archivist: Archivist;
  readonly #open = new Map<number, Stream>();

  constructor(parts: {
    memory: StoreMemory;
    pool: ConnectionPool;
    limits: StoreLimits;
    archivist: Archivist;
  }) {
    this.#memory = parts.memory;
    this.#pool = parts.pool;
    this.#limits = parts.limits;
    this.#archivist = parts.archivist;
  }

  async start(id: number, query: SeriesQuery): Promise<QueryPage> {
    const reader = new QueryReader(this.#memory, this.#limits, query);
    const stream = { reader, connection: null, running: false, cancelled: false, idle: null };
    this.#open.set(id, stream);
    return this.#page(id, stream);
  }

  async more(id: number): Promise<QueryPage> {
    const stream = this.#open.get(id);
    if (stream === undefined || stream.running) throw cancelled();
    return this.#page(id, stream);
  }

  cancel(id: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    stream.cancelled = true;
    this.#open.delete(id);
    stream.idle?.abort();
    if (stream.running) stream.connection?.interrupt();
  }

  async #page(id: number, stream: Stream): Promise<QueryPage> {
    stream.idle?.abort();
    stream.running = true;
    let page: QueryPage | undefined;
    try {
      stream.connection ??= await this.#pool.acquire();
      if (stream.cancelled) throw cancelled();
      page = await this.#pageInTime(stream, stream.connection);
      if (stream.cancelled) throw cancelled();
      return page;
    } catch (error) {
      throw stream.cancelled ? cancelled() : error;
    } finally {
      stream.running = false;
      if (page === undefined || page.done || stream.cancelled) {
        this.#open.delete(id);
        void this.#letGo(stream);
      } else {
        void this.#awaitReader(id, stream);
      }
    }
  }

  async #pageInTime(stream: Stream, connection: DuckDBConnection): Promise<QueryPage> {
    const { queryTimeMaxMs } = this.#limits;
    const done = new AbortController();
    let late = false;
    void sleep(queryTimeMaxMs, done.signal).then(() => {
      if (done.signal.aborted) return;
      late = true;
      connection.interrupt();
    });
    try {
      return await this.#wholePage(stream, connection);
    } catch (error) {
      if (!late) throw error;
      throw new AppError('QUERY_TIMEOUT', `the query took longer than ${queryTimeMaxMs} ms`, {
        cause: error,
        hint: 'Ask for a shorter time range, fewer devices or wider buckets.',
      });
    } finally {
      done.abort();
    }
  }

  /** A file that turns out to be damaged is left out, and the page goes on behind its last row. */
  async #wholePage(stream: Stream, connection: DuckDBConnection): Promise<QueryPage> {
    for (;;) {
      try {
        return await stream.reader.page(connection);
      } catch (error) {
        if (stream.cancelled || !(await this.#archivist.examine(error))) throw error;
        stream.reader.pause();
      }
    }
  }

  /** A reader that is slow gives its connection to others; one that is gone is forgotten. */
  async #awaitReader(id: number, stream: Stream): Promise<void> {
    const idle = new AbortController();
    stream.idle = idle;
    await sleep(this.#limits.readerHoldMs, idle.signal);
    if (!idle.signal.aborted) await this.#letGo(stream);
    else if (stream.cancelled) return this.#letGo(stream);
    await sleep(this.#limits.readerIdleMaxMs, idle.signal);
    if (!idle.signal.aborted) this.#open.delete(id);
  }

  async #letGo(stream: Stream): Promise<void> {
    const { connection } = stream;
    if (connection === null) return;
    stream.connection = null;
    if (stream.reader.pause()) {
      // Any statement ends the one before it on the same connection, and frees what it held.
      await connection.run('SELECT 1').catch(() => undefined);
    }
    this.#pool.release(connection);
  }
}

function cancelled(): AppError {
  return new AppError('QUERY_CANCELLED', 'the query was cancelled');
}
