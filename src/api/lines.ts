import type { Readable } from 'node:stream';
import { ApiError } from './problems.ts';

/** Longest line: a device with every field at its longest takes 1.5 KiB. */
const LINE_BYTES_MAX = 16 * 1024;

const LINE_TOO_LONG = {
  vi: `Dòng này dài hơn ${LINE_BYTES_MAX} byte.`,
  en: `This line is longer than ${LINE_BYTES_MAX} bytes.`,
  fr: `Cette ligne dépasse ${LINE_BYTES_MAX} octets.`,
};

const NOT_UTF8 = {
  vi: 'Dòng này không phải là UTF-8.',
  en: 'This line is not UTF-8.',
  fr: 'Cette ligne n’est pas en UTF-8.',
};

const NEWLINE = 0x0a;

/**
 * Lines of a body as they arrive; a line that cannot be read gives the reason in its place. A line
 * that goes on beyond the limit is the last: nobody can tell where the next one begins.
 */
export async function* readLines(body: Readable): AsyncGenerator<string | ApiError> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of body) {
    const bytes = Buffer.concat([rest, chunk as Uint8Array]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      yield readLine(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > LINE_BYTES_MAX) break;
  }
  if (rest.length > 0) yield readLine(rest);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function readLine(bytes: Uint8Array): string | ApiError {
  if (bytes.length > LINE_BYTES_MAX) return new ApiError('BODY_TOO_LARGE', LINE_TOO_LONG);
  try {
    return decoder.decode(bytes);
  } catch {
    return new ApiError('BODY_INVALID', NOT_UTF8);
  }
}
