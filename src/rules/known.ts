import type { Limits } from '../contracts/rule.ts';

/**
 * What is known of a value: it lies between the two, and is exact when they are the same. Of a
 * count over a window that was not observed whole only the lower bound is known.
 */
export interface Known {
  low: number;
  high: number;
}

/** Kleene's truth values, so that `all` is the least of several and `any` the greatest. */
export const TRUTH = { no: -1, unknown: 0, yes: 1 } as const;
export type Truth = (typeof TRUTH)[keyof typeof TRUTH];

/** 1: above is worse; -1: below is worse. */
export function signOf({ beyond }: Pick<Limits, 'beyond'>): 1 | -1 {
  return beyond === 'above' ? 1 : -1;
}

export function exactly(value: number): Known {
  return { low: value, high: value };
}

/** Strictly on the worse side of the limit. */
export function isBeyond({ low, high }: Known, sign: 1 | -1, limit: number): Truth {
  const [least, most] = sign === 1 ? [low - limit, high - limit] : [limit - high, limit - low];
  if (least > 0) return TRUTH.yes;
  return most <= 0 ? TRUTH.no : TRUTH.unknown;
}

/** What there is to show of it: the bound that is known; NaN when none is. */
export function shown({ low, high }: Known): number {
  if (Number.isFinite(low)) return low;
  return Number.isFinite(high) ? high : Number.NaN;
}
