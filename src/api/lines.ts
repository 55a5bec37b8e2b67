import type { Readable } from 'node:stream';
import { ApiError } from './problems.ts';

/** Longest line: a device with every field at its longest takes 1.5 KiB. */
const LINE_LENGTH_MAX = 16 * 1024;

const LINE_TOO_LONG = {
  vi: `Dòng này dài hơn ${LINE_LENGTH_MAX} ký tự. Các dòng sau chưa được đọc.`,
  en: `This line is longer than ${LINE_LENGTH_MAX} characters. Nothing after it was read.`,
  fr: `Cette ligne dépasse ${LINE_LENGTH_MAX} caractères. La suite n’a pas été lue.`,
};

const NOT_UTF8 = {
  vi: 'Nội dung không phải là UTF-8. Phần còn lại chưa được đọc.',
  en: 'The body is not UTF-8. The rest was not read.',
  fr: 'Le corps n’est pas en UTF-8. Le reste n’a pas été lu.',
};

/** Lines of a body as they arrive, within bounds; a fault is the last thing it gives. */
export async function* readLines(body: Readable): AsyncGenerator<string | ApiError> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield line.length > LINE_LENGTH_MAX ? tooLong() : line;
      if (rest.length > LINE_LENGTH_MAX) {
        yield tooLong();
        return;
      }
    }
    rest += decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    yield new ApiError('BODY_INVALID', NOT_UTF8);
    return;
  }
  if (rest !== '') yield rest;
}

function tooLong(): ApiError {
  return new ApiError('BODY_TOO_LARGE', LINE_TOO_LONG);
}
