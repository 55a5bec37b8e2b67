import { BoundedQueue } from '../../base/bounded-queue.ts';
import { withDeadline } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';

/** Writers that may wait: 8 consumers and an API under a storm, with three digits to spare. */
const WAITING_MAX = 10_000;
/** A write takes milliseconds; who waits this long stands behind a stuck disk or its own lock. */
const WAIT_MS_MAX = 30_000;

interface Waiter {
  state: 'waiting' | 'granted' | 'gone';
  grant: () => void;
}

/** SQLite has one writer: transactions and single writes take turns, first come, first served. */
export class WriteLock {
  #held = false;
  readonly #waiting = new BoundedQueue<Waiter>(WAITING_MAX);
  readonly #waitMsMax: number;

  constructor(waitMsMax: number = WAIT_MS_MAX) {
    this.#waitMsMax = waitMsMax;
  }

  async acquire(): Promise<void> {
    if (!this.#held) {
      this.#held = true;
      return;
    }
    const waiter: Waiter = { state: 'waiting', grant: () => {} };
    const granted = new Promise<void>((resolve) => {
      waiter.grant = resolve;
    });
    if (!this.#waiting.push(waiter)) {
      throw new AppError('STATE_UNAVAILABLE', 'too many writes are waiting for the state');
    }
    try {
      await withDeadline(granted, this.#waitMsMax, waitedTooLong);
    } catch (error) {
      // The turn may have come in the same moment: then it must be passed on, not lost.
      if (waiter.state === 'granted') this.release();
      waiter.state = 'gone';
      throw error;
    }
  }

  release(): void {
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#held = false;
        return;
      }
      if (next.state === 'gone') continue;
      next.state = 'granted';
      next.grant();
      return;
    }
  }
}

function waitedTooLong(): AppError {
  return new AppError('STATE_UNAVAILABLE', 'a write waited too long for its turn', {
    hint: 'The disk of the state file is stuck, or a transaction waits for a write outside it.',
  });
}
