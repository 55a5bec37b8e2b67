/** So many a second for ever, and a burst at once. A rate of 0 never refuses. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#tokens = this.#burst;
    this.#filledAt = nowMs;
  }

  /** Puts in what has come due; separate from `take` so that a chunk of packets pays once. */
  refill(nowMs: number): void {
    if (this.#perSecond === 0) return;
    const due = ((nowMs - this.#filledAt) * this.#perSecond) / 1_000;
    if (due <= 0) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + due);
    this.#filledAt = nowMs;
  }

  take(): boolean {
    if (this.#perSecond === 0) return true;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Time until `take` succeeds. */
  get waitMs(): number {
    if (this.#perSecond === 0) return 0;
    return Math.max(0, Math.ceil(((1 - this.#tokens) * 1_000) / this.#perSecond));
  }
}
