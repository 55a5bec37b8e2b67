import { ApiError } from './problems.ts';

type Shape = ReadonlyArray<'string' | 'number'>;
type Decoded<Of extends Shape> = {
  [Key in keyof Of]: Of[Key] extends 'number' ? number : string;
};

/** A position in a list as the opaque text of `next`. */
export function encodeCursor(position: ReadonlyArray<string | number>): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The position behind a text that `encodeCursor` gave out. Throws CURSOR_INVALID. */
export function decodeCursor<const Of extends Shape>(cursor: string, shape: Of): Decoded<Of> {
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
  const fits =
    Array.isArray(parts) &&
    parts.length === shape.length &&
    shape.every((type, index) => typeof parts[index] === type);
  if (!fits) throw cursorInvalid();
  return parts as unknown as Decoded<Of>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function cursorInvalid(): ApiError {
  return new ApiError(
    'CURSOR_INVALID',
    {
      vi: 'Con trỏ này không thuộc về câu hỏi này. Hãy dùng “next” nguyên vẹn với cùng tham số, hoặc bắt đầu lại không có cursor.',
      en: 'This cursor does not belong to this question. Use "next" as it came with the same parameters, or start without a cursor.',
      fr: 'Ce curseur n’appartient pas à cette question. Utilisez « next » tel quel avec les mêmes paramètres, ou recommencez sans curseur.',
    },
    { field: 'cursor' },
  );
}
