import { z } from 'zod';
import { describeError } from '../../base/errors.ts';
import { type Answer, exchange, isSuccess, jsonOf } from '../../base/http-exchange.ts';
import { dayName, dayNumber } from '../../base/local-clock.ts';
import { providerAddress } from '../../base/provider-url.ts';
import {
  defineForecastProvider,
  type ForecastProvider,
  type ForecastRequest,
  type WeatherDay,
} from '../../contracts/forecast.ts';
import { windAtTwoMetres } from '../../water/evapotranspiration.ts';
import { emptyDay, invalidForecast, nothingHere, unavailable } from '../forecast-faults.ts';

/** Height of its wind, m. */
const WIND_HEIGHT_M = 10;
/** An answer comes within a second or not at all; the desk's own patience is a little longer. */
const DEADLINE_MS = 8_000;

/** Its daily values, with the unit asked for and where each belongs. */
const VALUES = {
  temperature_2m_min: { unit: '°C', field: 'temperatureMin' },
  temperature_2m_max: { unit: '°C', field: 'temperatureMax' },
  relative_humidity_2m_min: { unit: '%', field: 'humidityMin' },
  relative_humidity_2m_max: { unit: '%', field: 'humidityMax' },
  wind_speed_10m_mean: { unit: 'm/s', field: 'wind' },
  shortwave_radiation_sum: { unit: 'MJ/m²', field: 'radiation' },
  precipitation_sum: { unit: 'mm', field: 'rain' },
  precipitation_probability_max: { unit: '%', field: 'rainProbability' },
  et0_fao_evapotranspiration: { unit: 'mm', field: 'et0' },
} as const satisfies Record<string, { unit: string; field: keyof WeatherDay }>;

const settings = z.strictObject({
  url: providerAddress()
    .optional()
    .describe('Address of the service; nothing is asked without one (docs/irrigation.md)'),
  key: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('Key of a customer, for its address'),
});

/** What it answers; further members are of no concern. */
const body = z.object({
  daily_units: z.record(z.string(), z.string()),
  daily: z.record(z.string(), z.array(z.unknown())),
});

/** The documented forecast of Open-Meteo, /v1/forecast with daily values. */
const provider: ForecastProvider<typeof settings> = defineForecastProvider({
  name: 'open-meteo',
  settings,
  isReady: ({ url }) => url !== undefined,
  open: ({ url = '', key }, { now }) => ({
    async fetch(request, signal) {
      const answer = await exchange({
        url: addressOf(url, request, key),
        method: 'GET',
        ...{ signal, now, deadlineMs: DEADLINE_MS },
        late: () => unavailable(`open-meteo did not answer within ${DEADLINE_MS / 1000} s`),
      }).catch((error: unknown) => {
        const word = describeError(error);
        throw unavailable(`open-meteo cannot be reached: ${hidden(word, key)}`);
      });
      return read(answer, key);
    },
  }),
});

export default provider;

function addressOf(base: string, request: ForecastRequest, key: string | undefined): string {
  const { latitude, longitude, timeZone, from, days } = request;
  const query = new URLSearchParams({
    latitude: latitude.toFixed(4),
    longitude: longitude.toFixed(4),
    timezone: timeZone,
    start_date: from,
    end_date: dayName(dayNumber(from) + days - 1),
    wind_speed_unit: 'ms',
    daily: Object.keys(VALUES).join(','),
    ...(key !== undefined && { apikey: key }),
  });
  return `${base}/v1/forecast?${query}`;
}

function hidden(text: string, key: string | undefined): string {
  return key === undefined ? text : text.replaceAll(key, '…');
}

function read(answer: Answer, key: string | undefined): WeatherDay[] {
  const { status, text, afterMs } = answer;
  const json = jsonOf(answer);
  const reason = (json as { reason?: unknown } | undefined)?.reason;
  if (!isSuccess(answer)) {
    const word = hidden(typeof reason === 'string' ? reason : 'no reason', key).slice(0, 200);
    const message = `open-meteo answers ${status}: ${word}`;
    // The request itself is at fault, for this place alone: others may be served.
    if (status === 400) throw nothingHere(message);
    throw unavailable(message, { retryAfterMs: afterMs });
  }
  if (json === undefined) {
    // JSON has no such number; some writers let it through all the same.
    if (/[:[,]\s*-?(NaN|Infinity)\b/.test(text)) {
      throw invalidForecast('open-meteo sends a value that is no number', 'daily');
    }
    throw unavailable('open-meteo answers something that is not JSON, or is cut off');
  }
  const parsed = body.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? 'daily';
    throw invalidForecast(`open-meteo's answer lacks ${where}`, where);
  }
  return daysOf(parsed.data);
}

function daysOf({ daily, daily_units: units }: z.output<typeof body>): WeatherDay[] {
  const { time = [] } = daily;
  const days = time.map((day) => emptyDay(String(day)));
  for (const [name, { unit, field }] of Object.entries(VALUES)) {
    const values = daily[name];
    if (values === undefined) continue;
    if (units[name] !== unit) {
      throw invalidForecast(
        `open-meteo sends ${name} in ${units[name] ?? 'no unit'}, not in ${unit}`,
        `daily_units.${name}`,
      );
    }
    if (values.length !== time.length) {
      const count = `${values.length} values for ${time.length} days`;
      throw invalidForecast(`open-meteo sends of ${name} ${count}`, `daily.${name}`);
    }
    for (const [index, value] of values.entries()) {
      if (value === null) continue;
      if (typeof value !== 'number') {
        const at = `daily.${name}[${index}]`;
        throw invalidForecast(`open-meteo sends ${JSON.stringify(value)} as ${at}`, at);
      }
      const day = days[index];
      if (day !== undefined) day[field] = field === 'wind' ? windOf(value) : value;
    }
  }
  return days;
}

/** A speed that cannot be is left as it is, for the check that follows to name it. */
function windOf(speed: number): number {
  return speed >= 0 && speed <= 60 ? windAtTwoMetres(speed, WIND_HEIGHT_M) : speed;
}
