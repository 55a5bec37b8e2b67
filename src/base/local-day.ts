import { dayName, localClock } from './local-clock.ts';

/** The local calendar day, `2026-11-22`, of a time in ms. Throws UNKNOWN_TIME_ZONE. */
export function localDayOf(timeZone: string): (time: number) => string {
  const clock = localClock(timeZone);
  let known = Number.NaN;
  let name = '';
  return (time) => {
    const day = clock.day(time);
    if (day !== known) {
      known = day;
      name = dayName(day);
    }
    return name;
  };
}
