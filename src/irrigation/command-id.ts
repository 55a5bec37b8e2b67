import { createHash } from 'node:crypto';

/**
 * An id in the form of a UUIDv7 (RFC 9562, 5.7) that depends on nothing but its time (ms) and what
 * it is for, so that whoever orders the same thing again, even after a restart, orders it once.
 */
export function commandIdOf(time: number, purpose: ReadonlyArray<string | number | null>): string {
  const hash = createHash('sha256').update(JSON.stringify(purpose)).digest();
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, Math.floor(time)), 0, 6);
  hash.copy(bytes, 6, 0, 10);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [8, 12, 16, 20, 32]
    .map((end, place, ends) => hex.slice(ends[place - 1] ?? 0, end))
    .join('-');
}
