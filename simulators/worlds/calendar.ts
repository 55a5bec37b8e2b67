export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Vietnam is seven hours ahead of UTC the whole year. */
const OFFSET_MS = 7 * HOUR_MS;

/** Days since 1970-01-01 on the calendar of Vietnam. */
export function localDay(time: number): number {
  return Math.floor((time + OFFSET_MS) / DAY_MS);
}

/** Hours since local midnight, with fraction. */
export function localHour(time: number): number {
  return (time + OFFSET_MS - localDay(time) * DAY_MS) / HOUR_MS;
}

/** The instant at which a local day begins, or `hour` hours later. */
export function localInstant(day: number, hour = 0): number {
  return day * DAY_MS - OFFSET_MS + hour * HOUR_MS;
}

const YEAR_DAYS = 365.2425;

/** 1 on the given day of the year, -1 half a year away. */
export function season(time: number, peakDayOfYear: number): number {
  return Math.cos((2 * Math.PI * (time / DAY_MS - peakDayOfYear)) / YEAR_DAYS);
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothStep(value: number, from: number, to: number): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return share * share * (3 - 2 * share);
}
