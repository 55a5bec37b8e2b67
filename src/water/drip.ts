/**
 * How long drip runs for a depth of water. 1 mm on 1 m² is 1 L. Depths mm, spacings m, emitters
 * L/h, times seconds where a valve is meant and hours where a formula is.
 */
import { requireInside } from './valid-range.ts';

export interface DripField {
  /** Sp, between plants in a row. */
  plantSpacingM: number;
  /** Sr, between rows. */
  rowSpacingM: number;
  /** n, per plant; not always whole where a line waters two rows. */
  emittersPerPlant: number;
  /** q of one emitter. */
  emitterLitresPerHour: number;
}

/** Trees on 20 m, and a tape between plants a hand apart. */
const FIELD = {
  plantSpacingM: [0.02, 20],
  rowSpacingM: [0.1, 20],
  emittersPerPlant: [0.05, 100],
  emitterLitresPerHour: [0.1, 200],
} as const;

/** mm per hour. RangeError for a field that cannot be. */
export function applicationRate(field: DripField): number {
  const { plantSpacingM, rowSpacingM, emittersPerPlant, emitterLitresPerHour } = field;
  requireInside(FIELD, { plantSpacingM, rowSpacingM, emittersPerPlant, emitterLitresPerHour });
  return (emittersPerPlant * emitterLitresPerHour) / (plantSpacingM * rowSpacingM);
}

export interface Losses {
  /** Ea, 0.5 (excluded) to 1; 0.85 to 0.95 is usual for drip (not verified). */
  efficiency: number;
  /** LR, 0 to 0.5. */
  leachingFraction?: number;
  /** Emission uniformity, 0.5 to 1, when the efficiency does not contain it already. */
  uniformity?: number;
}

/** Gross depth: what must leave the emitters for a net depth to reach the roots. */
export function grossDepth(netMm: number, losses: Losses): number {
  const { efficiency, leachingFraction = 0, uniformity = 1 } = losses;
  requireInside(
    { netMm: [0, 500], efficiency: [0, 1], leachingFraction: [0, 0.5], uniformity: [0.5, 1] },
    { netMm, efficiency, leachingFraction, uniformity },
  );
  if (efficiency <= 0.5) throw new RangeError(`efficiency lies above 0.5, not ${efficiency}`);
  return netMm / (efficiency * uniformity * (1 - leachingFraction));
}

export interface DripRun {
  grossMm: number;
  litresPerPlant: number;
  hours: number;
}

/** What a net depth asks of a field of drip. */
export function dripRun(netMm: number, field: DripField, losses: Losses): DripRun {
  const rate = applicationRate(field);
  const grossMm = grossDepth(netMm, losses);
  const litresPerPlant = grossMm * field.plantSpacingM * field.rowSpacingM;
  return { grossMm, litresPerPlant, hours: grossMm / rate };
}

/** The net depth (mm) a run gave by its litres, as a meter counted them. */
export function netDepthOfLitres(litres: number, areaM2: number, losses: Losses): number {
  requireInside({ litres: [0, 1e9], areaM2: [1, 1e7] }, { litres, areaM2 });
  return litres / areaM2 / grossDepth(1, losses);
}

/**
 * Low-quarter distribution uniformity of emitters measured in a field: the mean of the lowest
 * quarter over the mean of all (Merriam & Keller 1978, not verified). Null for fewer than 8: a
 * quarter of them would be a single emitter.
 */
export function distributionUniformity(flowsLitresPerHour: readonly number[]): number | null {
  if (flowsLitresPerHour.length < 8) return null;
  for (const flow of flowsLitresPerHour) requireInside({ flow: [0, 200] }, { flow });
  const sorted = [...flowsLitresPerHour].sort((a, b) => a - b);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const all = mean(sorted);
  return all === 0 ? null : mean(sorted.slice(0, Math.floor(sorted.length / 4))) / all;
}

export interface CycleLimits {
  /** Longest single opening: the actuator's cap, or what soaks in without running off. */
  runSecondsMax: number;
  /** Pause between two. */
  soakSeconds?: number;
  /** All must be over after this long: the window, the tide or the cut-off. */
  windowSeconds?: number;
}

export interface Cycles {
  runs: readonly number[];
  soakSeconds: number;
  /** Asked for and not given within the window. */
  undeliveredSeconds: number;
}

/** A day has 1440 openings of a minute; a plan of more is a mistake in its limits. */
const CYCLES_MAX = 1440;

/**
 * A run in openings of equal whole seconds, none longer than its limit. What the window has no room
 * for is left out and told, never added to an opening.
 */
export function cyclesOf(seconds: number, limits: CycleLimits): Cycles {
  const { runSecondsMax, soakSeconds = 0, windowSeconds = Number.MAX_SAFE_INTEGER } = limits;
  requireInside(
    {
      seconds: [0, 7 * 86_400],
      runSecondsMax: [1, 7 * 86_400],
      soakSeconds: [0, 86_400],
      windowSeconds: [0, Number.MAX_SAFE_INTEGER],
    },
    { seconds, runSecondsMax, soakSeconds, windowSeconds },
  );
  const asked = Math.round(seconds);
  const longest = Math.floor(runSecondsMax);
  const count = Math.ceil(asked / longest);
  if (count > CYCLES_MAX) throw new RangeError(`${count} openings are more than ${CYCLES_MAX}`);
  const runs: number[] = [];
  let at = 0;
  let left = asked;
  for (let index = 0; index < count; index++) {
    const begin = index === 0 ? 0 : at + soakSeconds;
    const run = Math.min(Math.ceil(left / (count - index)), Math.floor(windowSeconds - begin));
    if (run <= 0) break;
    runs.push(run);
    left -= run;
    at = begin + run;
  }
  return { runs, soakSeconds, undeliveredSeconds: left };
}
