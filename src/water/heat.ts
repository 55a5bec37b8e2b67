/**
 * Density and heat of surface water: EOS-80 and the specific heat of UNESCO Technical Papers in
 * Marine Science 44 (Fofonoff & Millard 1983). Valid 0 to 40 °C, practical salinity 0 to 42.
 */

/** The formulas are of the temperature scale of 1968; instruments read that of 1990. */
function toScale1968(temperatureC: number): number {
  return temperatureC * 1.00024;
}

/** Density, kg/m³. */
export function waterDensity(salinity: number, temperatureC: number): number {
  const t = toScale1968(temperatureC);
  const s = salinity;
  const fresh =
    999.842594 +
    t *
      (6.793952e-2 + t * (-9.09529e-3 + t * (1.001685e-4 + t * (-1.120083e-6 + t * 6.536332e-9))));
  const a = 8.24493e-1 + t * (-4.0899e-3 + t * (7.6438e-5 + t * (-8.2467e-7 + t * 5.3875e-9)));
  const b = -5.72466e-3 + t * (1.0227e-4 - t * 1.6546e-6);
  return fresh + s * (a + b * Math.sqrt(s) + 4.8314e-4 * s);
}

/** Specific heat at constant pressure, J/(kg·K). */
export function specificHeat(salinity: number, temperatureC: number): number {
  const t = toScale1968(temperatureC);
  const s = salinity;
  const fresh = 4217.4 + t * (-3.720283 + t * (0.1412855 + t * (-2.654387e-3 + t * 2.093236e-5)));
  const a = -7.643575 + t * (0.1072763 - t * 1.38385e-3);
  const b = 0.1770383 + t * (-4.07718e-3 + t * 5.148e-5);
  return fresh + s * (a + b * Math.sqrt(s));
}

export interface Water {
  salinity: number;
  temperatureC: number;
}

/** Warming (K) of a mixed column of water by heat from above (MJ/m²). */
export function warming(heatMjM2: number, depthM: number, water: Water): number {
  if (!(depthM > 0)) throw new RangeError(`a depth is above 0, not ${depthM} m`);
  const { salinity, temperatureC } = water;
  const perCubicMetre = waterDensity(salinity, temperatureC) * specificHeat(salinity, temperatureC);
  return (heatMjM2 * 1e6) / (perCubicMetre * depthM);
}

/** A surface this much fresher or warmer than the bottom does not mix by itself: our defaults. */
export const STRATIFIED_SALINITY = 2;
export const STRATIFIED_TEMPERATURE_K = 3;

/**
 * How firmly the surface lies on the bottom water: the difference in density (kg/m³), and whether
 * paddlewheels should run. A lens of rain weighs about four times what an afternoon's sun does.
 */
export function stratification(
  surface: Water,
  bottom: Water,
): { densityDifference: number; isStratified: boolean } {
  return {
    densityDifference:
      waterDensity(bottom.salinity, bottom.temperatureC) -
      waterDensity(surface.salinity, surface.temperatureC),
    isStratified:
      bottom.salinity - surface.salinity >= STRATIFIED_SALINITY ||
      surface.temperatureC - bottom.temperatureC >= STRATIFIED_TEMPERATURE_K,
  };
}
