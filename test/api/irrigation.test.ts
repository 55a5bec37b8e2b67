import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aerationPlanOf, balanceRowOf, plotOf } from '../state/examples-water.ts';
import { type Bench, startBench } from './support/api.ts';
import { seedPlant } from './support/plant.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
  await seedPlant(bench);
});
afterAll(() => bench.close());

type Caller = keyof Bench['tokens'];

const get = (path: string, caller: Caller = 'viewer') =>
  bench.call({ url: `/api/v1/${path}`, token: bench.tokens[caller] });
const put = (path: string, payload: object, caller: Caller = 'agronomist') =>
  bench.call({ method: 'PUT', url: `/api/v1/${path}`, payload, token: bench.tokens[caller] });
const remove = (path: string) =>
  bench.call({ method: 'DELETE', url: `/api/v1/${path}`, token: bench.tokens.agronomist });

describe('plots', () => {
  const { coop: _coop, sensors, place, ...said } = plotOf({ site: 'ao-1' });

  test('are declared, read, listed and forgotten, which the audit keeps', async () => {
    const whole = plotOf({
      ...{ site: 'ao-1', coop: 'binh-minh', waterConductivity: 1.2, soilConductivityMax: 4.5 },
      sensors: { soilMoisture: 'van-1', rain: null, weather: 'dev-1' },
      place: { latitude: 9.6, longitude: 105.9, altitude: 2 },
    });
    const { coop: _, ...body } = whole;
    expect((await put('plots/ao-1', body)).body).toEqual(whole);
    expect((await get('plots/ao-1')).body).toEqual(whole);
    expect((await get('plots')).body).toEqual({ items: [whole], next: null });
    expect((await remove('plots/ao-1')).status).toBe(204);
    expect((await remove('plots/ao-1')).body.code).toBe('PLOT_NOT_FOUND');
    const audit = await get('audit?subject=ao-1');
    expect(audit.body.items).toMatchObject([
      { what: 'plot.removed', who: 'Chị Tư', coop: 'binh-minh', before: { crop: 'maize' } },
    ]);
    const least = await put('plots/ao-1', said);
    expect(least.body).toEqual({ ...said, coop: 'binh-minh', sensors, place });
  });

  test('that cannot be are refused, with the field', async () => {
    for (const [change, status, code, field] of [
      [
        { soil: { fieldCapacity: 0.2, wiltingPoint: 0.2 } },
        400,
        'PLOT_INVALID',
        'soil.wiltingPoint',
      ],
      [{ plantedOn: '2026-02-30' }, 400, 'REQUEST_INVALID', 'plantedOn'],
      [{ site: 'ao-2' }, 400, 'REQUEST_INVALID', 'site'],
      [{ drip: { ...said.drip, efficiency: 0.5 } }, 400, 'REQUEST_INVALID', 'drip.efficiency'],
      [{ sensors: { rain: 'dev-9' } }, 422, 'DEVICE_UNKNOWN', 'sensors.rain'],
      [{ sensors: { sun: null } }, 400, 'REQUEST_INVALID', 'sensors.sun'],
    ] as const) {
      const answer = await put('plots/ao-1', { ...said, ...change });
      expect([change, answer.status, answer.body.code, answer.body.field]).toEqual([
        ...[change, status, code, field],
      ]);
    }
    expect((await put('plots/ao-1', said, 'farmer')).status).toBe(403);
  });
});

describe('a site', () => {
  test('tells its water balance by day, and what to do tonight with the reasons', async () => {
    await bench.state.plots.saveRows('ao-1', [balanceRowOf()]);
    const { items } = (await get('sites/ao-1/water-balance')).body;
    expect(items).toMatchObject([{ day: '2026-11-22', et0: 4.1, isForecast: false }]);
    expect((await get('sites/ao-1/water-balance?from=2026-11-23')).body.items).toEqual([]);
    expect((await get('sites/ao-1/water-balance?from=tomorrow')).status).toBe(400);
    expect((await get('sites/ao-1/irrigation-advice')).body).toMatchObject({
      ...{ decision: 'irrigate', netMm: 4.2, seconds: 7_500, at: '2026-11-22T05:00:00.000Z' },
      reasons: [{ code: 'DEPLETION', values: { depletion: 52, raw: 51 } }],
    });
  });

  test('without a plot says how to declare one', async () => {
    await bench.state.sites.create({
      ...{ id: 'ruong-2', coop: 'binh-minh', kind: 'zone', name: 'Ruộng 2', location: null },
      ...{ areaHa: null, crop: null, species: null, startedOn: null },
    });
    for (const path of ['water-balance', 'irrigation-advice']) {
      const answer = await get(`sites/ruong-2/${path}`);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'PLOT_NOT_FOUND']);
    }
  });

  test('tells its forecast, where it comes from, and how good such ones were', async () => {
    expect((await get('sites/ao-1/forecast')).body).toMatchObject({
      ...{ site: 'ao-1', provider: 'csv', takenAt: '2026-11-22T05:00:00.000Z', fellBack: null },
      days: [{ day: '2026-11-23', rain: 12, humidityMin: null }],
      skill: [{ metric: 'rain', lead: 1, meanAbsoluteError: 2.1, skill: null }],
    });
    const none = await get('sites/ruong-2/forecast');
    expect([none.status, none.body.code]).toEqual([404, 'FORECAST_NOT_FOUND']);
    expect(none.body.detail).toContain('give the site a location');
  });
});

describe('aeration', () => {
  const plan = aerationPlanOf({
    ...{ site: 'ao-1', coop: 'binh-minh', mode: 'propose', sensor: 'dev-1', aerators: ['bom-1'] },
  });
  const { coop: _, ...body } = plan;
  const accept = (caller: Caller = 'agronomist') =>
    bench.call({
      ...{ method: 'POST', url: '/api/v1/aeration/ao-1/accept' },
      token: bench.tokens[caller],
    });

  test('is planned, decided with its energy, and accepted by who may command', async () => {
    const early = await accept();
    expect([early.status, early.body.code]).toEqual([409, 'AERATION_NOT_PROPOSED']);
    expect((await put('aeration/ao-1', body)).body).toEqual(plan);
    expect((await get('aeration')).body).toEqual({ items: [plan], next: null });
    expect((await get('aeration/ao-1/decision')).body).toMatchObject({
      ...{ decision: 'start', oxygen: 4.4, projected: 2.9 },
      energy: { day: '2026-11-22', spent: 3, baseline: 12, saved: 9 },
    });
    expect((await accept('farmer')).status).toBe(403);
    expect((await accept()).status).toBe(200);
    expect((await remove('aeration/ao-1')).status).toBe(204);
    expect((await get('aeration/ao-1')).body.code).toBe('AERATION_NOT_FOUND');
    expect((await get('aeration/ao-1/decision')).body.code).toBe('AERATION_NOT_FOUND');
  });

  test('that cannot be is refused, with the field', async () => {
    for (const [change, status, code, field] of [
      [{ stopAbove: 4 }, 400, 'AERATION_INVALID', 'stopAbove'],
      [{ aerators: [] }, 400, 'REQUEST_INVALID', 'aerators'],
      [{ aerators: ['bom-1', 'bom-9'] }, 422, 'DEVICE_UNKNOWN', 'aerators.1'],
      [{ sensor: 'dev-9' }, 422, 'DEVICE_UNKNOWN', 'sensor'],
      [{ baseline: { from: '20:00' } }, 400, 'REQUEST_INVALID', 'baseline.to'],
    ] as const) {
      const answer = await put('aeration/ao-1', { ...body, ...change });
      expect([change, answer.status, answer.body.code, answer.body.field]).toEqual([
        ...[change, status, code, field],
      ]);
    }
  });
});
