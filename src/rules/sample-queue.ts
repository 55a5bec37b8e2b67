/**
 * Samples kept of one window: 48 h at one in ten seconds and some. At 16 bytes each 320 KB, the
 * most a window costs; beyond it the oldest go, and what they would have told is UNKNOWN.
 */
export const WINDOW_SAMPLES_MAX = 20_000;

/** Samples in ascending time, taken away from the front. */
export class SampleQueue {
  /** Time and value by turns: two arrays would both be longer than they need to be. */
  #cells: number[] = [];
  /** Place of the oldest time. */
  #head = 0;

  get size(): number {
    return (this.#cells.length - this.#head) / 2;
  }

  /** Event time of the sample at a place counted from the oldest; NaN without one. */
  time(place: number): number {
    return this.#cells[this.#head + 2 * place] ?? Number.NaN;
  }

  value(place: number): number {
    return this.#cells[this.#head + 2 * place + 1] ?? Number.NaN;
  }

  /** Of the newest sample; NaN without one. */
  get lastTime(): number {
    return this.size === 0 ? Number.NaN : this.time(this.size - 1);
  }

  get lastValue(): number {
    return this.size === 0 ? Number.NaN : this.value(this.size - 1);
  }

  push(time: number, value: number): void {
    this.#cells.push(time, value);
  }

  shift(): void {
    this.#head += 2;
    // Half of it empty: moving the rest costs as much as was taken away since the last time.
    if (this.#head * 2 < this.#cells.length || this.#head < 16) return;
    this.#cells = this.#cells.slice(this.#head);
    this.#head = 0;
  }

  pop(): void {
    this.#cells.length -= Math.min(2, this.#cells.length - this.#head);
  }

  /** Takes away what is not younger than this. */
  dropUntil(time: number): void {
    while (this.time(0) <= time) this.shift();
  }

  clear(): void {
    this.#cells = [];
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
