/**
 * The sun above the air, from place and time alone: FAO-56 (Allen, Pereira, Raes & Smith 1998, FAO
 * Irrigation and Drainage Paper 56), Eqs. 21 to 34. Valid between the polar circles. Days are those
 * of the local calendar, 1 January is 1; latitudes are degrees, north positive.
 */
import { requireInside, VALID_RANGES } from './valid-range.ts';

/** Gsc, MJ/m² per minute. */
const SOLAR_CONSTANT = 0.082;

export interface SunDay {
  /** Extraterrestrial radiation Ra, MJ/m² per day (Eq. 21). */
  radiationMjM2: number;
  /** Hours from sunrise to sunset, N (Eq. 34). */
  daylightHours: number;
}

interface Angles {
  /** Inverse relative distance of the sun, dr (Eq. 23). */
  nearness: number;
  /** sin φ sin δ, the part of the sun's height that does not change during the day. */
  steady: number;
  /** cos φ cos δ, the part that turns with the hour. */
  turning: number;
  /** Hour angle of sunset, ωs, rad (Eq. 25). */
  sunset: number;
}

const PLACE_AND_DAY = {
  latitudeDeg: VALID_RANGES.weather.latitudeDeg,
  dayOfYear: VALID_RANGES.weather.dayOfYear,
};

function anglesOf(latitudeDeg: number, dayOfYear: number): Angles {
  requireInside(PLACE_AND_DAY, { latitudeDeg, dayOfYear });
  const latitude = (latitudeDeg * Math.PI) / 180;
  const season = (2 * Math.PI * dayOfYear) / 365;
  // δ (Eq. 24).
  const declination = 0.409 * Math.sin(season - 1.39);
  return {
    nearness: 1 + 0.033 * Math.cos(season),
    steady: Math.sin(latitude) * Math.sin(declination),
    turning: Math.cos(latitude) * Math.cos(declination),
    sunset: Math.acos(-Math.tan(latitude) * Math.tan(declination)),
  };
}

/** Ra and N of a day. RangeError outside the valid range. */
export function sunOfDay(latitudeDeg: number, dayOfYear: number): SunDay {
  const { nearness, steady, turning, sunset } = anglesOf(latitudeDeg, dayOfYear);
  const perDay = ((24 * 60) / Math.PI) * SOLAR_CONSTANT * nearness;
  return {
    radiationMjM2: perDay * (sunset * steady + turning * Math.sin(sunset)),
    daylightHours: (24 / Math.PI) * sunset,
  };
}

export interface HourPlace {
  latitudeDeg: number;
  dayOfYear: number;
  /** Clock time at the middle of the hour: 14.5 for 14 to 15 h, without summer time. */
  midHour: number;
  /** Degrees WEST of Greenwich, 0 to 360: the middle of the clock's zone, Lz (UTC+7: 255). */
  zoneDegWest: number;
  /** Degrees WEST of Greenwich of the place, Lm: 360 less the eastern longitude. */
  longitudeDegWest: number;
}

export interface SunHour {
  /** Ra, MJ/m² per hour (Eq. 28), of the part of the hour in which the sun is up. */
  radiationMjM2: number;
  /** Hour angle in the middle of the hour, rad, 0 at solar noon (Eq. 31). */
  hourAngle: number;
  /** ωs, rad. */
  sunsetAngle: number;
  /** The sun is up in the middle of the hour. */
  isDay: boolean;
}

const HOUR_AND_LONGITUDES = {
  midHour: [0, 24],
  zoneDegWest: [0, 360],
  longitudeDegWest: [0, 360],
} as const;

/** An angle taken to −π to π: longitudes and hours both go round. */
function turned(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

/** Ra of one hour. RangeError outside the valid range. */
export function sunOfHour(place: HourPlace): SunHour {
  const { latitudeDeg, dayOfYear, midHour, zoneDegWest, longitudeDegWest } = place;
  requireInside(HOUR_AND_LONGITUDES, { midHour, zoneDegWest, longitudeDegWest });
  const { nearness, steady, turning, sunset } = anglesOf(latitudeDeg, dayOfYear);
  // Sc, the equation of time in hours (Eqs. 32 and 33).
  const b = (2 * Math.PI * (dayOfYear - 81)) / 364;
  const season = 0.1645 * Math.sin(2 * b) - 0.1255 * Math.cos(b) - 0.025 * Math.sin(b);
  const solarHour = midHour + 0.06667 * (zoneDegWest - longitudeDegWest) + season;
  const hourAngle = turned((Math.PI / 12) * (solarHour - 12));
  const upAt = (angle: number): number => Math.max(-sunset, Math.min(sunset, angle));
  // ω1 and ω2 (Eqs. 29 and 30). Below the horizon nothing comes, so the hour is cut there.
  const from = upAt(hourAngle - Math.PI / 24);
  const to = upAt(hourAngle + Math.PI / 24);
  const turningSum = turning * (Math.sin(to) - Math.sin(from));
  return {
    radiationMjM2:
      ((12 * 60) / Math.PI) * SOLAR_CONSTANT * nearness * ((to - from) * steady + turningSum),
    hourAngle,
    sunsetAngle: sunset,
    isDay: Math.abs(hourAngle) < sunset,
  };
}
