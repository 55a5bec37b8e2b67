import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ForecastRequest, WeatherDay } from '#src/contracts/forecast';
import { forecastFault } from '#src/irrigation/forecast-faults';
import { loadForecastProviders, openProviders } from '#src/irrigation/providers';
import { type ServiceAnswer, WeatherService } from './weather-service.ts';

const service = new WeatherService();
beforeAll(() => service.open());
afterAll(() => service.close());
beforeEach(() => service.reset());

const request: ForecastRequest = {
  ...{ site: 'zone-1', latitude: 9.33, longitude: 105.98, timeZone: 'Asia/Ho_Chi_Minh' },
  ...{ from: '2026-11-21', days: 16 },
};

async function openMeteo(settings: Record<string, string> = {}) {
  const given = { URL: service.url, ...settings };
  const [opened] = openProviders(
    {
      providers: await loadForecastProviders(),
      settings: Object.entries(given).map(([key, value]) => ({
        ...{ name: `OPEN_METEO_${key}`, value, source: 'a test', inFile: false },
      })),
      order: ['open-meteo'],
    },
    { now: () => Date.parse('2026-11-22T05:00:00Z'), observed: async () => [] },
  );
  if (opened === undefined) throw new Error('it is not ready');
  return opened.open;
}

const fetchDays = async (signal = new AbortController().signal): Promise<WeatherDay[]> =>
  (await openMeteo()).fetch(request, signal);

test('asks for what is documented, and reads it', async () => {
  const days = await fetchDays();
  const [asked] = service.asked;
  expect(asked?.pathname).toBe('/v1/forecast');
  expect(Object.fromEntries(asked?.searchParams ?? [])).toEqual({
    ...{ latitude: '9.3300', longitude: '105.9800', timezone: 'Asia/Ho_Chi_Minh' },
    ...{ start_date: '2026-11-21', end_date: '2026-12-06', wind_speed_unit: 'ms' },
    daily: expect.stringContaining('et0_fao_evapotranspiration'),
  });
  expect(days).toHaveLength(16);
  expect(forecastFault(days)).toBeNull();
  expect(days[1]).toEqual({
    ...{ day: '2026-11-22', temperatureMin: 24.1, temperatureMax: 32.6 },
    ...{ humidityMin: 58, humidityMax: 96, radiation: 21.7 },
    // FAO-56 example 14: 3.2 m/s at 10 m.
    wind: expect.closeTo(2.3934, 4),
    ...{ rain: 2.4, rainProbability: 63, et0: 4.62 },
  });
});

test('nothing is asked before there is an address, and a key stays hidden', async () => {
  const providers = await loadForecastProviders();
  const context = { now: () => 0, observed: async () => [] };
  const order = ['open-meteo', 'csv', 'local'];
  const opened = openProviders({ providers, settings: [], order }, context);
  expect(opened.map(({ name }) => name)).toEqual(['local']);
  const keyed = await openMeteo({ KEY: 'a-secret-key' });
  await keyed.fetch(request, new AbortController().signal);
  expect(service.asked[0]?.searchParams.get('apikey')).toBe('a-secret-key');
  service.behaviour = (_, answer) => {
    answer.writeHead(401).end('{"error":true,"reason":"the key a-secret-key is not valid"}');
  };
  const failed = keyed.fetch(request, new AbortController().signal);
  await expect(failed).rejects.toThrow(/401: the key … is not valid/);
});

test('what is null is not said, and not 0', async () => {
  service.change = (answer) => {
    for (const [name, values] of Object.entries(answer.daily)) {
      if (name !== 'time') values[3] = null;
    }
    return answer;
  };
  const day = (await fetchDays())[3];
  expect(Object.values(day ?? {}).filter((value) => value !== null)).toEqual(['2026-11-24']);
});

describe('what a service does wrong', () => {
  const answers = (status: number, body: string, headers: Record<string, string> = {}) => {
    service.behaviour = (_, answer) => void answer.writeHead(status, headers).end(body);
  };

  test('429 with the time it wants to rest', async () => {
    answers(429, '{"error":true,"reason":"Hourly API request limit exceeded."}', {
      'retry-after': '1800',
    });
    await expect(fetchDays()).rejects.toMatchObject({
      ...{ code: 'FORECAST_UNAVAILABLE', retryAfterMs: 1_800_000 },
      message: expect.stringContaining('Hourly API request limit exceeded.'),
    });
  });

  test('400 is about this place', async () => {
    answers(400, '{"error":true,"reason":"Latitude must be in range of -90 to 90°."}');
    await expect(fetchDays()).rejects.toMatchObject({
      ...{ code: 'FORECAST_REFUSED', message: expect.stringContaining('Latitude must be') },
    });
  });

  test.each([
    ['a page of a captive portal', 200, '<!doctype html><title>Welcome</title>'],
    ['cut JSON', 200, '{"daily_units":{"time":"iso8601"},"daily":{"time":["2026-11-2'],
    ['an error of its own', 502, 'Bad Gateway'],
  ])('%s', async (_, status, body) => {
    answers(status, body);
    await expect(fetchDays()).rejects.toMatchObject({ code: 'FORECAST_UNAVAILABLE' });
  });

  test('it hangs: who asks can give up', async () => {
    service.behaviour = () => undefined;
    const given = AbortSignal.timeout(100);
    await expect(fetchDays(given)).rejects.toMatchObject({ code: 'FORECAST_UNAVAILABLE' });
  });

  const put = (name: string, index: number, value: unknown) => (answer: ServiceAnswer) => {
    const values = answer.daily[name];
    if (values !== undefined) values[index] = value;
    return answer;
  };

  test.each<[string, (answer: ServiceAnswer) => unknown, string]>([
    [
      'a unit that was not asked for',
      (answer) => ({
        ...answer,
        daily_units: { ...answer.daily_units, wind_speed_10m_mean: 'km/h' },
      }),
      'daily_units.wind_speed_10m_mean',
    ],
    ['a text for a number', put('precipitation_sum', 2, '2.4'), 'daily.precipitation_sum[2]'],
    [
      'fewer values than days',
      (answer) => ({ ...answer, daily: { ...answer.daily, precipitation_sum: [1] } }),
      'daily.precipitation_sum',
    ],
    ['no daily values', ({ daily_units }) => ({ daily_units }), 'daily'],
    [
      'a number that JSON does not have',
      (answer) => JSON.stringify(answer).replace('4.62', 'NaN'),
      'daily',
    ],
  ])('%s', async (_, change, field) => {
    service.change = change;
    await expect(fetchDays()).rejects.toMatchObject({ code: 'FORECAST_INVALID', field });
  });

  test.each<[string, number, unknown, string]>([
    ['precipitation_sum', 4, -1, 'days[4].rain'],
    ['precipitation_sum', 4, 1001, 'days[4].rain'],
    ['et0_fao_evapotranspiration', 0, 15.1, 'days[0].et0'],
    ['temperature_2m_min', 2, 40, 'days[2].temperatureMin'],
    ['temperature_2m_max', 2, 60, 'days[2].temperatureMax'],
    ['wind_speed_10m_mean', 1, -5, 'days[1].wind'],
    ['relative_humidity_2m_max', 1, 101, 'days[1].humidityMax'],
    ['time', 3, '2026-11-21', 'days[3].day'],
    ['time', 3, 'tomorrow', 'days[3].day'],
  ])('%s of day %i that is %s cannot be', async (name, index, value, field) => {
    service.change = put(name, index, value);
    expect(forecastFault(await fetchDays())?.field).toBe(field);
  });
});
