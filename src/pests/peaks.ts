/**
 * Peaks of brown planthoppers in a light trap, to sow rice so that the wave comes while the seed is
 * still in the soil. The rule of detection is ours; that one migrant peak comes each month, five to
 * six days earlier than in the month before, is Huỳnh et al. 2012 (Cần Thơ). How many days after a
 * peak to sow is the province's to say: no number for it could be verified.
 */

/** Least mean of three nights that is a peak, where a site has no floor of its own. */
export const PEAK_FLOOR = 50;
/** A peak is at least this many times the median of the nights before. */
export const PEAK_RATIO = 2;
const MEDIAN_NIGHTS = 14;
/** Fewer nights than half say nothing about what is usual. */
const MEDIAN_NIGHTS_MIN = 7;

/** Catch of a standard night, null when it was not observed. */
export type NightlyCatch = number | null;

/** Mean of a night and its neighbours; null with fewer than two of the three observed. */
export function threeNightMean(nights: readonly NightlyCatch[], at: number): number | null {
  const known = [nights[at - 1], nights[at], nights[at + 1]].filter(
    (night) => night !== null && night !== undefined,
  ) as number[];
  if (known.length < 2) return null;
  return known.reduce((sum, night) => sum + night, 0) / known.length;
}

/** Median of the fourteen nights before one; null with fewer than seven of them observed. */
export function medianBefore(nights: readonly NightlyCatch[], at: number): number | null {
  const known = nights
    .slice(Math.max(0, at - MEDIAN_NIGHTS), at)
    .filter((night) => night !== null)
    .sort((a, b) => a - b);
  if (known.length < MEDIAN_NIGHTS_MIN) return null;
  const middle = known.length >> 1;
  const upper = known[middle] ?? 0;
  return known.length % 2 === 1 ? upper : (upper + (known[middle - 1] ?? 0)) / 2;
}

/**
 * Places of the peaks in a row of nights, one element a night. A peak is confirmed by the night
 * after it when the fall is steep, else by the one after that, so the last night of the row is
 * never one; a wave that swells again within those two nights takes a peak back. What cannot be
 * told is no peak.
 */
export function findPeaks(nights: readonly NightlyCatch[], floor: number = PEAK_FLOOR): number[] {
  const peaks: number[] = [];
  for (let at = 1; at < nights.length - 1; at++) {
    const mean = threeNightMean(nights, at);
    const before = threeNightMean(nights, at - 1);
    const after = threeNightMean(nights, at + 1);
    const usual = medianBefore(nights, at);
    if (mean === null || before === null || after === null || usual === null) continue;
    const isTop = mean > before && mean >= after;
    if (isTop && mean >= PEAK_RATIO * usual && mean >= floor) peaks.push(at);
  }
  return peaks;
}

const DAY_MS = 86_400_000;
const EARLIER_DAYS = { least: 5, most: 6 } as const;

/** The next peak is due between two local dates (`YYYY-MM-DD`), both included. */
export interface PeakForecast {
  from: string;
  to: string;
}

/**
 * When the next peak is due after one on a local date: the same day of the next month, or its last
 * day when it has none such, less five to six days. Throws RangeError for what is no date.
 */
export function nextPeak(date: string): PeakForecast {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? [];
  const time = Date.parse(`${date}T00:00:00Z`);
  const isDate = Number.isFinite(time) && new Date(time).toISOString().startsWith(date);
  if (day === undefined || !isDate) throw new RangeError(`${date} is no date YYYY-MM-DD`);
  const lastOfNext = new Date(Date.UTC(Number(year), Number(month) + 1, 0)).getUTCDate();
  const due = Date.UTC(Number(year), Number(month), Math.min(Number(day), lastOfNext));
  const earlier = (days: number): string =>
    new Date(due - days * DAY_MS).toISOString().slice(0, 10);
  return { from: earlier(EARLIER_DAYS.most), to: earlier(EARLIER_DAYS.least) };
}
