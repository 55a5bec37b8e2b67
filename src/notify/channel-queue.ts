import type { Clock } from '../base/clock.ts';
import type { Delivery, OutboxRepository } from '../contracts/notify.ts';

export interface ChannelQueueOptions {
  name: string;
  /** Attempts in any minute. */
  perMinute: number;
  outbox: OutboxRepository;
  clock: Clock;
  /** Tries one; answers whether it was really sent. Never throws. */
  attempt(delivery: Delivery): Promise<boolean>;
}

/** Sends at once: with a deadline of ten seconds each, a channel that hangs holds four sockets. */
const SENDS_MAX = 4;
/** Due ones looked at in one round: enough to find four different people among them. */
const LOOK_AHEAD = 64;
const MINUTE_MS = 60_000;

/**
 * One channel's way out. What is due stays in the outbox; this holds no more than is being sent, so
 * that a channel that hangs delays nothing but its own. Each person gets one message at a time.
 */
export class ChannelQueue {
  readonly name: string;
  readonly #options: ChannelQueueOptions;
  /** Deliveries under way, with their people. */
  readonly #active = new Map<string, { person: string; done: Promise<void> }>();
  /** Monotonic times of the attempts of the last minute. */
  #attempts: number[] = [];

  constructor(options: ChannelQueueOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Messages under way to a person. */
  sendingTo(person: string): number {
    return [...this.#active.values()].filter((one) => one.person === person).length;
  }

  /** Starts what is due and what the provider's rate allows. */
  async round(now: number): Promise<void> {
    const { outbox, clock, perMinute } = this.#options;
    const since = clock.monotonic() - MINUTE_MS;
    this.#attempts = this.#attempts.filter((at) => at > since);
    const rate = perMinute - this.#attempts.length;
    let free = Math.min(SENDS_MAX - this.#active.size, rate);
    if (free <= 0) return;
    const due = await outbox.due(this.name, now, LOOK_AHEAD + this.#active.size);
    for (const delivery of due) {
      if (free <= 0) return;
      if (this.#active.has(delivery.id) || this.sendingTo(delivery.person) > 0) continue;
      this.#begin(delivery);
      free--;
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#active.size > 0) {
      await Promise.all([...this.#active.values()].map(({ done }) => done));
    }
  }

  #begin(delivery: Delivery): void {
    const { attempt, clock } = this.#options;
    const at = clock.monotonic();
    this.#attempts.push(at);
    const done = attempt(delivery).then((sent) => {
      this.#active.delete(delivery.id);
      if (sent) return;
      // It was cancelled or put off: the provider never heard of it.
      const place = this.#attempts.indexOf(at);
      if (place >= 0) this.#attempts.splice(place, 1);
    });
    this.#active.set(delivery.id, { person: delivery.person, done });
  }
}
