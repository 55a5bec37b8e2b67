import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseSync, StatementSync } from '../../base/sqlite.ts';
import {
  failureOf,
  type Operation,
  type RunRequest,
  type SalvageRequest,
  type ThreadAnswer,
  type ThreadRequest,
  type ThreadSettings,
} from './protocol.ts';
import { salvage } from './salvage.ts';
import { type OpenedFile, openStateFile } from './state-file.ts';

/**
 * The thread that owns the state file. A commit that waits for a slow disk blocks this thread and
 * nothing else. Reads go over a connection of their own: they see the last commit, never the
 * inside of somebody's open transaction.
 */

/** The repositories use about 130 different texts, a quarter of them in three sizes. */
const STATEMENTS_MAX = 300;

class Connection {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  run(operation: Operation): unknown[] {
    const parameters = operation.parameters as Array<string | number | bigint | null>;
    const statement = this.#prepare(operation.sql);
    if (operation.rows) return statement.all(...parameters);
    statement.run(...parameters);
    return [];
  }

  /** The least recently used statement makes room. */
  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      if (this.#statements.size >= STATEMENTS_MAX) {
        const oldest = this.#statements.keys().next();
        if (!oldest.done) this.#statements.delete(oldest.value);
      }
    } else {
      this.#statements.delete(sql);
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}

function serve(port: NonNullable<typeof parentPort>, settings: ThreadSettings): void {
  const answer = (message: ThreadAnswer): void => port.postMessage(message);
  let opened: OpenedFile;
  try {
    opened = openStateFile(settings.file, settings.now);
  } catch (error) {
    answer({ type: 'unopened', failure: failureOf(error, null) });
    port.close();
    return;
  }
  const writer = new Connection(opened.writer);
  const reader = new Connection(opened.reader);

  function run({ id, connection, operations }: RunRequest): void {
    const target = connection === 'writer' ? writer : reader;
    let rows: unknown[] = [];
    for (const operation of operations) {
      try {
        rows = target.run(operation);
      } catch (error) {
        answer({ type: 'failed', id, failure: failureOf(error, operation.sql) });
        return;
      }
    }
    answer({ type: 'rows', id, rows });
  }

  function bringOver({ id, file, tables }: SalvageRequest): void {
    try {
      answer({ type: 'rows', id, rows: salvage(opened.writer, file, tables) });
    } catch (error) {
      answer({ type: 'failed', id, failure: failureOf(error, null) });
    }
  }

  port.on('message', (request: ThreadRequest) => {
    if (request.type === 'run') {
      run(request);
    } else if (request.type === 'salvage') {
      bringOver(request);
    } else {
      // Closing the last connection brings the WAL into the file and removes it.
      opened.reader.close();
      opened.writer.close();
      port.close();
    }
  });
  answer({ type: 'ready', setAside: opened.setAside, reason: opened.reason });
}

if (parentPort !== null) serve(parentPort, workerData as ThreadSettings);
