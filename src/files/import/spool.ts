import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../base/errors.ts';

/** Formats with a directory at their end are kept in a file first: 2 GB are 200 million values. */
const BYTES_MAX = 2 * 1024 ** 3;

/** Writes a body into a file. Throws FILE_TOO_LARGE. */
export async function spool(body: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  async function* counted(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > BYTES_MAX) throw tooLarge();
      yield piece;
    }
  }
  await pipeline(Readable.from(counted(), { objectMode: false }), createWriteStream(file));
}

function tooLarge(): AppError {
  return new AppError('FILE_TOO_LARGE', `the file is larger than ${BYTES_MAX} bytes`, {
    hint: 'Send it in parts, or as csv.',
  });
}
