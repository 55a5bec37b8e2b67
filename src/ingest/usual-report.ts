import type { Metric } from '../contracts/device-kind.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENER = 0x7b;
const CLOSER = 0x7d;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** A whole number of 15 digits and a power of ten up to 22 are doubles without rounding. */
const DIGITS_MAX = 15;
const POWERS_OF_TEN: readonly number[] = Array.from({ length: DIGITS_MAX + 1 }, (_, n) => 10 ** n);
const BOOT_LENGTH_MAX = 64;

const encoder = new TextEncoder();

interface Key {
  name: string;
  bytes: Uint8Array;
  min: number;
  max: number;
}

export interface UsualReport {
  observedAt: number;
  values: Record<string, number>;
}

const MEMBERS = ['observedAt', 'values', 'sequence', 'boot'].map((name) => encoder.encode(name));
/** Their places. */
const OBSERVED_AT = 0;
const VALUES = 1;
const SEQUENCE = 2;

/**
 * Reads reports of one kind as nearly every device sends them, straight from their bytes: one JSON
 * object in ASCII, dated in milliseconds, with values that are all known, plain decimal numbers and
 * in range. It answers just what parsing and checking would, at a quarter of the cost, and
 * `undefined` to whatever else comes: then those have to tell what it is.
 */
export class UsualReports {
  readonly #keys: readonly Key[];
  /** The metrics in the order in which reports named them last: a guess that is checked. */
  readonly #order: Key[];
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;

  constructor(metrics: Iterable<Metric>) {
    this.#keys = Array.from(metrics, ({ name, min, max }) => {
      return { name, bytes: encoder.encode(name), min, max };
    });
    this.#order = [...this.#keys];
  }

  read(bytes: Uint8Array): UsualReport | undefined {
    this.#bytes = bytes;
    this.#at = 0;
    let observedAt = Number.NaN;
    let values: Record<string, number> | undefined;
    let seen = 0;
    if (this.#next() !== OPENER) return undefined;
    do {
      const member = this.#member();
      if (member === -1 || (seen & (1 << member)) !== 0) return undefined;
      seen |= 1 << member;
      if (member === OBSERVED_AT) {
        observedAt = this.#whole();
        if (Number.isNaN(observedAt)) return undefined;
      } else if (member === VALUES) {
        values = this.#values();
        if (values === undefined) return undefined;
      } else if (member === SEQUENCE) {
        if (Number.isNaN(this.#whole())) return undefined;
      } else if (!this.#passBoot()) {
        return undefined;
      }
    } while (this.#passes(COMMA));
    if (this.#next() !== CLOSER || this.#next() !== undefined) return undefined;
    if (values === undefined || Number.isNaN(observedAt)) return undefined;
    return { observedAt, values };
  }

  /** The next byte that is no blank, passed; undefined at the end. */
  #next(): number | undefined {
    const bytes = this.#bytes;
    for (;;) {
      const byte = bytes[this.#at++];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
  }

  #passes(wanted: number): boolean {
    if (this.#next() === wanted) return true;
    this.#at--;
    return false;
  }

  /** Number of a member whose name and colon were passed, or -1. */
  #member(): number {
    if (this.#next() !== QUOTE) return -1;
    for (let member = 0; member < MEMBERS.length; member++) {
      if (this.#passName(MEMBERS[member] as Uint8Array)) {
        return this.#next() === COLON ? member : -1;
      }
    }
    return -1;
  }

  /** Passes the name and the quote behind it when they stand here. */
  #passName(name: Uint8Array): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    const { length } = name;
    for (let index = 0; index < length; index++) {
      if (bytes[start + index] !== name[index]) return false;
    }
    if (bytes[start + length] !== QUOTE) return false;
    this.#at = start + length + 1;
    return true;
  }

  #values(): Record<string, number> | undefined {
    if (this.#next() !== OPENER) return undefined;
    const values: Record<string, number> = {};
    let place = 0;
    do {
      if (this.#next() !== QUOTE) return undefined;
      const key = this.#key(place++);
      // A name that comes twice is for the parser to decide.
      if (key === undefined || values[key.name] !== undefined) return undefined;
      if (this.#next() !== COLON) return undefined;
      const value = this.#decimal();
      if (!(value >= key.min && value <= key.max)) return undefined;
      values[key.name] = value;
    } while (this.#passes(COMMA));
    return this.#next() === CLOSER ? values : undefined;
  }

  #key(place: number): Key | undefined {
    const guess = this.#order[place];
    if (guess !== undefined && this.#passName(guess.bytes)) return guess;
    const found = this.#keys.find(({ bytes }) => this.#passName(bytes));
    if (found !== undefined && place < this.#order.length) this.#order[place] = found;
    return found;
  }

  /** A whole number of 0 or more; NaN for anything else. */
  #whole(): number {
    if (this.#next() === MINUS) return Number.NaN;
    this.#at--;
    const start = this.#at;
    const number = this.#decimal();
    for (let at = start; at < this.#at; at++) if (this.#bytes[at] === POINT) return Number.NaN;
    return number;
  }

  /** A number as RFC 8259 section 6 writes it, without an exponent; NaN for anything else. */
  #decimal(): number {
    const bytes = this.#bytes;
    let byte = this.#next();
    const negative = byte === MINUS;
    if (negative) byte = bytes[this.#at++];
    let at = this.#at;
    let digits = 0;
    let decimals = 0;
    let number = 0;
    const first = byte;
    while (byte !== undefined && byte >= ZERO && byte <= NINE) {
      number = number * 10 + (byte - ZERO);
      digits++;
      byte = bytes[at++];
    }
    if (digits === 0 || (digits > 1 && first === ZERO)) return Number.NaN;
    if (byte === POINT) {
      byte = bytes[at++];
      while (byte !== undefined && byte >= ZERO && byte <= NINE) {
        number = number * 10 + (byte - ZERO);
        decimals++;
        byte = bytes[at++];
      }
      if (decimals === 0) return Number.NaN;
    }
    // An exponent follows, or more digits than a double holds.
    if (byte === 0x65 || byte === 0x45 || digits + decimals > DIGITS_MAX) return Number.NaN;
    this.#at = at - 1;
    const value = decimals === 0 ? number : number / (POWERS_OF_TEN[decimals] as number);
    return negative ? -value : value;
  }

  /** Passes a boot id: a whole number, or a short text without escapes. */
  #passBoot(): boolean {
    if (!this.#passes(QUOTE)) return !Number.isNaN(this.#whole());
    const bytes = this.#bytes;
    const start = this.#at;
    for (let at = start; at <= start + BOOT_LENGTH_MAX; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (byte === undefined || byte === BACKSLASH) return false;
      if (byte < FIRST_PRINTABLE || byte > LAST_PRINTABLE) return false;
    }
    return false;
  }
}
