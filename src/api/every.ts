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

/** Most of each unit in a year: wider buckets say nothing that one of a year does not. */
const UNITS_MAX: Readonly<Record<Every['unit'], number>> = {
  second: 365 * 86_400,
  minute: 365 * 1_440,
  hour: 365 * 24,
  day: 365,
  week: 52,
  month: 12,
  year: 1,
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

/** How people write units elsewhere, lower case without a plural's s: what to propose instead. */
const OTHER_SPELLINGS: Readonly<Record<string, string>> = {
  sec: 's',
  second: 's',
  min: 'm',
  minute: 'm',
  hr: 'h',
  hour: 'h',
  day: 'd',
  week: 'w',
  mon: 'mo',
  month: 'mo',
  yr: 'y',
  year: 'y',
};

/** Longest text read: the most seconds have eight digits, a unit written out has seven letters. */
const TEXT_LENGTH_MAX = 20;

/** Reads `5m`, `1h`, `1d`, `1w`, `1mo`, `1y`. */
export const everyQuery = z
  .string()
  .max(TEXT_LENGTH_MAX)
  .transform((text, context): Every => {
    const match = /^(\d{1,9})(s|m|h|d|w|mo|y)$/.exec(text);
    const count = Number(match?.[1]);
    const unit = UNITS[match?.[2] ?? ''];
    const refuse = (code: string, suggestion?: string): never => {
      context.addIssue({ code: 'custom', params: { code, suggestion } });
      return z.NEVER;
    };
    if (/^-?0+ *[A-Za-z]*$/.test(text)) return refuse('EVERY_ZERO');
    if (unit === undefined) return refuse('EVERY_INVALID', ourSpelling(text));
    if (count > UNITS_MAX[unit]) return refuse('EVERY_TOO_LONG');
    return { count, unit };
  })
  .describe(
    'Width of the buckets, from `1s` to `1y`: a count and s, m, h, d, w, mo or y. Days and what is longer follow the calendar of `tz`.',
  );

/** The width as we write it, for `1 hour`, `P1D`, `PT5M`, `1M` and the like. */
function ourSpelling(text: string): string | undefined {
  const iso = /^P(T?)(\d{1,9})([SMHDWY])$/.exec(text);
  if (iso !== null) {
    const [, time, count, letter = ''] = iso;
    return `${count}${letter === 'M' && time === '' ? 'mo' : letter.toLowerCase()}`;
  }
  const [, count, word = ''] = /^(\d{1,9})[ +_-]*([A-Za-z]+)$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  if (word === 'M') return `${count}mo`;
  const lower = word.toLowerCase();
  const unit = OTHER_SPELLINGS[lower.replace(/s$/, '')] ?? (lower in UNITS ? lower : undefined);
  return unit === undefined ? undefined : `${count}${unit}`;
}

/** Shortest bucket of that width, in ms. */
export function widthMs(every: Every): number {
  return every.count * UNIT_MS[every.unit];
}

/** Widths worth proposing, from fine to coarse. */
export const COMMON_WIDTHS: ReadonlyArray<{ text: string; every: Every }> = [
  { text: '1s', every: { count: 1, unit: 'second' } },
  { text: '5s', every: { count: 5, unit: 'second' } },
  { text: '15s', every: { count: 15, unit: 'second' } },
  { text: '1m', every: { count: 1, unit: 'minute' } },
  { text: '5m', every: { count: 5, unit: 'minute' } },
  { text: '15m', every: { count: 15, unit: 'minute' } },
  { text: '1h', every: { count: 1, unit: 'hour' } },
  { text: '3h', every: { count: 3, unit: 'hour' } },
  { text: '6h', every: { count: 6, unit: 'hour' } },
  { text: '12h', every: { count: 12, unit: 'hour' } },
  { text: '1d', every: { count: 1, unit: 'day' } },
  { text: '1w', every: { count: 1, unit: 'week' } },
  { text: '1mo', every: { count: 1, unit: 'month' } },
  { text: '1y', every: { count: 1, unit: 'year' } },
];
