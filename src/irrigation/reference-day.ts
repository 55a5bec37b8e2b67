import { dayName, dayNumber } from '../base/local-clock.ts';
import type { WeatherDay } from '../contracts/forecast.ts';
import { FORECAST_RANGES } from '../water/forecast-skill.ts';
import {
  type ReferenceEvapotranspiration,
  referenceEvapotranspiration,
} from '../water/reference-evapotranspiration.ts';
import type { StationDay } from './measurements.ts';
import type { Place } from './place.ts';

/** ET0 of a day, and how it came about. */
export interface ReferenceDay {
  /** mm; null: nobody knows. */
  et0: number | null;
  /** `penman-monteith`, `hargreaves`, a provider's name, or `missing`. */
  method: string;
  notes: string[];
}

export const MISSING = 'missing';

/** A forecast of which one day is taken. */
export interface ForecastDay {
  provider: string;
  weather: WeatherDay;
}

/** 1 January is 1, by the local calendar. */
function dayOfYear(day: number): number {
  return day - dayNumber(`${dayName(day).slice(0, 4)}-01-01`) + 1;
}

function known(value: number | null): { value: number } | null {
  return value === null ? null : { value };
}

/** ET0 of what a day's weather says, by FAO-56. */
function computed(day: number, place: Place, weather: StationDay): ReferenceEvapotranspiration {
  const { temperatureMin, temperatureMax, humidityMin, humidityMax, wind, radiation } = weather;
  return referenceEvapotranspiration({
    latitudeDeg: place.latitude,
    dayOfYear: dayOfYear(day),
    ...(place.altitude !== null && { altitudeM: place.altitude }),
    ...(temperatureMax !== null && { temperatureMaxC: temperatureMax }),
    ...(temperatureMin !== null && { temperatureMinC: temperatureMin }),
    ...(humidityMax !== null && { humidityMaxPercent: humidityMax }),
    ...(humidityMin !== null && { humidityMinPercent: humidityMin }),
    ...(wind !== null && { windMs: wind }),
    ...(radiation !== null && { radiationMjM2: radiation }),
  });
}

/**
 * ET0 by the best there is: the zone's own sensors, with the forecast's wind and sun where they have
 * none; else the forecast alone, under its provider's name; else it is missing.
 */
export function referenceDay(
  day: number,
  place: Place | null,
  { station, forecast }: { station: StationDay | undefined; forecast: ForecastDay | undefined },
): ReferenceDay {
  const notes: string[] = [];
  if (place === null) return { et0: null, method: MISSING, notes: ['place-unknown'] };
  if (station !== undefined && station.temperatureMax !== null) {
    const filled = { ...station };
    for (const field of ['wind', 'radiation'] as const) {
      const foretold = known(forecast?.weather[field] ?? null);
      if (station[field] !== null || foretold === null) continue;
      filled[field] = foretold.value;
      notes.push(`${field}-from-forecast`);
    }
    const result = computed(day, place, filled);
    if (result.et0Mm !== null && result.et0Mm <= FORECAST_RANGES.et0Mm[1]) {
      notes.push(...result.assumptions);
      return { et0: result.et0Mm, method: result.method, notes };
    }
    notes.splice(0, notes.length, result.reason ?? 'evapotranspiration-impossible');
  }
  if (forecast !== undefined) {
    const { provider, weather } = forecast;
    const et0 = weather.et0 ?? computed(day, place, weather).et0Mm;
    if (et0 !== null) return { et0, method: provider, notes };
  }
  return { et0: null, method: MISSING, notes };
}
