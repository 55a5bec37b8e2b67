const DAY_MS = 86_400_000;
/** 1970-01-01 as Excel counts days: from 1899-12-30, its leap day of 1900 included. */
const DAYS_BEFORE_1970 = 25_569;

/** A local time in ms as Excel's day number; a double holds it to a microsecond. */
export function serialOf(wall: number): number {
  return DAYS_BEFORE_1970 + wall / DAY_MS;
}

/** The local time in ms of a day number. */
export function wallOf(serial: number): number {
  return Math.round((serial - DAYS_BEFORE_1970) * DAY_MS);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Characters that XML 1.0 has no way to write (section 2.2). */
function isForbidden(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d;
}

export function escapeText(text: string): string {
  const kept = [...text].filter((character) => !isForbidden(character)).join('');
  return kept.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

export function unescapeText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, digits, name) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = hex === undefined ? Number(digits) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
