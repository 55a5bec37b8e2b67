import { createHash } from 'node:crypto';

/** Crockford's alphabet: no letter that is read as a digit over the phone. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** 26 characters of 5 bits: 130 bits, so that two alerts never meet by chance. */
const ID_LENGTH = 26;

/**
 * The name of the alert that a rule first raised for a device at this onset. `attempt` tells apart
 * a second interval that begins where an alert, moved away since, had begun before.
 */
export function alertId(
  place: { rule: string; device: string; onset: number },
  attempt: number,
): string {
  const text = JSON.stringify([place.rule, place.device, place.onset, attempt]);
  const digest = createHash('sha256').update(text).digest();
  let id = '';
  let bits = 0;
  let held = 0;
  for (const byte of digest) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5 && id.length < ID_LENGTH; bits -= 5) {
      id += ALPHABET[(held >> (bits - 5)) & 31];
    }
  }
  return id;
}
