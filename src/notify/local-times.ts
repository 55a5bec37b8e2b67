const MINUTE_MS = 60_000;
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
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: '2-digit',
    month: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const partsOf = (time: number): Record<string, string> =>
    Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));

  function minuteOfDay(time: number): number {
    const { hour, minute } = partsOf(time);
    return Number(hour) * 60 + Number(minute);
  }

  return {
    minuteOfDay,

    next(timeOfDay, after) {
      const wanted = minutesOf(timeOfDay);
      const start = after - modulo(after, MINUTE_MS);
      const ahead = modulo(wanted - minuteOfDay(start), DAY_MINUTES) || DAY_MINUTES;
      const guess = start + ahead * MINUTE_MS;
      // A clock change on the way shows as a difference, of at most some hours either way.
      const half = DAY_MINUTES / 2;
      const off = modulo(wanted - minuteOfDay(guess) + half, DAY_MINUTES) - half;
      const corrected = guess + off * MINUTE_MS;
      return corrected > after ? corrected : guess;
    },

    isBetween(time, { from, to }) {
      const length = modulo(minutesOf(to) - minutesOf(from), DAY_MINUTES);
      return modulo(minuteOfDay(time) - minutesOf(from), DAY_MINUTES) < length;
    },

    show(time) {
      const { day, month, hour, minute } = partsOf(time);
      return `${day}/${month} ${hour}:${minute}`;
    },
  };
}

function minutesOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
  return hours * 60 + minutes;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
