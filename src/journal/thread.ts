import { Worker } from 'node:worker_threads';
import { withDeadline } from '../base/clock.ts';
import { siblingModule } from '../base/discovery.ts';
import { AppError } from '../base/errors.ts';
import type {
  CommitRequest,
  Failure,
  JobRequest,
  RebuildReply,
  ThreadOptions,
  ThreadReply,
} from './protocol.ts';
import { acceptRebuilt } from './swap.ts';

interface Job {
  request: JobRequest;
  resolve: (reply: ThreadReply) => void;
  reject: (error: AppError) => void;
}

export interface ThreadEvents {
  /** Every reply, before whoever waits for it learns of it. */
  replied: (reply: ThreadReply) => void;
  committed: (reply: ThreadReply) => void;
  /** What was set aside, in one line. */
  repaired: (repair: string) => void;
  /** The thread ended by itself; what was under way is in doubt. */
  lost: (error: AppError) => void;
}

/** The main thread's end of the journal's thread: one at a time, and a new one when it was lost. */
export class JournalThread {
  readonly #file: string;
  readonly #events: ThreadEvents;
  readonly #jobs: Job[] = [];
  #job: Job | null = null;
  /** The thread that holds the open file. */
  #worker: Worker | null = null;
  /** The thread started last, also while it opens or rebuilds. */
  #latest: Worker | null = null;
  /** Settles when the last thread has let go of the file. */
  #gone: Promise<void> = Promise.resolve();
  #opened: ((reply: ThreadReply) => void) | null = null;
  /** Why the file has to be rebuilt before it is opened. */
  #damage: string | null = null;
  #closed = false;

  constructor(file: string, events: ThreadEvents) {
    this.#file = file;
    this.#events = events;
  }

  get running(): boolean {
    return this.#worker !== null;
  }

  /** The file will be rebuilt before it is opened again. */
  get damaged(): boolean {
    return this.#damage !== null;
  }

  /** Starts a thread and has it open the file, after a rebuild when that is what it takes. */
  async open(headAtLeast: number): Promise<void> {
    const failure = this.#damage === null ? await this.#tryOpen(headAtLeast) : null;
    if (failure !== null && this.#damage === null) throw failure;
    if (this.#damage === null) return;
    await this.#rebuild(this.#damage, headAtLeast);
    const second = await this.#tryOpen(headAtLeast);
    if (second !== null) throw second;
  }

  commit(request: CommitRequest): void {
    this.#worker?.postMessage(request, [request.buffer]);
  }

  /** Jobs run one at a time between commits, in the order they were asked for. */
  job(request: JobRequest): Promise<ThreadReply> {
    return new Promise((resolve, reject) => {
      if (this.#worker === null) return reject(threadLost('it is not running'));
      this.#jobs.push({ request, resolve, reject });
      this.#nextJob();
    });
  }

  /** Closes the file and ends the thread; waits no longer than `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    const late = () => new AppError('JOURNAL_CLOSED', 'the journal did not close in time');
    try {
      if (this.running) await withDeadline(this.job({ type: 'close' }), deadlineMs, late);
      else void this.#latest?.terminate();
      this.#worker = null;
      await withDeadline(this.#gone, deadlineMs, late);
    } finally {
      this.#worker = null;
      void this.#latest?.terminate();
      this.#rejectAll(new AppError('JOURNAL_CLOSED', 'the journal is closed'));
    }
  }

  async #tryOpen(headAtLeast: number): Promise<AppError | null> {
    const worker = await this.#begin('worker', headAtLeast);
    worker.on('message', (reply: ThreadReply) => this.#receive(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`exit code ${code}`)));
    const reply = await new Promise<ThreadReply | Error>((resolve) => {
      this.#opened = resolve;
      worker.once('error', resolve);
      worker.once('exit', (code) => resolve(new Error(`exit code ${code}`)));
    });
    this.#opened = null;
    if (reply instanceof Error) return threadLost(reply.message);
    if (reply.failure === null) {
      this.#worker = worker;
      return null;
    }
    await worker.terminate();
    return toError(reply.failure);
  }

  async #rebuild(damage: string, headAtLeast: number): Promise<void> {
    const worker = await this.#begin('rebuilder', headAtLeast);
    const reply = await new Promise<RebuildReply | Error>((resolve) => {
      worker.on('message', resolve);
      worker.on('error', resolve);
      worker.on('exit', (code) => resolve(new Error(`exit code ${code}`)));
    });
    await this.#gone;
    if (reply instanceof Error) throw threadLost(reply.message);
    if (reply.failure !== null) throw toError(reply.failure);
    acceptRebuilt(this.#file);
    this.#damage = null;
    this.#events.repaired(`journal.db was damaged (${damage}): ${reply.outcome}`);
  }

  async #begin(module: 'worker' | 'rebuilder', headAtLeast: number): Promise<Worker> {
    await this.#gone;
    if (this.#closed) throw new AppError('JOURNAL_CLOSED', 'the journal is closed');
    const workerData: ThreadOptions = { file: this.#file, headAtLeast };
    const worker = new Worker(siblingModule(import.meta.url, module), {
      name: `journal-${module}`,
      workerData,
    });
    this.#latest = worker;
    this.#gone = new Promise((resolve) => worker.once('exit', () => resolve()));
    return worker;
  }

  #receive(reply: ThreadReply): void {
    if (reply.damage !== undefined) this.#damage = reply.damage;
    this.#events.replied(reply);
    if (reply.type === 'opened') this.#opened?.(reply);
    if (reply.type === 'committed') this.#events.committed(reply);
    if (reply.type === 'finished') {
      const job = this.#job;
      this.#job = null;
      this.#nextJob();
      if (reply.failure === null) job?.resolve(reply);
      else job?.reject(toError(reply.failure));
    }
    if (reply.damage !== undefined && this.#worker !== null) {
      this.#lose(this.#worker, new Error(reply.damage));
    }
  }

  #nextJob(): void {
    if (this.#job !== null || this.#worker === null) return;
    this.#job = this.#jobs.shift() ?? null;
    if (this.#job !== null) this.#worker.postMessage(this.#job.request);
  }

  #lose(worker: Worker, cause: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const error = threadLost(cause.message);
    this.#rejectAll(error);
    if (!this.#closed) this.#events.lost(error);
  }

  #rejectAll(error: AppError): void {
    const waiting = [this.#job, ...this.#jobs.splice(0)];
    this.#job = null;
    for (const job of waiting) job?.reject(error);
  }
}

export function toError({ code, message, hint }: Failure): AppError {
  return new AppError(code, message, hint === undefined ? {} : { hint });
}

function threadLost(reason: string): AppError {
  return new AppError('JOURNAL_WRITE_FAILED', `the journal's thread ended: ${reason}`, {
    hint: 'It is started again by itself; if it keeps ending, report the message.',
  });
}
