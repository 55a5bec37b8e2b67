import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { forkModule } from '../../base/child.ts';
import { withDeadline } from '../../base/clock.ts';
import { siblingModule } from '../../base/discovery.ts';
import { AppError } from '../../base/errors.ts';
import type {
  CallName,
  Calls,
  ChildStatus,
  Notice,
  OpenFailure,
  OpenRequest,
  Reply,
  Request,
} from './protocol.ts';

/**
 * Node's own heap in the child; the data lives outside of it, under the store's limit.
 */
const NODE_FLAGS = ['--max-old-space-size=128', '--max-semi-space-size=2'];
const ENVIRONMENT = {
  // One thread for the writer, three for queries; each statement occupies one while it runs.
  UV_THREADPOOL_SIZE: '4',
  // Each further arena of the C library keeps memory that others cannot use.
  MALLOC_ARENA_MAX: '1',
  // Columns of a page, 64 KiB each and larger, go back to the machine once they were sent: left to
  // itself the library raises these limits and kept 60 MB after an export.
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
};
/** The child gives way to the broker whenever both have work. */
const NICENESS = 5;

/** How a child ended. */
export interface ChildEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Its last words when it could not open the database, or found it damaged. */
  openFailure: OpenFailure | null;
}

interface Waiting {
  resolve(output: unknown): void;
  reject(error: AppError): void;
}

export interface LinkEvents {
  onStatus(status: ChildStatus): void;
  onTrouble(message: string): void;
  onRepair(line: string): void;
}

export function unavailable(why: string): AppError {
  return new AppError('SERIES_UNAVAILABLE', `the series store is not available: ${why}`, {
    hint: 'It comes back by itself; try again.',
  });
}

/** One life of the child process: requests go out, answers come back, and once it ends. */
export class ChildLink {
  readonly ended: Promise<ChildEnd>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #events: LinkEvents;
  #openFailure: OpenFailure | null = null;
  #nextId = 1;
  #over = false;

  constructor(events: LinkEvents) {
    this.#events = events;
    this.#child = forkModule(siblingModule(import.meta.url, 'child'), {
      nodeFlags: NODE_FLAGS,
      environment: ENVIRONMENT,
      niceness: NICENESS,
    });
    this.#child.on('message', (message: Reply | Notice) => this.#receive(message));
    this.ended = this.#awaitEnd();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Rejects with SERIES_UNAVAILABLE when the child ends first or does not answer in time. */
  call<N extends CallName>(
    name: N,
    input: Calls[N]['input'],
    timeMaxMs: number,
  ): Promise<Calls[N]['output']> {
    if (this.#over) return Promise.reject(unavailable('its process ended'));
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request: Request<N> = { id, name, input };
      // An error here means that the child is gone, and its end rejects whatever waits.
      this.#child.send(request, () => undefined);
    });
    const late = (): AppError => {
      this.#waiting.delete(id);
      // Every limit inside is shorter: what does not answer now never will.
      this.kill();
      return unavailable(`no answer to ${name} in ${timeMaxMs} ms`);
    };
    return withDeadline(answer, timeMaxMs, late) as Promise<Calls[N]['output']>;
  }

  open(request: OpenRequest, timeMaxMs: number): Promise<ChildStatus> {
    return this.call('open', request, timeMaxMs);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #receive(message: Reply | Notice): void {
    if ('openFailure' in message) this.#openFailure = message.openFailure;
    else if ('trouble' in message) this.#events.onTrouble(message.trouble);
    else if ('repair' in message) this.#events.onRepair(message.repair);
    else if (!('id' in message)) this.#events.onStatus(message.status);
    else this.#settle(message);
  }

  #settle(reply: Reply): void {
    if (reply.status !== null) this.#events.onStatus(reply.status);
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) {
      const { code, message, hint, field } = reply.error;
      waiting?.reject(
        new AppError(code, message, {
          ...(hint === undefined ? {} : { hint }),
          ...(field === undefined ? {} : { field }),
        }),
      );
    } else {
      waiting?.resolve(reply.output);
    }
  }

  async #awaitEnd(): Promise<ChildEnd> {
    let end: [number | null, NodeJS.Signals | null] = [null, null];
    try {
      end = (await once(this.#child, 'exit')) as typeof end;
      // What it said last may still be in the channel when its end is already known.
      if (this.#child.connected) await once(this.#child, 'disconnect');
    } catch {
      // The process could not be made at all; the same as one that ended at once.
    }
    this.#over = true;
    for (const { reject } of this.#waiting.values()) reject(unavailable('its process ended'));
    this.#waiting.clear();
    return { code: end[0], signal: end[1], openFailure: this.#openFailure };
  }
}
