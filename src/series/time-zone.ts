import { localClock } from '../base/local-clock.ts';
import type { Every } from '../contracts/series.ts';

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** No zone changes its clock twice within a week, so looking once a week finds every change. */
const PROBE_MS = 7 * DAY_MS;

/** What local clocks show ahead of UTC at an instant, in ms. Throws UNKNOWN_TIME_ZONE. */
export function zoneOffset(timeZone: string, time: number): number {
  return localClock(timeZone).offset(time);
}

/** A stretch of time in which local clocks keep the same distance to UTC; the ends are UTC. */
export interface ZonePiece {
  from: number;
  to: number;
  offset: number;
}

/** When local clocks change to another offset. */
interface ClockChange {
  at: number;
  offset: number;
}

/** A year of a zone: the offset it begins with, and the changes behind its start. */
interface ZoneYear {
  offset: number;
  changes: ClockChange[];
}

/** Zones are looked through by the year, from 1970 on: a year takes half a millisecond. */
const ZONE_YEAR_MS = 52 * PROBE_MS;
/** Years that are remembered: fifty of forty zones, some 400 KB. */
const ZONE_YEARS_MAX = 2_000;
/** The ends of the time there can be dates of. */
const DATE_MS_MAX = 8_640_000_000_000_000;

const zoneYears = new Map<string, ZoneYear>();

function zoneYear(timeZone: string, year: number): ZoneYear {
  const key = `${timeZone} ${year}`;
  const known = zoneYears.get(key);
  if (known !== undefined) return known;
  const found = findChanges(timeZone, {
    from: Math.max(year * ZONE_YEAR_MS, -DATE_MS_MAX),
    to: Math.min((year + 1) * ZONE_YEAR_MS, DATE_MS_MAX),
  });
  const [oldest] = zoneYears.keys();
  if (zoneYears.size >= ZONE_YEARS_MAX && oldest !== undefined) zoneYears.delete(oldest);
  zoneYears.set(key, found);
  return found;
}

/** The changes behind `from`, up to `to` included. */
function findChanges(timeZone: string, { from, to }: { from: number; to: number }): ZoneYear {
  const changes: ClockChange[] = [];
  const first = zoneOffset(timeZone, from);
  let offset = first;
  let known = from;
  for (let probe = from; probe < to; ) {
    probe = Math.min(probe + PROBE_MS, to);
    const next = zoneOffset(timeZone, probe);
    if (next !== offset) {
      let low = known;
      let high = probe;
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (zoneOffset(timeZone, middle) === offset) low = middle;
        else high = middle;
      }
      changes.push({ at: high, offset: next });
      offset = next;
    }
    known = probe;
  }
  return { offset: first, changes };
}

/** The pieces that cover `[from, to]`; the first begins and the last ends without limit. */
export function zonePieces(timeZone: string, from: number, to: number): ZonePiece[] {
  const pieces: ZonePiece[] = [];
  const first = Math.floor(from / ZONE_YEAR_MS);
  const last = Math.max(first, Math.floor(to / ZONE_YEAR_MS));
  let start = Number.NEGATIVE_INFINITY;
  let { offset } = zoneYear(timeZone, first);
  for (let year = first; year <= last; year++) {
    for (const change of zoneYear(timeZone, year).changes) {
      if (change.at > Math.max(from, to)) break;
      if (change.at > from) {
        pieces.push({ from: start, to: change.at, offset });
        start = change.at;
      }
      offset = change.offset;
    }
  }
  pieces.push({ from: start, to: Number.POSITIVE_INFINITY, offset });
  return pieces;
}

/** The instant local clocks first show `local`; where they skip it, the instant of the skip. */
export function toInstant(local: number, pieces: readonly ZonePiece[]): number {
  for (const piece of pieces) {
    const instant = local - piece.offset;
    if (instant < piece.from) return piece.from;
    if (instant < piece.to) return instant;
  }
  return local;
}

/** The local day of an instant as days since 1970-01-01. */
export function localDayNumber(timeZone: string, time: number): number {
  return Math.floor((time + zoneOffset(timeZone, time)) / DAY_MS);
}

/** `2026-11-22` as days since 1970-01-01, or NaN when it is not a date. */
export function dayNumber(day: string): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

/** Days since 1970-01-01 as `2026-11-22`. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** How wide buckets are cut: months by the calendar, all else by a fixed count of local ms. */
export type BucketWidth =
  /** One bucket, from the start of the range on. */
  | { type: 'whole' }
  | { type: 'months'; months: number }
  | { type: 'local'; widthMs: number; originMs: number }
  /** Narrow enough that a clock change falls between two buckets: cut in elapsed time. */
  | { type: 'elapsed'; widthMs: number };

/** 1970-01-05, the first Monday: weeks are counted from it. */
const MONDAY_MS = 4 * DAY_MS;

export function bucketWidth(every: Every | null): BucketWidth {
  if (every === null) return { type: 'whole' };
  const { count, unit } = every;
  switch (unit) {
    case 'year':
      return { type: 'months', months: 12 * count };
    case 'month':
      return { type: 'months', months: count };
    case 'week':
      return { type: 'local', widthMs: 7 * DAY_MS * count, originMs: MONDAY_MS };
    case 'day':
      return { type: 'local', widthMs: DAY_MS * count, originMs: 0 };
    default: {
      const unitMs = { hour: HOUR_MS, minute: 60_000, second: 1_000 }[unit];
      const widthMs = unitMs * count;
      if (widthMs <= HOUR_MS && HOUR_MS % widthMs === 0) return { type: 'elapsed', widthMs };
      return { type: 'local', widthMs, originMs: 0 };
    }
  }
}

/** Most buckets that can begin in a range of this length. */
export function bucketCountMax(width: BucketWidth, rangeMs: number): number {
  if (width.type === 'whole') return 1;
  const widthMs = width.type === 'months' ? width.months * 28 * DAY_MS : width.widthMs;
  return Math.ceil(rangeMs / widthMs) + 2;
}

/** How long a bucket can be at most, in ms; a bucket over a whole range begins with it. */
export function bucketWidthMax(width: BucketWidth): number {
  if (width.type === 'whole') return 0;
  return width.type === 'months' ? width.months * 31 * DAY_MS : width.widthMs;
}
