import { DAY_MS, localClock, MINUTE_MS, minutesOfDay } from '../base/local-clock.ts';

const DAY_MINUTES = 1_440;

/** Times of day as clocks on the wall of a zone show them. */
export interface LocalTimes {
  /** Minutes since local midnight. */
  minuteOfDay(time: number): number;
  /** The next instant after `time` at which clocks show `05:00`. */
  next(timeOfDay: string, after: number): number;
  /** Whether clocks show a time from the first, which belongs, to the second, which does not. */
  isBetween(time: number, span: { from: string; to: string }): boolean;
  /** `22/11 04:12`. */
  show(time: number): string;
}

export function createLocalTimes(timeZone: string): LocalTimes {
  const clock = localClock(timeZone);
  const minuteOfDay = (time: number): number => Math.floor(clock.minutes(time));

  return {
    minuteOfDay,

    next(timeOfDay, after) {
      const wanted = minutesOfDay(timeOfDay) * MINUTE_MS;
      const today = clock.instant(clock.day(after) * DAY_MS + wanted);
      return today > after ? today : clock.instant((clock.day(after) + 1) * DAY_MS + wanted);
    },

    isBetween(time, { from, to }) {
      const begin = minutesOfDay(from);
      const length = modulo(minutesOfDay(to) - begin, DAY_MINUTES);
      return modulo(minuteOfDay(time) - begin, DAY_MINUTES) < length;
    },

    show(time) {
      const [, month, day, clockTime] =
        /-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(new Date(time + clock.offset(time)).toISOString()) ?? [];
      return `${day}/${month} ${clockTime}`;
    },
  };
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
