/**
 * Reference evapotranspiration of a well watered short grass: FAO-56 (Allen, Pereira, Raes & Smith
 * 1998, FAO Irrigation and Drainage Paper 56). Equation numbers are of that paper. Pressures are
 * kPa, radiation MJ/m² per day or per hour, wind m/s at 2 m, temperatures °C. The hourly form is
 * that of 1998: the standardised one of ASCE 2005 has other constants, and the two must not mix.
 */
import { requireInside, VALID_RANGES } from './valid-range.ts';

const { temperatureC, humidityPercent, windMs, altitudeM } = VALID_RANGES.weather;
/** MJ/m² per day: the sun brings 45 at most anywhere on earth. */
const DAY_RADIATION = [0, 50] as const;

/** e°(T), kPa: what air at this temperature can hold (Eq. 11). RangeError outside −40 to 60 °C. */
export function saturationPressure(celsius: number): number {
  requireInside({ temperatureC }, { temperatureC: celsius });
  return 0.6108 * Math.exp((17.27 * celsius) / (celsius + 237.3));
}

/** Highest and lowest temperature of a day. */
export interface DayTemperatures {
  maxC: number;
  minC: number;
}

function requireOrder({ maxC, minC }: DayTemperatures): void {
  if (!(maxC >= minC)) throw new RangeError(`a day's highest ${maxC} °C is not below ${minC} °C`);
}

/** es, kPa (Eq. 12). That of the mean temperature would be too low: the curve bends upward. */
export function meanSaturationPressure({ maxC, minC }: DayTemperatures): number {
  return (saturationPressure(maxC) + saturationPressure(minC)) / 2;
}

/** Δ, kPa/°C (Eq. 13). */
export function saturationSlope(celsius: number): number {
  return (4098 * saturationPressure(celsius)) / (celsius + 237.3) ** 2;
}

/** P, kPa, at an altitude (Eq. 7). RangeError outside −430 to 6000 m. */
export function airPressure(metres: number): number {
  requireInside({ altitudeM }, { altitudeM: metres });
  return 101.3 * ((293 - 0.0065 * metres) / 293) ** 5.26;
}

/** γ, kPa/°C (Eq. 8). */
export function psychrometricConstant(pressureKpa: number): number {
  requireInside({ pressureKpa: [40, 110] }, { pressureKpa });
  return 0.665e-3 * pressureKpa;
}

/** u2: wind at 2 m from that measured at another height over short grass, 0.5 to 100 m (Eq. 47). */
export function windAtTwoMetres(speedMs: number, heightM: number): number {
  requireInside({ windMs, heightM: [0.5, 100] }, { windMs: speedMs, heightM });
  return (speedMs * 4.87) / Math.log(67.8 * heightM - 5.42);
}

/** What is known of the day's moisture, in percent; at least one of the three or the dew point. */
export interface DayHumidity {
  maxPercent?: number;
  minPercent?: number;
  meanPercent?: number;
  dewPointC?: number;
}

/**
 * ea, kPa, from the best that is known: the dew point (Eq. 14), highest and lowest humidity
 * (Eq. 17), the highest alone, which an inaccurate sensor tells best (Eq. 18), or the mean
 * (Eq. 19). Null when nothing is known. RangeError for humidity outside 0 to 100 %.
 */
export function actualPressure(day: DayTemperatures, humidity: DayHumidity): number | null {
  const { maxPercent, minPercent, meanPercent, dewPointC } = humidity;
  const ranges = {
    maxPercent: humidityPercent,
    minPercent: humidityPercent,
    meanPercent: humidityPercent,
  };
  requireInside(ranges, { maxPercent, minPercent, meanPercent });
  if (dewPointC !== undefined) return saturationPressure(dewPointC);
  const [atMax, atMin] = [saturationPressure(day.maxC), saturationPressure(day.minC)];
  if (maxPercent !== undefined && minPercent !== undefined) {
    return (atMin * maxPercent + atMax * minPercent) / 200;
  }
  if (maxPercent !== undefined) return (atMin * maxPercent) / 100;
  return meanPercent === undefined ? null : (meanPercent / 100) * ((atMax + atMin) / 2);
}

/** Rs from hours of sunshine, with Ångström's fractions 0.25 and 0.50 (Eq. 35). */
export function radiationFromSunshine(
  sunshineHours: number,
  sun: { radiationMjM2: number; daylightHours: number },
): number {
  // A recorder shows a little more than the day is long when it also counts the twilight.
  const share = Math.min(1, sunshineHours / sun.daylightHours);
  if (!(share >= 0)) throw new RangeError(`sunshine lasts 0 hours or more, not ${sunshineHours}`);
  return (0.25 + 0.5 * share) * sun.radiationMjM2;
}

/** kRs of Hargreaves' radiation formula, 1/√°C (Eq. 50): inland, and within reach of a sea. */
export const RADIATION_COEFFICIENT = { inland: 0.16, coast: 0.19 } as const;

/** Rs from how far the temperature rose: a clear sky warms by day and cools by night (Eq. 50). */
export function radiationFromTemperatures(
  day: DayTemperatures,
  topMjM2: number,
  coefficient: number = RADIATION_COEFFICIENT.inland,
): number {
  requireInside({ topMjM2: DAY_RADIATION }, { topMjM2 });
  requireOrder(day);
  return coefficient * Math.sqrt(day.maxC - day.minC) * topMjM2;
}

/** Rso, what a clear sky lets through of Ra (Eq. 37). */
export function clearSkyRadiation(topMjM2: number, metres: number): number {
  requireInside({ altitudeM, topMjM2: DAY_RADIATION }, { altitudeM: metres, topMjM2 });
  return (0.75 + 2e-5 * metres) * topMjM2;
}

/**
 * Rs/Rso as the long-wave term takes it: 1 is a clear sky, and below 0.3 no cloud is thicker. The
 * floor is that of ASCE 2005 (not verified); FAO-56 names 0.33 as a dense cover and does not clip.
 */
function clearness(radiationMjM2: number, clearSkyMjM2: number): number {
  return Math.max(0.3, Math.min(1, radiationMjM2 / clearSkyMjM2));
}

/** Stefan and Boltzmann's σ, MJ/(K⁴ m²) per day. */
const STEFAN_BOLTZMANN_DAY = 4.903e-9;
/** As FAO-56 rounds it for an hour. */
const STEFAN_BOLTZMANN_HOUR = 2.043e-10;

/** Rns: what grass of albedo 0.23 does not throw back (Eq. 38). */
export function netShortwave(radiationMjM2: number): number {
  requireInside({ radiationMjM2: DAY_RADIATION }, { radiationMjM2 });
  return 0.77 * radiationMjM2;
}

/** Rnl as it leaves a body: σT⁴ less what vapour and clouds send back (Eq. 39). */
function longwave(emitted: number, vapourKpa: number, sky: number): number {
  return emitted * (0.34 - 0.14 * Math.sqrt(vapourKpa)) * (1.35 * sky - 0.35);
}

const KELVIN = 273.16;

/** Rnl of a day, MJ/m² (Eq. 39). */
export function netLongwaveDay(
  day: DayTemperatures,
  vapourKpa: number,
  sky: { radiationMjM2: number; clearSkyMjM2: number },
): number {
  const fourth = ((day.maxC + KELVIN) ** 4 + (day.minC + KELVIN) ** 4) / 2;
  const clear = clearness(sky.radiationMjM2, sky.clearSkyMjM2);
  return longwave(STEFAN_BOLTZMANN_DAY * fourth, vapourKpa, clear);
}

interface Climate {
  meanC: number;
  windMs: number;
  pressureKpa: number;
  /** Rn − G, MJ/m². */
  energyMjM2: number;
  /** es − ea, kPa. */
  deficitKpa: number;
  /** 900 for a day, 37 for an hour. */
  numerator: number;
}

/** The combination equation that Eqs. 6 and 53 share. */
function combine(climate: Climate): number {
  requireInside({ windMs }, { windMs: climate.windMs });
  const slope = saturationSlope(climate.meanC);
  const gamma = psychrometricConstant(climate.pressureKpa);
  const wind = climate.windMs;
  const aerodynamic =
    (gamma * climate.numerator * wind * climate.deficitKpa) / (climate.meanC + 273);
  const result =
    (0.408 * slope * climate.energyMjM2 + aerodynamic) / (slope + gamma * (1 + 0.34 * wind));
  if (!Number.isFinite(result)) throw new RangeError('the weather holds what is not a number');
  return result;
}

/** A day's weather, complete. */
export interface DayWeather extends DayTemperatures {
  /** ea, kPa. */
  vapourKpa: number;
  /** u2, m/s. */
  windMs: number;
  /** Rs, MJ/m². */
  radiationMjM2: number;
  /** Ra, MJ/m², of `sunOfDay`. */
  topMjM2: number;
  altitudeM: number;
  /** G, MJ/m²: near enough 0 for a day; for a month 0.14 per °C it is warmer than the last. */
  soilHeatMjM2?: number;
}

export interface Evapotranspiration {
  /** mm; below 0 where dew falls. */
  et0Mm: number;
  /** Rn, MJ/m². */
  netRadiationMjM2: number;
}

/** ET0 of a day by Penman and Monteith (Eq. 6). RangeError for weather that cannot be. */
export function penmanMonteithDay(weather: DayWeather): Evapotranspiration {
  requireOrder(weather);
  const clearSkyMjM2 = clearSkyRadiation(weather.topMjM2, weather.altitudeM);
  const { radiationMjM2, vapourKpa } = weather;
  const netRadiationMjM2 =
    netShortwave(radiationMjM2) -
    netLongwaveDay(weather, vapourKpa, { radiationMjM2, clearSkyMjM2 });
  const et0Mm = combine({
    meanC: (weather.maxC + weather.minC) / 2,
    windMs: weather.windMs,
    pressureKpa: airPressure(weather.altitudeM),
    energyMjM2: netRadiationMjM2 - (weather.soilHeatMjM2 ?? 0),
    deficitKpa: meanSaturationPressure(weather) - vapourKpa,
    numerator: 900,
  });
  return { et0Mm, netRadiationMjM2 };
}

/** Mean weather of an hour. */
export interface HourWeather {
  temperatureC: number;
  humidityPercent: number;
  /** u2, m/s. */
  windMs: number;
  /** Rs, MJ/m² in the hour. */
  radiationMjM2: number;
  altitudeM: number;
  /** Of `sunOfHour`. */
  sun: { radiationMjM2: number; isDay: boolean };
  /** Rs/Rso of the last hours of daylight, which stands for the sky of the night. */
  nightClearness: number;
}

/** ET0 of an hour by Penman and Monteith (Eq. 53). RangeError for weather that cannot be. */
export function penmanMonteithHour(weather: HourWeather): Evapotranspiration {
  requireInside(
    { humidityPercent, nightClearness: [0, 1], radiationMjM2: [0, 6] },
    {
      humidityPercent: weather.humidityPercent,
      nightClearness: weather.nightClearness,
      radiationMjM2: weather.radiationMjM2,
    },
  );
  const { sun } = weather;
  const saturated = saturationPressure(weather.temperatureC);
  const vapourKpa = (saturated * weather.humidityPercent) / 100;
  const clearSky = clearSkyRadiation(sun.radiationMjM2, weather.altitudeM);
  const sky = sun.isDay ? clearness(weather.radiationMjM2, clearSky) : weather.nightClearness;
  const emitted = STEFAN_BOLTZMANN_HOUR * (weather.temperatureC + KELVIN) ** 4;
  const netRadiationMjM2 = netShortwave(weather.radiationMjM2) - longwave(emitted, vapourKpa, sky);
  // G is a tenth of Rn under the sun and half of it by night (Eqs. 45 and 46).
  const soilShare = sun.isDay ? 0.1 : 0.5;
  const et0Mm = combine({
    meanC: weather.temperatureC,
    windMs: weather.windMs,
    pressureKpa: airPressure(weather.altitudeM),
    energyMjM2: netRadiationMjM2 * (1 - soilShare),
    deficitKpa: saturated - vapourKpa,
    numerator: 37,
  });
  return { et0Mm, netRadiationMjM2 };
}

/** Two and three hours before sunset, as hour angles (rad): when FAO-56 looks at the sky. */
const LAST_LOOK = { from: 0.79, to: 0.52 } as const;

/**
 * Rs/Rso for the night to come: that of the last hour whose middle lay two to three hours before
 * sunset. Null when no hour did; FAO-56 then takes 0.4 to 0.6 in a humid climate.
 */
export function nightClearness(
  hours: readonly {
    hourAngle: number;
    sunsetAngle: number;
    radiationMjM2: number;
    clearSkyMjM2: number;
  }[],
): number | null {
  const seen = hours.filter(({ hourAngle, sunsetAngle, radiationMjM2, clearSkyMjM2 }) => {
    const before = sunsetAngle - hourAngle;
    return before <= LAST_LOOK.from && before >= LAST_LOOK.to && radiationMjM2 / clearSkyMjM2 >= 0;
  });
  const last = seen.at(-1);
  return last === undefined ? null : clearness(last.radiationMjM2, last.clearSkyMjM2);
}

/** ET0 (mm) of a day from its temperatures alone: Hargreaves & Samani 1985 (Eq. 52). */
export function hargreaves(day: DayTemperatures, topMjM2: number): number {
  requireInside(
    { maxC: temperatureC, minC: temperatureC, topMjM2: DAY_RADIATION },
    { maxC: day.maxC, minC: day.minC, topMjM2 },
  );
  requireOrder(day);
  const mean = (day.maxC + day.minC) / 2;
  // In frost the line crosses zero, and grass does not drink less than nothing.
  return Math.max(0, 0.0023 * (mean + 17.8) * Math.sqrt(day.maxC - day.minC) * 0.408 * topMjM2);
}
