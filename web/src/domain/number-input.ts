import type { Format } from './format.ts';

/** A number as people type it, `3,1` or `3.1`; null for nothing typed, NaN for no number. */
export function readNumber(text: string): number | null {
  const typed = text.trim().replaceAll(/\s/g, '').replace(',', '.').replace('−', '-');
  return typed === '' ? null : /^-?\d*\.?\d+$|^-?\d+\.$/.test(typed) ? Number(typed) : Number.NaN;
}

/** A number as it is typed where the decimal sign is `3,1`'s or `3.1`'s; no digit is lost. */
export function writeNumber(value: number, format: { number: Format['number'] }): string {
  const sign = format.number(0.5, 1).replaceAll(/\d/g, '');
  return String(value).replace('.', sign);
}
