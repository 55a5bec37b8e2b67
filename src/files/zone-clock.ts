const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Days remembered: two centuries of them are 3 MB. */
const CACHED_DAYS_MAX = 73_000;

/**
 * How far the clocks of a zone are ahead of UTC. Asked once a day of history; a day on which they
 * change is asked by the quarter hour, on which every zone in use changes at the finest.
 */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  /** The offset of a whole UTC day, or NaN for a day on which it changes. */
  readonly #days = new Map<number, number>();
  #day = Number.NaN;
  #offset = 0;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** In ms, at an instant from 1970 on. */
  offsetAt(time: number): number {
    const day = Math.floor(time / DAY_MS);
    if (day !== this.#day) {
      this.#offset = this.#offsetOfDay(day);
      this.#day = day;
    }
    return Number.isNaN(this.#offset) ? this.#ask(time) : this.#offset;
  }

  /** The instant of a local time, written as if it were UTC; the later of two that share it. */
  instantOf(wall: number): number {
    const guess = wall - this.offsetAt(wall);
    return wall - this.offsetAt(guess);
  }

  #offsetOfDay(day: number): number {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const first = this.#ask(day * DAY_MS);
    const offset = first === this.#ask((day + 1) * DAY_MS) ? first : Number.NaN;
    if (this.#days.size >= CACHED_DAYS_MAX) this.#days.clear();
    this.#days.set(day, offset);
    return offset;
  }

  #ask(time: number): number {
    const parts = this.#format.formatToParts(time);
    const read = (type: string): number =>
      Number(parts.find((part) => part.type === type)?.value ?? 0);
    const wall = Date.UTC(
      read('year'),
      read('month') - 1,
      read('day'),
      read('hour'),
      read('minute'),
      read('second'),
    );
    return wall - Math.floor(time / 1_000) * 1_000;
  }
}

/** An offset as `+07:00`. */
export function offsetText(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / MINUTE_MS);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
