import { DAY_MS, dayName, dayNumber } from '../../base/local-clock.ts';
import { toInstant, type ZonePiece, zonePieces } from '../time-zone.ts';

export const HOUR_MS = 3_600_000;
/** Clock changes are looked up for a year more than was asked, so that time may go on. */
const AHEAD_MS = 366 * DAY_MS;

/** A stretch of time, `to` excluded (ms). */
export interface Span {
  from: number;
  to: number;
}

/**
 * Whether hours or days are cut in pieces by this clock change: windows then no longer follow each
 * other, and what they hold is no stretch of time.
 */
function isIrregular(before: ZonePiece, after: ZonePiece): boolean {
  return (
    (after.offset - before.offset) % HOUR_MS !== 0 ||
    localDay(before, before.to - 1) > localDay(after, before.to)
  );
}

function localDay({ offset }: ZonePiece, time: number): number {
  return Math.floor((time + offset) / DAY_MS);
}

/** Whether a zone's clocks change between two instants such that hours or days are cut in pieces. */
export function hasIrregularChange(timeZone: string, { from, to }: Span): boolean {
  const pieces = zonePieces(timeZone, from, to);
  return pieces.some((piece, place) => {
    const before = pieces[place - 1];
    return before !== undefined && isIrregular(before, piece);
  });
}

/** The local days of one time zone, numbered from 1970-01-01 on. */
export class LocalDays {
  readonly timeZone: string;
  #pieces: ZonePiece[] = [];
  #known: Span = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  #irregular = new Set<number>();
  #last: ZonePiece | undefined;

  constructor(timeZone: string) {
    this.timeZone = timeZone;
  }

  dayOf(time: number): number {
    this.#learn(time);
    if (this.#last === undefined || time < this.#last.from || time >= this.#last.to) {
      this.#last = this.#pieces.find((piece) => time >= piece.from && time < piece.to);
    }
    return Math.floor((time + (this.#last?.offset ?? 0)) / DAY_MS);
  }

  /** When the day begins and ends; a day the clocks skip is empty. */
  spanOf(day: number): Span {
    this.#learn((day - 1) * DAY_MS);
    this.#learn((day + 2) * DAY_MS);
    return {
      from: toInstant(day * DAY_MS, this.#pieces),
      to: toInstant((day + 1) * DAY_MS, this.#pieces),
    };
  }

  /** Its hours follow each other, and it begins once. Others have no rollups. */
  isRegular(day: number): boolean {
    this.#learn((day - 1) * DAY_MS);
    this.#learn((day + 2) * DAY_MS);
    return !this.#irregular.has(day);
  }

  /** `2026-11-22`, as people and the ledger write it. */
  nameOf(day: number): string {
    return dayName(day);
  }

  numberOf(name: string): number {
    return dayNumber(name);
  }

  #learn(time: number): void {
    if (time >= this.#known.from && time <= this.#known.to) return;
    const from = Math.min(this.#known.from, time - AHEAD_MS);
    const to = Math.max(this.#known.to, time + AHEAD_MS);
    this.#pieces = zonePieces(this.timeZone, from, to);
    this.#known = { from, to };
    this.#last = undefined;
    this.#irregular = new Set();
    this.#pieces.forEach((piece, place) => {
      const before = this.#pieces[place - 1];
      if (before === undefined || !isIrregular(before, piece)) return;
      const days = [localDay(before, piece.from - 1), localDay(piece, piece.from)];
      for (let day = Math.min(...days); day <= Math.max(...days); day++) this.#irregular.add(day);
    });
  }
}
