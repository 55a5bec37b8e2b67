import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayName, dayNumber } from '#src/base/local-clock';
import type { WeatherDay } from '#src/contracts/forecast';
import type { Plot } from '#src/contracts/irrigation';
import { emptyDay } from '#src/irrigation/forecast-faults';
import { DAY, HOUR, local, plotOf, Stand } from './stand.ts';

const stand = new Stand();
beforeAll(() => stand.open());
afterAll(() => stand.close());

const sensorsOf = (site: string): Plot['sensors'] => ({
  soilMoisture: `${site}-drip-controller`,
  rain: `${site}-insect-trap`,
  weather: `${site}-insect-trap`,
});
const KINDS = ['insect-trap', 'drip-controller'];
const codes = (reasons: ReadonlyArray<{ code: string }> = []) => reasons.map(({ code }) => code);
const dayAfter = (day: string, days: number): string => dayName(dayNumber(day) + days);

function forecastOf(site: string, from: string, change: Partial<WeatherDay> = {}, days = 16): void {
  stand.forecasts.said.set(site, {
    ...{ site, provider: 'somebody', takenAt: stand.clock.now(), fellBack: null },
    days: Array.from({ length: days }, (_, ahead) => ({
      ...{ ...emptyDay(dayAfter(from, ahead)), et0: 5, rain: 0, rainProbability: 5 },
      ...change,
    })),
  });
}

/** A zone planted on 10 December whose station spoke on each of so many days. */
async function settled(site: string, days: number, change: Partial<Plot> = {}): Promise<Plot> {
  await stand.zone(site, KINDS);
  const plot = plotOf({ site, plantedOn: '2026-12-10', sensors: sensorsOf(site), ...change });
  await stand.balance.savePlot(plot, 'An');
  for (let day = 0; day < days; day++) {
    await stand.weather(`${site}-insect-trap`, dayAfter(plot.plantedOn, day), { rain: 0 });
  }
  stand.clock.time = local(`${dayAfter(plot.plantedOn, days)}T20:00`);
  return plot;
}

test('rain, water and weather that were measured make the rows, stored by day', async () => {
  await settled('rows', 3);
  await stand.weather('rows-insect-trap', '2026-12-13', { rain: 7.5 });
  const meter = (at: string, flow_total: number) =>
    stand.report('rows-drip-controller', local(at), { flow_total });
  await meter('2026-12-10T06:00', 50_000);
  await meter('2026-12-11T05:00', 50_000);
  await meter('2026-12-11T07:00', 54_000);
  // It loses its count, and has passed 300 L since.
  await meter('2026-12-12T06:00', 300);
  await meter('2026-12-12T06:30', 1300);
  stand.clock.time = local('2026-12-14T20:00');
  const rows = (await stand.balance.rows('rows', '2026-12-10')).filter((row) => !row.isForecast);
  expect(rows.map(({ day }) => day)).toEqual([10, 11, 12, 13].map((day) => `2026-12-${day}`));
  // 1,000 m2 at 90 %: 1,000 L are 0.9 mm.
  expect(rows.map(({ irrigation }) => irrigation)).toEqual(
    [0, 3.6, 1.17, 0].map((mm) => expect.closeTo(mm, 9)),
  );
  expect(rows.map(({ rain }) => rain)).toEqual([0, 0, 0, 7.5]);
  expect(rows[2]?.notes).toContain('meter-restarted');
  for (const { method, et0, kc, etc } of rows) {
    expect(method).toBe('penman-monteith');
    expect(et0).toBeGreaterThan(3.5);
    expect(et0).toBeLessThan(6.5);
    expect(etc).toBeCloseTo(kc * (et0 ?? 0), 9);
  }
  expect(await stand.state.plots.rows('rows', '2026-12-10')).toEqual(rows);
});

test('water of a pump that feeds the zone is not counted twice', async () => {
  await settled('fed', 2);
  await stand.state.devices.create(
    {
      ...{ id: 'fed-pump', coop: 'an-binh', site: 'fed', kind: 'drip-controller', name: null },
      ...{ intervalSeconds: null, tags: [], gateway: null, createdAt: 0 },
    },
    new Uint8Array(32),
  );
  await stand.state.actuators.save({
    ...{ device: 'fed-pump', coop: 'an-binh', site: 'fed', role: 'pump', enabled: false },
    ...{ failSafe: 'off', maxSeconds: 3600, witness: null, supply: null, nominalFlow: null },
    ...{ interlocks: [], version: 1 },
  });
  for (const device of ['fed-pump', 'fed-drip-controller']) {
    await stand.report(device, local('2026-12-11T05:00'), { flow_total: 0 });
    await stand.report(device, local('2026-12-11T06:00'), { flow_total: 2000 });
  }
  const [, row] = await stand.balance.rows('fed', '2026-12-10');
  expect(row?.irrigation).toBeCloseTo(1.8, 9);
});

test('late reports change days that are over, and only what changed is written', async () => {
  await settled('late', 6);
  const before = await stand.balance.rows('late', '2026-12-10');
  await stand.reports([
    { device: 'late-drip-controller', at: local('2026-12-12T05:00'), values: { flow_total: 0 } },
    { device: 'late-drip-controller', at: local('2026-12-12T06:00'), values: { flow_total: 4000 } },
  ]);
  // The station was off on the day before; what it kept comes in now.
  await stand.weather('late-insect-trap', '2026-12-16', { rain: 12 });
  stand.clock.time += HOUR / 4;
  const after = await stand.balance.rows('late', '2026-12-10');
  expect(after.slice(0, 2).map(({ depletion }) => depletion)).toEqual(
    before.slice(0, 2).map(({ depletion }) => depletion),
  );
  expect(after[2]?.irrigation).toBeCloseTo(3.6, 9);
  const stored = await stand.state.plots.rows('late', '2026-12-12');
  expect(stored[0]?.irrigation).toBeCloseTo(3.6, 9);
});

test('a correction that reaches far back is told by recomputing from there', async () => {
  const plot = await settled('far', 14);
  await stand.balance.rows('far', plot.plantedOn);
  await stand.reports([
    { device: 'far-drip-controller', at: local('2026-12-11T05:00'), values: { flow_total: 0 } },
    { device: 'far-drip-controller', at: local('2026-12-11T06:00'), values: { flow_total: 4000 } },
  ]);
  stand.clock.time += HOUR;
  const irrigationOf = async () =>
    (await stand.state.plots.rows('far', '2026-12-11'))[0]?.irrigation ?? Number.NaN;
  await stand.balance.advice('far');
  expect(await irrigationOf()).toBe(0);
  await stand.balance.recompute('far', '2026-12-10');
  expect(await irrigationOf()).toBeCloseTo(3.6, 9);
});

test('the forecast’s past day stands in for a station that was off; its part of a day is no day', async () => {
  await settled('off', 2);
  await stand.weather('off-insect-trap', '2026-12-12', { rain: 4, hours: 17 });
  stand.clock.time = local('2026-12-14T09:00');
  await stand.state.forecasts.save({
    ...{ site: 'off', provider: 'somebody', takenAt: stand.clock.now(), fellBack: null },
    days: [12, 13].map((day) => ({ ...emptyDay(`2026-12-${day}`), et0: day / 3, rain: 1 })),
  });
  await stand.state.forecasts.save({
    ...{ site: 'off', provider: 'poor', takenAt: stand.clock.now() + 1, fellBack: 'dead' },
    days: [12, 13].map((day) => ({ ...emptyDay(`2026-12-${day}`), et0: 9, rain: 9 })),
  });
  const rows = (await stand.balance.advice('off'))?.rows ?? [];
  expect(rows.slice(2, 4)).toMatchObject([
    { method: 'somebody', et0: 4, rain: 4 },
    { method: 'somebody', et0: 13 / 3, rain: 1 },
  ]);
  expect(rows[2]?.notes).toContain('rain-from-forecast');
});

describe('what is to come', () => {
  test('fourteen days by the forecast, and the need of each as a plan has it', async () => {
    await settled('plan', 12);
    const today = '2026-12-22';
    forecastOf('plan', '2026-12-21');
    const advice = await stand.balance.advice('plan');
    const coming = advice?.rows.filter(({ isForecast }) => isForecast) ?? [];
    expect(coming).toHaveLength(15);
    expect(coming[0]).toMatchObject({ day: today, method: 'somebody', et0: 5 });
    const tonight = await stand.balance.needOn('plan', today);
    expect(tonight).toEqual({
      ...{ netMm: advice?.netMm, grossMm: advice?.grossMm, seconds: advice?.seconds },
    });
    expect(advice?.decision).toBe('irrigate');
    const needs = await Promise.all(
      Array.from({ length: 14 }, (_, day) => stand.balance.needOn('plan', dayAfter(today, day))),
    );
    // What is drawn in these days is given back, up to what is not due yet at their end.
    const given = needs.reduce((sum, need) => sum + (need?.netMm ?? Number.NaN), 0);
    const drawn = coming.slice(1, 14).reduce((sum, { kc }) => sum + kc * 5, 0);
    const open = coming[0]?.depletion ?? Number.NaN;
    expect(given).toBeGreaterThan(open + drawn - 25);
    expect(given).toBeLessThanOrEqual(open + drawn + 1e-6);
    expect(await stand.balance.needOn('plan', dayAfter(today, 15))).toBeNull();
    expect(await stand.balance.needOn('plan', '2026-12-01')).toBeNull();
    expect(await stand.balance.needOn('nowhere', today)).toBeNull();
  });

  test('rain of tomorrow that is likely is left room for; that of today counts as it fell', async () => {
    await settled('wet', 12);
    forecastOf('wet', '2026-12-21', { rain: 40, rainProbability: 80 });
    stand.clock.time += 1;
    expect(await stand.balance.advice('wet')).toMatchObject({ decision: 'wait', netMm: 0 });
    const unlikely = { rain: 40, rainProbability: 59 };
    forecastOf('wet', '2026-12-21', unlikely);
    stand.clock.time += HOUR;
    expect(await stand.balance.advice('wet')).toMatchObject({ decision: 'irrigate' });
    await stand.weather('wet-insect-trap', '2026-12-22', { rain: 60, hours: 20 });
    stand.clock.time += HOUR;
    const advice = await stand.balance.advice('wet');
    expect(advice?.rows.find(({ day }) => day === '2026-12-22')).toMatchObject({ rain: 60 });
    expect(advice?.decision).toBe('wait');
  });

  test('without any forecast the last week speaks for the next days, and that is said', async () => {
    await settled('alone', 12);
    stand.forecasts.said.delete('alone');
    const advice = await stand.balance.advice('alone');
    expect(codes(advice?.reasons)).toContain('no-forecast');
    expect(advice?.rows.at(-1)).toMatchObject({ isForecast: true, method: 'recent-mean' });
  });

  test('three days of silence: unknown, with the reason, and no need can be said', async () => {
    await settled('silent', 8);
    forecastOf('silent', '2026-12-20');
    stand.clock.time = local('2026-12-20T20:00');
    expect((await stand.balance.advice('silent'))?.decision).not.toBe('unknown');
    stand.clock.time = local('2026-12-21T20:00');
    const advice = await stand.balance.advice('silent');
    expect(advice).toMatchObject({ decision: 'unknown', netMm: 0, seconds: 0, litres: 0 });
    expect(advice?.reasons.at(-1)).toEqual({ code: 'no-weather', values: { days: 3 } });
    expect(await stand.balance.needOn('silent', '2026-12-21')).toBeNull();
  });
});

test('a plot is kept with its audit; a wrong one is refused and stands there too', async () => {
  await stand.zone('kept');
  const plot = plotOf({ site: 'kept' });
  await stand.balance.savePlot(plot, 'An');
  await expect(stand.balance.savePlot({ ...plot, crop: 'shalott' }, 'Bình')).rejects.toMatchObject({
    ...{ code: 'PLOT_INVALID', field: 'crop', hint: 'Did you mean shallot?' },
  });
  const { items } = await stand.state.audit.list({ subject: 'kept' }, { limit: 9 });
  expect(items.map(({ who, what }) => [who, what])).toEqual([
    ['Bình', 'plot.refused'],
    ['An', 'plot.saved'],
  ]);
  await expect(stand.balance.rows('nowhere', '2026-12-01')).rejects.toMatchObject({
    code: 'PLOT_NOT_FOUND',
  });
  expect(await stand.balance.advice('nowhere')).toBeUndefined();
});

test('a plot that was written past the desk is refused by field when it is asked, not answered', async () => {
  await stand.zone('past-desk');
  const plot = plotOf({ site: 'past-desk' });
  const { drip } = plot;
  for (const [wrong, field] of [
    [{ crop: 'shalott' }, 'crop'],
    [{ drip: { ...drip, efficiency: 0 } }, 'drip.efficiency'],
  ] as const) {
    await stand.state.plots.save({ ...plot, ...wrong });
    const refused = { code: 'PLOT_INVALID', field, hint: expect.stringMatching(/shallot|0.51/) };
    await expect(stand.balance.advice('past-desk')).rejects.toMatchObject(refused);
    await expect(stand.balance.rows('past-desk', '2026-12-01')).rejects.toMatchObject(refused);
    await expect(stand.balance.recompute('past-desk', '2026-12-01')).rejects.toMatchObject(refused);
    // Whoever plans is told that nobody knows, and goes on with the other zones.
    expect(await stand.balance.needOn('past-desk', '2026-12-05')).toBeNull();
  }
});

test('what a plot was before is forgotten of its season, and kept of the one before', async () => {
  const plot = await settled('changed', 5);
  await stand.state.plots.saveRows('changed', [
    { ...(await stand.balance.rows('changed', plot.plantedOn))[0], day: '2026-06-01' } as never,
  ]);
  const wider = { ...plot, rootDepth: 0.8 };
  await stand.balance.savePlot(wider, 'An');
  expect((await stand.state.plots.rows('changed', '2026-01-01')).map(({ day }) => day)).toEqual([
    '2026-06-01',
  ]);
  const [row] = await stand.balance.rows('changed', plot.plantedOn);
  expect(row?.taw).toBeCloseTo(120, 9);
});

test('each night every balance is made, once', async () => {
  const plot = await settled('night', 4);
  const rows = () => stand.state.plots.rows('night', plot.plantedOn);
  stand.clock.time = local('2026-12-14T00:10');
  await stand.balance.tick();
  expect(await rows()).toHaveLength(0);
  stand.clock.time = local('2026-12-14T00:25');
  await stand.balance.tick();
  expect(await rows()).toHaveLength(4);
  await stand.weather('night-insect-trap', '2026-12-13', { rain: 9 });
  stand.clock.time = local('2026-12-14T12:00');
  await stand.balance.tick();
  expect((await rows()).at(-1)?.rain).toBe(0);
  stand.clock.time = local('2026-12-15T00:25');
  await stand.balance.tick();
  expect((await rows()).map(({ rain }) => rain)).toEqual([0, 0, 0, 9, 0]);
});

test('a season of shallot in the delta: watered by advice it neither thirsts nor drowns', async () => {
  const site = 'season';
  await stand.zone(site, KINDS);
  const plot = plotOf({ site, plantedOn: '2027-01-05', sensors: sensorsOf(site) });
  await stand.balance.savePlot(plot, 'An');
  const controller = `${site}-drip-controller`;
  let total = 81_000;
  let passed = 0;
  const metered: Array<{ device: string; at: number; values: Record<string, number> }> = [];
  await stand.report(controller, local('2027-01-05T00:10'), { flow_total: total });
  const rains = new Map([
    [12, 9],
    [31, 45],
  ]);
  for (let day = 0; day < 60; day++) {
    const name = dayAfter(plot.plantedOn, day);
    stand.clock.time = local(`${name}T20:00`);
    forecastOf(site, name, { et0: 4.6 });
    const advice = await stand.balance.advice(site);
    expect(advice?.decision).not.toBe('unknown');
    // The night's run at the pace of the lines; the meter is new on the twentieth day.
    const litres = advice?.litres ?? 0;
    if (day === 20) total = 0;
    for (let piece = 1; piece <= 4 && litres > 0; piece++) {
      total += litres / 4;
      const at = local(`${name}T20:00`) + (piece * (advice?.seconds ?? 0) * 1000) / 4;
      metered.push({ device: controller, at, values: { flow_total: Math.round(total) } });
    }
    await stand.reports(metered.splice(0));
    passed += litres;
    await stand.weather(`${site}-insect-trap`, name, { rain: rains.get(day) ?? 0 });
  }
  stand.clock.time = local(`${dayAfter(plot.plantedOn, 60)}T20:00`);
  const rows = (await stand.balance.rows(site, plot.plantedOn)).filter((row) => !row.isForecast);
  expect(rows).toHaveLength(60);
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  // Whatever the balance says of water is what the meter counted, at 90 % of 1,000 m2.
  expect(sum(({ irrigation }) => irrigation)).toBeCloseTo((passed * 0.9) / 1000, 0);
  expect(sum(({ rain }) => rain)).toBe(54);
  const etc = sum((row) => row.etc ?? Number.NaN);
  expect(etc).toBeGreaterThan(60 * 3);
  expect(etc).toBeLessThan(60 * 6);
  // It was watered as soon as RAW was used, so it never thirsted for more than an evening.
  expect(Math.min(...rows.map(({ ks }) => ks))).toBeGreaterThan(0.95);
  expect(rows.filter(({ irrigation }) => irrigation > 0).length).toBeGreaterThan(8);
  expect(rows.at(-1)?.method).toBe('penman-monteith');
  // Nothing ran through but what the great rain was too much.
  const percolated =
    sum(({ rain }) => rain) +
    sum(({ irrigation }) => irrigation) -
    etc +
    (rows.at(-1)?.depletion ?? 0);
  expect(percolated).toBeGreaterThan(5);
  expect(percolated).toBeLessThan(60);
  stand.clock.time = local(`${dayAfter(plot.plantedOn, 60)}T23:00`) + DAY;
  expect(codes((await stand.balance.advice(site))?.reasons)).toEqual(['season-over']);
});
