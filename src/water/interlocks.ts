/**
 * What keeps a valve or a pump from doing harm, as numbers and as plain conditions. All of it is
 * our own design, of no standard, and each number may be set otherwise for a plant.
 */
import { requireInside } from './valid-range.ts';

export const INTERLOCKS = {
  /** Flow with everything closed, counted once the pipes have drained down. */
  leak: { drainSeconds: 120, holdSeconds: 60 },
  /** Less than this share of the nominal flow once the pipes are full. */
  blockage: { share: 0.3, fillSeconds: 60 },
  /** More than this share of the nominal flow. */
  burst: { share: 1.3, holdSeconds: 30 },
  pressure: { lowShare: 0.5, highShare: 1.5, holdSeconds: 30 },
  /** Commanded and reported state differ for longer than this. */
  stuckValve: { seconds: 120 },
  /** No flow at all while the pressure is that of a running plant, between these shares. */
  deadMeter: { lowShare: 0.8, highShare: 1.2, holdSeconds: 120 },
  rain: { lockMm: 5, hours: 24 },
  /** The pump starts again this many percent above the low mark. */
  tank: { hysteresisPercent: 5 },
  /** Silence of more intervals than this is no knowledge; commands are sent no more than twice. */
  stale: { intervals: 3, commandTries: 2 },
  /** From a close to the next open: water hammer, and a controller that cannot decide. */
  minimumOff: { seconds: 300 },
  evidence: 'D',
} as const;

/**
 * What a part does when nobody knows. Aeration is never switched off on old data: oxygen kills in
 * half an hour, electricity does not.
 */
export const FAIL_SAFE = {
  'irrigation-valve': 'closed',
  inlet: 'closed',
  pump: 'off',
  aerator: 'on',
} as const satisfies Record<string, 'closed' | 'off' | 'on'>;

/** An opening has lasted as long as it may. The device enforces the same by itself. */
export function isRunOver(openSeconds: number, maxSeconds: number): boolean {
  requireInside({ maxSeconds: [1, 7 * 86_400] }, { maxSeconds });
  // A time that is not a number ends the run: not knowing how long is too long.
  return !(openSeconds < maxSeconds);
}

/** Rain of the trailing 24 hours locks irrigation; a sum that is not known does not. */
export function isRainLocked(
  sumMm: number | null,
  lockMm: number = INTERLOCKS.rain.lockMm,
): boolean {
  requireInside({ lockMm: [0.1, 500], sumMm: [0, 5000] }, { lockMm, sumMm: sumMm ?? 0 });
  return sumMm !== null && sumMm >= lockMm;
}

/** Whether a pump may draw from a tank. An unknown level stops it: a dry run destroys a seal. */
export function mayDraw(levelPercent: number | null, markPercent: number, runs: boolean): boolean {
  requireInside({ markPercent: [0, 95] }, { markPercent });
  if (levelPercent === null) return false;
  return levelPercent >= (runs ? markPercent : markPercent + INTERLOCKS.tank.hysteresisPercent);
}

/** The last report is too old to act on; one that never came, or comes from tomorrow, as well. */
export function isStale(
  ageSeconds: number | null,
  intervalSeconds: number,
  intervals: number = INTERLOCKS.stale.intervals,
): boolean {
  requireInside({ intervalSeconds: [1, 7 * 86_400] }, { intervalSeconds });
  if (ageSeconds === null) return true;
  const longest = intervals * intervalSeconds;
  return !(ageSeconds >= -intervalSeconds && ageSeconds <= longest);
}

/** Seconds to wait before a valve may open again; null for one that never closed. */
export function offSecondsLeft(
  sinceCloseSeconds: number | null,
  leastSeconds: number = INTERLOCKS.minimumOff.seconds,
): number {
  requireInside({ leastSeconds: [0, 86_400] }, { leastSeconds });
  if (sinceCloseSeconds === null) return 0;
  requireInside({ sinceCloseSeconds: [0, 8.64e12] }, { sinceCloseSeconds });
  return Math.max(0, leastSeconds - sinceCloseSeconds);
}
