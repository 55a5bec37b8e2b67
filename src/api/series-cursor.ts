import { createHash } from 'node:crypto';
import { cursorInvalid, decodeCursor, encodeCursor } from './cursors.ts';
import { isDescending, type SeriesRequest } from './series-params.ts';

/** What is still to be read: `from` included, `to` excluded, both in ms. */
interface Remaining {
  from: number;
  to: number;
}

/** Of a hash, enough that a mistake is noticed; a forger gains nothing by it. */
const FINGERPRINT_LENGTH = 12;

/**
 * The position of the page that follows. It holds what remains of the range, which so stays the
 * same although "now" moves on, and a fingerprint of the question it belongs to.
 */
export function writeCursor({ from, to }: Remaining, request: SeriesRequest): string {
  return encodeCursor([from, to, fingerprint(request)]);
}

/** What remains of the range after the page before. Throws CURSOR_INVALID. */
export function readCursor(text: string, request: SeriesRequest): Remaining {
  const [from, to, mark] = decodeCursor(text, ['number', 'number', 'string']);
  const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from < to;
  if (!isRange || mark !== fingerprint(request)) throw cursorInvalid();
  return { from, to };
}

/** Everything that decides which rows there are and in which order; a page's length may change. */
function fingerprint(request: SeriesRequest): string {
  const { device, site, coop, metric, from, to, tz, values } = request;
  const lists = [device, site, coop, metric].map((list) => (list ? [...list].sort() : null));
  const asked = [lists, from ?? null, to ?? null, tz ?? null, values, isDescending(request)];
  const hash = createHash('sha256').update(JSON.stringify(asked)).digest('base64url');
  return hash.slice(0, FINGERPRINT_LENGTH);
}
