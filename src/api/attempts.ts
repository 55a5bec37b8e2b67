import type { Clock } from '../base/clock.ts';

/** Failed sign-ins of an address in a minute: a person mistypes a few times, a guesser more. */
const FAILURES_MAX = 10;
const WINDOW_MS = 60_000;
/** Addresses remembered: 10,000 entries are about 1 MB. The oldest is forgotten first. */
const ADDRESSES_MAX = 10_000;

/** Counts failed attempts by address, within bounds. */
export interface FailedAttempts {
  /** Seconds to wait before the next attempt, or 0. */
  waitSeconds(address: string): number;
  record(address: string): void;
}

export function createFailedAttempts(clock: Clock): FailedAttempts {
  const failures = new Map<string, { count: number; since: number }>();
  const current = (address: string): { count: number; since: number } | undefined => {
    const entry = failures.get(address);
    if (entry === undefined || clock.monotonic() - entry.since < WINDOW_MS) return entry;
    failures.delete(address);
    return undefined;
  };
  return {
    waitSeconds(address) {
      const entry = current(address);
      if (entry === undefined || entry.count < FAILURES_MAX) return 0;
      return Math.ceil((entry.since + WINDOW_MS - clock.monotonic()) / 1_000);
    },
    record(address) {
      const entry = current(address);
      if (entry !== undefined) {
        entry.count++;
        return;
      }
      if (failures.size >= ADDRESSES_MAX) {
        const oldest = failures.keys().next();
        if (!oldest.done) failures.delete(oldest.value);
      }
      failures.set(address, { count: 1, since: clock.monotonic() });
    },
  };
}
