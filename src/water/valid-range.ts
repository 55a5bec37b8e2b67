/** Lowest and highest value, both included, for which a formula was fitted. */
export type Range = readonly [lowest: number, highest: number];

/** What each formula's paper covers. Outside of it a derived number is not shown. */
export const VALID_RANGES = {
  /** Benson & Krause 1980, 1984. */
  oxygen: { temperatureC: [0, 40], salinity: [0, 40], pressureAtm: [0.5, 1.1] },
  /** Emerson 1975 with the salinity term of Bell 2008; Clegg & Whitfield 1995 has −2 to 40 °C. */
  ammonia: { temperatureC: [0, 40], salinity: [0, 40], ph: [6, 10] },
  /** UNESCO 44 with Hill 1986: see `salinityCaution` for what lies near the edges. */
  salinity: { temperatureC: [-2, 40], salinity: [0, 42] },
  /** Millero, Plese & Fernandez 1988; fitted for salinity 5 to 40, below it an extrapolation. */
  sulphide: { temperatureC: [0, 35], salinity: [0, 40], ph: [0, 14] },
  /** Fresh-water constants of Plummer & Busenberg 1982. */
  carbonDioxide: { temperatureC: [0, 40], ph: [4, 10] },
  alkalinity: { alkalinityMgL: [0, 500] },
  /** FAO-56 draws its sun between the polar circles; the rest is what weather there can be. */
  weather: {
    temperatureC: [-40, 60],
    humidityPercent: [0, 100],
    windMs: [0, 60],
    latitudeDeg: [-66, 66],
    dayOfYear: [1, 366],
    altitudeM: [-430, 6000],
  },
} as const satisfies Record<string, Record<string, Range>>;

/** Name of the first value that lies outside its range or is not a number; null when all lie in. */
export function firstOutside(
  ranges: Readonly<Record<string, Range>>,
  values: Readonly<Record<string, number | undefined>>,
): string | null {
  for (const [name, [lowest, highest]] of Object.entries(ranges)) {
    const value = values[name];
    if (value !== undefined && !(value >= lowest && value <= highest)) return name;
  }
  return null;
}

/**
 * For formulas whose input a program made, not an instrument: a RangeError names the first value
 * that lies outside its range, and not-a-number lies outside of every range.
 */
export function requireInside(
  ranges: Readonly<Record<string, Range>>,
  values: Readonly<Record<string, number | undefined>>,
): void {
  const name = firstOutside(ranges, values);
  if (name === null) return;
  const [lowest, highest] = ranges[name] ?? [Number.NaN, Number.NaN];
  throw new RangeError(`${name} is ${lowest} to ${highest}, not ${values[name]}`);
}
