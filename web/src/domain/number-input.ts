/** A number as people type it, `3,1` or `3.1`; null for nothing typed, NaN for no number. */
export function readNumber(text: string): number | null {
  const typed = text.trim().replaceAll(/\s/g, '').replace(',', '.').replace('−', '-');
  return typed === '' ? null : /^-?\d*\.?\d+$|^-?\d+\.$/.test(typed) ? Number(typed) : Number.NaN;
}
