import { DAY_MS } from '../base/local-clock.ts';
import type { Every } from '../contracts/series.ts';
import { bucketWidth, bucketWidthMax, toInstant, zonePieces } from './time-zone.ts';

export interface BucketingOptions {
  every: Every | null;
  timeZone: string;
  /** The range whose times will be asked for (ms), `to` excluded. */
  from: number;
  to: number;
}

/**
 * Tells the start of the bucket an instant lies in (both ms). Near a clock change buckets of odd
 * widths may repeat a stretch of local time: two instants are in one bucket when their starts are
 * equal, not when nothing lies between them.
 */
export function createBucketing(options: BucketingOptions): (time: number) => number {
  const { every, timeZone, from, to } = options;
  const width = bucketWidth(every);
  if (width.type === 'whole') return () => from;
  const pieces = zonePieces(timeZone, from - bucketWidthMax(width), to);
  let piece = pieces[0];
  return (time) => {
    if (piece === undefined || time < piece.from || time >= piece.to) {
      piece = pieces.find((one) => time >= one.from && time < one.to);
    }
    const local = time + (piece?.offset ?? 0);
    switch (width.type) {
      case 'elapsed':
        return time - modulo(local, width.widthMs);
      case 'local':
        return toInstant(local - modulo(local - width.originMs, width.widthMs), pieces);
      case 'months':
        return toInstant(monthStart(local, width.months), pieces);
    }
  };
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** Local time at which the group of months begins that a local time lies in, from year 0 on. */
function monthStart(local: number, months: number): number {
  const date = new Date(Math.floor(local / DAY_MS) * DAY_MS);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
  const first = month - modulo(month, months);
  date.setUTCFullYear(Math.floor(first / 12), first % 12, 1);
  return date.getTime();
}
