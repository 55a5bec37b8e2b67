/**
 * What a crop drinks of the reference evapotranspiration: single crop coefficients of FAO-56,
 * chapter 6. ETc = Kc · ET0 (Eq. 58).
 */
import type { CropWater, StageDays } from './crop-tables.ts';
import { requireInside } from './valid-range.ts';

export type CropStage = 'initial' | 'development' | 'middle' | 'late';

/** The three numbers and four lengths that draw a crop's curve. */
export interface CropCurve {
  initial: number;
  middle: number;
  end: number;
  stages: StageDays;
}

/** No crop of Table 12 drinks more, also after the adjustment to a dry and windy climate. */
const COEFFICIENT = [0, 2] as const;
/** Two years of sugarcane have 720 days. */
const STAGE_DAYS = [0, 1000] as const;

/**
 * A curve from a tabled row. Kc end is the middle of its range unless chosen. RangeError when the
 * table has no lengths of stages and none are given.
 */
export function cropCurve(
  row: CropWater,
  chosen: { stages?: StageDays; end?: number } = {},
): CropCurve {
  const stages = chosen.stages ?? row.stages;
  if (stages === null) throw new RangeError(`${row.crop} has no tabled lengths of its stages`);
  const end = chosen.end ?? (row.end[0] + row.end[1]) / 2;
  return { initial: row.initial, middle: row.middle, end, stages };
}

export type CropCoefficient =
  | { coefficient: number; stage: CropStage; reason: null }
  | { coefficient: null; stage: null; reason: 'not-planted' | 'season-over' };

/**
 * Kc on a day of the season, of which the day of planting is the first: level, rising, level,
 * falling in straight lines (Eq. 66). RangeError for a curve or a day that is not a number.
 */
export function coefficientOnDay(curve: CropCurve, dayOfSeason: number): CropCoefficient {
  const { initial, middle, end, stages } = curve;
  requireInside(
    { initial: COEFFICIENT, middle: COEFFICIENT, end: COEFFICIENT },
    { initial, middle, end },
  );
  const order = ['initial', 'development', 'middle', 'late'] as const;
  for (const stage of order) requireInside({ [stage]: STAGE_DAYS }, { [stage]: stages[stage] });
  if (!Number.isFinite(dayOfSeason)) throw new RangeError('a day of the season is a number');
  if (dayOfSeason < 1) return { coefficient: null, stage: null, reason: 'not-planted' };
  const edges: Record<CropStage, readonly [number, number]> = {
    initial: [initial, initial],
    development: [initial, middle],
    middle: [middle, middle],
    late: [middle, end],
  };
  let daysBefore = 0;
  for (const stage of order) {
    const days = stages[stage];
    if (dayOfSeason <= daysBefore + days) {
      const [from, to] = edges[stage];
      const coefficient = from + ((dayOfSeason - daysBefore) / days) * (to - from);
      return { coefficient, stage, reason: null };
    }
    daysBefore += days;
  }
  return { coefficient: null, stage: null, reason: 'season-over' };
}

/**
 * Kc mid (Eq. 62) or Kc end (Eq. 65) for a climate other than 45 % and 2 m/s: humid air lowers it,
 * tall crops feel it more. `windMs` and `humidityMinPercent` are means over the stage, taken to 1
 * to 6 m/s and 20 to 80 %; a Kc end below 0.45 is of a dried crop and stays. Height 0.1 to 10 m.
 */
export function climateCoefficient(
  tabled: number,
  climate: { windMs: number; humidityMinPercent: number; heightM: number },
): number {
  const { windMs, humidityMinPercent, heightM } = climate;
  requireInside(
    {
      tabled: COEFFICIENT,
      windMs: [0, 60],
      humidityMinPercent: [0, 100],
      heightM: [0.1, 10],
    },
    { tabled, windMs, humidityMinPercent, heightM },
  );
  if (tabled < 0.45) return tabled;
  const wind = Math.min(6, Math.max(1, windMs));
  const humidity = Math.min(80, Math.max(20, humidityMinPercent));
  return tabled + (0.04 * (wind - 2) - 0.004 * (humidity - 45)) * (heightM / 3) ** 0.3;
}

/** ETc, mm per day. */
export function cropEvapotranspiration(coefficient: number, et0Mm: number): number {
  requireInside({ coefficient: COEFFICIENT, et0Mm: [0, 25] }, { coefficient, et0Mm });
  return coefficient * et0Mm;
}

/**
 * Zr (m) on a day: roots follow the leaves, from the depth of sowing to the greatest at the start
 * of the middle stage. The straight line is ours; FAO-56 gives only its two ends.
 */
export function rootDepthOnDay(
  stages: StageDays,
  depth: { sownM: number; greatestM: number },
  dayOfSeason: number,
): number {
  const { sownM, greatestM } = depth;
  requireInside({ sownM: [0, 3], greatestM: [0.05, 3] }, { sownM, greatestM });
  const grown = dayOfSeason / (stages.initial + stages.development);
  if (Number.isNaN(grown)) throw new RangeError('a day of the season is a number');
  return sownM + (greatestM - sownM) * Math.max(0, Math.min(1, grown));
}
