import { isUtf8 } from 'node:buffer';
import secureJson from 'secure-json-parse';

/** Nesting we allow: an array of reports with values needs 3; the rest is room for growth. */
const DEPTH_MAX = 8;

export type Payload = { ok: true; value: unknown; text: string } | { ok: false; reason: string };

/**
 * Bytes to JSON, refusing what is not UTF-8, is nested deeper than 8, or carries keys that would
 * reach an object's prototype.
 */
export function parsePayload(bytes: Uint8Array): Payload {
  if (bytes.length === 0) return { ok: false, reason: 'the message is empty' };
  if (!isUtf8(bytes)) return { ok: false, reason: 'the message is not UTF-8' };
  const text = textOf(bytes);
  if (deeperThan(text, DEPTH_MAX)) {
    return { ok: false, reason: `the JSON is nested deeper than ${DEPTH_MAX}` };
  }
  try {
    return { ok: true, value: secureJson.parse(text), text };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'not JSON' };
  }
}

/** The bytes as text, whatever they are; for excerpts. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = [0x5b, 0x7b];
const CLOSERS = [0x5d, 0x7d];

/** Counts brackets outside of strings, so that the parser never sees a tower of them. */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) {
      inString = true;
    } else if (code === OPENERS[0] || code === OPENERS[1]) {
      if (++depth > limit) return true;
    } else if (code === CLOSERS[0] || code === CLOSERS[1]) {
      depth--;
    }
  }
  return false;
}
