/** Lowest and highest that pass, both included. */
export type Span = readonly [lowest: number, highest: number];

export interface FlatLineLimits {
  suspectSeconds: number;
  failSeconds: number;
  /** Values that differ by less than this are the same. */
  tolerance: number;
}

/** What a sensor of one metric can plausibly report; a test that is absent does not apply. */
export interface Plausibility {
  /** Metric, as device kinds name it. */
  metric: string;
  /** UCUM. */
  unit: string;
  /** Outside it the sensor has failed. */
  fail: Span;
  /** Outside it the water, soil or air of the delta is not to be expected. */
  suspect: Span;
  /** Greatest change in 15 minutes. */
  stepMax?: number;
  /** Only a fall faster than that is a fault. */
  mayRiseFast?: true;
  flat?: FlatLineLimits;
}

const HOUR_S = 3600;

/** A flat line for so many hours; without an end to `fail` it is only ever suspect. */
function flat(
  tolerance: number,
  suspectHours: number,
  failHours: number = Number.POSITIVE_INFINITY,
): FlatLineLimits {
  return { tolerance, suspectSeconds: suspectHours * HOUR_S, failSeconds: failHours * HOUR_S };
}

/**
 * Our defaults, of no standard (evidence D): published ranges of temperate waters are too tight
 * for the delta, where oxygen doubles its saturation in an afternoon and ponds are above 30 °C.
 * The flat line of oxygen counts by day alone.
 */
export const PLAUSIBILITY: readonly Plausibility[] = [
  {
    metric: 'dissolved_oxygen',
    unit: 'mg/L',
    fail: [-0.5, 40],
    suspect: [0, 25],
    stepMax: 3,
    flat: flat(0.01, 1, 4),
  },
  {
    metric: 'ph',
    unit: '[pH]',
    fail: [0, 14],
    suspect: [6, 10],
    stepMax: 0.3,
    flat: flat(0.01, 6, 24),
  },
  {
    metric: 'water_temperature',
    unit: 'Cel',
    fail: [-2, 50],
    suspect: [18, 40],
    stepMax: 1.5,
    flat: flat(0.05, 6, 24),
  },
  {
    metric: 'conductivity',
    unit: 'mS/cm',
    fail: [0, 100],
    suspect: [0.1, 60],
    stepMax: 3,
    flat: flat(0.05, 12, 48),
  },
  {
    metric: 'orp',
    unit: 'mV',
    fail: [-2000, 2000],
    suspect: [-400, 600],
    stepMax: 60,
    flat: flat(1, 12),
  },
  { metric: 'total_ammonia_nitrogen', unit: 'mg/L', fail: [0, 100], suspect: [0, 10] },
  {
    metric: 'soil_moisture',
    unit: '%',
    fail: [0, 100],
    suspect: [3, 60],
    stepMax: 15,
    // Irrigation.
    mayRiseFast: true,
    flat: flat(0.1, 24, 72),
  },
  { metric: 'air_temperature', unit: 'Cel', fail: [-10, 60], suspect: [12, 42], stepMax: 4 },
  { metric: 'relative_humidity', unit: '%', fail: [0, 105], suspect: [15, 100], stepMax: 30 },
];

/** What is plausible of a metric; undefined when nothing is said of it. */
export function plausibilityOf(metric: string): Plausibility | undefined {
  return PLAUSIBILITY.find((one) => one.metric === metric);
}
