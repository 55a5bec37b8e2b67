import { z } from 'zod';
import type { Forecast, ForecastSkill, WeatherDay } from '../src/contracts/forecast.ts';
import { instantSchema } from './common.ts';

const number = z.number().nullable();

const weatherDaySchema = z
  .object({
    day: z.string().describe('Local.'),
    temperatureMin: number.describe('Cel.'),
    temperatureMax: number,
    humidityMin: number.describe('%.'),
    humidityMax: number,
    wind: number.describe('Mean at 2 m, m/s.'),
    radiation: number.describe('MJ/m2.'),
    rain: number.describe('mm.'),
    rainProbability: number.describe('%.'),
    et0: number.describe('By the provider’s own word, mm.'),
  })
  .meta({ id: 'WeatherDay' }) satisfies z.ZodType<WeatherDay>;

export const forecastSchema = z
  .object({
    site: z.string(),
    provider: z.string(),
    takenAt: instantSchema,
    days: z.array(weatherDaySchema).readonly(),
    fellBack: z.string().nullable().describe('Why a better provider was passed over.'),
  })
  .meta({ id: 'Forecast' }) satisfies z.ZodType<Forecast>;

export const forecastSkillSchema = z
  .object({
    provider: z.string(),
    site: z.string(),
    metric: z.enum(['rain', 'et0']),
    lead: z.number().describe('How many days ahead it was said.'),
    days: z.number().describe('Days that were compared.'),
    meanError: z.number(),
    meanAbsoluteError: z.number(),
    skill: z.number().nullable().describe('Against saying that tomorrow is as today.'),
  })
  .meta({ id: 'ForecastSkill' }) satisfies z.ZodType<ForecastSkill>;

/** A site's newest forecast, with how its providers did so far. */
export const siteForecastSchema = z
  .object({ ...forecastSchema.shape, skill: z.array(forecastSkillSchema) })
  .meta({ id: 'SiteForecast' });
