const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

const FIRST_BYTES = 64 * 1024;
/** Values of sensors have few decimals; others are written by the engine. */
const DECIMALS_MAX = 4;
/** A whole number of 15 digits over a power of ten has no shorter name as a double. */
const SCALED_MAX = 1e15;

/**
 * Text in the making, as bytes. As strings each line would be a rope of thirty pieces that live
 * until the request is joined: collecting those cost more than making the lines.
 */
export class LineBytes {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  length = 0;

  text(from: number, to: number): string {
    return this.#bytes.toString('utf8', from, to);
  }

  /** Forgets what was added behind a place. */
  cut(length: number): void {
    this.length = length;
  }

  add(text: string): void {
    this.#reserve(3 * text.length);
    this.length += this.#bytes.write(text, this.length);
  }

  /** Text that is known to be ASCII, and short. */
  addAscii(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let at = this.length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /** Just as `String` writes it. */
  addNumber(value: number): void {
    let scaled = Math.abs(value);
    let decimals = 0;
    for (let power = 1; ; power *= 10) {
      scaled = Math.round(Math.abs(value) * power);
      if (scaled / power === Math.abs(value)) break;
      if (++decimals > DECIMALS_MAX) return this.addAscii(String(value));
    }
    if (scaled >= SCALED_MAX) return this.addAscii(String(value));
    this.#reserve(24);
    if (value < 0) this.#bytes[this.length++] = MINUS;
    this.#addDigits(scaled, decimals);
  }

  #addDigits(scaled: number, decimals: number): void {
    const bytes = this.#bytes;
    const least = decimals + 1;
    let digits = 1;
    for (let power = 10; power <= scaled; power *= 10) digits++;
    if (digits < least) digits = least;
    const size = digits + (decimals > 0 ? 1 : 0);
    let at = this.length + size - 1;
    let rest = scaled;
    for (let digit = 0; digit < digits; digit++) {
      if (digit === decimals && decimals > 0) bytes[at--] = POINT;
      const next = Math.floor(rest / 10);
      bytes[at--] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.length += size;
  }

  #reserve(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(4 * this.#bytes.length, this.length + size));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}
