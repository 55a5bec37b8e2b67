import type { AppError } from '../base/errors.ts';

/** One message on its way: who waits for it, since when, and how big it is. */
export interface Slot {
  readonly answer: (error: AppError | null) => void;
  readonly startedAt: number;
  readonly bytes: number;
  settled: boolean;
  error: AppError | null;
}

/**
 * Completes in the order of arrival whatever the order of settling: MQTT wants the
 * acknowledgements of one connection in the order of its messages [MQTT-4.6.0-2].
 */
export class Fifo {
  readonly #slots: Slot[] = [];
  readonly #complete: (slot: Slot) => void;

  constructor(complete: (slot: Slot) => void) {
    this.#complete = complete;
  }

  get size(): number {
    return this.#slots.length;
  }

  get oldest(): Slot | undefined {
    return this.#slots[0];
  }

  add(slot: Slot): void {
    this.#slots.push(slot);
  }

  settle(slot: Slot, error: AppError | null): void {
    if (slot.settled) return;
    slot.settled = true;
    slot.error = error;
    for (let head = this.#slots[0]; head?.settled; head = this.#slots[0]) {
      this.#slots.shift();
      this.#complete(head);
    }
  }

  /** Takes all out unanswered: for a connection that is gone. */
  drain(): Slot[] {
    return this.#slots.splice(0);
  }
}
