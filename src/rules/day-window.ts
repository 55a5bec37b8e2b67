import { DAY_MS, dayName, type LocalClock, MINUTE_MS, minutesOfDay } from '../base/local-clock.ts';
import type { DaySummary } from '../contracts/derived.ts';
import type { ViewFunction } from '../contracts/rule.ts';

/** Local days are up to this much longer than 24 h when clocks are set back. */
const LONGER_BY_MS = 3 * 3_600_000;

/** How far back so many local days, today's part included, can reach. */
export function daysReachMs(days: number): number {
  return days * DAY_MS + LONGER_BY_MS;
}

interface Day {
  number: number;
  summary: DaySummary;
}

/** What each of the last local days came to, today's part included. */
export class DayWindow {
  readonly #days: number;
  readonly #shiftMs: number;
  readonly #clock: LocalClock;
  #kept: Day[] = [];

  constructor({ days, startsAt }: { days: number; startsAt: string }, clock: LocalClock) {
    this.#days = days;
    this.#shiftMs = minutesOfDay(startsAt) * MINUTE_MS;
    this.#clock = clock;
  }

  push(time: number, value: number): void {
    const number = this.moveTo(time);
    const today = this.#kept.at(-1);
    if (today === undefined || today.number !== number) {
      const summary = { from: time, to: time, gapMs: 0, min: value, max: value, sum: value };
      this.#kept.push({ number, summary: { day: dayName(number), ...summary, count: 1 } });
      return;
    }
    const { summary } = today;
    summary.gapMs = Math.max(summary.gapMs, time - summary.to);
    summary.to = time;
    summary.min = Math.min(summary.min, value);
    summary.max = Math.max(summary.max, value);
    summary.sum += value;
    summary.count++;
  }

  /** Lets days go that are over at this time; its own day. */
  moveTo(time: number): number {
    const today = Math.floor((time + this.#clock.offset(time) - this.#shiftMs) / DAY_MS);
    while ((this.#kept[0]?.number ?? today) <= today - this.#days) this.#kept.shift();
    return today;
  }

  /** Ascending; a day without samples has none. Not to be kept: today's goes on. */
  summaries(): DaySummary[] {
    return this.#kept.map(({ summary }) => summary);
  }
}

/** What a day comes to under a function. */
export function valueOfDay(day: DaySummary, each: ViewFunction): number {
  switch (each) {
    case 'mean':
      return day.sum / day.count;
    case 'swing':
      return day.max - day.min;
    default:
      return day[each];
  }
}
