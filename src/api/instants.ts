import { z } from 'zod';
import { DAY_MS, localClock } from '../base/local-clock.ts';

const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/**
 * ISO 8601 text of a time in ms, `2026-11-22T05:00:00.000Z`. Rows of one series are near each
 * other, so what they share is made once a month: five times as fast as `toISOString` for each
 * row, be they minutes or days apart.
 */
export function isoWriter(): (time: number) => string {
  let from = Number.NaN;
  let to = Number.NaN;
  let month = '';
  return (time) => {
    if (!(time >= from && time < to)) {
      const date = new Date(time);
      month = date.toISOString().slice(0, -'01T00:00:00.000Z'.length);
      from = date.setUTCHours(0, 0, 0, 0) - (date.getUTCDate() - 1) * DAY_MS;
      to = date.setUTCMonth(date.getUTCMonth() + 1, 1);
    }
    const day = Math.floor((time - from) / DAY_MS);
    const inDay = Math.floor(time - from - day * DAY_MS);
    const ms = inDay % 1_000;
    const second = Math.floor(inDay / 1_000);
    const clock = `${twoDigits[Math.floor(second / 3_600)]}:${twoDigits[Math.floor(second / 60) % 60]}:${twoDigits[second % 60]}`;
    return `${month}${twoDigits[day + 1]}T${clock}.${ms === 0 ? '000' : String(ms).padStart(3, '0')}Z`;
  };
}

/** A time as a caller writes it: an instant, or a date whose midnight depends on a time zone. */
export type AskedInstant = { at: number } | { date: string };

const DATE = z.iso.date();
const DATE_TIME = z.iso.datetime({ offset: true, local: true });
/** Any instant a JavaScript date can hold has at most 16 digits. */
const EPOCH_MS = /^-?\d{1,16}$/;
const INSTANT_MS_MAX = 8_640_000_000_000_000;

/** Reads `2026-11-22T05:00:00Z`, `2026-11-22`, `2026-11-22T05:00` (local) or epoch ms. */
export const instantQuery = z
  .string()
  .max(40)
  .transform((text, context): AskedInstant => {
    const asked = readInstant(text);
    if (asked !== undefined) return asked;
    context.addIssue({ code: 'custom', params: { code: 'INSTANT_INVALID' } });
    return z.NEVER;
  })
  .describe('ISO 8601, a date (midnight in the time zone), or milliseconds since 1970.');

function readInstant(text: string): AskedInstant | undefined {
  if (EPOCH_MS.test(text)) {
    const at = Number(text);
    return Math.abs(at) <= INSTANT_MS_MAX ? { at } : undefined;
  }
  // A plus sign that was not percent-encoded arrives as a space.
  const mended = text.replace(/ (?=\d\d:?\d\d$)/, '+');
  if (DATE.safeParse(mended).success) return { date: `${mended}T00:00:00.000` };
  if (!DATE_TIME.safeParse(mended).success) return undefined;
  if (/(?:Z|[+-]\d\d:?\d\d)$/.test(mended)) return { at: Date.parse(mended) };
  return { date: mended };
}

/** The instant in ms; a local time is read in the time zone. */
export function resolveInstant(asked: AskedInstant, timeZone: string): number {
  if ('at' in asked) return asked.at;
  return localClock(timeZone).instant(Date.parse(`${asked.date}Z`));
}

/** Calendar fields of a local day, `2026-11-22`. */
export const dayQuery = z.iso.date().describe('A local day, `2026-11-22`.');
