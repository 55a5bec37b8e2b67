/** First characters that make a spreadsheet run a cell as a formula. */
const FORMULA_START = /^[=+\-@\t\r]/;
/** A guarded cell, as `csvText` writes it. */
const GUARDED = /^'[=+\-@\t\r]/;
/** Characters that RFC 4180 wants inside quotes; semicolons where they separate cells. */
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * A text as a CSV cell: quoted where RFC 4180 asks for it, and with an apostrophe before what a
 * spreadsheet would take for a formula. Numbers are not texts and keep their minus sign.
 */
export function csvText(text: string, separator = ','): string {
  const safe = FORMULA_START.test(text) ? `'${text}` : text;
  const quoted = NEEDS_QUOTES.test(safe) || safe.includes(separator);
  return quoted ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text that `csvText` guarded. */
export function unguarded(cell: string): string {
  return GUARDED.test(cell) ? cell.slice(1) : cell;
}
