import type { Reason } from '../../contracts/irrigation.ts';

/** Sentences with gaps as `{mm}`, by code. */
export type Sentences = Readonly<Record<string, string>>;

/** What a reasoning is told with, in one language. */
export interface ReasonWords {
  notKnown: string;
  /** Why something is refused, by error code. */
  refusals: Sentences;
  /** Steps of a reasoning, by code. */
  reasons: Sentences;
  /** Why oxygen is not projected, by code. */
  noProjection: Sentences;
}

/** How numbers and times are written in it. */
export interface ReasonFormat {
  number(value: number, decimals: number): string;
  /** A day, by an instant in it, ms. */
  date(ms: number): string;
  duration(ms: number): string;
}

export interface ReasonSense {
  words: ReasonWords;
  format: ReasonFormat;
  /** What a device or a site is called. */
  nameOf: (id: string) => string;
}

const WHOLE = new Set(
  'days minutes ofMinutes mostMinutes lateMinutes percent likely litres starts'.split(' '),
);
const FINE = new Set(['ks', 'factor', 'kc']);
const DURATIONS = new Set(['seconds', 'most', 'asked', 'granted']);
/** Called by their names. */
const PLACES = new Set(['device', 'site', 'supply']);
const DAYS = new Set(['day', 'dueOn', 'plantedOn', 'endedOn']);

function valueText(
  name: string,
  value: number | string | null | undefined,
  { words, format, nameOf }: ReasonSense,
): string {
  if (value === null || value === undefined) return words.notKnown;
  if (DAYS.has(name)) return format.date(Date.parse(`${value}T00:00:00+07:00`));
  if (name === 'why') return whyText(String(value), words);
  if (typeof value === 'string') return PLACES.has(name) ? nameOf(value) : value;
  if (DURATIONS.has(name)) return format.duration(value * 1_000);
  return format.number(value, WHOLE.has(name) ? 0 : FINE.has(name) ? 2 : 1);
}

/** A refusal in words; what a device said itself stands as it is. */
export function whyText(code: string, { refusals, noProjection }: ReasonWords): string {
  return refusals[code] ?? noProjection[code] ?? code;
}

/** One step of a reasoning as a sentence, with the part it is about before it. */
export function reasonText({ code, values }: Reason, sense: ReasonSense): string {
  const template = sense.words.reasons[code];
  const device = values['device'];
  const about = typeof device === 'string' ? `${sense.nameOf(device)}: ` : '';
  // A reason of a newer server is told by its code rather than left out.
  if (template === undefined) return `${about}${code}`;
  // Beside the point and not known: `(? % of saturation)` is left out whole.
  const known = template.replace(/ \([^()]*\{(\w+)\}[^()]*\)/g, (aside, name: string) =>
    (values[name] ?? null) === null ? '' : aside,
  );
  const said = known.replace(/\{(\w+)\}/g, (_, name: string) =>
    valueText(name, values[name], sense),
  );
  return about + said;
}
