import { beforeAll, describe, expect, test } from 'vitest';
import { dayNumber } from '#src/base/local-clock';
import type { KindRegistry } from '#src/contracts/device-kind';
import type { Plot } from '#src/contracts/irrigation';
import type { Site } from '#src/contracts/state';
import { loadKinds } from '#src/ingest/kinds';
import { placeOf } from '#src/irrigation/place';
import { plotFaults } from '#src/irrigation/plot-faults';
import { referenceDay } from '#src/irrigation/reference-day';
import { deviceOf, siteOf } from '../state/examples.ts';
import { plotOf } from './stand.ts';

let kinds: KindRegistry;
beforeAll(async () => {
  kinds = await loadKinds();
});

const site = siteOf({ id: 'zone-1', kind: 'zone' });
const devices = new Map(
  ['drip-controller', 'insect-trap', 'pond-sensor'].map((kind) => [
    kind,
    deviceOf({ id: kind, kind }),
  ]),
);
devices.set('theirs', deviceOf({ id: 'theirs', kind: 'insect-trap', coop: 'phu-my' }));

const faultsOf = (plot: Plot, at: Site | undefined = site) =>
  plotFaults(plot, { site: at, registry: { find: (id) => devices.get(id) }, kinds });

test('a sound plot has no fault, with all its sensors', () => {
  const sensors = {
    ...{ soilMoisture: 'drip-controller', rain: 'insect-trap', weather: 'insect-trap' },
  };
  expect(faultsOf(plotOf({ sensors }))).toEqual([]);
  expect(faultsOf(plotOf({ place: null }))).toEqual([]);
});

const none = { soilMoisture: null, rain: null, weather: null };
const soil = plotOf().soil;
const drip = plotOf().drip;
const days = plotOf().stageDays;
const place = { latitude: 9, longitude: 105, altitude: 2 };

describe('what is wrong is said with its field and the fix', () => {
  test.each<[string, Partial<Plot>, string]>([
    ['crop', { crop: 'shalot' }, 'Did you mean shallot?'],
    ['crop', { crop: 'durian' }, 'Use one of'],
    ['plantedOn', { plantedOn: '2026-02-30' }, '2026-11-22'],
    ['stageDays.middle', { stageDays: { ...days, middle: -3 } }, 'whole days'],
    ['stageDays.late', { stageDays: { ...days, late: Number.NaN } }, 'whole days'],
    ['stageDays', { stageDays: { initial: 0, development: 0, middle: 0, late: 0 } }, '1 to 1000'],
    ['soil.fieldCapacity', { soil: { fieldCapacity: 0.2, wiltingPoint: 0.2 } }, 'clay loam'],
    ['soil.wiltingPoint', { soil: { ...soil, wiltingPoint: Number.NaN } }, '0.005 to 0.5'],
    ['rootDepth', { rootDepth: 40 }, '0.05 to 3'],
    ['areaM2', { areaM2: 0 }, '1 to 10000000'],
    ['drip.emitterFlow', { drip: { ...drip, emitterFlow: 0 } }, '0.1 to 200'],
    ['drip.efficiency', { drip: { ...drip, efficiency: 0.5 } }, '0.51 to 1'],
    ['drip.efficiency', { drip: { ...drip, efficiency: 90 } }, '0.51 to 1'],
    ['waterConductivity', { soilConductivityMax: 8 }, 'both'],
    ['waterConductivity', { waterConductivity: 9, soilConductivityMax: 8 }, 'other water'],
    ['sensors.rain', { sensors: { ...none, rain: 'nowhere' } }, 'Register'],
    ['sensors.rain', { sensors: { ...none, rain: 'theirs' } }, 'Register'],
    ['sensors.rain', { sensors: { ...none, rain: 'drip-controller' } }, 'measures rain'],
    ['sensors.weather', { sensors: { ...none, weather: 'pond-sensor' } }, 'air_temperature'],
    [
      'sensors.soilMoisture',
      { sensors: { ...none, soilMoisture: 'insect-trap' } },
      'soil_moisture',
    ],
    ['place.latitude', { place: { ...place, latitude: 105 } }, '-66 to 66'],
  ])('%s', (field, change, fix) => {
    const faults = faultsOf(plotOf(change));
    expect(faults.map((fault) => fault.field)).toEqual([field]);
    expect(faults[0]?.fix).toContain(fix);
  });

  test('its site', () => {
    expect(faultsOf(plotOf({ coop: 'phu-my' }))[0]?.field).toBe('site');
    expect(faultsOf(plotOf(), siteOf({ kind: 'pond' }))[0]?.field).toBe('site');
    const nowhere = siteOf({ kind: 'zone', location: null });
    expect(faultsOf(plotOf({ place: null }), nowhere)[0]?.field).toBe('place');
  });
});

test('a zone stands in the middle of its corners', () => {
  const ring = [
    [105, 9],
    [106, 9],
    [106, 10],
    [105, 10],
    [105, 9],
  ];
  const field = siteOf({ location: { type: 'Polygon', coordinates: [ring] } });
  expect(placeOf(undefined, field)).toEqual({ latitude: 9.5, longitude: 105.5, altitude: null });
  expect(
    placeOf(undefined, siteOf({ location: { type: 'Point', coordinates: [500, 9] } })),
  ).toBeNull();
  expect(placeOf(undefined, siteOf({ location: { type: 'Point', coordinates: 'x' } }))).toBeNull();
});

describe('the reference of a day tells its method', () => {
  const day = dayNumber('2026-03-01');
  const at = { latitude: 9.6, longitude: 105, altitude: 2 };
  const nothing = {
    ...{ temperatureMin: null, temperatureMax: null, humidityMin: null, humidityMax: null },
    ...{ wind: null, radiation: null },
  };
  const warm = { ...nothing, temperatureMin: 24, temperatureMax: 33 };
  const weather = { ...nothing, day: '2026-03-01', rain: 0, rainProbability: 0, et0: 6 };
  const forecast = { provider: 'somebody', weather };

  test('all measured: the vector of the delta', () => {
    // 9 h of sunshine of 11.81 are 22.6 MJ/m2 (FAO-56 Eq. 35).
    const radiation = (0.25 + (0.5 * 9) / 11.814) * 35.886;
    const station = { ...warm, humidityMin: 55, humidityMax: 95, wind: 1.8, radiation };
    const result = referenceDay(day, at, { station, forecast });
    expect(result).toMatchObject({ method: 'penman-monteith', notes: [] });
    expect(result.et0).toBeCloseTo(5.1786, 2);
  });

  test('temperatures alone: Hargreaves', () => {
    const result = referenceDay(day, at, { station: warm, forecast: undefined });
    expect(result.method).toBe('hargreaves');
    expect(result.et0).toBeCloseTo(4.6775, 2);
  });

  test('wind and sun that nobody measured are the forecast’s, and told', () => {
    const sunny = { ...forecast, weather: { ...weather, wind: 2, radiation: 22 } };
    const result = referenceDay(day, at, { station: warm, forecast: sunny });
    expect(result.method).toBe('penman-monteith');
    expect(result.notes).toEqual([
      ...['wind-from-forecast', 'radiation-from-forecast', 'humidity-from-lowest-temperature'],
    ]);
  });

  test('no station: the forecast under its name; neither, or no place: missing', () => {
    expect(referenceDay(day, at, { station: nothing, forecast })).toMatchObject({
      ...{ et0: 6, method: 'somebody' },
    });
    const none = referenceDay(day, at, { station: undefined, forecast: undefined });
    expect(none).toEqual({ et0: null, method: 'missing', notes: [] });
    const nowhere = referenceDay(day, null, { station: warm, forecast });
    expect(nowhere).toMatchObject({ et0: null, notes: ['place-unknown'] });
  });
});
