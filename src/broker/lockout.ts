import type { BrokerLimits } from './limits.ts';

interface Entry {
  failures: number;
  /** Start of the minute in which the failures are counted. */
  since: number;
  lockedUntil: number;
  lockMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Failed sign-ins by address and device. The address is part of the key, so that guessing from
 * elsewhere never locks a real device out.
 */
export class Lockout {
  readonly #limits: BrokerLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  isLocked(address: string, device: string, nowMs: number): boolean {
    const entry = this.#entries.get(keyOf(address, device));
    return entry !== undefined && nowMs < entry.lockedUntil;
  }

  failed(address: string, device: string, nowMs: number): void {
    const key = keyOf(address, device);
    const entry = this.#current(key, nowMs);
    if (nowMs - entry.since >= MINUTE_MS) {
      entry.since = nowMs;
      entry.failures = 0;
    }
    entry.failures++;
    if (entry.failures >= this.#limits.failuresPerMinute) {
      entry.failures = 0;
      entry.since = nowMs;
      entry.lockMs = Math.min(
        entry.lockMs === 0 ? this.#limits.lockoutMs : entry.lockMs * 2,
        this.#limits.lockoutMsMax,
      );
      entry.lockedUntil = nowMs + entry.lockMs;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#limits.lockoutEntriesMax) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  succeeded(address: string, device: string): void {
    this.#entries.delete(keyOf(address, device));
  }

  /** Forgets the device's failures from every address: it, or its secret, is another one now. */
  forgive(device: string): void {
    for (const key of this.#entries.keys()) {
      if (key.endsWith(` ${device}`)) this.#entries.delete(key);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #current(key: string, nowMs: number): Entry {
    const known = this.#entries.get(key);
    const lastAt = known === undefined ? 0 : Math.max(known.since, known.lockedUntil);
    // Quiet for as long as the longest lock-out: the next one starts short again.
    if (known !== undefined && nowMs - lastAt < this.#limits.lockoutMsMax) return known;
    return { failures: 0, since: nowMs, lockedUntil: 0, lockMs: 0 };
  }
}

function keyOf(address: string, device: string): string {
  return `${address} ${device}`;
}
