import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { CommandHand } from '../contracts/command.ts';

/** Long enough to read what would happen, too short to be kept for another day. */
const VALID_MS = 120_000;
/** 128 bits: nobody guesses one within its two minutes. */
const MAC_BYTES = 16;

/**
 * Second confirmations. The text says nothing to whoever holds it: a time, and a code over it, the
 * hand and what was asked, made with a key of this run of the program.
 */
export class Confirmations {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws CONFIRMATION_NEEDED unless this hand has confirmed exactly this; says what it does. */
  require(hand: CommandHand, content: unknown, consequence: string): void {
    if (hand.confirmation !== undefined && this.#confirms(hand, content)) return;
    throw new AppError('CONFIRMATION_NEEDED', 'this is done only when it is confirmed', {
      field: 'confirmation',
      hint: `${consequence} Ask again within two minutes with the confirmation to do it.`,
      confirmation: this.#textOf(hand.by, content, this.#clock.monotonic()),
    });
  }

  #confirms({ by, confirmation = '' }: CommandHand, content: unknown): boolean {
    const given = Number.parseInt(confirmation.split('.')[0] ?? '', 36);
    const ageMs = this.#clock.monotonic() - given;
    // A part of a millisecond is lost on the way.
    if (!(ageMs >= -1 && ageMs <= VALID_MS)) return false;
    const expected = Buffer.from(this.#textOf(by, content, given));
    const said = Buffer.from(confirmation);
    return expected.length === said.length && timingSafeEqual(expected, said);
  }

  #textOf(by: string, content: unknown, at: number): string {
    const time = Math.floor(at).toString(36);
    const mac = createHmac('sha256', this.#key)
      .update(JSON.stringify([by, time, content]))
      .digest()
      .subarray(0, MAC_BYTES);
    return `${time}.${mac.toString('base64url')}`;
  }
}
