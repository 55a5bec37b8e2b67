import type { z } from 'zod';
import { AppError } from '../base/errors.ts';

/** Weather of one local day at one place. Null: the provider does not say. */
export interface WeatherDay {
  /** `2026-11-22`, local. */
  day: string;
  temperatureMin: number | null;
  temperatureMax: number | null;
  /** %. */
  humidityMin: number | null;
  humidityMax: number | null;
  /** Mean at 2 m, m/s. */
  wind: number | null;
  /** Global radiation, MJ/m2. */
  radiation: number | null;
  /** mm. */
  rain: number | null;
  /** Percent. */
  rainProbability: number | null;
  /** Reference evapotranspiration by the provider's own word, mm. */
  et0: number | null;
}

export interface ForecastPlace {
  latitude: number;
  longitude: number;
  timeZone: string;
}

export interface ForecastRequest extends ForecastPlace {
  site: string;
  /** First local day and how many, 1 to 16. */
  from: string;
  days: number;
}

export interface OpenForecastProvider {
  /**
   * Ascending by day; a day may be missing. Throws FORECAST_UNAVAILABLE, FORECAST_REFUSED for this
   * place alone, FORECAST_INVALID; gives up at `signal`.
   */
  fetch(request: ForecastRequest, signal: AbortSignal): Promise<WeatherDay[]>;
}

/** What a provider needs of the world. */
export interface ForecastContext {
  now(): number;
  /** What was observed at a site by local day, oldest first: for the local fallback. */
  observed(site: string, days: number): Promise<WeatherDay[]>;
}

/** A provider is a value, found by reading `src/irrigation/forecasts/`: one file each. */
export interface ForecastProvider<Settings extends z.ZodType = z.ZodType> {
  /** The file's name. */
  name: string;
  /** Settings `SLUICE_FORECAST_<NAME>_<KEY>`; secret ones carry `.meta({ secret: true })`. */
  settings: Settings;
  isReady(settings: z.output<Settings>): boolean;
  open(settings: z.output<Settings>, context: ForecastContext): OpenForecastProvider;
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Checks and freezes a provider. Throws FORECAST_PROVIDER_INVALID. */
export function defineForecastProvider<Settings extends z.ZodType>(
  provider: ForecastProvider<Settings>,
): ForecastProvider<Settings> {
  if (!NAME.test(provider.name)) {
    throw new AppError('FORECAST_PROVIDER_INVALID', `provider ${provider.name} has no usable name`);
  }
  return Object.freeze(provider);
}

/** A forecast as it was taken, with where it came from. */
export interface Forecast {
  site: string;
  provider: string;
  takenAt: number;
  days: readonly WeatherDay[];
  /** Why a better provider was passed over, in English; null when none was. */
  fellBack: string | null;
}

/** How a provider did against what came, over the newest days that can be compared. */
export interface ForecastSkill {
  provider: string;
  site: string;
  metric: 'rain' | 'et0';
  /** How many days ahead it was said. */
  lead: number;
  days: number;
  meanError: number;
  meanAbsoluteError: number;
  /** Against saying that tomorrow is as today; null without enough days. */
  skill: number | null;
}

export interface ForecastRepository {
  /** Inserts or replaces by site and time; that of a site now gone is left out. */
  save(forecast: Forecast): Promise<void>;
  newest(site: string): Promise<Forecast | undefined>;
  /** Forecasts taken since an instant, oldest first. */
  since(site: string, from: number): Promise<Forecast[]>;
  expire(before: number): Promise<void>;
}

/** Forecasts of the sites, kept fresh and judged. */
export interface Forecasts {
  /** Never throws for a dead provider: falls back and says so. Undefined without a place. */
  of(site: string): Promise<Forecast | undefined>;
  skill(site: string): Promise<ForecastSkill[]>;
}
