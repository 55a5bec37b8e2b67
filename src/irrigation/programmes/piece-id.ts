import { createHash } from 'node:crypto';

export interface PieceName {
  programme: string;
  /** The run's start, ms. */
  at: number;
  /** Place among the ordered pieces of the run. */
  place: number;
  device: string;
  what: 'start' | 'stop';
}

/**
 * The id of a piece's command, a UUIDv7 in form (RFC 9562, 5.7): the run's time, then a hash in the
 * place of chance. An order that is made again after a crash is the same command.
 */
export function pieceId({ programme, at, place, device, what }: PieceName): string {
  const text = JSON.stringify([programme, at, place, device, what]);
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUIntBE(Math.max(0, Math.floor(at)), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
