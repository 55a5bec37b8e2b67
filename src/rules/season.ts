import {
  type ClockPiece,
  DAY_MS,
  dayName,
  dayNumber,
  type LocalClock,
  localClock,
  MINUTE_MS,
  minutesOfDay,
} from '../base/local-clock.ts';
import type { RuleSeason } from '../contracts/rule.ts';
import type { RuleContext } from './compiled.ts';
import type { Interval } from './interval.ts';

/** When a rule asks at all. */
export interface Season {
  /** Whether it asks at an instant; null when nobody knows, as days of a crop without a start. */
  isOn(time: number): boolean | null;
  /** The stretches of `[from, to]` in which it asks, ascending, each without its end. */
  windows(from: number, to: number): Array<{ from: number; to: number }>;
}

/** Null for a rule that always asks. */
export function compileSeason(
  when: RuleSeason | undefined,
  { timeZone, startedOn }: Pick<RuleContext, 'timeZone' | 'startedOn'>,
): Season | null {
  if (when === undefined || Object.values(when).every((part) => part === undefined)) return null;
  return new LocalSeason(when, localClock(timeZone), startedOn);
}

class LocalSeason implements Season {
  readonly #clock: LocalClock;
  readonly #when: RuleSeason;
  /** The crop's first day; NaN when it is not known. */
  readonly #started: number;
  readonly #from: number;
  readonly #to: number;
  /** One day's answer, since most instants asked for follow each other. */
  #day = Number.NaN;
  #isOnDay = false;

  constructor(when: RuleSeason, clock: LocalClock, startedOn: string | null) {
    this.#when = when;
    this.#clock = clock;
    this.#started = startedOn === null ? Number.NaN : dayNumber(startedOn);
    this.#from = minutesOfDay(when.hours?.from ?? '00:00');
    this.#to = minutesOfDay(when.hours?.to ?? '00:00');
  }

  isOn(time: number): boolean | null {
    if (this.#when.cropDays !== undefined && Number.isNaN(this.#started)) return null;
    return this.#isOnLocal(time + this.#clock.offset(time));
  }

  windows(from: number, to: number): Array<{ from: number; to: number }> {
    if (this.isOn(from) === null) return [];
    const found: Array<{ from: number; to: number }> = [];
    for (const piece of this.#clock.pieces(from, to)) {
      for (const part of this.#parts(piece)) {
        if (!this.#isOnLocal(part.from + piece.offset)) continue;
        const before = found.at(-1);
        if (before?.to === part.from) before.to = part.to;
        else found.push(part);
      }
    }
    return found;
  }

  /** Between two of these instants local time runs on and the answer stays the same. */
  *#parts({ from, to, offset }: ClockPiece): Iterable<{ from: number; to: number }> {
    let start = from;
    for (let day = Math.floor((from + offset) / DAY_MS); start < to; day++) {
      const midnight = day * DAY_MS - offset;
      const turns = [this.#from, this.#to].sort((left, right) => left - right);
      for (const minutes of [...turns, DAY_MS / MINUTE_MS]) {
        const turn = Math.min(midnight + minutes * MINUTE_MS, to);
        if (turn <= start) continue;
        yield { from: start, to: turn };
        start = turn;
      }
    }
  }

  #isOnLocal(local: number): boolean {
    const day = Math.floor(local / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#isOnDay = this.#isDayOn(day);
    }
    if (!this.#isOnDay) return false;
    if (this.#when.hours === undefined) return true;
    return isWithin((local - day * DAY_MS) / MINUTE_MS, this.#from, this.#to);
  }

  #isDayOn(day: number): boolean {
    const { dates, cropDays } = this.#when;
    const since = day - this.#started;
    if (cropDays !== undefined && !(since >= cropDays.from && since <= cropDays.to)) return false;
    if (dates === undefined) return true;
    const date = dayName(day).slice(5);
    const [from, to] = [dates.from, dates.to];
    return from <= to ? date >= from && date <= to : date >= from || date <= to;
  }
}

/** The first minute belongs, the last does not; may pass midnight. */
function isWithin(minutes: number, from: number, to: number): boolean {
  return from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

/** The parts of a silence that lie in the season; one that lasts is known until `now`. */
export function cutToSeason(silence: Interval, season: Season | null, now: number): Interval[] {
  if (season === null) return [silence];
  const parts: Interval[] = [];
  for (const { from, to } of season.windows(silence.onset, silence.end ?? now)) {
    parts.push({ ...silence, onset: from, end: to });
  }
  const last = parts.at(-1);
  if (silence.end !== null || season.isOn(now) !== true) return parts;
  if (last?.end === now) last.end = null;
  else parts.push({ ...silence, onset: now, end: null });
  return parts;
}
