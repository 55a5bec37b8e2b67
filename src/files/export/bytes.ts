/** Longest text of a double: `-1.2345678901234567e-100` and some to spare. */
export const NUMBER_BYTES_MAX = 32;
/** `2026-11-22T05:00:00.000Z`; years beyond 9999 take three more. */
export const TIME_BYTES_MAX = 27;

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const COMMA = 0x2c;

/** Decimals tried before the general way: sensors tell apart six at the most. */
const DECIMALS_MAX = 6;
const POWERS: readonly number[] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/**
 * Up to 15 digits every decimal number has a double of its own (IEEE 754, binary64), so the first
 * count of decimals that gives the double back is also its shortest text.
 */
const DIGITS_LIMIT = 1e15;

/** Copies a short text; a call of `set` costs more than the bytes of a cell. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array): number {
  for (let index = 0; index < source.length; index++) target[at + index] = source[index] as number;
  return at + source.length;
}

/**
 * Writes finite numbers as `String` does, and reads back as the same double. Several times as fast
 * for short decimals, which is what sensors send: no text is made of them.
 */
export class NumberWriter {
  readonly #sign: number;
  /** Decimals of the number before: those of one series nearly always have the same. */
  #decimals = 0;

  constructor(decimal: 'point' | 'comma' = 'point') {
    this.#sign = decimal === 'comma' ? COMMA : POINT;
  }

  /** Returns the place behind the last byte; NUMBER_BYTES_MAX bytes must be free. */
  write(target: Uint8Array, at: number, value: number): number {
    const size = value < 0 ? -value : value;
    let decimals = this.#decimals;
    let digits = Math.round(size * (POWERS[decimals] as number));
    if (digits / (POWERS[decimals] as number) !== size || digits >= DIGITS_LIMIT) {
      for (decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
        digits = Math.round(size * (POWERS[decimals] as number));
        if (digits / (POWERS[decimals] as number) === size) break;
      }
      if (decimals > DECIMALS_MAX || digits >= DIGITS_LIMIT) {
        return this.#writeText(target, at, String(value));
      }
      this.#decimals = decimals;
    }
    while (decimals > 0 && digits % 10 === 0) {
      digits /= 10;
      decimals--;
    }
    let start = at;
    if (value < 0) target[start++] = MINUS;
    return this.#writeDigits(target, start, digits, decimals);
  }

  #writeDigits(target: Uint8Array, at: number, digits: number, decimals: number): number {
    let count = 1;
    for (let limit = 10; digits >= limit; limit *= 10) count++;
    if (count <= decimals) count = decimals + 1;
    const end = at + count + (decimals > 0 ? 1 : 0);
    const signAt = decimals > 0 ? end - decimals - 1 : -1;
    let rest = digits;
    // Whole numbers below 2 ** 31 divide several times as fast.
    for (let place = end - 1; place >= at; place--) {
      if (place === signAt) {
        target[place] = this.#sign;
        continue;
      }
      const tenth = rest < 0x7fffffff ? ((rest | 0) / 10) | 0 : Math.floor(rest / 10);
      target[place] = ZERO + (rest - tenth * 10);
      rest = tenth;
    }
    return end;
  }

  #writeText(target: Uint8Array, at: number, text: string): number {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      target[at + index] = code === POINT ? this.#sign : code;
    }
    return at + text.length;
  }
}

const DAY_MS = 86_400_000;

function twoDigits(target: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0;
  target[at] = ZERO + tens;
  target[at + 1] = ZERO + value - tens * 10;
}

/**
 * Writes times in ms as `2026-11-22T05:00:00.000Z` (RFC 3339). The text before is kept and only
 * what has changed is written anew: rows of one series follow each other within a day.
 */
export class TimeWriter {
  #text: Uint8Array = new Uint8Array(0);
  /** Where the hours stand: behind the date and its `T`. */
  #clockAt = 0;
  #day = Number.NaN;
  #inDay = -1;
  readonly #ending: string;

  /** The ending takes the place of `Z`: nothing, for times that are local. */
  constructor(ending = 'Z') {
    this.#ending = ending;
  }

  /** Returns the place behind the last byte; TIME_BYTES_MAX bytes must be free. */
  write(target: Uint8Array, at: number, time: number): number {
    const day = Math.floor(time / DAY_MS);
    if (day !== this.#day) this.#beginDay(day);
    const inDay = (time - day * DAY_MS) | 0;
    if (inDay !== this.#inDay) this.#writeClock(inDay);
    return copyBytes(target, at, this.#text);
  }

  #beginDay(day: number): void {
    const iso = new Date(day * DAY_MS).toISOString().slice(0, -1);
    this.#text = Buffer.from(`${iso}${this.#ending}`, 'latin1');
    this.#clockAt = iso.indexOf('T') + 1;
    this.#day = day;
    this.#inDay = 0;
  }

  #writeClock(inDay: number): void {
    const text = this.#text;
    const at = this.#clockAt;
    const second = (inDay / 1_000) | 0;
    const before = (this.#inDay / 1_000) | 0;
    const minute = (second / 60) | 0;
    if (minute !== ((before / 60) | 0)) {
      const hour = (minute / 60) | 0;
      twoDigits(text, at, hour);
      twoDigits(text, at + 3, minute - hour * 60);
    }
    if (second !== before) twoDigits(text, at + 6, second - minute * 60);
    const ms = inDay - second * 1_000;
    const hundreds = (ms / 100) | 0;
    text[at + 9] = ZERO + hundreds;
    twoDigits(text, at + 10, ms - hundreds * 100);
    this.#inDay = inDay;
  }
}
