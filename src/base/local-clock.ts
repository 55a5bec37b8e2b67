import { AppError } from './errors.ts';

export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;
/** No zone changes its clock twice within a week, so looking at both ends of one finds a change. */
const WEEK_MS = 7 * DAY_MS;
/** Dates end at 8.64e15 ms on either side of 1970; a day before it local ones are dates still. */
const ASKED_MS_MAX = 8_640_000_000_000_000 - DAY_MS;
const PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second'];
/** Weeks remembered by zone: 60 years at 100 bytes each. */
const CACHED_WEEKS_MAX = 3_200;

/** A stretch of time in which local clocks keep the same distance to UTC. */
export interface ClockPiece {
  from: number;
  to: number;
  /** What local clocks show ahead of UTC, ms. */
  offset: number;
}

/** Local time of one zone. Two questions to the platform for each week, then arithmetic. */
export class LocalClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #weeks = new Map<number, readonly ClockPiece[]>();
  #current: ClockPiece = { from: 0, to: 0, offset: 0 };

  /** Throws UNKNOWN_TIME_ZONE. */
  constructor(timeZone: string) {
    this.#format = formatOf(timeZone);
  }

  /** What local clocks show ahead of UTC at an instant, in ms. */
  offset(time: number): number {
    if (time >= this.#current.from && time < this.#current.to) return this.#current.offset;
    const week = this.#week(Math.floor(time / WEEK_MS));
    this.#current = week.find(({ to }) => time < to) ?? this.#current;
    return this.#current.offset;
  }

  /** Local calendar day of an instant, as days since 1970-01-01. */
  day(time: number): number {
    return Math.floor((time + this.offset(time)) / DAY_MS);
  }

  /** What the clock shows, in minutes since midnight: 0 to just below 1440. */
  minutes(time: number): number {
    const local = time + this.offset(time);
    return (local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS;
  }

  /**
   * The instant of a local time, written as if it were UTC. Of two that share one, the later; of a
   * time that clocks skip, one as far off as they were moved.
   */
  instant(local: number): number {
    return local - this.offset(local - this.offset(local));
  }

  /** The stretches that cover `[from, to]`, cut to it. */
  pieces(from: number, to: number): ClockPiece[] {
    const found: ClockPiece[] = [];
    for (let week = Math.floor(from / WEEK_MS); week * WEEK_MS <= to; week++) {
      for (const piece of this.#week(week)) {
        if (piece.to <= from || piece.from > to) continue;
        const end = Math.min(piece.to, to);
        const before = found.at(-1);
        if (before?.offset === piece.offset) before.to = end;
        else found.push({ ...piece, from: Math.max(piece.from, from), to: end });
      }
    }
    return found;
  }

  #week(week: number): readonly ClockPiece[] {
    const known = this.#weeks.get(week);
    if (known !== undefined) return known;
    if (this.#weeks.size >= CACHED_WEEKS_MAX) this.#weeks.clear();
    const from = week * WEEK_MS;
    const to = from + WEEK_MS;
    const offset = this.#ask(from);
    const after = this.#ask(to);
    let pieces: ClockPiece[] = [{ from, to, offset }];
    if (after !== offset) {
      let low = from;
      let high = to;
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (this.#ask(middle) === offset) low = middle;
        else high = middle;
      }
      pieces = [
        { from, to: high, offset },
        { from: high, to, offset: after },
      ];
    }
    this.#weeks.set(week, pieces);
    return pieces;
  }

  #ask(instant: number): number {
    const time = Math.min(Math.max(instant, -ASKED_MS_MAX), ASKED_MS_MAX);
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(time)) parts[type] = value;
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = PARTS.map((name) =>
      Number(parts[name]),
    );
    const local = new Date(0);
    // The year before AD 1 is 1 BC to the platform and 0 to dates.
    local.setUTCFullYear(parts['era']?.startsWith('B') === true ? 1 - year : year, month - 1, day);
    local.setUTCHours(hour, minute, second);
    return local.getTime() - Math.floor(time / 1000) * 1000;
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    });
  } catch (cause) {
    throw new AppError('UNKNOWN_TIME_ZONE', `there is no time zone ${timeZone}`, {
      cause,
      field: 'timeZone',
      hint: 'Use an IANA name such as Asia/Ho_Chi_Minh.',
    });
  }
}

/** Whether the running system knows the IANA zone. */
export function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

const clocks = new Map<string, LocalClock>();

/** The clock of a zone; one for all who ask. Throws UNKNOWN_TIME_ZONE. */
export function localClock(timeZone: string): LocalClock {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = new LocalClock(timeZone);
    clocks.set(timeZone, clock);
  }
  return clock;
}

/** Days since 1970-01-01 as `2026-11-22`. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `2026-11-22` as days since 1970-01-01, or NaN when there is no such day. */
export function dayNumber(name: string): number {
  const day = Math.floor(Date.parse(`${name}T00:00:00Z`) / DAY_MS);
  return Number.isNaN(day) || dayName(day) !== name ? Number.NaN : day;
}

/** `18:30` as minutes since midnight, or NaN when no clock shows it. */
export function minutesOfDay(text: string): number {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? Number.NaN : +hours * 60 + +minutes;
}
