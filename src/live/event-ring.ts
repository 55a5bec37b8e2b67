import type { LiveEvent } from '../contracts/live.ts';

/** One published event; its text is made when the first reader needs it. */
export interface RingEntry {
  sequence: number;
  event: LiveEvent;
  text: string | undefined;
}

export interface EventRingOptions {
  eventsMax: number;
  bytesMax: number;
}

/**
 * What an event and its text take in memory, rounded up. Guessed, because measuring each would
 * cost more than keeping it: an observation of a dozen metrics is 300 bytes as an object and 400
 * as text, an alert with 20 samples, three languages of advice and its timeline about 8 KiB.
 */
const BYTES_BY_TYPE: Readonly<Record<LiveEvent['type'], number>> = {
  observation: 1_024,
  alert: 8_192,
  command: 8_192,
  device: 512,
};

/**
 * The newest events in the order they were published, numbered from 1 without gaps, bounded by
 * count and by size. Keeping one costs a slot; nothing is serialised until somebody reads.
 */
export class EventRing {
  readonly #slots: Array<RingEntry | undefined>;
  readonly #bytesMax: number;
  #bytes = 0;
  /** Sequence of the oldest event kept. */
  #tail = 1;
  /** Sequence the next event will get. */
  #head = 1;

  constructor(options: EventRingOptions) {
    this.#slots = new Array<RingEntry | undefined>(options.eventsMax).fill(undefined);
    this.#bytesMax = options.bytesMax;
  }

  get tail(): number {
    return this.#tail;
  }

  get head(): number {
    return this.#head;
  }

  push(event: LiveEvent): void {
    const size = BYTES_BY_TYPE[event.type];
    if (this.#head - this.#tail >= this.#slots.length) this.#dropOldest();
    while (this.#bytes + size > this.#bytesMax && this.#tail < this.#head) this.#dropOldest();
    const sequence = this.#head++;
    this.#slots[sequence % this.#slots.length] = { sequence, event, text: undefined };
    this.#bytes += size;
  }

  /** The event of that number, or undefined when it is gone or not yet there. */
  get(sequence: number): RingEntry | undefined {
    if (sequence < this.#tail || sequence >= this.#head) return undefined;
    return this.#slots[sequence % this.#slots.length];
  }

  #dropOldest(): void {
    const slot = this.#tail % this.#slots.length;
    const entry = this.#slots[slot];
    if (entry !== undefined) this.#bytes -= BYTES_BY_TYPE[entry.event.type];
    this.#slots[slot] = undefined;
    this.#tail++;
  }
}
