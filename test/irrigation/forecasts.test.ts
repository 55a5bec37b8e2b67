import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '#src/base/errors';
import { dayName, dayNumber } from '#src/base/local-clock';
import { loadConfig } from '#src/config';
import {
  defineForecastProvider,
  type Forecast,
  type ForecastProvider,
  type WeatherDay,
} from '#src/contracts/forecast';
import { emptyDay } from '#src/irrigation/forecast-faults';
import { judge } from '#src/irrigation/forecast-judge';
import { createForecasts } from '#src/irrigation/forecasting';
import { loadForecastProviders, openProviders } from '#src/irrigation/providers';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';
import { HOUR, local, plotOf, Stand, ZONE } from './stand.ts';
import { WeatherService } from './weather-service.ts';

const stand = new Stand();
const service = new WeatherService();
beforeAll(async () => {
  await stand.open();
  await service.open();
});
afterAll(async () => {
  await service.close();
  await stand.close();
});
beforeEach(() => service.reset());

const dayAfter = (day: string, days: number): string => dayName(dayNumber(day) + days);

interface Wish {
  order?: string[];
  settings?: Record<string, string>;
  providers?: ForecastProvider[];
}

async function deskOf({ order, settings = {}, providers }: Wish = {}) {
  const found = new Map(await loadForecastProviders());
  for (const provider of providers ?? []) found.set(provider.name, provider);
  const config = loadConfig({
    environment: {
      SLUICE_FORECAST_OPEN_METEO_URL: service.url,
      ...(order !== undefined && { SLUICE_FORECAST: order.join(',') }),
      ...settings,
    },
  });
  return createForecasts({
    ...{ state: stand.state, registry: stand.state.registry, kinds: stand.kinds },
    ...{ history: stand.history, clock: stand.clock, logger: quietLogger, timeZone: ZONE },
    ...{ providers: found, order: config.forecast, settings: config.forecasts },
    patienceMs: 300,
  });
}

/** One that says what a test makes it say. */
function scripted(name: string, say: () => WeatherDay[] | AppError): ForecastProvider {
  return defineForecastProvider({
    ...{ name, settings: z.strictObject({}), isReady: () => true },
    open: () => ({
      async fetch() {
        const said = say();
        if (said instanceof AppError) throw said;
        return said;
      },
    }),
  });
}

const today = '2026-12-20';
const daysFrom = (from: string, change: Partial<WeatherDay> = {}, count = 16): WeatherDay[] =>
  Array.from({ length: count }, (_, ahead) => ({
    ...emptyDay(dayAfter(from, ahead)),
    ...{ et0: 5, rain: 0, ...change },
  }));

describe('the configuration', () => {
  test('its settings come by family, the environment above the file', async () => {
    const file = path.join(temporaryFolder(), 'sluice.yaml');
    writeFileSync(
      file,
      'forecast: [csv, local]\nforecasts:\n  open-meteo:\n    url: https://a.example\n',
    );
    const environment = { SLUICE_FORECAST_CSV_FILE: 'weather.csv' };
    const config = loadConfig({ environment, file });
    expect(config.forecast).toEqual(['csv', 'local']);
    expect(config.forecasts.map(({ name, value }) => [name, value])).toEqual([
      ['OPEN_METEO_URL', 'https://a.example'],
      ['CSV_FILE', 'weather.csv'],
    ]);
    expect(loadConfig({ environment: {} }).forecast).toEqual(['open-meteo', 'csv', 'local']);
  });

  test.each([
    [{ SLUICE_FORECAST_OPEN_METEO_ULR: 'https://a.example' }, 'CONFIG_UNKNOWN'],
    [{ SLUICE_FORECAST_OPEN_METEO_URL: 'http://weather.example' }, 'CONFIG_INVALID'],
    [{ SLUICE_FORECAST: 'open-metoe' }, 'CONFIG_INVALID'],
  ])('%o is refused', async (settings, code) => {
    const error = await deskOf({ settings: settings as Record<string, string> }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code, hint: expect.anything() });
  });
});

test('a forecast is taken, kept, and taken again after three hours', async () => {
  stand.clock.time = local(`${today}T08:00`);
  await stand.zone('fresh');
  const desk = await deskOf();
  const first = await desk.of('fresh');
  expect(first).toMatchObject({ provider: 'open-meteo', fellBack: null, site: 'fresh' });
  expect(first?.days.map(({ day }) => day).slice(0, 2)).toEqual(['2026-12-19', today]);
  expect(await stand.state.forecasts.newest('fresh')).toEqual(first);
  stand.clock.time += 2 * HOUR;
  await desk.of('fresh');
  await desk.tick();
  expect(service.asked).toHaveLength(1);
  stand.clock.time += HOUR;
  await desk.tick();
  expect(service.asked).toHaveLength(2);
  // A restart asks nothing that is known.
  const again = await deskOf();
  expect((await again.of('fresh'))?.takenAt).toBe(stand.clock.time);
  expect(service.asked).toHaveLength(2);
  expect(await desk.of('nowhere')).toBeUndefined();
  await desk.stop();
});

describe('a provider that does not answer', () => {
  test('its last word stands for a day; then the next in order, and it is said', async () => {
    stand.clock.time = local(`${today}T08:00`);
    await stand.zone('dead');
    const spare = scripted('spare', () => daysFrom(dayAfter(today, -1), {}, 18));
    const desk = await deskOf({ order: ['open-meteo', 'spare'], providers: [spare] });
    const first = await desk.of('dead');
    service.behaviour = (_, answer) => void answer.writeHead(503).end();
    stand.clock.time += 4 * HOUR;
    await desk.tick();
    const standing = await desk.of('dead');
    expect(standing).toMatchObject({ provider: 'open-meteo', takenAt: first?.takenAt });
    expect(standing?.fellBack).toContain('open-meteo answers 503');
    stand.clock.time += 21 * HOUR;
    await desk.tick();
    const spared = await desk.of('dead');
    expect(spared).toMatchObject({ provider: 'spare' });
    expect(spared?.fellBack).toContain('503');
    // When it answers again it is first again, within its rest of three hours.
    service.reset();
    stand.clock.time += 3 * HOUR;
    await desk.tick();
    expect(await desk.of('dead')).toMatchObject({ provider: 'open-meteo', fellBack: null });
    await desk.stop();
  });

  test('it rests for all sites, as long as it wants to', async () => {
    stand.clock.time = local(`${today}T08:00`);
    await stand.zone('rest-1');
    await stand.zone('rest-2');
    service.behaviour = (_, answer) => void answer.writeHead(429, { 'retry-after': '7200' }).end();
    const spare = scripted('spare', () => daysFrom(dayAfter(today, -1)));
    const desk = await deskOf({ order: ['open-meteo', 'spare'], providers: [spare] });
    await desk.of('rest-1');
    expect(service.asked).toHaveLength(1);
    expect((await desk.of('rest-2'))?.fellBack).toContain('rests');
    stand.clock.time += 1.9 * HOUR;
    await desk.tick();
    expect(service.asked).toHaveLength(1);
    service.reset();
    stand.clock.time += 0.3 * HOUR;
    await desk.tick();
    expect(await desk.of('rest-1')).toMatchObject({ provider: 'open-meteo', fellBack: null });
    await desk.stop();
  });

  test('one that hangs is given up, whatever it promises', async () => {
    stand.clock.time = local(`${today}T08:00`);
    await stand.zone('hang');
    const never = defineForecastProvider({
      ...{ name: 'never', settings: z.strictObject({}), isReady: () => true },
      open: () => ({ fetch: () => new Promise(() => undefined) }),
    });
    const spare = scripted('spare', () => daysFrom(dayAfter(today, -1)));
    const desk = await deskOf({ order: ['never', 'spare'], providers: [never, spare] });
    const forecast = await desk.of('hang');
    expect(forecast?.fellBack).toContain('never did not answer within 0.3 s');
    await desk.stop();
  });

  test('with nobody left there is no forecast, and no error', async () => {
    stand.clock.time = local(`${today}T08:00`);
    await stand.zone('none');
    service.behaviour = (_, answer) => void answer.destroy();
    const desk = await deskOf();
    expect(await desk.of('none')).toBeUndefined();
    await desk.stop();
  });
});

test.each<[string, Partial<WeatherDay>, string]>([
  ['rain below nothing', { rain: -1 }, 'rain'],
  ['a flood of a thousand years', { rain: 1001 }, 'rain'],
  ['more drought than the sun can make', { et0: 15.5 }, 'et0'],
  ['a night hotter than its day', { temperatureMin: 33, temperatureMax: 25 }, 'temperatureMin'],
  ['no number', { rain: Number.NaN }, 'rain'],
])('%s is refused, told to the audit once, and passed over', async (_, wrong, field) => {
  stand.clock.time = local(`${today}T08:00`);
  const site = `absurd-${field}-${String(Object.values(wrong)[0])}`
    .replace(/[^\w-]/g, '')
    .toLowerCase();
  await stand.zone(site);
  const absurd = scripted('absurd', () => {
    const days = daysFrom(dayAfter(today, -1));
    return days.map((day, index) => (index === 5 ? { ...day, ...wrong } : day));
  });
  const spare = scripted('spare', () => daysFrom(dayAfter(today, -1)));
  const desk = await deskOf({ order: ['absurd', 'spare'], providers: [absurd, spare] });
  const forecast = await desk.of(site);
  expect(forecast?.provider).toBe('spare');
  expect(forecast?.fellBack).toContain('FORECAST_INVALID');
  stand.clock.time += HOUR;
  await desk.tick();
  const { items } = await stand.state.audit.list({ subject: site }, { limit: 9 });
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    ...{ what: 'forecast.refused', who: 'forecast absurd', coop: 'an-binh' },
    after: { provider: 'absurd', field: `days[5].${field}` },
  });
  await desk.stop();
});

describe('values entered by hand', () => {
  const read = async (text: string, site = 'zone-1') => {
    const file = path.join(temporaryFolder(), 'weather.csv');
    writeFileSync(file, text);
    const [opened] = openProviders(
      {
        providers: await loadForecastProviders(),
        settings: [{ name: 'CSV_FILE', value: file, source: 'a test', inFile: false }],
        order: ['csv'],
      },
      { now: () => 0, observed: async () => [] },
    );
    const place = { latitude: 9, longitude: 105, timeZone: ZONE };
    return opened?.open.fetch({ site, ...place, from: today, days: 16 }, AbortSignal.timeout(1000));
  };

  test('rows of the site stand above rows for all; who writes rain means it', async () => {
    const text = `\uFEFFDay,Site,Rain,ET0\r\n${today},,5,4\n${today},zone-1,12.5,\n\n2026-12-21,zone-2,9,4\n2026-01-01,,3,3\n`;
    const days = await read(text);
    expect(days).toEqual([{ ...emptyDay(today), rain: 12.5, rainProbability: 100 }]);
    const semicolons = await read(`day;rain;rain_probability\n${today};1,5;30\n`);
    expect(semicolons?.[0]).toMatchObject({ rain: 1.5, rainProbability: 30 });
  });

  test.each([
    ['day,rian\n', 'line 1: unknown column "rian"'],
    ['rain\n1\n', 'line 1: there is no column day'],
    [`day,rain\n${today},abc\n`, 'line 2, rain: "abc" is no number'],
    [`day,rain\n${today},NaN\n`, 'line 2, rain: "NaN" is no number'],
    [`day,rain\n${today},1\n2026-12-21\n`, 'line 3: 1 cells for 2 columns'],
    [`day,rain\n${today},-4\n`, 'line 2: rain: -4 is not within 0 to 1000'],
    [`day,rain\n2026-02-30,4\n`, 'line 2: day: 2026-02-30 is no day'],
    [`day,rain\n${today},1\n${today},2\n`, `line 3: ${today} stands there already`],
    [
      `day,temperature_min,temperature_max\n${today},30,20\n`,
      'line 2: temperatureMin: 30 is above',
    ],
  ])('%j is told by its line', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      ...{ code: 'FORECAST_INVALID', message: expect.stringContaining(message) },
    });
  });

  test('a file that is not there is no forecast', async () => {
    await expect(read('day,rain\n2020-01-01,5\n')).rejects.toMatchObject({
      code: 'FORECAST_REFUSED',
    });
    stand.clock.time = local(`${today}T08:00`);
    await stand.zone('no-file');
    const settings = { SLUICE_FORECAST_CSV_FILE: '/nowhere/weather.csv' };
    const desk = await deskOf({ order: ['csv', 'open-meteo'], settings });
    expect((await desk.of('no-file'))?.fellBack).toContain('cannot be read');
    await desk.stop();
  });
});

test('the site’s own past speaks when nobody else does', async () => {
  const site = 'own';
  await stand.zone(site, ['insect-trap']);
  for (let ago = 20; ago >= 1; ago--) {
    const rain = ago % 4 === 0 ? 8 : 0;
    await stand.weather(`${site}-insect-trap`, dayAfter(today, -ago), { rain });
  }
  stand.clock.time = local(`${today}T08:00`);
  service.behaviour = (_, answer) => void answer.writeHead(500).end();
  const desk = await deskOf();
  const forecast = await desk.of(site);
  expect(forecast).toMatchObject({ provider: 'local' });
  expect(forecast?.fellBack).toContain('500');
  expect(forecast?.days[0]?.day).toBe(today);
  expect(forecast?.days).toHaveLength(14);
  for (const { et0, rain, rainProbability } of forecast?.days ?? []) {
    expect(et0).toBeGreaterThan(3.5);
    expect(et0).toBeLessThan(6.5);
    expect(rain).toBeGreaterThan(1);
    expect(rain).toBeLessThan(3);
    expect(rainProbability).toBeGreaterThan(10);
    expect(rainProbability).toBeLessThan(60);
  }
  await desk.stop();
});

test('without a station, what its balance went by is a past too', async () => {
  const site = 'rows';
  await stand.zone(site);
  await stand.state.plots.save(plotOf({ site }));
  const row = { kc: 1, etc: 4, irrigation: 0, depletion: 1, deviation: 1, taw: 60, raw: 18, ks: 1 };
  await stand.state.plots.saveRows(
    site,
    Array.from({ length: 20 }, (_, ago) => ({
      ...{ day: dayAfter(today, -ago - 1), et0: 4, method: 'open-meteo', rain: 1 },
      ...{ ...row, corrected: null, isForecast: false },
    })),
  );
  stand.clock.time = local(`${today}T08:00`);
  const desk = await deskOf({ order: ['local'] });
  expect((await desk.of(site))?.days[3]).toMatchObject({ et0: 4, rain: 1 });
  await desk.stop();
});

describe('skill', () => {
  const took = (provider: string, ago: number, days: WeatherDay[]): Forecast => ({
    ...{ site: 'zone-1', provider, days, fellBack: null },
    takenAt: local(`${dayAfter(today, -ago)}T06:00`),
  });
  const dayOf = (time: number): number => Math.floor((time + 7 * HOUR) / (24 * HOUR));
  /** It rained on every other day. */
  const actual = Array.from({ length: 20 }, (_, index) => ({
    ...emptyDay(dayAfter(today, index - 20)),
    ...{ rain: index % 2 === 0 ? 10 : 0, et0: 4 },
  }));

  test('errors by days ahead; one that knows is better than saying it stays as it is', () => {
    const forecasts = Array.from({ length: 20 }, (_, index) => {
      const ago = 20 - index;
      const from = dayAfter(today, -ago);
      const days = Array.from({ length: 3 }, (_, lead) => ({
        ...emptyDay(dayAfter(from, lead)),
        ...{ rain: ((index + lead) % 2 === 0 ? 10 : 0) + 1, et0: 4 + lead },
      }));
      return took('knows', ago, days);
    });
    const skills = judge('zone-1', forecasts, { actual, dayOf });
    const of = (metric: string, lead: number) =>
      skills.find((one) => one.metric === metric && one.lead === lead);
    expect(of('rain', 1)).toEqual({
      ...{ provider: 'knows', site: 'zone-1', metric: 'rain', lead: 1, days: 19 },
      ...{ meanError: 1, meanAbsoluteError: 1, skill: expect.closeTo(0.9, 9) },
    });
    // Of today it is compared with yesterday.
    expect(of('rain', 0)).toMatchObject({ days: 20, skill: expect.closeTo(0.9, 9) });
    expect(of('et0', 2)).toMatchObject({ days: 18, meanError: 2, skill: null });
    expect(of('rain', 3)).toBeUndefined();
    // Two days ahead "as today" is always right here, and nobody can be better.
    expect(of('rain', 2)?.skill).toBeNull();
  });

  test('of several forecasts of a day the last counts, and ten days are needed', () => {
    const day = dayAfter(today, -1);
    const said = (rain: number): WeatherDay[] => [{ ...emptyDay(day), rain }];
    const morning = took('twice', 1, said(90));
    const noon = { ...morning, takenAt: morning.takenAt + 6 * HOUR, days: said(3) };
    const [skill] = judge('zone-1', [morning, noon], { actual, dayOf });
    expect(skill).toMatchObject({ lead: 0, days: 1, meanError: 3, skill: null });
  });

  test('is asked of the desk by what the sensors say', async () => {
    const site = 'skill';
    await stand.zone(site, ['insect-trap']);
    for (let ago = 3; ago >= 1; ago--) {
      await stand.weather(`${site}-insect-trap`, dayAfter(today, -ago), { rain: ago });
    }
    stand.clock.time = local(`${today}T08:00`);
    const days = daysFrom(dayAfter(today, -3), { rain: 4 }, 5);
    await stand.state.forecasts.save({ ...took('one', 3, days), site });
    const skills = await (await deskOf()).skill(site);
    expect(skills.filter(({ metric }) => metric === 'rain')).toMatchObject([
      { lead: 0, days: 1, meanError: 1 },
      { lead: 1, days: 1, meanError: 2 },
      { lead: 2, days: 1, meanError: 3 },
    ]);
  });
});
