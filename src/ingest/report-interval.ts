/** Spacings looked at together: 40 of five minutes are three hours, of a day six weeks. */
export const WINDOW = 40;
/** With fewer nothing is said. */
const SPACINGS_MIN = 20;
/** The window is looked at again when a quarter of it is new. */
const LOOK_EVERY = WINDOW / 4;
/** Reports nearer than this are parts of one: a device may send each metric by itself. */
const SPACING_MS_MIN = 1_000;
/** Longer ones are an outage, as no device may declare such an interval. */
const SPACING_MS_MAX = 31 * 86_400_000;
/** An interval that moved less is the same one. */
const CHANGE = 0.25;
/** Spacings that may be far from the usual one: a few lost reports, not sending in bursts. */
const ODD_SHARE_MAX = 0.1;
const ODD_FACTOR = 2;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far apart the reports of one device were. */
export interface Spacings {
  /** Event time (ms) of its newest observation. */
  last: number;
  /** Spacings since the window was last looked at. */
  fresh: number;
  /** The latest ones in ms, the oldest first; `WINDOW` at most. */
  windowMs: number[];
  /** The interval that was learned; null before the first. */
  seconds: number | null;
}

export function spacingsFrom(last: number): Spacings {
  return { last, fresh: 0, windowMs: [], seconds: null };
}

/**
 * Takes one observation into account; one that is not newer than all before it says nothing, so a
 * batch may come twice. True when another interval was learned by it.
 */
export function learnFrom(spacings: Spacings, observedAt: number): boolean {
  const spacing = observedAt - spacings.last;
  if (!(spacing > 0)) return false;
  spacings.last = observedAt;
  if (spacing < SPACING_MS_MIN || spacing > SPACING_MS_MAX) return false;
  const { windowMs } = spacings;
  windowMs.push(spacing);
  if (windowMs.length > WINDOW) windowMs.shift();
  spacings.fresh++;
  if (windowMs.length < SPACINGS_MIN || spacings.fresh < LOOK_EVERY) return false;
  spacings.fresh = 0;
  const seconds = learnedSeconds(windowMs, spacings.seconds);
  if (seconds === spacings.seconds) return false;
  spacings.seconds = seconds;
  return true;
}

/**
 * The interval that spacings (ms) speak of: their median, rounded, once it is the usual one and
 * held over the whole window. Otherwise, and when it is about the same, `current` stays.
 */
export function learnedSeconds(windowMs: readonly number[], current: number | null): number | null {
  if (windowMs.length < SPACINGS_MIN) return current;
  const middle = median(windowMs);
  const isOdd = (spacing: number): boolean =>
    spacing > middle * ODD_FACTOR || spacing < middle / ODD_FACTOR;
  if (windowMs.filter(isOdd).length > ODD_SHARE_MAX * windowMs.length) return current;
  const half = windowMs.length >> 1;
  const halves = [windowMs.slice(0, half), windowMs.slice(half)].map(median);
  if (halves.some((each) => differs(each, middle))) return current;
  const seconds = rounded(middle / 1000);
  return current !== null && !differs(seconds, current) ? current : seconds;
}

function differs(value: number, from: number): boolean {
  return Math.abs(value - from) > CHANGE * from;
}

/** The upper one of two middles. */
function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

/** As people would say it, and at most four hundredths away. */
function rounded(seconds: number): number {
  const step = seconds < 2 * MINUTE ? 1 : seconds < HOUR ? 10 : seconds < DAY ? MINUTE : HOUR;
  return Math.round(seconds / step) * step;
}
