import { cut } from './compose.ts';

/** 3GPP TS 23.038 clause 6.2.1: the default alphabet, and what takes an escape before it. */
const GSM_7 = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ' +
    'ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const GSM_7_ESCAPED = new Set('\f^{}\\[~]|€');

/** 140 bytes hold so many characters; a text of several parts spends six bytes on its header. */
const SEPTETS = { single: 160, part: 153 };
const UCS_2_UNITS = { single: 70, part: 67 };

/** What Unicode does not take apart, and signs that have a plain likeness. */
const LIKENESS: Readonly<Record<string, string>> = {
  ...{
    đ: 'd',
    Đ: 'D',
    '–': '-',
    '—': '-',
    '…': '...',
    '•': '-',
    '✓': 'OK',
    '↓': '(-)',
    '↑': '(+)',
  },
  ...{ '²': '2', '³': '3', '≥': '>=', '≤': '<=', '‘': "'", '’': "'", '“': '"', '”': '"' },
  ...{ '°': '', µ: 'u', '×': 'x', '→': '->', '\u00a0': ' ', '\u202f': ' ' },
};

/** Without marks and signs, so that three times as much fits: `Ao 3: Oxy hoa tan 2,8 (-)`. */
export function withoutMarks(text: string): string {
  const bare = text.normalize('NFD').replace(/\p{M}/gu, '');
  return [...bare]
    .map((char) => LIKENESS[char] ?? (isGsm7(char) ? char : '?'))
    .join('')
    .replace(/\?+/g, '?');
}

function isGsm7(text: string): boolean {
  return [...text].every((char) => GSM_7.has(char) || GSM_7_ESCAPED.has(char));
}

/** Parts a text is charged as. */
export function smsParts(text: string): number {
  const gsm = isGsm7(text);
  const { single, part } = gsm ? SEPTETS : UCS_2_UNITS;
  const sizes = [...text].map((char) => (!gsm ? char.length : GSM_7_ESCAPED.has(char) ? 2 : 1));
  if (sizes.reduce((sum, size) => sum + size, 0) <= single) return 1;
  let parts = 1;
  let used = 0;
  for (const size of sizes) {
    // A character is not divided between two parts.
    if (used + size > part) {
      parts++;
      used = 0;
    }
    used += size;
  }
  return parts;
}

/** As much of the text as fits in so many parts. */
export function fitSms(text: string, parts: number): string {
  if (smsParts(text) <= parts) return text;
  // The ellipsis of the alphabet is three dots; the sign itself would make all of it UCS-2.
  const shorten = (length: number): string => {
    const short = cut(text, length);
    return isGsm7(text) ? short.replace(/…$/, '...') : short;
  };
  let fits = 0;
  let not = text.length;
  while (not - fits > 1) {
    const middle = Math.floor((fits + not) / 2);
    if (smsParts(shorten(middle)) <= parts) fits = middle;
    else not = middle;
  }
  return shorten(fits);
}
