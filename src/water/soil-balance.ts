/**
 * The water of a root zone by the day: FAO-56, chapter 8. All depths are mm; the depletion Dr is
 * what is missing to field capacity, 0 when the soil is full and TAW when nothing can be drawn.
 */
import { requireInside } from './valid-range.ts';

/** Rain of one day: Réunion's record is 1825 mm. Also more than any day's irrigation. */
const DAY_DEPTH = [0, 2000] as const;
/** Two metres of the best clay hold some 500 mm. */
const STORE_DEPTH = [0, 2000] as const;

export interface RootZone {
  /** θFC, water content at field capacity, m³/m³. */
  fieldCapacity: number;
  /** θWP, at the wilting point, m³/m³. */
  wiltingPoint: number;
  /** Zr. */
  rootDepthM: number;
}

/** TAW, mm (Eq. 82). RangeError when field capacity does not lie above the wilting point. */
export function totalAvailableWater(zone: RootZone): number {
  const { fieldCapacity, wiltingPoint, rootDepthM } = zone;
  requireInside(
    { fieldCapacity: [0, 1], wiltingPoint: [0, 1], rootDepthM: [0, 3] },
    { fieldCapacity, wiltingPoint, rootDepthM },
  );
  if (!(fieldCapacity > wiltingPoint)) {
    throw new RangeError(`field capacity ${fieldCapacity} lies above wilting at ${wiltingPoint}`);
  }
  return 1000 * (fieldCapacity - wiltingPoint) * rootDepthM;
}

/** p, the share drawn without stress, on a day of this ETc (mm): 0.1 to 0.8 (Table 22, note). */
export function depletionFraction(tabled: number, cropMm: number): number {
  requireInside({ tabled: [0.1, 0.8], cropMm: [0, 25] }, { tabled, cropMm });
  return Math.max(0.1, Math.min(0.8, tabled + 0.04 * (5 - cropMm)));
}

export interface Store {
  /** TAW. */
  totalMm: number;
  /** RAW, what is drawn without stress. */
  readilyMm: number;
}

/** Ks, 0 to 1 (Eq. 84). RangeError unless 0 ≤ Dr ≤ TAW and 0 ≤ RAW < TAW. */
export function stressCoefficient({ totalMm, readilyMm }: Store, depletionMm: number): number {
  requireInside({ totalMm: STORE_DEPTH }, { totalMm });
  if (!(readilyMm >= 0 && readilyMm < totalMm)) {
    throw new RangeError(`readily available water is 0 to ${totalMm} mm, not ${readilyMm}`);
  }
  requireInside({ depletionMm: [0, totalMm] }, { depletionMm });
  return depletionMm <= readilyMm ? 1 : (totalMm - depletionMm) / (totalMm - readilyMm);
}

export interface BalanceDay {
  /** Dr at the end of the day before. */
  depletionMm: number;
  totalMm: number;
  /** p of the crop at 5 mm per day. */
  tabledFraction: number;
  rainMm: number;
  /** RO, of the rain; 0 unless known. */
  runoffMm?: number;
  /** I, what reached the soil, as measured. */
  irrigationMm: number;
  /** CR, capillary rise; 0 unless known, and not small over a high water table. */
  capillaryMm?: number;
  /** ETc without stress. */
  cropMm: number;
}

export interface BalancedDay {
  stressCoefficient: number;
  /** ETa, what was drawn. */
  evapotranspirationMm: number;
  /** DP, what ran through. */
  percolationMm: number;
  /** Dr at the end of the day. */
  depletionMm: number;
  /** RAW of the day, by its ETc. */
  readilyMm: number;
}

/**
 * One day of the balance (Eq. 85). Stress is that of the depletion the day began with. What comes
 * in is what goes out and what is stored, to the last digit. RangeError for a term that cannot be.
 */
export function balanceDay(day: BalanceDay): BalancedDay {
  const { totalMm, rainMm, irrigationMm, cropMm, runoffMm = 0, capillaryMm = 0 } = day;
  requireInside(
    { rainMm: DAY_DEPTH, irrigationMm: DAY_DEPTH, capillaryMm: [0, 50] },
    { rainMm, irrigationMm, capillaryMm },
  );
  requireInside({ runoffMm: [0, rainMm] }, { runoffMm });
  const readilyMm = depletionFraction(day.tabledFraction, cropMm) * totalMm;
  const stress = stressCoefficient({ totalMm, readilyMm }, day.depletionMm);
  const gainMm = rainMm - runoffMm + irrigationMm + capillaryMm;
  // A plant cannot draw below the wilting point, however dry the wind.
  const evapotranspirationMm = Math.min(stress * cropMm, totalMm - day.depletionMm + gainMm);
  const afterMm = day.depletionMm - gainMm + evapotranspirationMm;
  return {
    stressCoefficient: stress,
    evapotranspirationMm,
    percolationMm: Math.max(0, -afterMm),
    depletionMm: Math.min(totalMm, Math.max(0, afterMm)),
    readilyMm,
  };
}

/** Standard error of a capacitive probe without calibration on the spot, m³/m³. Ours. */
export const PROBE_DEVIATION = 0.03;
/** By how much a day adds to what the model does not know, mm. Ours. */
export const MODEL_DRIFT_MM = 1.5;
/** Beyond this many standard errors probe and model speak of different soils. Ours. */
const DISAGREEMENT_MAX = 3;

/** A depletion with its standard error. */
export interface DepletionBelief {
  depletionMm: number;
  deviationMm: number;
}

export type CorrectedDepletion = DepletionBelief & {
  /** What the probe alone says; null when its value cannot be. */
  probeMm: number | null;
  /** Null when the probe was heeded. */
  reason: 'impossible-water-content' | 'disagrees' | null;
};

/**
 * The model's depletion drawn towards what a probe says, each by the weight of its error. A probe
 * that lies far off does not move the model: one of the two is wrong, and a person must look. The
 * probe's θ (m³/m³) is the mean over the root zone; salt in the water makes it read wet.
 */
export function correctDepletion(
  model: DepletionBelief,
  zone: RootZone,
  probe: { waterContent: number; deviation?: number },
): CorrectedDepletion {
  const totalMm = totalAvailableWater(zone);
  const { depletionMm, deviationMm } = model;
  const { waterContent, deviation = PROBE_DEVIATION } = probe;
  requireInside(
    { depletionMm: [0, totalMm], deviationMm: [0, 1000], deviation: [0.001, 0.5] },
    { depletionMm, deviationMm, deviation },
  );
  // No mineral soil holds more than 0.7, and none in a field dries out to nothing.
  if (!(waterContent > 0 && waterContent <= 0.7)) {
    return { ...model, probeMm: null, reason: 'impossible-water-content' };
  }
  const missingMm = 1000 * (zone.fieldCapacity - waterContent) * zone.rootDepthM;
  const probeMm = Math.max(0, Math.min(totalMm, missingMm));
  const probeDeviationMm = 1000 * deviation * zone.rootDepthM;
  const spreadMm = Math.hypot(deviationMm, probeDeviationMm);
  if (Math.abs(probeMm - depletionMm) > DISAGREEMENT_MAX * spreadMm) {
    return { ...model, probeMm, reason: 'disagrees' };
  }
  const weight = deviationMm ** 2 / spreadMm ** 2;
  return {
    depletionMm: depletionMm + weight * (probeMm - depletionMm),
    deviationMm: deviationMm * Math.sqrt(1 - weight),
    probeMm,
    reason: null,
  };
}

/** The error of a depletion after days without a probe. */
export function driftedDeviation(deviationMm: number, days: number): number {
  requireInside({ deviationMm: [0, 1000], days: [0, 10_000] }, { deviationMm, days });
  return Math.hypot(deviationMm, MODEL_DRIFT_MM * Math.sqrt(days));
}

export interface DepthDue {
  depletionMm: number;
  /** The depletion at which to irrigate: RAW, or a share of TAW that the farm allows. */
  triggerMm: number;
  /** Rain to come that will stay in the root zone, mm; it is left room for. */
  rainMm?: number;
  /** Less than this is not worth opening a valve for, mm. */
  leastMm?: number;
}

/** Net depth (mm) that fills the root zone to field capacity, or 0 with the reason. */
export function netDepthDue(due: DepthDue): {
  netMm: number;
  reason: 'due' | 'not-yet-due' | 'rain-will-do' | 'too-little';
} {
  const { depletionMm, triggerMm, rainMm = 0, leastMm = 0 } = due;
  requireInside(
    { depletionMm: STORE_DEPTH, triggerMm: STORE_DEPTH, rainMm: DAY_DEPTH, leastMm: STORE_DEPTH },
    { depletionMm, triggerMm, rainMm, leastMm },
  );
  if (depletionMm < triggerMm) return { netMm: 0, reason: 'not-yet-due' };
  const netMm = depletionMm - rainMm;
  if (rainMm > 0 && netMm <= 0) return { netMm: 0, reason: 'rain-will-do' };
  if (netMm <= 0 || netMm < leastMm) return { netMm: 0, reason: 'too-little' };
  return { netMm, reason: 'due' };
}
