import type { Instant } from '../api/types.ts';

/** Milliseconds since 1970; NaN for what is no instant. */
export function toMs(instant: Instant | null | undefined): number {
  if (typeof instant === 'number') return instant;
  return instant ? Date.parse(instant) : Number.NaN;
}
