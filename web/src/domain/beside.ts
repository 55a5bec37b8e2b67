/** What a derived metric says beside its value, as far as the page has words for it. */
export const BESIDE_WORDS = [
  'logLinear',
  'since',
  'ammonia',
  'samples',
  'night',
  'lampShare',
  'moonLit',
  'mean',
  'usual',
  'flies',
  'days',
  'warningLimit',
  'criticalLimit',
  'amount',
  'salinity',
  'share',
  'caution',
] as const;
export type BesideWord = (typeof BESIDE_WORDS)[number];

/** One line beside a value: `level` is asked for by the time at which it is reached. */
export type BesideLine =
  | { type: 'word'; word: BesideWord; value: number | string; has: 'unit' | 'percent' | 'none' }
  | { type: 'between'; lower: number; upper: number }
  | { type: 'reaches'; level: string; time: string }
  | { type: 'other'; name: string; value: number | string };

const IN_UNIT: readonly string[] = ['logLinear', 'ammonia'];
const SHARES: readonly string[] = ['lampShare', 'moonLit', 'share'];
const REACHES = /^reaches(\d+)At$/;
/** Said elsewhere on the card. */
const SAID: readonly string[] = ['outage', 'lower', 'upper'];

function isWord(name: string): name is BesideWord {
  return BESIDE_WORDS.some((word) => word === name);
}

function lineOf([name, value]: [string, number | string]): BesideLine {
  const level = REACHES.exec(name)?.[1];
  if (level !== undefined) return { type: 'reaches', level, time: String(value) };
  if (!isWord(name)) return { type: 'other', name, value };
  const has = IN_UNIT.includes(name) ? 'unit' : SHARES.includes(name) ? 'percent' : 'none';
  return { type: 'word', word: name, value, has };
}

/** In the order they were computed; a band of uncertainty comes first. */
export function besideLines(beside: Readonly<Record<string, number | string>>): BesideLine[] {
  const { lower, upper } = beside;
  const lines = Object.entries(beside)
    .filter(([name]) => !SAID.includes(name))
    .map(lineOf);
  if (typeof lower !== 'number' || typeof upper !== 'number') return lines;
  return [{ type: 'between', lower, upper }, ...lines];
}
