import type { ChildProcess } from 'node:child_process';
import { forkModule } from '../../base/child.ts';
import { withDeadline } from '../../base/clock.ts';
import { siblingModule } from '../../base/discovery.ts';
import { AppError } from '../../base/errors.ts';
import type { Reply, Request } from './protocol.ts';

/** Node's own heap in the child; the data lives outside of it, under the engine's limit. */
const NODE_FLAGS = ['--max-old-space-size=96', '--max-semi-space-size=2'];
const ENVIRONMENT = { UV_THREADPOOL_SIZE: '2', MALLOC_ARENA_MAX: '2' };
/** It gives way to the broker and to the series store. */
const NICENESS = 10;
/** The engine's own memory: a row group of 122,880 rows and 20 columns is 20 MB. */
export const MEMORY_LIMIT_MB = 96;
/** Making the file of 100 million values takes a minute on a small machine. */
const ANSWER_MS_MAX = 10 * 60_000;

type Input<N extends Request['name']> = Extract<Request, { name: N }>['input'];

interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/**
 * A process for one Parquet file: a failure of the engine, or its memory, never touches the server.
 * Calls throw what the child answers, or FILE_WORKER_FAILED when it ends or does not answer.
 */
export class ParquetWorker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #over = false;

  constructor(signal?: AbortSignal) {
    this.#child = forkModule(siblingModule(import.meta.url, 'child'), {
      nodeFlags: NODE_FLAGS,
      environment: ENVIRONMENT,
      niceness: NICENESS,
    });
    this.#child.on('message', (reply: Reply) => this.#settle(reply));
    this.#child.once('error', () => this.#end());
    this.#child.once('exit', () => this.#end());
    signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  async call<N extends Request['name']>(name: N, input: Input<N>): Promise<unknown> {
    if (this.#over) throw failed('its process ended');
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // An error here means that the child is gone, and its end rejects whatever waits.
      this.#child.send({ id, name, input }, () => undefined);
    });
    return withDeadline(answer, ANSWER_MS_MAX, () => failed('its process does not answer'));
  }

  /** Ends the process, whatever it does. */
  close(): void {
    this.#child.kill('SIGKILL');
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('output' in reply) return waiting?.resolve(reply.output);
    const { code, message, hint } = reply.error;
    waiting?.reject(new AppError(code, message, hint === undefined ? {} : { hint }));
  }

  #end(): void {
    this.#over = true;
    for (const { reject } of this.#waiting.values()) reject(failed('its process ended'));
    this.#waiting.clear();
  }
}

function failed(why: string): AppError {
  return new AppError('FILE_WORKER_FAILED', `the Parquet file could not be worked on: ${why}`, {
    hint: 'Try again; csv does without that process.',
  });
}
