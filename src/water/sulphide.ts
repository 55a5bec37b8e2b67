/** Mass of hydrogen sulphide that holds a milligram of sulphide sulphur: 34.08 over 32.06 g/mol. */
export const SULPHIDE_PER_SULPHUR = 1.063;

/**
 * First pK of hydrogen sulphide: Millero, Plese & Fernandez 1988 (Limnol. Oceanogr. 33, 269), on
 * the total pH scale; with a pH of a farm's meter (NBS) the share comes out up to 20 % too low in
 * sea water. Valid 0 to 35 °C, salinity 0 to 40, fitted from 5 on.
 */
export function sulphidePk(temperatureC: number, salinity: number): number {
  const kelvin = temperatureC + 273.15;
  const logarithm =
    225.838 -
    13275.3 / kelvin -
    34.6435 * Math.log(kelvin) +
    0.3449 * Math.sqrt(salinity) -
    0.0274 * salinity;
  return -logarithm / Math.LN10;
}

/** Share of dissolved sulphide that is the toxic H2S, 0 to 1. Falling pH raises it. */
export function sulphideFraction(conditions: {
  temperatureC: number;
  ph: number;
  salinity: number;
}): number {
  const pk = sulphidePk(conditions.temperatureC, conditions.salinity);
  return 1 / (1 + 10 ** (conditions.ph - pk));
}
