import { type BucketWidth, toInstant, type ZonePiece } from '../time-zone.ts';

/** Added before whole-number division, which would otherwise round towards 1970 and not down. */
const EPOCH_SHIFT_MS = 8_640_000_000_000_000;

function shiftMs(widthMs: number): number {
  return Math.ceil(EPOCH_SHIFT_MS / widthMs) * widthMs;
}

/** The column's time as local clocks showed it. */
function localTime(column: string, pieces: readonly ZonePiece[]): string {
  const offsets = pieces.map((piece) => piece.offset);
  const last = offsets.at(-1) ?? 0;
  if (pieces.length <= 1) return `(${column} + ${last})`;
  const cases = pieces
    .slice(0, -1)
    .map((piece) => `WHEN ${column} < ${piece.to} THEN ${piece.offset}`);
  return `(${column} + CASE ${cases.join(' ')} ELSE ${last} END)`;
}

/** SQL for a whole number that grows with the bucket; `bucketStart` turns it into an instant. */
export function bucketNumber(
  column: string,
  width: BucketWidth,
  pieces: readonly ZonePiece[],
): string {
  const local = localTime(column, pieces);
  switch (width.type) {
    case 'whole':
      return '0';
    case 'months':
      return `((year(epoch_ms(${local})) * 12 + month(epoch_ms(${local})) - 1) // ${width.months})`;
    case 'local': {
      const shift = shiftMs(width.widthMs);
      const quotient = `(${local} + ${shift - width.originMs}) // ${width.widthMs}`;
      return `(${quotient} - ${shift / width.widthMs})`;
    }
    case 'elapsed':
      return `(${column} - (${local} + ${shiftMs(width.widthMs)}) % ${width.widthMs})`;
  }
}

export interface BucketShape {
  width: BucketWidth;
  pieces: readonly ZonePiece[];
  /** Start of the range asked for (ms), where a bucket over the whole of it begins. */
  rangeFrom: number;
}

/** The instant (ms) at which the bucket with this number begins. */
export function bucketStart(number: number, { width, pieces, rangeFrom }: BucketShape): number {
  switch (width.type) {
    case 'whole':
      return rangeFrom;
    case 'months': {
      const month = number * width.months;
      const local = new Date(0);
      local.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
      return toInstant(local.getTime(), pieces);
    }
    case 'local':
      return toInstant(number * width.widthMs + width.originMs, pieces);
    case 'elapsed':
      return number;
  }
}
