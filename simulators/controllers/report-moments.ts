import type { Controller } from './controller.ts';

/** Lines fill in 40 s and drain in 60. */
export const SETTLE_SECONDS: number = 90;

/**
 * When a controller reports on top of its interval: at each change of its drive, and once more when
 * what follows from it has settled, so that the effect is seen long before the next interval.
 */
export class ReportMoments {
  readonly #controller: Controller;
  readonly #settleMs: number | null;
  /** Ascending. */
  readonly #moments: number[] = [];
  /** Newest change that was seen. */
  #changedAt = Number.NEGATIVE_INFINITY;

  /** `settleSeconds` null: never. */
  constructor(controller: Controller, settleSeconds: number | null) {
    this.#controller = controller;
    this.#settleMs = settleSeconds === null ? null : settleSeconds * 1000;
  }

  /** Looks for changes of the controller. */
  follow(): void {
    if (this.#settleMs === null) return;
    for (const at of this.#controller.changesSince(this.#changedAt)) {
      this.#changedAt = at;
      this.#moments.push(at, at + this.#settleMs);
    }
    this.#moments.sort((one, other) => one - other);
  }

  /** The next moment; infinite when there is none. */
  next(): number {
    return this.#moments[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Takes those up to `time`; two at one instant are one. */
  take(time: number): number[] {
    const due = this.#moments.filter((at) => at <= time);
    this.#moments.splice(0, due.length);
    return [...new Set(due)];
  }
}
