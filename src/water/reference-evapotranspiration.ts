/**
 * ET0 of a day from whatever a farm knows of it, told with the method and what was assumed. The
 * procedures for missing data are those of FAO-56, chapter 3; what counts as missing is ours: a
 * value that cannot be is treated like one that was not measured, and named.
 */
import {
  actualPressure,
  clearSkyRadiation,
  type DayHumidity,
  type DayTemperatures,
  hargreaves,
  penmanMonteithDay,
  RADIATION_COEFFICIENT,
  radiationFromSunshine,
  radiationFromTemperatures,
  saturationPressure,
  windAtTwoMetres,
} from './evapotranspiration.ts';
import { type SunDay, sunOfDay } from './sun.ts';
import { firstOutside, VALID_RANGES } from './valid-range.ts';

/** What is known of a day; what is not known is left out. */
export interface KnownDay {
  latitudeDeg: number;
  /** 1 to 366, of the local calendar. */
  dayOfYear: number;
  altitudeM?: number;
  temperatureMaxC?: number;
  temperatureMinC?: number;
  humidityMaxPercent?: number;
  humidityMinPercent?: number;
  humidityMeanPercent?: number;
  dewPointC?: number;
  windMs?: number;
  /** Height of the anemometer, m; 2 unless told. */
  windHeightM?: number;
  /** Rs, MJ/m². */
  radiationMjM2?: number;
  sunshineHours?: number;
  /** Within some 20 km of a sea, whose air narrows the day's temperatures. */
  isCoast?: boolean;
}

/** What had to be assumed, or which measured value was set aside because it cannot be. */
export type Assumption =
  | 'altitude-sea-level'
  | 'humidity-from-lowest-temperature'
  | 'humidity-set-aside'
  | 'wind-two-metres-per-second'
  | 'wind-raised-to-floor'
  | 'wind-set-aside'
  | 'radiation-from-sunshine'
  | 'radiation-from-temperatures'
  | 'radiation-set-aside'
  | 'sunshine-set-aside'
  | 'dew-counted-as-zero';

export type NoReference = 'place-or-day-unknown' | 'temperature-unknown' | 'temperature-impossible';

export type ReferenceEvapotranspiration =
  | {
      /** mm per day, not below 0. */
      et0Mm: number;
      method: 'penman-monteith' | 'hargreaves';
      assumptions: readonly Assumption[];
      reason: null;
    }
  | { et0Mm: null; method: null; assumptions: readonly Assumption[]; reason: NoReference };

/** u2 where none is measured: the mean of many weather stations over the world (FAO-56). */
export const WIND_DEFAULT_MS = 2;
/** FAO-56 lets no wind below this into the equation: warm ground stirs the air by itself. */
export const WIND_FLOOR_MS = 0.5;
/** A sensor may read this much more than a clear sky (in the manner of ASCE, not verified). */
export const CLEAR_SKY_EXCESS = 1.05;
/** A recorder's clock may be this much off; a longer day of sunshine was not measured. Ours. */
const SUNSHINE_EXCESS_HOURS = 0.5;

function isWithin(value: number, [lowest, highest]: readonly [number, number]): boolean {
  return value >= lowest && value <= highest;
}

/** ea (kPa), or null when no humidity can be used. */
function vapour(known: KnownDay, day: DayTemperatures, notes: Assumption[]): number | null {
  const range = VALID_RANGES.weather.humidityPercent;
  const given = {
    maxPercent: known.humidityMaxPercent,
    minPercent: known.humidityMinPercent,
    meanPercent: known.humidityMeanPercent,
    dewPointC: known.dewPointC,
  };
  const isReversed =
    given.maxPercent !== undefined &&
    given.minPercent !== undefined &&
    given.minPercent > given.maxPercent;
  const usable: DayHumidity = {};
  for (const name of ['maxPercent', 'minPercent', 'meanPercent'] as const) {
    const value = given[name];
    const isDoubtful = isReversed && name !== 'meanPercent';
    if (value !== undefined && !isDoubtful && isWithin(value, range)) usable[name] = value;
  }
  // Dew forms at the night's low at the latest; a dew point above the day's high is no dew point.
  if (given.dewPointC !== undefined && isWithin(given.dewPointC, [-40, day.maxC])) {
    usable.dewPointC = given.dewPointC;
  }
  const count = (values: object): number =>
    Object.values(values).filter((value) => value !== undefined).length;
  if (count(usable) < count(given)) notes.push('humidity-set-aside');
  return actualPressure(day, usable);
}

/** u2 (m/s), measured or assumed. */
function wind(known: KnownDay, notes: Assumption[]): number {
  const { windMs, windHeightM = 2 } = known;
  const isUsable =
    windMs !== undefined &&
    isWithin(windMs, VALID_RANGES.weather.windMs) &&
    isWithin(windHeightM, [0.5, 100]);
  if (!isUsable) {
    notes.push(...(windMs === undefined ? [] : ['wind-set-aside' as const]));
    notes.push('wind-two-metres-per-second');
    return WIND_DEFAULT_MS;
  }
  const speed = windHeightM === 2 ? windMs : windAtTwoMetres(windMs, windHeightM);
  if (speed < WIND_FLOOR_MS) notes.push('wind-raised-to-floor');
  return Math.max(WIND_FLOOR_MS, speed);
}

/** Rs (MJ/m²), or null when neither a pyranometer nor a sunshine recorder can be used. */
function radiation(
  known: KnownDay,
  sky: { sun: SunDay; clearSkyMjM2: number },
  notes: Assumption[],
): number | null {
  const { radiationMjM2, sunshineHours } = known;
  if (radiationMjM2 !== undefined) {
    // Below a twentieth of a clear sky lies no storm: a sensor is covered or cut off.
    const range = [0.05 * sky.clearSkyMjM2, CLEAR_SKY_EXCESS * sky.clearSkyMjM2] as const;
    if (isWithin(radiationMjM2, range)) return radiationMjM2;
    notes.push('radiation-set-aside');
  }
  if (sunshineHours === undefined) return null;
  if (!isWithin(sunshineHours, [0, sky.sun.daylightHours + SUNSHINE_EXCESS_HOURS])) {
    notes.push('sunshine-set-aside');
    return null;
  }
  notes.push('radiation-from-sunshine');
  return radiationFromSunshine(sunshineHours, sky.sun);
}

function temperaturesOf(known: KnownDay): DayTemperatures | NoReference {
  const { temperatureMaxC: maxC, temperatureMinC: minC } = known;
  if (maxC === undefined || minC === undefined) return 'temperature-unknown';
  const range = VALID_RANGES.weather.temperatureC;
  const isPossible = isWithin(maxC, range) && isWithin(minC, range) && maxC >= minC;
  return isPossible ? { maxC, minC } : 'temperature-impossible';
}

function none(reason: NoReference): ReferenceEvapotranspiration {
  return { et0Mm: null, method: null, assumptions: [], reason };
}

/**
 * ET0 by the best method for what is known. Penman and Monteith's when humidity or radiation was
 * measured, with the rest assumed; Hargreaves' when there is nothing but temperatures, since the
 * other would then be one guess on top of another. Never throws: null comes with its reason.
 */
export function referenceEvapotranspiration(known: KnownDay): ReferenceEvapotranspiration {
  const { latitudeDeg, dayOfYear, isCoast = false } = known;
  const { latitudeDeg: latitudes, dayOfYear: days, altitudeM: altitudes } = VALID_RANGES.weather;
  const place = { latitudeDeg: latitudes, dayOfYear: days };
  if (firstOutside(place, { latitudeDeg, dayOfYear }) !== null) return none('place-or-day-unknown');
  const day = temperaturesOf(known);
  if (typeof day === 'string') return none(day);
  const sun = sunOfDay(latitudeDeg, dayOfYear);
  const notes: Assumption[] = [];
  const isHeightKnown = known.altitudeM !== undefined && isWithin(known.altitudeM, altitudes);
  const altitudeM = isHeightKnown ? (known.altitudeM ?? 0) : 0;
  const clearSkyMjM2 = clearSkyRadiation(sun.radiationMjM2, altitudeM);
  const measuredVapour = vapour(known, day, notes);
  const measuredRadiation = radiation(known, { sun, clearSkyMjM2 }, notes);
  if (measuredVapour === null && measuredRadiation === null) {
    const et0Mm = hargreaves(day, sun.radiationMjM2);
    return { et0Mm, method: 'hargreaves', assumptions: notes, reason: null };
  }
  if (!isHeightKnown) notes.push('altitude-sea-level');
  if (measuredVapour === null) notes.push('humidity-from-lowest-temperature');
  if (measuredRadiation === null) notes.push('radiation-from-temperatures');
  const coefficient = RADIATION_COEFFICIENT[isCoast ? 'coast' : 'inland'];
  const guessed = radiationFromTemperatures(day, sun.radiationMjM2, coefficient);
  const { et0Mm } = penmanMonteithDay({
    ...day,
    // Air cools at night until its dew falls (Eq. 48).
    vapourKpa: measuredVapour ?? saturationPressure(day.minC),
    windMs: wind(known, notes),
    radiationMjM2: measuredRadiation ?? Math.min(guessed, clearSkyMjM2),
    topMjM2: sun.radiationMjM2,
    altitudeM,
  });
  if (et0Mm < 0) notes.push('dew-counted-as-zero');
  return {
    et0Mm: Math.max(0, et0Mm),
    method: 'penman-monteith',
    assumptions: notes,
    reason: null,
  };
}
