import { type CronTimes, cronTimes } from '../../base/cron.ts';
import { DAY_MS, type LocalClock, MINUTE_MS, minutesOfDay } from '../../base/local-clock.ts';
import type { ProgrammeStart } from '../../contracts/irrigation.ts';

/** When a programme is to begin. */
export interface Start {
  /** The start's name: its instant, or that at which its window opens. */
  at: number;
  /** The window's end; null without one. */
  until: number | null;
}

/** Half-hourly pulses for a whole day; what comes more often is a rule, not a programme. */
export const STARTS_PER_DAY_MAX = 48;
/** Cron texts remembered: each of 1,000 programmes has its own at worst, 20 KB each. */
const CRON_TEXTS_MAX = 1_000;
const cronTexts = new Map<string, CronTimes | null>();

/** A cron text read once; null for one that cannot be. */
export function timesOfCron(expression: string): CronTimes | null {
  let times = cronTexts.get(expression);
  if (times === undefined) {
    times = cronTimes(expression);
    if (cronTexts.size >= CRON_TEXTS_MAX) cronTexts.clear();
    cronTexts.set(expression, times);
  }
  return times;
}

/** 0 Sunday, of days since 1970-01-01, a Thursday. */
export function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/**
 * Starts in `[from, to)`, ascending, none twice. One that local clocks skip comes once, as far off
 * as they were moved; one they show twice comes once. An impossible start has none.
 */
export function startsOf(
  start: ProgrammeStart,
  clock: LocalClock,
  { from, to }: { from: number; to: number },
): Start[] {
  const found = new Map<number, Start>();
  // A zone that crossed the date line skipped a whole day: look one further on both sides.
  for (let day = clock.day(from) - 1; day <= clock.day(to) + 1; day++) {
    for (const one of startsOn(start, clock, day)) {
      if (one.at >= from && one.at < to && !found.has(one.at)) found.set(one.at, one);
    }
  }
  return [...found.values()].sort((a, b) => a.at - b.at);
}

function startsOn(start: ProgrammeStart, clock: LocalClock, day: number): Start[] {
  const local = day * DAY_MS;
  if (start.type === 'cron') {
    const times = timesOfCron(start.expression);
    if (times === null || times.perDay > STARTS_PER_DAY_MAX || !times.comesOn(day)) return [];
    return times.seconds().map((second) => ({
      at: clock.instant(local + second * 1000),
      until: null,
    }));
  }
  if (start.days !== undefined && !start.days.includes(weekday(day))) return [];
  if (start.type === 'times') {
    return start.at
      .map((text) => minutesOfDay(text))
      .filter((minutes) => !Number.isNaN(minutes))
      .map((minutes) => ({ at: clock.instant(local + minutes * MINUTE_MS), until: null }));
  }
  const length = windowMs(start);
  if (Number.isNaN(length)) return [];
  const opens = local + minutesOfDay(start.from) * MINUTE_MS;
  const at = clock.instant(opens);
  const until = clock.instant(opens + length);
  // A window that lies in the hour clocks skip has its length after it.
  return [{ at, until: until > at ? until : at + length }];
}

/** Length of a window by the clock on the wall, over midnight when it must; NaN for none. */
export function windowMs({ from, to }: Extract<ProgrammeStart, { type: 'window' }>): number {
  const minutes = minutesOfDay(to) - minutesOfDay(from);
  if (minutes === 0) return Number.NaN;
  return minutes > 0 ? minutes * MINUTE_MS : minutes * MINUTE_MS + DAY_MS;
}
