/** mg/L as CaCO3 in one milliequivalent per litre. */
const MG_PER_MILLIEQUIVALENT = 50.0435;
/** mg/L as CaCO3 in one German degree of carbonate hardness. */
const MG_PER_GERMAN_DEGREE = 17.848;

/** Alkalinity in meq/L (UCUM `meq/L`) from mg/L as CaCO3. */
export function alkalinityMilliequivalents(alkalinityMgL: number): number {
  return alkalinityMgL / MG_PER_MILLIEQUIVALENT;
}

/** Alkalinity in °dKH, what aquarium kits print, from mg/L as CaCO3. */
export function alkalinityGermanDegrees(alkalinityMgL: number): number {
  return alkalinityMgL / MG_PER_GERMAN_DEGREE;
}

/** First and second pK of carbonic acid in fresh water: Plummer & Busenberg 1982. */
export function carbonicPks(temperatureC: number): { first: number; second: number } {
  const kelvin = temperatureC + 273.15;
  const decade = Math.log10(kelvin);
  const first =
    -356.3094 -
    0.06091964 * kelvin +
    21834.37 / kelvin +
    126.8339 * decade -
    1684915 / (kelvin * kelvin);
  const second =
    -107.8871 -
    0.03252849 * kelvin +
    5151.79 / kelvin +
    38.92561 * decade -
    563713.9 / (kelvin * kelvin);
  return { first: -first, second: -second };
}

/** g/mol. */
const CARBON_DIOXIDE_MASS = 44.0095;
/** pK of water at 25 °C; hydroxide is a small share of the alkalinity below pH 10. */
const WATER_PK = 14;

/**
 * Dissolved carbon dioxide (mg/L) from pH and alkalinity (mg/L as CaCO3). Constants of fresh water:
 * in brackish water an illustration of why the pH of a pond swings, not a measurement.
 */
export function carbonDioxide(conditions: {
  alkalinityMgL: number;
  ph: number;
  temperatureC: number;
}): number {
  const { first, second } = carbonicPks(conditions.temperatureC);
  const hydrogen = 10 ** -conditions.ph;
  const hydroxide = 10 ** (conditions.ph - WATER_PK);
  const equivalents = alkalinityMilliequivalents(conditions.alkalinityMgL) / 1000;
  const bicarbonate =
    (equivalents - hydroxide + hydrogen) / (1 + 2 * 10 ** (conditions.ph - second));
  return bicarbonate * 10 ** (first - conditions.ph) * CARBON_DIOXIDE_MASS * 1000;
}
