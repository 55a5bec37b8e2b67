import { AppError } from '../base/errors.ts';
import type { Page, Paged } from '../contracts/state.ts';

/** A page of the longest rows (alerts with evidence, 4 KB) stays at 4 MB. */
export const PAGE_LIMIT_MAX = 1_000;

type Position = ReadonlyArray<string | number>;

/** Rows to ask for: one more than the page shows tells whether there is a next one. */
export function rowsWanted(page: Page): number {
  return pageLimit(page) + 1;
}

function pageLimit({ limit }: Page): number {
  return Math.min(Math.max(1, Math.trunc(limit) || 1), PAGE_LIMIT_MAX);
}

/** The page of what was read, with the position of its last row when more follow. */
export function toPage<Row, Item>(
  rows: Row[],
  page: Page,
  { itemOf, positionOf }: { itemOf: (row: Row) => Item; positionOf: (row: Row) => Position },
): Paged<Item> {
  const limit = pageLimit(page);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(itemOf), next: more ? encodePosition(positionOf(last)) : null };
}

export function emptyPage<Item>(): Paged<Item> {
  return { items: [], next: null };
}

/**
 * Rows read at a time when a whole table is wanted. The longest (what a rule remembers of two days,
 * 60 KB) make 15 MB in the reading thread.
 */
const CHUNK_ROWS = 250;

/** Every row of a table, in chunks: `read` returns up to `limit` rows that follow `last`. */
export async function everyRow<Row>(
  read: (limit: number, last: Row | undefined) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const chunk = await read(CHUNK_ROWS, rows.at(-1));
    rows.push(...chunk);
    if (chunk.length < CHUNK_ROWS) return rows;
  }
}

function encodePosition(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

type Decoded<Shape extends readonly unknown[]> = {
  [Key in keyof Shape]: Shape[Key] extends 'number' ? number : string;
};

/** The position after which the page begins, or undefined at the start. Throws CURSOR_INVALID. */
export function positionAfter<const Shape extends ReadonlyArray<'string' | 'number'>>(
  page: Page,
  shape: Shape,
): Decoded<Shape> | undefined {
  if (page.after === undefined) return undefined;
  const position = parseJson(Buffer.from(page.after, 'base64url').toString('utf8'));
  const fits =
    Array.isArray(position) &&
    position.length === shape.length &&
    shape.every((type, index) => typeof position[index] === type);
  if (!fits) {
    throw new AppError('CURSOR_INVALID', 'the cursor is not one this list gave out', {
      field: 'cursor',
      hint: 'Use the value of `next` as it came, with the same filters, or start without a cursor.',
    });
  }
  return position as unknown as Decoded<Shape>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
