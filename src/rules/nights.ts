import { DAY_MS, type LocalClock, localClock, MINUTE_MS } from '../base/local-clock.ts';

/** When people sleep: from 22:00 to 05:00 local time, the end excluded. */
const NIGHT_FROM_MINUTES = 22 * 60;
const NIGHT_TO_MINUTES = 5 * 60;

/** The nights of one time zone, each named by the local day on which it begins. */
export class Nights {
  readonly #clock: LocalClock;

  constructor(timeZone: string) {
    this.#clock = localClock(timeZone);
  }

  /** The night an instant lies in, as days since 1970-01-01; null by day. */
  of(time: number): number | null {
    const minutes = this.#clock.minutes(time);
    if (minutes >= NIGHT_FROM_MINUTES) return this.#clock.day(time);
    return minutes < NIGHT_TO_MINUTES ? this.#clock.day(time) - 1 : null;
  }

  /** How many nights share time with `[from, to)`. */
  count(from: number, to: number): number {
    let nights = 0;
    for (let day = this.#clock.day(from) - 1; day <= this.#clock.day(to); day++) {
      const begins = this.#instant(day, NIGHT_FROM_MINUTES);
      if (begins < to && this.#instant(day + 1, NIGHT_TO_MINUTES) > from) nights++;
    }
    return nights;
  }

  #instant(day: number, minutes: number): number {
    return this.#clock.instant(day * DAY_MS + minutes * MINUTE_MS);
  }
}
