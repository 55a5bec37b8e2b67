import { AppError } from '../base/errors.ts';
import { dayNumber } from '../base/local-clock.ts';
import type { WeatherDay } from '../contracts/forecast.ts';
import { FORECAST_RANGES } from '../water/forecast-skill.ts';
import type { Range } from '../water/valid-range.ts';

/** What each value can be at most. Global radiation over a clear day is 33 MJ/m² at the equator. */
const RANGES: Readonly<Record<Exclude<keyof WeatherDay, 'day'>, Range>> = {
  temperatureMin: FORECAST_RANGES.temperatureC,
  temperatureMax: FORECAST_RANGES.temperatureC,
  humidityMin: [0, 100],
  humidityMax: [0, 100],
  wind: [0, 60],
  radiation: [0, 45],
  rain: FORECAST_RANGES.rainMm,
  rainProbability: [0, 100],
  et0: FORECAST_RANGES.et0Mm,
};

/** Pairs of which the first cannot be above the second. */
const ORDERED = [
  ['temperatureMin', 'temperatureMax'],
  ['humidityMin', 'humidityMax'],
] as const;

export interface ForecastFault {
  /** Such as `days[3].rain`. */
  field: string;
  why: string;
}

/** The first thing that is absurd in a forecast, or null. One absurd value condemns the whole. */
export function forecastFault(days: readonly WeatherDay[]): ForecastFault | null {
  let before = Number.NEGATIVE_INFINITY;
  for (const [index, day] of days.entries()) {
    const place = `days[${index}]`;
    const number = typeof day.day === 'string' ? dayNumber(day.day) : Number.NaN;
    if (!(number > before)) {
      return { field: `${place}.day`, why: `${day.day} is no day after the one before it` };
    }
    before = number;
    const fault = dayFault(day);
    if (fault !== null) return { field: `${place}.${fault.field}`, why: fault.why };
  }
  return null;
}

function dayFault(day: WeatherDay): ForecastFault | null {
  for (const [field, [lowest, highest]] of Object.entries(RANGES)) {
    const value: unknown = day[field as keyof WeatherDay];
    if (value === null) continue;
    if (typeof value === 'number' && value >= lowest && value <= highest) continue;
    return { field, why: `${String(value)} is not within ${lowest} to ${highest}` };
  }
  for (const [low, high] of ORDERED) {
    const [least, most] = [day[low], day[high]];
    if (least !== null && most !== null && least > most) {
      return { field: low, why: `${least} is above ${high} ${most}` };
    }
  }
  return null;
}

/** Throws FORECAST_INVALID for what cannot be. */
export function requireSoundForecast(provider: string, days: readonly WeatherDay[]): void {
  const fault = forecastFault(days);
  if (fault === null) return;
  throw invalidForecast(`${provider} says of ${fault.field}: ${fault.why}`, fault.field);
}

export function invalidForecast(message: string, field?: string): AppError {
  return new AppError('FORECAST_INVALID', message, {
    hint: 'Nothing of it was used; look at what the provider sends, or take it out of the order.',
    ...(field !== undefined && { field }),
  });
}

/** `retryAfterMs`: when the provider wants to be asked again. */
export function unavailable(
  message: string,
  { cause, retryAfterMs }: { cause?: unknown; retryAfterMs?: number | undefined } = {},
): AppError {
  return new AppError('FORECAST_UNAVAILABLE', message, {
    ...(cause !== undefined && { cause }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The provider has nothing for this place; others may be served. */
export function nothingHere(message: string): AppError {
  return new AppError('FORECAST_REFUSED', message);
}

/** A day of which nothing is said yet. */
export function emptyDay(day: string): WeatherDay {
  return {
    day,
    ...{ temperatureMin: null, temperatureMax: null, humidityMin: null, humidityMax: null },
    ...{ wind: null, radiation: null, rain: null, rainProbability: null, et0: null },
  };
}
