import type { Clock } from '../base/clock.ts';
import type { LoopMeter } from '../base/loop-meter.ts';

/** Sampled this often: long enough to be a rate, short enough to notice a burst. */
const SAMPLE_MS = 50;
/**
 * Frames a second from which the acknowledgements need the event loop for themselves: no province
 * reports at this rate, a fleet that comes back after an outage does.
 */
const BURST_FRAMES_PER_SECOND = 15_000;
const SATURATED = 0.9;

/**
 * Tells whether acknowledging takes all the event loop has. Then reading the journal can wait: what
 * is in it is safe, and devices that wait for their PUBACK are not.
 */
export class Courtesy {
  readonly #clock: Clock;
  readonly #loop: LoopMeter;
  readonly #head: () => number;
  #sampledAt: number;
  #sampledHead: number;
  #busy = false;

  constructor(options: { clock: Clock; loop: LoopMeter; head: () => number }) {
    this.#clock = options.clock;
    this.#loop = options.loop;
    this.#head = options.head;
    this.#sampledAt = options.clock.monotonic();
    this.#sampledHead = options.head();
  }

  /** Whether the intake has the event loop busy, as of the last few dozen milliseconds. */
  due(): boolean {
    const now = this.#clock.monotonic();
    const elapsedMs = now - this.#sampledAt;
    if (elapsedMs < SAMPLE_MS) return this.#busy;
    const head = this.#head();
    const rate = ((head - this.#sampledHead) / elapsedMs) * 1000;
    this.#busy = rate > BURST_FRAMES_PER_SECOND && this.#loop.utilisation() > SATURATED;
    this.#sampledAt = now;
    this.#sampledHead = head;
    return this.#busy;
  }
}
