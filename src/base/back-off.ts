import { AppError } from './errors.ts';

/**
 * Waits that double from `firstMs` to `maxMs`, each shortened by chance to between a half and all
 * of it, so that many who failed together do not come back together. Where the other side said
 * when to come back, that counts.
 */
export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#nextMs = firstMs;
  }

  /** How long to wait after this failure (ms). */
  after(error: unknown): number {
    const ms = this.#nextMs * (0.5 + Math.random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#maxMs);
    return Math.max(ms, (error instanceof AppError ? error.retryAfterMs : undefined) ?? 0);
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
