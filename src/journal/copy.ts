import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { siblingModule } from '../base/discovery.ts';
import { AppError, describeError } from '../base/errors.ts';
import {
  type CopyReply,
  type CopyRequest,
  type Position,
  SLICE_NUMBERS,
  type Slice,
  type SourceRow,
} from './protocol.ts';
import { toError } from './thread.ts';

export interface CopyOptions {
  /** The new file; its folder exists. */
  file: string;
  /** The whole journal below this goes into the copy, and the copy's head is this. */
  head: number;
  /** Whole commits from an offset on. */
  read(from: number): Promise<Slice | undefined>;
  /** Asked last: the sources of everything that was read. */
  sources(): SourceRow[];
}

/**
 * Writes a journal with the same commits under the same offsets. No second connection can open a
 * journal in use, so they come by way of its own thread, a slice at a time between two commits of
 * its own: that is also why nothing waits for a backup longer than for any other reader.
 */
export async function copyJournal(options: CopyOptions): Promise<Position> {
  const { file, head, read, sources } = options;
  if (existsSync(file)) throw copyFailed(`${file} is there already`);
  const copier = new Copier(file);
  try {
    for (let next = 0; next < head; ) {
      const slice = await read(next);
      if (slice === undefined || slice.next <= next) break;
      next = slice.next;
      await copier.ask({ type: 'slice', slice: below(slice, head) }, [slice.buffer]);
    }
    const { position } = await copier.ask({ type: 'finish', sources: sources(), head });
    if (position === null) throw copyFailed('it did not say where it ends');
    return position;
  } finally {
    await copier.end();
  }
}

/** Commits made since the copy began are left to the journal itself. */
function below(slice: Slice, head: number): Slice {
  if (slice.next <= head) return slice;
  const commits: number[] = [];
  for (let entry = 0; entry < slice.commits.length; entry += SLICE_NUMBERS) {
    if ((slice.commits[entry] ?? 0) >= head) break;
    commits.push(...slice.commits.slice(entry, entry + SLICE_NUMBERS));
  }
  return { ...slice, next: head, commits };
}

class Copier {
  readonly #thread: Worker;
  readonly #gone: Promise<void>;
  #answer: { resolve: (reply: CopyReply) => void; reject: (error: AppError) => void } | null = null;
  #failure: AppError | null = null;

  constructor(file: string) {
    this.#thread = new Worker(siblingModule(import.meta.url, 'copier'), {
      name: 'journal-copier',
      workerData: { file },
    });
    this.#thread.on('message', (reply: CopyReply) => this.#answer?.resolve(reply));
    this.#thread.on('error', (error) => this.#fail(copyFailed(describeError(error))));
    this.#gone = new Promise((resolve) => {
      this.#thread.once('exit', () => {
        this.#fail(copyFailed('its thread ended'));
        resolve();
      });
    });
  }

  async ask(request: CopyRequest, transfer: ArrayBuffer[] = []): Promise<CopyReply> {
    if (this.#failure !== null) throw this.#failure;
    const reply = await new Promise<CopyReply>((resolve, reject) => {
      this.#answer = { resolve, reject };
      this.#thread.postMessage(request, transfer);
    });
    if (reply.failure !== null) throw toError(reply.failure);
    return reply;
  }

  /** Waits until the thread has let go of the file, complete or not. */
  async end(): Promise<void> {
    // Asked, not terminated: a thread that is inside SQLite would take the process with it.
    this.#thread.postMessage({ type: 'abandon' } satisfies CopyRequest);
    await this.#gone;
  }

  #fail(error: AppError): void {
    this.#failure ??= error;
    this.#answer?.reject(this.#failure);
  }
}

function copyFailed(reason: string): AppError {
  return new AppError('BACKUP_FAILED', `the journal could not be copied: ${reason}`);
}
