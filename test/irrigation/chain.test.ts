import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayNumber } from '#src/base/local-clock';
import type { Forecast } from '#src/contracts/forecast';
import type { BalanceRow, Plot } from '#src/contracts/irrigation';
import { type AdviceGround, advise } from '#src/irrigation/advise';
import { chainDays, type DayInput, zoneModel } from '#src/irrigation/chain';
import { decide, planDays } from '#src/irrigation/decide';
import { doseOf } from '#src/irrigation/drip-lines';
import { runs } from '../support/random.ts';
import { plotOf } from './stand.ts';

/** In the middle stage of `plotOf`, where Kc is 1 and ETc is ET0. */
const MIDDLE = dayNumber('2026-12-25');

const inputOf = (change: Partial<DayInput> = {}): DayInput => ({
  ...{ day: MIDDLE, et0: 5, method: 'penman-monteith', rain: 0, irrigation: 0 },
  ...{ waterContent: null, isForecast: false, notes: [] },
  ...change,
});

test('the five days of FAO-56 come out as they are worked', () => {
  const days = [
    { et0: 5 },
    { et0: 5.2 },
    { et0: 4, rain: 12 },
    { et0: 5, irrigation: 25 },
    { et0: 3.5, rain: 40 },
  ].map((day, index) => inputOf({ ...day, day: MIDDLE + index }));
  const rows = chainDays(zoneModel(plotOf()), { depletionMm: 20, deviationMm: 0 }, days);
  expect(rows.map(({ taw }) => taw)).toEqual([60, 60, 60, 60, 60].map(expectClose));
  const ks = [0.9524, 0.8295, 0.7809, 0.9476, 1];
  expect(rows.map((row) => row.ks)).toEqual(ks.map((value) => expect.closeTo(value, 4)));
  const depletions = [24.7619, 29.0754, 20.1991, 0, 0];
  expect(rows.map((row) => row.depletion)).toEqual(depletions.map(expectClose));
  expect(rows.map(({ etc }) => etc)).toEqual([5, 5.2, 4, 5, 3.5].map(expectClose));
  expect(rows.map(({ day }) => day)[4]).toBe('2026-12-29');
});

const expectClose = (value: number) => expect.closeTo(value, 3);

test('the coefficient follows the stages and the season ends the chain', () => {
  const plot = plotOf({ crop: 'onion-dry' });
  const days = Array.from({ length: 62 }, (_, index) =>
    inputOf({ day: dayNumber(plot.plantedOn) - 1 + index }),
  );
  const rows = chainDays(zoneModel(plot), { depletionMm: 0, deviationMm: 1 }, days);
  expect(rows).toHaveLength(60);
  const kc = (day: number): number | undefined => rows[day - 1]?.kc;
  expect([kc(1), kc(10), kc(15), kc(20), kc(50)]).toEqual(
    [0.7, 0.7, 0.875, 1.05, 1.05].map(expectClose),
  );
  expect(kc(60)).toBeCloseTo(0.75, 6);
});

test('a day without weather is not made up: it moves nothing but the doubt', () => {
  const model = zoneModel(plotOf());
  const [row] = chainDays(model, { depletionMm: 10, deviationMm: 2 }, [
    inputOf({ et0: null, method: 'missing', rain: 3 }),
  ]);
  expect(row).toMatchObject({ et0: null, etc: null, method: 'missing', depletion: 7 });
  expect(row?.deviation).toBeGreaterThan(5);
});

describe('a probe', () => {
  const model = zoneModel(plotOf());
  const wet = (depletion: number): number => 0.36 - depletion / 400;

  test('moves the model by the weight of both errors, and lessens the doubt', () => {
    const input = inputOf({ waterContent: wet(20) });
    const [row] = chainDays(model, { depletionMm: 5, deviationMm: 12 }, [input]);
    // Model 10 ± 12.09, probe 20 ± 12: about half way.
    expect(row?.depletion).toBeCloseTo(10 + 10 * (146.25 / (146.25 + 144)), 6);
    expect(row?.corrected).toBeCloseTo(row === undefined ? 0 : row.depletion - 10, 9);
    expect(row?.deviation).toBeLessThan(9);
  });

  test('that says what cannot be, or something else altogether, is told and not heeded', () => {
    const far = inputOf({ waterContent: wet(59) });
    const dead = inputOf({ day: MIDDLE + 1, waterContent: 0 });
    const rows = chainDays(model, { depletionMm: 0, deviationMm: 1 }, [far, dead]);
    expect(rows[0]).toMatchObject({ depletion: 5, corrected: 0, notes: ['probe-disagrees'] });
    expect(rows[1]?.notes).toEqual(['probe-impossible-water-content']);
  });
});

/** Sand, shallow roots: RAW 3.4 mm on a day of 5 mm, 2.24 mm/h. */
const sand = plotOf({
  ...{ crop: 'lettuce', rootDepth: 0.15, soil: { fieldCapacity: 0.12, wiltingPoint: 0.045 } },
  drip: {
    ...{ plantSpacing: 0.3, rowSpacing: 1.2, emittersPerPlant: 1, emitterFlow: 0.8064 },
    efficiency: 0.9,
  },
});

function groundOf(plot: Plot, depletion: number, change: Partial<AdviceGround> = {}): AdviceGround {
  const model = zoneModel(plot);
  const today = MIDDLE;
  const start = { depletionMm: Math.max(0, depletion - 5), deviationMm: 1 };
  const before = { depletionMm: Math.max(0, depletion - 10), deviationMm: 1 };
  const past = chainDays(model, before, [inputOf({ day: today - 1 })]);
  const inputs = [0, 1, 2].map((ahead) => inputOf({ day: today + ahead, isForecast: true }));
  const coming = chainDays(model, start, inputs);
  const [first] = coming;
  const said = first === undefined ? [] : [{ ...first, depletion }, ...coming.slice(1)];
  return {
    ...{ plot, model, today, at: 0, past, coming: said, forecast: undefined },
    rainAfter: () => 0,
    ...change,
  };
}

const codes = (reasons: ReadonlyArray<{ code: string }>): string[] =>
  reasons.map(({ code }) => code);

describe('advice', () => {
  test('irrigate tonight 4.2 mm, 2 h 05 min, and every step of why', () => {
    const advice = advise(groundOf(sand, 4.2));
    expect(advice).toMatchObject({ decision: 'irrigate', seconds: 2 * 3600 + 5 * 60 });
    expect(advice.netMm).toBeCloseTo(4.2, 9);
    expect(advice.grossMm).toBeCloseTo(4.2 / 0.9, 9);
    expect(advice.litres).toBeCloseTo(4666.67, 1);
    expect(codes(advice.reasons)).toEqual([
      ...['yesterday', 'no-forecast', 'depletion', 'readily-available', 'due'],
      ...['efficiency', 'run-time'],
    ]);
    const runTime = advice.reasons.at(-1)?.values;
    expect(runTime).toEqual({ seconds: 7500, litres: 4666.67, rate: 2.24 });
  });

  test('salt asks for water to wash it down', () => {
    const salty = { ...sand, waterConductivity: 1.5, soilConductivityMax: 12.5 };
    const advice = advise(groundOf(salty, 4.2));
    expect(advice.grossMm).toBeCloseTo(4.2 / (0.9 * 0.94), 9);
    const leaching = advice.reasons.find(({ code }) => code === 'leaching');
    expect(leaching?.values).toEqual({ percent: 6, water: 1.5, soil: 12.5 });
  });

  test('likely rain is left room for, or does it all', () => {
    const forecast: Forecast = {
      ...{ site: 'zone-1', provider: 'test', takenAt: 0, days: [], fellBack: 'the other is dead' },
    };
    const some = advise(groundOf(sand, 4.2, { forecast, rainAfter: () => 2 }));
    expect(some).toMatchObject({ decision: 'irrigate', netMm: expect.closeTo(2.2, 9) });
    expect(codes(some.reasons)).toContain('rain-expected');
    expect(codes(some.reasons)).toContain('forecast-fell-back');
    const all = advise(groundOf(sand, 4.2, { forecast, rainAfter: () => 9 }));
    expect(all).toMatchObject({ decision: 'wait', netMm: 0, seconds: 0, litres: 0 });
    expect(all.reasons.at(-1)).toEqual({ code: 'rain-will-do', values: { mm: 9 } });
  });

  test('not yet due says when', () => {
    const advice = advise(groundOf(sand, 1));
    expect(advice.decision).toBe('wait');
    expect(advice.reasons.at(-1)).toEqual({ code: 'not-yet-due', values: { dueOn: '2026-12-26' } });
  });

  test('three days without weather are unknown, and stay so', () => {
    const model = zoneModel(sand);
    const days = [-4, -3, -2, -1].map((ago) =>
      inputOf({ day: MIDDLE + ago, ...(ago > -4 && { et0: null, method: 'missing' }) }),
    );
    const past = chainDays(model, { depletionMm: 9, deviationMm: 1 }, days);
    const advice = advise(groundOf(sand, 9, { past }));
    expect(advice).toMatchObject({ decision: 'unknown', netMm: 0, grossMm: 0, seconds: 0 });
    expect(advice.reasons.at(-1)).toEqual({ code: 'no-weather', values: { days: 3 } });
    expect(advice.rows.some(({ isForecast }) => isForecast)).toBe(false);
    const two = advise(groundOf(sand, 9, { past: past.slice(0, 3) }));
    expect(two.decision).toBe('unknown');
    const known = chainDays(
      model,
      { depletionMm: 9, deviationMm: 1 },
      days.slice(0, 2).map((day) => ({ ...day, day: day.day + 2 })),
    );
    expect(advise(groundOf(sand, 9, { past: known })).decision).toBe('irrigate');
    expect(advise(groundOf(sand, 9, { past: [] })).decision).toBe('unknown');
    expect(advise(groundOf(sand, 9, { coming: [] })).decision).toBe('unknown');
  });

  test('before planting and after harvest there is nothing to water', () => {
    const early = plotOf({ plantedOn: '2027-01-10' });
    expect(advise(groundOf(early, 4.2)).reasons).toEqual([
      { code: 'not-planted', values: { plantedOn: '2027-01-10' } },
    ]);
    const late = plotOf({ plantedOn: '2026-10-01' });
    expect(advise(groundOf(late, 4.2)).reasons).toEqual([
      { code: 'season-over', values: { endedOn: '2026-11-29' } },
    ]);
  });

  test('a dose is never below zero, above a night, or more than is missing', () => {
    const anyRow = fc.record({
      depletion: fc.double({ min: 0, max: 300, noNaN: true }),
      raw: fc.double({ min: 0, max: 200, noNaN: true }),
      rain: fc.double({ min: 0, max: 500, noNaN: true }),
      efficiency: fc.double({ min: 0.51, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(anyRow, ({ depletion, raw, rain, efficiency }) => {
        const plot = { ...sand, drip: { ...sand.drip, efficiency } };
        const { dose, reason } = decide(plot, { depletion, raw }, rain);
        expect(dose.netMm).toBeGreaterThanOrEqual(0);
        expect(dose.netMm).toBeLessThanOrEqual(depletion);
        expect(dose.seconds).toBeLessThanOrEqual(12 * 3600);
        expect(dose.seconds > 0).toBe(reason === 'due');
        if (rain >= depletion || depletion < raw) expect(dose.netMm).toBe(0);
      }),
      runs(300),
    );
    expect(doseOf(sand, 200)).toMatchObject({ isLimited: true, seconds: 43_200 });
  });
});

test('a plan waters each day that is due, and only once', () => {
  const model = zoneModel(plotOf());
  const inputs = Array.from({ length: 14 }, (_, ahead) =>
    inputOf({ day: MIDDLE + ahead, isForecast: true }),
  );
  const start: Pick<BalanceRow, 'depletion' | 'deviation'> = { depletion: 0, deviation: 1 };
  const plan = planDays(plotOf(), model, { start, inputs, rainAfter: () => 0 });
  const doses = [...plan.values()].map(({ dose }) => dose.netMm);
  // RAW is 18 mm at 5 mm a day: due on each fourth day, with what four days drew.
  expect(doses.map((dose) => Math.round(dose))).toEqual([
    0, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0, 20, 0, 0,
  ]);
  const withRain = planDays(plotOf(), model, {
    ...{ start, inputs },
    rainAfter: (day) => (day === MIDDLE + 3 ? 30 : 0),
  });
  expect(withRain.get(MIDDLE + 3)).toMatchObject({ reason: 'rain-will-do', dose: { netMm: 0 } });
});
