/** First characters that make a spreadsheet run a cell as a formula. */
const FORMULA_START = /^[=+\-@\t\r]/;
/** Characters that RFC 4180 wants inside quotes. */
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * A text as a CSV cell: quoted where RFC 4180 asks for it, and with an apostrophe before what a
 * spreadsheet would take for a formula. Numbers are not texts and keep their minus sign.
 */
export function csvText(text: string): string {
  const safe = FORMULA_START.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A number as a CSV cell; empty where there is none. */
export function csvNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : '';
}
