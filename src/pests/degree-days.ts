/** One day's temperatures and a species' thresholds, all in °C (K·d) or all in °F. */
export interface DayTemperatures {
  minimum: number;
  maximum: number;
}

export interface DevelopmentThresholds {
  /** Below it development stands still. */
  lower: number;
  /** Above it development goes no faster; absent when none is known. */
  upper?: number;
}

/** A total is of one method: the two differ by a few percent and are never added together. */
export type DegreeDayMethod = 'single-sine' | 'integrated';

function requireThresholds({
  lower,
  upper = Number.POSITIVE_INFINITY,
}: DevelopmentThresholds): void {
  if (!(lower < upper)) {
    throw new RangeError(`the lower threshold ${lower} is not below the upper one ${upper}`);
  }
}

/**
 * Degree-days of one local day: a sine through its minimum and maximum, cut off level at the upper
 * threshold (Baskerville & Emin 1969; Zalom et al. 1983, UC DANR 21373, Table 7). The unit is `K.d`
 * in UCUM. Throws RangeError for a minimum above the maximum or thresholds the wrong way round.
 */
export function singleSineDegreeDays(day: DayTemperatures, species: DevelopmentThresholds): number {
  const { minimum, maximum } = day;
  const { lower, upper = Number.POSITIVE_INFINITY } = species;
  if (!(minimum <= maximum)) {
    throw new RangeError(`the minimum ${minimum} of a day is above its maximum ${maximum}`);
  }
  requireThresholds(species);
  if (minimum >= upper) return upper - lower;
  if (maximum <= lower) return 0;
  const mean = (maximum + minimum) / 2;
  const amplitude = (maximum - minimum) / 2;
  // Where the sine crosses each threshold, from its trough at −π/2 to its crest at π/2.
  const rises = minimum < lower ? Math.asin((lower - mean) / amplitude) : -Math.PI / 2;
  const caps = maximum > upper ? Math.asin((upper - mean) / amplitude) : Math.PI / 2;
  const below = (mean - lower) * (caps - rises) + amplitude * (Math.cos(rises) - Math.cos(caps));
  const capped = maximum > upper ? (upper - lower) * (Math.PI / 2 - caps) : 0;
  return (below + capped) / Math.PI;
}

/** Hours of a day that must be known; with fewer the day's total is an estimate. Our rule. */
const HOURS_SHARE_MIN = 0.9;
const HOURS = 24;

export interface DayTotal {
  degreeDays: number;
  method: DegreeDayMethod;
  isEstimated: boolean;
}

/** A day's total from its 24 hourly means, null where one is missing; null when all are. */
export function degreeDaysOfHours(
  hourlyMeans: readonly (number | null)[],
  species: DevelopmentThresholds,
): DayTotal | null {
  if (hourlyMeans.length !== HOURS) {
    throw new RangeError(`a day has 24 hourly means, not ${hourlyMeans.length}`);
  }
  const known = hourlyMeans.filter((mean) => mean !== null && Number.isFinite(mean)) as number[];
  if (known.length === 0) return null;
  const day = { minimum: Math.min(...known), maximum: Math.max(...known) };
  return {
    degreeDays: singleSineDegreeDays(day, species),
    method: 'single-sine',
    isEstimated: known.length < HOURS_SHARE_MIN * HOURS,
  };
}

/** A day's total straight from evenly spaced readings of one whole local day, gapless. */
export function integratedDegreeDays(
  readings: readonly number[],
  species: DevelopmentThresholds,
): number {
  requireThresholds(species);
  if (readings.length === 0) throw new RangeError('a day without readings has no degree-days');
  const { lower, upper = Number.POSITIVE_INFINITY } = species;
  const sum = readings.reduce(
    (total, reading) => total + Math.min(Math.max(reading - lower, 0), upper - lower),
    0,
  );
  return sum / readings.length;
}
