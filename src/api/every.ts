import { z } from 'zod';
import type { Every } from '../contracts/series.ts';

const UNITS: Readonly<Record<string, Every['unit']>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/** Shortest a unit can be, in ms: estimates of rows err on the high side. */
const UNIT_MS: Readonly<Record<Every['unit'], number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 23 * 3_600_000,
  week: 7 * 86_400_000 - 3_600_000,
  month: 28 * 86_400_000 - 3_600_000,
  year: 365 * 86_400_000,
};

/** Reads `5m`, `1h`, `1d`, `1w`, `1mo`, `1y`. */
export const everyQuery = z
  .string()
  .max(12)
  .transform((text, context): Every => {
    const match = /^([1-9]\d{0,5})(s|m|h|d|w|mo|y)$/.exec(text);
    const unit = UNITS[match?.[2] ?? ''];
    if (match?.[1] !== undefined && unit !== undefined) return { count: Number(match[1]), unit };
    context.addIssue({ code: 'custom', params: { code: 'EVERY_INVALID' } });
    return z.NEVER;
  })
  .describe('Width of the buckets: a count and s, m, h, d, w, mo or y, such as `5m` or `1d`.');

/** Shortest bucket of that width, in ms. */
export function widthMs(every: Every): number {
  return every.count * UNIT_MS[every.unit];
}

/** Widths worth proposing, from fine to coarse. */
export const COMMON_WIDTHS: ReadonlyArray<{ text: string; every: Every }> = [
  { text: '1m', every: { count: 1, unit: 'minute' } },
  { text: '5m', every: { count: 5, unit: 'minute' } },
  { text: '15m', every: { count: 15, unit: 'minute' } },
  { text: '1h', every: { count: 1, unit: 'hour' } },
  { text: '6h', every: { count: 6, unit: 'hour' } },
  { text: '1d', every: { count: 1, unit: 'day' } },
  { text: '1w', every: { count: 1, unit: 'week' } },
  { text: '1mo', every: { count: 1, unit: 'month' } },
  { text: '1y', every: { count: 1, unit: 'year' } },
];
