import { Worker } from 'node:worker_threads';
import { type Clock, sleep, withDeadline } from '../../base/clock.ts';
import { siblingModule } from '../../base/discovery.ts';
import { AppError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import {
  type Failure,
  type Operation,
  primaryCode,
  SQLITE_CONSTRAINT,
  type ThreadAnswer,
  type ThreadRequest,
  type ThreadSettings,
} from './protocol.ts';

export interface SqliteClientOptions {
  file: string;
  clock: Clock;
  logger: Logger;
  /** Called when a new thread took over from one that died: memory may be behind the file. */
  onRestart: () => Promise<void>;
}

export interface Opening {
  /** Where an unusable file was moved, and why; null when the file was sound. */
  setAside: string | null;
  reason: string | null;
}

interface Pending {
  /** Only a write that succeeds shows that the disk is well again. */
  writes: boolean;
  resolve: (rows: unknown[]) => void;
  reject: (error: Error) => void;
}

/** Waiting for the disk at the stop: the WAL of 16 MiB is brought in well within it. */
const CLOSE_MS_MAX = 10_000;
/** A thread that dies again at once must not spin. */
const RESTART_PAUSE_MS = 1_000;
/**
 * Few new objects live long here, so a small young generation costs no time and keeps the thread
 * near 10 MB. The old one is far above what chunks of rows need (a few MB): with the prebuilt
 * package, running into it would end the whole process.
 */
const HEAP_MB = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4, stackSizeMb: 2 };
/**
 * SQLite's errors that blame the caller's statement (wrong SQL, too big, wrong type, misuse, range),
 * not the file, its disk or its lock: defects of ours.
 */
const CALLER_ERRORS: readonly number[] = [1, 18, 20, 21, 25, SQLITE_CONSTRAINT];

/** The main thread's end of the SQLite thread: requests out, rows back, a new thread for a dead. */
export class SqliteClient {
  readonly #options: SqliteClientOptions;
  #thread: Worker | undefined;
  #generation = 0;
  #pending = new Map<number, Pending>();
  #nextId = 1;
  #stopping: AbortController | undefined;
  #reopening = false;
  #failure: AppError | null = null;

  constructor(options: SqliteClientOptions) {
    this.#options = options;
  }

  /** Grows when a new thread takes over: what was open in the old one is gone. */
  get generation(): number {
    return this.#generation;
  }

  /** Why the state cannot be used now, or null. */
  get failure(): AppError | null {
    return this.#failure;
  }

  async start(): Promise<Opening> {
    this.#stopping = new AbortController();
    return this.#open();
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    const thread = this.#thread;
    if (thread === undefined) return;
    const closed = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    this.#send({ type: 'close' });
    try {
      await withDeadline(closed, CLOSE_MS_MAX, () => unavailable('the state was slow to close'));
    } catch {
      // A thread inside SQLite must not be terminated: with the prebuilt package that aborts the
      // process. Nothing committed is lost by leaving it: the next start replays the WAL.
      thread.unref();
      this.#options.logger.warn('the state file was slow to close and is left to the next start');
    }
    this.#thread = undefined;
  }

  /** Runs the operations in order, stopping at the first that fails; the rows of the last one. */
  run(connection: 'reader' | 'writer', operations: readonly Operation[]): Promise<unknown[]> {
    return this.#request(connection === 'writer', (id) => ({
      type: 'run',
      id,
      connection,
      operations,
    }));
  }

  salvage(file: string, tables: readonly string[]): Promise<unknown[]> {
    return this.#request(true, (id) => ({ type: 'salvage', id, file, tables }));
  }

  #request(writes: boolean, make: (id: number) => ThreadRequest): Promise<unknown[]> {
    if (this.#thread === undefined || this.#stopping?.signal.aborted !== false) {
      return Promise.reject(this.#failure ?? unavailable('the state is not open'));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { writes, resolve, reject });
      this.#send(make(id));
    });
  }

  #send(request: ThreadRequest): void {
    this.#thread?.postMessage(request);
  }

  #open(): Promise<Opening> {
    const { file, clock } = this.#options;
    const settings: ThreadSettings = { file, now: clock.now() };
    const thread = new Worker(siblingModule(import.meta.url, 'sqlite-thread'), {
      name: 'state',
      workerData: settings,
      resourceLimits: HEAP_MB,
    });
    return new Promise((resolve, reject) => {
      let cause: unknown;
      thread.on('message', (message: ThreadAnswer) => {
        if (message.type === 'ready' && this.#stopping?.signal.aborted !== false) {
          thread.postMessage({ type: 'close' } satisfies ThreadRequest);
          reject(unavailable('the state was stopped while it opened'));
        } else if (message.type === 'ready') {
          this.#thread = thread;
          this.#generation++;
          resolve({ setAside: message.setAside, reason: message.reason });
        } else if (message.type === 'unopened') {
          reject(this.#errorOf(message.failure));
        } else {
          this.#settle(message);
        }
      });
      thread.on('error', (error) => {
        cause = error;
      });
      thread.on('exit', () => {
        reject(unavailable('the state thread ended while it opened the file', cause));
        if (this.#thread === thread) this.#lose(cause);
      });
    });
  }

  #settle(message: Extract<ThreadAnswer, { id: number }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'rows') {
      if (pending?.writes) this.#failure = null;
      pending?.resolve(message.rows);
    } else {
      pending?.reject(this.#errorOf(message.failure));
    }
  }

  /** The thread is gone: whoever waits is told, and a new thread takes over unless we stop. */
  #lose(cause: unknown): void {
    this.#thread = undefined;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    const error = unavailable('the state thread ended', cause);
    for (const { reject } of waiting) reject(error);
    const signal = this.#stopping?.signal;
    if (signal === undefined || signal.aborted) return;
    this.#failure = error;
    this.#options.logger.error({ error: cause }, 'the state thread ended; opening the file again');
    if (!this.#reopening) void this.#reopen(signal);
  }

  async #reopen(signal: AbortSignal): Promise<void> {
    this.#reopening = true;
    while (!signal.aborted) {
      try {
        // It may be open: then it was the rest that failed, or it died again meanwhile.
        if (this.#thread === undefined) await this.#open();
        await this.#options.onRestart();
        this.#failure = null;
        break;
      } catch (error) {
        if (signal.aborted) break;
        this.#options.logger.error({ error }, 'the state file could not be opened again');
        await sleep(RESTART_PAUSE_MS, signal);
      }
    }
    this.#reopening = false;
  }

  #errorOf({ message, errcode, sql }: Failure): Error {
    const code = primaryCode(errcode);
    if (code === null || CALLER_ERRORS.includes(code)) {
      return new Error(sql === null ? message : `${message} in: ${sql.slice(0, 200)}`);
    }
    this.#failure = new AppError('STATE_UNAVAILABLE', `the state file: ${message}`, {
      hint: `Check the free space and the health of the disk that holds ${this.#options.file}.`,
    });
    return this.#failure;
  }
}

function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('STATE_UNAVAILABLE', message, cause === undefined ? {} : { cause });
}
