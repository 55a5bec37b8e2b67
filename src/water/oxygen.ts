/** The water and the air above it, as far as dissolved oxygen depends on them. */
export interface OxygenConditions {
  /** Valid 0 to 40 °C. */
  temperatureC: number;
  /** Practical salinity, valid 0 to 40; 0 is fresh water. */
  salinity: number;
  /** Barometric pressure, valid 0.5 to 1.1 atm; 1 at sea level, where the delta lies. */
  pressureAtm?: number;
}

/**
 * Dissolved oxygen (mg/L) of water in balance with moist air: Benson & Krause 1980 and 1984, as in
 * USGS Office of Water Quality Technical Memorandum 2011.03 and APHA 4500-O. Within 0.02 mg/L of
 * the rounded tables in handbooks.
 */
export function oxygenSaturation(conditions: OxygenConditions): number {
  const { temperatureC: t, salinity, pressureAtm: pressure = 1 } = conditions;
  const kelvin = t + 273.15;
  const inverse = 1 / kelvin;
  const fresh = Math.exp(
    -139.34411 +
      inverse *
        (1.575701e5 + inverse * (-6.642308e7 + inverse * (1.2438e10 - inverse * 8.621949e11))),
  );
  const salt = Math.exp(-salinity * (0.017674 + inverse * (-10.754 + inverse * 2140.7)));
  if (pressure === 1) return fresh * salt;
  const vapour = Math.exp(11.8571 + inverse * (-3840.7 - inverse * 216961));
  const theta = 0.000975 + t * (-1.426e-5 + t * 6.436e-8);
  const air = ((pressure - vapour) * (1 - theta * pressure)) / ((1 - vapour) * (1 - theta));
  return fresh * salt * air;
}

/** Percent of saturation. Above 100 is legitimate: an afternoon bloom reaches 150 to 250 %. */
export function oxygenPercent(oxygenMgL: number, conditions: OxygenConditions): number {
  return (100 * oxygenMgL) / oxygenSaturation(conditions);
}

/** Pressure (atm) at an altitude (m) in a standard atmosphere of 15 °C, for want of a barometer. */
export function pressureAtAltitude(altitudeM: number): number {
  return Math.exp((-9.80665 * 0.0289644 * altitudeM) / (8.31447 * 288.15));
}
