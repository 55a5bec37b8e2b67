import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { AppError } from '../../base/errors.ts';
import type { Operation } from './protocol.ts';
import type { SqliteClient } from './sqlite-client.ts';
import { WriteLock } from './write-lock.ts';

/**
 * Letters of parameters held back before a transaction sends what it has: enough for any live batch
 * in one message, and in a large one a pause in which this thread serves others.
 */
const HELD_LENGTH_MAX = 256 * 1024;
/** A number or null, as it weighs against letters. */
const PLAIN_LENGTH = 8;

/** Kysely over the SQLite thread. */
export function createSqliteDialect(client: SqliteClient): Dialect {
  return {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => new ThreadDriver(client),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite rolls back schema changes like any other, so a migration cut short leaves nothing. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ThreadDriver implements Driver {
  readonly #client: SqliteClient;
  readonly #lock = new WriteLock();

  constructor(client: SqliteClient) {
    this.#client = client;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<ThreadConnection> {
    return new ThreadConnection(this.#client, this.#lock);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await threadConnection(connection).begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await threadConnection(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await threadConnection(connection).rollback();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

function threadConnection(connection: DatabaseConnection): ThreadConnection {
  if (connection instanceof ThreadConnection) return connection;
  throw new Error('a connection of another driver');
}

/**
 * Outside a transaction a select goes to the reading connection and anything else waits for its
 * turn to write. Inside one, a write that returns nothing is held back and sent together with the
 * next statement that has an answer, or with the commit: a transaction of writes costs one round
 * trip. Its failure then surfaces there, and its count of rows is not known: who needs one asks
 * with RETURNING.
 */
class ThreadConnection implements DatabaseConnection {
  readonly #client: SqliteClient;
  readonly #lock: WriteLock;
  #transaction: Transaction | undefined;

  constructor(client: SqliteClient, lock: WriteLock) {
    this.#client = client;
    this.#lock = lock;
  }

  async begin(): Promise<void> {
    await this.#lock.acquire();
    this.#transaction = new Transaction(this.#client);
  }

  async commit(): Promise<void> {
    await this.#transaction?.commit();
    // After a failed commit the rollback follows, and that ends the turn.
    this.#end();
  }

  async rollback(): Promise<void> {
    try {
      await this.#transaction?.rollback();
    } finally {
      this.#end();
    }
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const rows = hasAnswer(query);
    const operation: Operation = { sql: query.sql, parameters: query.parameters, rows };
    if (this.#transaction !== undefined) {
      if (!rows) {
        await this.#transaction.hold(operation);
        return { rows: [] };
      }
      return { rows: (await this.#transaction.ask(operation)) as R[] };
    }
    if (SelectQueryNode.is(query.query)) {
      return { rows: (await this.#client.run('reader', [operation])) as R[] };
    }
    await this.#lock.acquire();
    try {
      return { rows: (await this.#client.run('writer', [operation])) as R[] };
    } finally {
      this.#lock.release();
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are read in pages, not streamed');
  }

  #end(): void {
    if (this.#transaction === undefined) return;
    this.#transaction = undefined;
    this.#lock.release();
  }
}

function hasAnswer({ query }: CompiledQuery): boolean {
  switch (query.kind) {
    case 'InsertQueryNode':
    case 'UpdateQueryNode':
    case 'DeleteQueryNode':
      return query.returning !== undefined;
    default:
      return true;
  }
}

const BEGIN: Operation = { sql: 'begin immediate', parameters: [], rows: false };
const COMMIT: Operation = { sql: 'commit', parameters: [], rows: false };
const ROLLBACK: Operation = { sql: 'rollback', parameters: [], rows: false };

class Transaction {
  readonly #client: SqliteClient;
  readonly #generation: number;
  #held: Operation[] = [BEGIN];
  #heldLength = 0;
  #begun = false;
  #failure: unknown;

  constructor(client: SqliteClient) {
    this.#client = client;
    this.#generation = client.generation;
  }

  async hold(operation: Operation): Promise<void> {
    this.#held.push(operation);
    this.#heldLength += lengthOf(operation);
    if (this.#heldLength > HELD_LENGTH_MAX) await this.#send();
  }

  async ask(operation: Operation): Promise<unknown[]> {
    this.#held.push(operation);
    return this.#send();
  }

  async commit(): Promise<void> {
    if (!this.#begun && this.#held.length === 1) return;
    this.#held.push(COMMIT);
    await this.#send();
  }

  async rollback(): Promise<void> {
    if (!this.#begun || this.#client.generation !== this.#generation) return;
    try {
      await this.#client.run('writer', [ROLLBACK]);
    } catch {
      // SQLite itself already rolled back (a full disk does that), or the thread is gone with it.
    }
  }

  async #send(): Promise<unknown[]> {
    if (this.#failure !== undefined) throw this.#failure;
    const operations = this.#held;
    this.#held = [];
    this.#heldLength = 0;
    this.#begun = true;
    try {
      if (this.#client.generation !== this.#generation) throw lostTransaction();
      return await this.#client.run('writer', operations);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}

function lengthOf({ parameters }: Operation): number {
  let length = 0;
  for (const value of parameters) length += typeof value === 'string' ? value.length : PLAIN_LENGTH;
  return length;
}

function lostTransaction(): AppError {
  return new AppError('STATE_UNAVAILABLE', 'the transaction was lost when the state thread ended');
}
