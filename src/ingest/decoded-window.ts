import type { DecodedBatch } from '../contracts/observation.ts';

/**
 * Observations kept decoded for the consumers that are a little behind: at 300 bytes each about
 * 15 MB. A consumer further behind reads the journal again.
 */
const OBSERVATIONS_MAX = 50_000;

/** The newest decoded batches, without gaps between them, so that each is decoded once for all. */
export class DecodedWindow {
  #batches: DecodedBatch[] = [];
  #observations = 0;

  /** Offset up to which batches are held, or undefined when none is. */
  get next(): number | undefined {
    return this.#batches.at(-1)?.next;
  }

  add(batch: DecodedBatch): void {
    if (this.next !== undefined && this.next !== batch.from) this.clear();
    this.#batches.push(batch);
    this.#observations += batch.observations.length;
    while (this.#observations > OBSERVATIONS_MAX && this.#batches.length > 1) {
      this.#observations -= this.#batches.shift()?.observations.length ?? 0;
    }
  }

  /**
   * All batches from `from` on and below `limit`, joined to one of about `observationsMax`
   * observations; undefined when `from` is not where a held batch begins.
   */
  take(from: number, limit: number, observationsMax: number): DecodedBatch | undefined {
    const start = this.#batches.findIndex((batch) => batch.from === from);
    const first = this.#batches[start];
    if (first === undefined || first.next > limit) return undefined;
    let end = start + 1;
    let size = first.observations.length;
    for (; end < this.#batches.length; end++) {
      const batch = this.#batches[end];
      if (batch === undefined || batch.next > limit) break;
      size += batch.observations.length;
      if (size > observationsMax) break;
    }
    return end === start + 1 ? first : join(this.#batches.slice(start, end));
  }

  /** Lets go of batches that every consumer has passed. */
  drop(below: number): void {
    while ((this.#batches[0]?.next ?? Number.POSITIVE_INFINITY) <= below) {
      this.#observations -= this.#batches.shift()?.observations.length ?? 0;
    }
  }

  clear(): void {
    this.#batches = [];
    this.#observations = 0;
  }
}

function join(batches: readonly DecodedBatch[]): DecodedBatch {
  return {
    from: batches[0]?.from ?? 0,
    next: batches.at(-1)?.next ?? 0,
    observations: batches.flatMap((batch) => batch.observations),
    rejections: batches.flatMap((batch) => batch.rejections),
    claims: batches.flatMap((batch) => batch.claims),
    statuses: batches.flatMap((batch) => batch.statuses),
    acks: batches.flatMap((batch) => batch.acks),
  };
}
