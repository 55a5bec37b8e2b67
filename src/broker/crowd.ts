import type { BrokerLimits } from './limits.ts';

export type Place = 'calm' | 'crowded' | 'full';

/** Sockets that have not signed in, counted by address. */
export class Crowd {
  readonly #limits: BrokerLimits;
  readonly #byAddress = new Map<string, number>();
  #size = 0;

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a place unless there is none: then the answer is `full`. */
  enter(key: string): Place {
    const before = this.#byAddress.get(key) ?? 0;
    const limits = this.#limits;
    if (this.#size >= limits.unauthenticatedMax || before >= limits.crowdPerAddressMax) {
      return 'full';
    }
    this.#size++;
    this.#byAddress.set(key, before + 1);
    return before < limits.unauthenticatedPerAddress ? 'calm' : 'crowded';
  }

  leave(key: string): void {
    const left = (this.#byAddress.get(key) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(key);
    else this.#byAddress.set(key, left);
    this.#size--;
  }
}
