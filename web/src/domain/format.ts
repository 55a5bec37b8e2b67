import { SPOKEN_UNITS, spokenDurations } from '../../../src/base/spoken-durations.ts';
import type { Language } from '../api/types.ts';
import type { Range } from './farm.ts';

/** The farms' clock: shown to everyone, wherever they read it. Stored times are UTC. */
export const TIME_ZONE = 'Asia/Ho_Chi_Minh';

const LOCALES: Record<Language, string> = { vi: 'vi-VN', en: 'en-GB', fr: 'fr-FR' };

/** The age of what is younger than a second. */
const JUST_NOW: Record<Language, string> = { vi: 'vừa xong', en: 'just now', fr: 'à l’instant' };

/** UCUM codes whose printed form differs from the code. */
const UNIT_SYMBOLS: Readonly<Record<string, string>> = {
  Cel: '°C',
  '[pH]': '',
  '1': '',
  '{count}': '',
  'W/m2': 'W/m²',
  m2: 'm²',
  m3: 'm³',
  'm3/h': 'm³/h',
};

export function unitSymbol(unit: string | null | undefined): string {
  return UNIT_SYMBOLS[unit ?? ''] ?? unit ?? '';
}

export interface Format {
  number(value: number, decimals: number): string;
  /** With its unit: `2,8 mg/L`. */
  quantity(value: number, decimals: number, unit: string | null | undefined): string;
  /** A safe range: `4,0 – 12,0`, `≥ 4,0`, `≤ 33`. */
  range(range: Range, decimals: number): string;
  /** `22/11/2026`. */
  date(ms: number): string;
  /** `05:30`, of 24 hours. */
  time(ms: number): string;
  /** `22/11/2026 05:30`. */
  dateTime(ms: number): string;
  /** `22/11 05:30`, or `05:30` for an instant of the same day as `now`. */
  shortTime(ms: number, now: number): string;
  /** `22/11`. */
  dayMonth(ms: number): string;
  /** `11/2026`. */
  monthYear(ms: number): string;
  /** `5 giây trước`. */
  ago(ageMs: number): string;
  /** `2 giờ 10 phút`; at most two units. */
  duration(ms: number): string;
}

function createAges(locale: string, justNow: string): (ageMs: number) => string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  return (ageMs) => {
    const age = Math.max(ageMs, 0);
    if (age < 1_000) return justNow;
    const entry = SPOKEN_UNITS.find(({ ms }) => age >= ms) ?? {
      unit: 'second' as const,
      ms: 1_000,
    };
    return relative.format(-Math.floor(age / entry.ms), entry.unit);
  };
}

export function createFormat(language: Language, timeZone: string = TIME_ZONE): Format {
  const locale = LOCALES[language];
  const numbers = new Map<number, Intl.NumberFormat>();
  const part = (options: Intl.DateTimeFormatOptions): ((ms: number) => string) => {
    const format = new Intl.DateTimeFormat(locale, { ...options, timeZone });
    return (ms) => (Number.isFinite(ms) ? format.format(ms) : '–');
  };
  const date = part({ day: '2-digit', month: '2-digit', year: 'numeric' });
  const time = part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  // Cut from the whole date: vi-VN alone would write 22-11 and "tháng 11, 2026".
  const dayMonth = (ms: number): string => date(ms).slice(0, 'dd/MM'.length);
  const monthYear = (ms: number): string => date(ms).slice('dd/'.length);

  function number(value: number, decimals: number): string {
    let format = numbers.get(decimals);
    if (format === undefined) {
      const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
      format = new Intl.NumberFormat(locale, digits);
      numbers.set(decimals, format);
    }
    // A value that rounds to nothing must not read "-0".
    return format.format(Math.abs(value) < 0.5 * 10 ** -decimals ? 0 : value);
  }

  return {
    number,
    quantity(value, decimals, unit) {
      const symbol = unitSymbol(unit);
      return symbol === '' ? number(value, decimals) : `${number(value, decimals)}\u00a0${symbol}`;
    },
    range({ min, max }, decimals) {
      if (min !== null && max !== null) return `${number(min, decimals)}–${number(max, decimals)}`;
      if (min !== null) return `≥\u00a0${number(min, decimals)}`;
      return max === null ? '' : `≤\u00a0${number(max, decimals)}`;
    },
    date,
    time,
    dayMonth,
    monthYear,
    dateTime: (ms) => `${date(ms)} ${time(ms)}`,
    shortTime: (ms, now) => (date(ms) === date(now) ? time(ms) : `${dayMonth(ms)} ${time(ms)}`),
    ago: createAges(locale, JUST_NOW[language]),
    duration: spokenDurations(locale),
  };
}
