/**
 * Samples kept of one window: 48 h at one in ten seconds and some. At 16 bytes each 320 KB, the
 * most a window costs; beyond it the oldest go, and what they would have told is UNKNOWN.
 */
export const WINDOW_SAMPLES_MAX = 20_000;

/** Samples in ascending time, taken away from the front. */
export class SampleQueue {
  #times: number[] = [];
  #values: number[] = [];
  #head = 0;

  get size(): number {
    return this.#times.length - this.#head;
  }

  /** Event time of the sample at a place counted from the oldest; NaN without one. */
  time(place: number): number {
    return this.#times[this.#head + place] ?? Number.NaN;
  }

  value(place: number): number {
    return this.#values[this.#head + place] ?? Number.NaN;
  }

  /** Of the newest sample; NaN without one. */
  get lastTime(): number {
    return this.size === 0 ? Number.NaN : (this.#times.at(-1) ?? Number.NaN);
  }

  get lastValue(): number {
    return this.size === 0 ? Number.NaN : (this.#values.at(-1) ?? Number.NaN);
  }

  push(time: number, value: number): void {
    this.#times.push(time);
    this.#values.push(value);
  }

  shift(): void {
    this.#head++;
    // Half of it empty: moving the rest costs as much as was taken away since the last time.
    if (this.#head * 2 < this.#times.length || this.#head < 16) return;
    this.#times = this.#times.slice(this.#head);
    this.#values = this.#values.slice(this.#head);
    this.#head = 0;
  }

  pop(): void {
    this.#times.pop();
    this.#values.pop();
  }

  /** Takes away what is not younger than this. */
  dropUntil(time: number): void {
    while (this.time(0) <= time) this.shift();
  }

  clear(): void {
    this.#times = [];
    this.#values = [];
    this.#head = 0;
  }
}

/** The samples in `(t - lengthMs, t]`. */
export class SampleWindow {
  readonly samples: SampleQueue = new SampleQueue();
  readonly #lengthMs: number;
  /** The newest sample that gave way although it was young enough. */
  #cutAt = Number.NEGATIVE_INFINITY;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  push(time: number, value: number): void {
    this.samples.push(time, value);
    this.moveTo(time);
    if (this.samples.size <= WINDOW_SAMPLES_MAX) return;
    this.#cutAt = this.samples.time(0);
    this.samples.shift();
  }

  moveTo(time: number): void {
    this.samples.dropUntil(time - this.#lengthMs);
  }

  /** Whether it holds less than was observed in the window that ends at `time`. */
  isCut(time: number): boolean {
    return this.#cutAt > time - this.#lengthMs;
  }
}

/** The greatest value of a moving window (`sign` 1), or the least (-1). */
export class Extreme {
  readonly #sign: 1 | -1;
  readonly #candidates = new SampleQueue();

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  /** NaN of nothing. */
  get value(): number {
    return this.#candidates.value(0);
  }

  push(time: number, value: number): void {
    // What is older and no more extreme will never be asked for again.
    while (this.#sign * (value - this.#candidates.lastValue) >= 0) this.#candidates.pop();
    this.#candidates.push(time, value);
  }

  /** Takes away what is older than this. */
  dropBefore(time: number): void {
    while (this.#candidates.time(0) < time) this.#candidates.shift();
  }

  clear(): void {
    this.#candidates.clear();
  }
}
