import { dayName, dayNumber } from '../base/local-clock.ts';
import type { BalanceRow, Plot } from '../contracts/irrigation.ts';
import { cropWaterOf } from '../water/crop-tables.ts';
import {
  type CropCurve,
  coefficientOnDay,
  cropCurve,
  cropEvapotranspiration,
} from '../water/crop-water.ts';
import {
  balanceDay,
  correctDepletion,
  type DepletionBelief,
  depletionFraction,
  driftedDeviation,
  MODEL_DRIFT_MM,
  type RootZone,
  stressCoefficient,
  totalAvailableWater,
} from '../water/soil-balance.ts';
import { refusalOf } from './declared-faults.ts';
import { valueFaults } from './plot-faults.ts';

/** What came to a zone on one day. */
export interface DayInput {
  /** Days since 1970, of the local calendar. */
  day: number;
  et0: number | null;
  method: string;
  /** mm. */
  rain: number;
  /** Net, mm: what reached the roots. */
  irrigation: number;
  /** Of the probe at the day's end, m3/m3. */
  waterContent: number | null;
  isForecast: boolean;
  notes: readonly string[];
}

/** p of crops that Table 22 does not list: an early watering harms less than a late one. Ours. */
const FRACTION_UNKNOWN = 0.3;
/** At which p is tabled, mm a day (Table 22). */
const FRACTION_ET_MM = 5;
/** What a day without any ET0 adds to the error: an ETc of some 5 mm that nobody counted. Ours. */
const MISSING_DAY_MM = 5;
/** More in a day than the balance takes is a fault of a sensor. */
const DAY_DEPTH_MAX_MM = 2000;

/** What a plot is to the formulas. */
export interface ZoneModel {
  curve: CropCurve;
  /** Days since 1970 of the day of planting. */
  planted: number;
  /** The first day after its season. */
  over: number;
  zone: RootZone;
  /** TAW, mm. */
  totalMm: number;
  /** p at 5 mm a day. */
  fraction: number;
  isFractionKnown: boolean;
}

/**
 * What a plot is to the formulas. One that came past the desk that keeps plots, by a restore or by
 * hand, may say what they cannot take: throws PLOT_INVALID with the field and the fix.
 */
export function zoneModel(plot: Plot): ZoneModel {
  const [fault] = valueFaults(plot);
  if (fault !== undefined) throw refusalOf('PLOT_INVALID', fault);
  const { row } = cropWaterOf(plot.crop);
  if (row === null) throw new RangeError(`${plot.crop} is not among the crops`);
  const { fieldCapacity, wiltingPoint } = plot.soil;
  const zone = { fieldCapacity, wiltingPoint, rootDepthM: plot.rootDepth };
  const planted = dayNumber(plot.plantedOn);
  const seasonDays = Object.values(plot.stageDays).reduce((sum, days) => sum + days, 0);
  return {
    curve: cropCurve(row, { stages: plot.stageDays }),
    ...{ planted, over: planted + seasonDays },
    ...{ zone, totalMm: totalAvailableWater(zone) },
    fraction: row.depletionFraction ?? FRACTION_UNKNOWN,
    isFractionKnown: row.depletionFraction !== null,
  };
}

/** Kc of a local day, or null before planting and after the season. */
export function coefficientOf({ curve, planted }: ZoneModel, day: number): number | null {
  return coefficientOnDay(curve, day - planted + 1).coefficient;
}

/** RAW on a day of average thirst, mm. */
export function usualReadily({ fraction, totalMm }: ZoneModel): number {
  return depletionFraction(fraction, FRACTION_ET_MM) * totalMm;
}

/**
 * What is believed of the day before the first one: a crop is planted into moist soil, watered once
 * (FAO-56, chapter 8); of one that stands already nobody knows, so it is taken for half drawn. The
 * error of either is told with it.
 */
export function firstBelief(model: ZoneModel, day: number): DepletionBelief {
  return day <= model.planted
    ? { depletionMm: 0, deviationMm: model.totalMm / 10 }
    : { depletionMm: usualReadily(model) / 2, deviationMm: model.totalMm / 4 };
}

/** One day of a zone; null when its crop does not stand on it. */
export function chainDay(
  model: ZoneModel,
  before: DepletionBelief,
  input: DayInput,
): BalanceRow | null {
  const { day, et0, rain, irrigation, isForecast } = input;
  const kc = coefficientOf(model, day);
  if (kc === null) return null;
  const { totalMm } = model;
  const notes = [...input.notes];
  if (!model.isFractionKnown) notes.push('fraction-assumed');
  const etc = et0 === null ? null : cropEvapotranspiration(kc, et0);
  const balanced = balanceDay({
    // A plot may have been changed since: its soil holds less now.
    depletionMm: Math.min(totalMm, before.depletionMm),
    ...{ totalMm, tabledFraction: model.fraction },
    rainMm: Math.min(DAY_DEPTH_MAX_MM, rain),
    irrigationMm: Math.min(DAY_DEPTH_MAX_MM, irrigation),
    cropMm: etc ?? 0,
  });
  // Water that runs through also washes away the doubt about what was missing.
  const unsure = Math.max(MODEL_DRIFT_MM, before.deviationMm - balanced.percolationMm);
  const drifted = driftedDeviation(unsure, 1);
  const drawn = {
    depletionMm: balanced.depletionMm,
    deviationMm: etc === null ? Math.hypot(drifted, MISSING_DAY_MM) : drifted,
  };
  const { belief, corrected, note } = probed(model, drawn, input.waterContent);
  if (note !== null) notes.push(note);
  const raw = etc === null ? usualReadily(model) : balanced.readilyMm;
  return {
    ...{ day: dayName(day), et0, method: input.method, kc, etc, rain, irrigation },
    ...{ depletion: belief.depletionMm, deviation: belief.deviationMm, taw: totalMm, raw },
    ks:
      etc === null
        ? stressCoefficient({ totalMm, readilyMm: raw }, Math.min(totalMm, before.depletionMm))
        : balanced.stressCoefficient,
    ...{ corrected, isForecast },
    ...(notes.length > 0 && { notes: [...new Set(notes)] }),
  };
}

function probed(
  { zone }: ZoneModel,
  belief: DepletionBelief,
  waterContent: number | null,
): { belief: DepletionBelief; corrected: number | null; note: string | null } {
  if (waterContent === null) return { belief, corrected: null, note: null };
  const result = correctDepletion(belief, zone, { waterContent });
  const { depletionMm, deviationMm, reason } = result;
  return {
    belief: { depletionMm, deviationMm },
    corrected: depletionMm - belief.depletionMm,
    note: reason === null ? null : `probe-${reason}`,
  };
}

export function beliefOf(row: Pick<BalanceRow, 'depletion' | 'deviation'>): DepletionBelief {
  return { depletionMm: row.depletion, deviationMm: row.deviation };
}

/** The days one after the other; ends with the season. Days before planting are passed over. */
export function chainDays(
  model: ZoneModel,
  start: DepletionBelief,
  inputs: readonly DayInput[],
): BalanceRow[] {
  const rows: BalanceRow[] = [];
  let belief = start;
  for (const input of inputs) {
    if (input.day < model.planted) continue;
    const row = chainDay(model, belief, input);
    if (row === null) break;
    rows.push(row);
    belief = beliefOf(row);
  }
  return rows;
}
