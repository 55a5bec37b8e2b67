import { firstOutside, VALID_RANGES } from './valid-range.ts';

/**
 * Scale of the pH value. A farm's meter is set with NIST buffers, which is `nbs`; `total` is the
 * scale of oceanographers, about 0.1 lower in sea water. The constant must be of the same scale.
 */
export type PhScale = 'nbs' | 'total';

export interface AmmoniaConditions {
  /** Valid 0 to 40 °C. */
  temperatureC: number;
  /** Valid 6 to 10. */
  ph: number;
  /** Practical salinity, valid 0 to 40. */
  salinity: number;
  phScale?: PhScale;
}

/** Mass of what holds a milligram of nitrogen: 17.031, 18.039 and 14.007 g/mol. */
export const AMMONIA_PER_NITROGEN = 17.031 / 14.007;
export const AMMONIUM_PER_NITROGEN = 1.2879;

/** What a kit's or probe's "mg/L ammonia" counts; it must be known before anything is derived. */
export type AmmoniaBasis = 'nitrogen' | 'ammonia' | 'ammonium';

const PER_NITROGEN: Readonly<Record<AmmoniaBasis, number>> = {
  nitrogen: 1,
  ammonia: AMMONIA_PER_NITROGEN,
  ammonium: AMMONIUM_PER_NITROGEN,
};

/** Total ammonia in mg N/L from a result in mg/L on another basis. */
export function ammoniaAsNitrogen(amountMgL: number, basis: AmmoniaBasis): number {
  return amountMgL / PER_NITROGEN[basis];
}

/**
 * pK of ammonium on the NBS scale: Emerson, Russo, Lund & Thurston 1975 (J. Fish. Res. Bd Can. 32,
 * 2379) for temperature, with the salinity slope of Bell et al. 2008 (Environ. Chem. 5, 258).
 * A choice of ours: it is Emerson's in fresh water, without a step where brackish water begins,
 * and within 4 % of the fractions published on this scale for shrimp (Lin & Chen 2001) and for sea
 * water (Bower & Bidwell 1978). One paper (Kır 2004) disagrees by a quarter.
 */
export function ammoniumPkNbs(temperatureC: number, salinity: number): number {
  return 0.09018 + 2729.92 / (temperatureC + 273.15) + 0.003071 * salinity;
}

/**
 * pK of ammonium on the total scale: Clegg & Whitfield 1995 (Geochim. Cosmochim. Acta 59, 2403),
 * Eq. 18. Valid −2 to 40 °C, salinity 0 to 40.
 */
export function ammoniumPkTotal(temperatureC: number, salinity: number): number {
  const kelvin = temperatureC + 273.15;
  const root = Math.sqrt(kelvin);
  const s = Math.sqrt(salinity);
  const perWater =
    9.244605 -
    2729.33 * (1 / 298.15 - 1 / kelvin) +
    (0.04203362 - 11.24742 / kelvin) * Math.sqrt(s) +
    (-13.6416 + 1.176949 * root - 0.02860785 * kelvin + 545.4834 / kelvin) * s +
    (-0.1462507 + 0.0090226468 * root - 0.0001471361 * kelvin + 10.5425 / kelvin) * s ** 3 +
    (0.004669309 - 0.0001691742 * root - 0.5677934 / kelvin) * s ** 4 +
    (-2.354039e-5 + 0.009698623 / kelvin) * s ** 5;
  // From a kilogram of water to a kilogram of sea water.
  return perWater - Math.log10(1 - 0.001005 * salinity);
}

/** Share of total ammonia that is un-ionised and toxic (NH3), 0 to 1. */
export function ammoniaFraction(conditions: AmmoniaConditions): number {
  const { temperatureC, ph, salinity, phScale = 'nbs' } = conditions;
  const pk = (phScale === 'nbs' ? ammoniumPkNbs : ammoniumPkTotal)(temperatureC, salinity);
  return 1 / (1 + 10 ** (pk - ph));
}

/** Un-ionised ammonia in mg/L, as nitrogen and as NH3, from total ammonia in mg N/L. */
export function unionisedAmmonia(
  totalNitrogenMgL: number,
  conditions: AmmoniaConditions,
): { nitrogenMgL: number; ammoniaMgL: number } {
  const nitrogenMgL = totalNitrogenMgL * ammoniaFraction(conditions);
  return { nitrogenMgL, ammoniaMgL: nitrogenMgL * AMMONIA_PER_NITROGEN };
}

/** A pH older or newer than this says nothing of the ammonia sample: our rule, no standard's. */
export const PH_AGE_MAX_MS = 15 * 60_000;

export interface AmmoniaSamples {
  /** Total ammonia, mg N/L. */
  totalNitrogenMgL: number;
  totalNitrogenTime: number;
  phTime: number;
  conditions: AmmoniaConditions;
  /** What the instruments are good for; ± 0.1 pH moves the result by 23 %, ± 1 °C by 7 %. */
  phAccuracy?: number;
  temperatureAccuracyC?: number;
}

/** NH3-N with the band the instruments leave open, or null with the reason. */
export type AmmoniaEstimate =
  | { value: number; lower: number; upper: number; reason: null }
  | { value: null; lower: null; upper: null; reason: 'ph-too-old' | 'out-of-range' };

/** Un-ionised ammonia (mg N/L) from samples, with its uncertainty. Times in ms since 1970. */
export function estimateAmmonia(samples: AmmoniaSamples): AmmoniaEstimate {
  const { totalNitrogenMgL, conditions, phAccuracy = 0.1, temperatureAccuracyC = 0.5 } = samples;
  const refused = { value: null, lower: null, upper: null } as const;
  if (!(Math.abs(samples.phTime - samples.totalNitrogenTime) <= PH_AGE_MAX_MS)) {
    return { ...refused, reason: 'ph-too-old' };
  }
  const { temperatureC, ph, salinity } = conditions;
  const isInside = firstOutside(VALID_RANGES.ammonia, { temperatureC, ph, salinity }) === null;
  if (!isInside || !(totalNitrogenMgL >= 0)) return { ...refused, reason: 'out-of-range' };
  const at = (sign: number): number =>
    totalNitrogenMgL *
    ammoniaFraction({
      ...conditions,
      ph: ph + sign * phAccuracy,
      temperatureC: temperatureC + sign * temperatureAccuracyC,
    });
  // The fraction grows with both, so the corners of the box are its least and greatest value.
  return { value: at(0), lower: at(-1), upper: at(1), reason: null };
}
