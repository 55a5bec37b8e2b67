import { describe, expect, test } from 'vitest';
import {
  AMMONIA_PER_NITROGEN,
  ammoniaAsNitrogen,
  ammoniaFraction,
  ammoniumPkNbs,
  ammoniumPkTotal,
  estimateAmmonia,
  unionisedAmmonia,
} from '#src/water/ammonia';
import { sulphideFraction } from '#src/water/sulphide';
import { expectNear, vectorsOf } from './vectors.ts';

describe('pK of ammonium', () => {
  test.each(vectorsOf('ammoniumPkNbs'))('NBS scale, %j → %d', (inputs, expected, tolerance) => {
    const [temperature = 0, salinity = 0] = inputs;
    expectNear(ammoniumPkNbs(temperature, salinity), expected, tolerance);
  });

  test.each([
    [25, 0, 9.2446],
    [25, 5, 9.21877],
    [25, 15, 9.21863],
    [25, 35, 9.24585],
    [28, 15, 9.12019],
    [30, 5, 9.06079],
    [30, 10, 9.05525],
    [30, 20, 9.05823],
    [30, 25, 9.06301],
    [30, 35, 9.07654],
    [32, 25, 8.99728],
  ])('total scale, Clegg & Whitfield 1995: %d °C, salinity %d → %d', (t, salinity, pk) => {
    expectNear(ammoniumPkTotal(t, salinity), pk, 1e-4);
  });
});

describe('share of un-ionised ammonia', () => {
  test.each(vectorsOf('ammoniaFraction'))('%j → %d', (inputs, expected, tolerance) => {
    const [temperatureC = 0, ph = 0, salinity = 0] = inputs;
    expectNear(ammoniaFraction({ temperatureC, ph, salinity }), expected, tolerance);
  });

  test.each([
    [25, 34, 8, 0.0427, 0.0428],
    [20, 34, 8, 0.0302, 0.0298],
    [15, 34, 8, 0.021, 0.0207],
    [10, 34, 8, 0.0144, 0.0144],
    [23, 15, 8.05, 0.0473, 0.0492],
    [23, 25, 8.05, 0.0442, 0.0443],
    [23, 35, 8.05, 0.0413, 0.0405],
    [25.5, 34, 8.21, 0.0697, 0.07],
  ])(
    'at %d °C, salinity %d, pH %d: %d as computed, near the published %d',
    (temperatureC, salinity, ph, computed, published) => {
      const share = ammoniaFraction({ temperatureC, salinity, ph });
      expectNear(share, computed, 0.00006);
      expect(Math.abs(share / published - 1)).toBeLessThan(0.04);
    },
  );

  test.each([
    [10, 0.19, 0.59, 1.83, 5.55],
    [15, 0.27, 0.85, 2.65, 7.98],
    [20, 0.4, 1.24, 3.83, 11.18],
    [25, 0.55, 1.73, 5.28, 14.97],
  ])('fresh water at %d °C, Trussell 1972, within 2.5 %%', (temperatureC, ...percents) => {
    percents.forEach((percent, at) => {
      const share = 100 * ammoniaFraction({ temperatureC, ph: 7 + at / 2, salinity: 0 });
      // The table is rounded to 0.01 %.
      expectNear(share, percent, 0.025 * percent + 0.005);
    });
  });

  test('a pH of a farm meter with the constant of the total scale shows up to a third too much', () => {
    for (const [salinity, percent] of [
      [0, 0.4],
      [5, 11],
      [15, 20],
      [35, 31],
    ] as const) {
      const conditions = { temperatureC: 30, ph: 8, salinity };
      const wrong = ammoniaFraction({ ...conditions, phScale: 'total' });
      expectNear(100 * (wrong / ammoniaFraction(conditions) - 1), percent, 0.6);
    }
  });

  test('0.1 pH moves it by 23 %, a degree by 7 %, ten of salinity by 7 %', () => {
    const at = (temperatureC: number, ph: number, salinity: number): number =>
      ammoniaFraction({ temperatureC, ph, salinity });
    const share = at(28, 8, 15);
    expectNear(100 * (at(28, 8.1, 15) / share - 1), 23, 2.5);
    expectNear(100 * (at(29, 8, 15) / share - 1), 7, 1);
    expectNear(100 * (at(28, 8, 25) / share - 1), -7, 1);
  });
});

test.each([
  [1, 30, 15, 8.2, 0.10269, 0.12486],
  [2, 28, 10, 8.5, 0.34179, 0.41558],
  [0.5, 32, 25, 9, 0.21763, 0.26461],
  [3, 29, 20, 7.8, 0.11832, 0.14387],
  [0.3, 30, 5, 8.8, 0.09852, 0.11979],
])(
  'total ammonia %d mg N/L at %d °C, salinity %d, pH %d → NH3-N %d, NH3 %d',
  (total, temperatureC, salinity, ph, nitrogen, ammonia) => {
    const actual = unionisedAmmonia(total, { temperatureC, salinity, ph });
    expectNear(actual.nitrogenMgL, nitrogen, 1e-4);
    expectNear(actual.ammoniaMgL, ammonia, 1e-4);
  },
);

test('falling pH raises H2S, rising pH raises NH3', () => {
  const low = { temperatureC: 29, ph: 7.4, salinity: 18 };
  const high = { ...low, ph: 8.6 };
  expect(ammoniaFraction(high)).toBeGreaterThan(ammoniaFraction(low));
  expect(sulphideFraction(high)).toBeLessThan(sulphideFraction(low));
});

test('a kit says what its milligrams count', () => {
  expectNear(AMMONIA_PER_NITROGEN, 1.2159, 5e-5);
  expect(ammoniaAsNitrogen(1, 'nitrogen')).toBe(1);
  expectNear(ammoniaAsNitrogen(1.2159, 'ammonia'), 1, 1e-4);
  expectNear(ammoniaAsNitrogen(1.2879, 'ammonium'), 1, 1e-12);
});

describe('an estimate from samples', () => {
  const time = Date.UTC(2026, 10, 22, 1);
  const samples = {
    totalNitrogenMgL: 1,
    totalNitrogenTime: time,
    phTime: time,
    conditions: { temperatureC: 30, ph: 8.2, salinity: 15 },
  };

  test('carries the band its instruments leave open', () => {
    const { value, lower, upper, reason } = estimateAmmonia({
      ...samples,
      temperatureAccuracyC: 0,
    });
    expect(reason).toBeNull();
    expectNear(value, 0.10269, 1e-4);
    const at = (ph: number): number => ammoniaFraction({ ...samples.conditions, ph });
    expectNear(lower, at(8.1), 1e-12);
    expectNear(upper, at(8.3), 1e-12);
    const warmer = estimateAmmonia({ ...samples, temperatureAccuracyC: 1 });
    expect(warmer.upper ?? 0).toBeGreaterThan(upper ?? 0);
    expect(warmer.lower ?? 0).toBeLessThan(lower ?? 0);
  });

  test.each([
    [15, null],
    [-15, null],
    [15.01, 'ph-too-old'],
    [-15.01, 'ph-too-old'],
    [Number.NaN, 'ph-too-old'],
  ])('with a pH %d minutes away: %s', (minutes, reason) => {
    const estimate = estimateAmmonia({ ...samples, phTime: time + minutes * 60_000 });
    expect(estimate.reason).toBe(reason);
    expect(estimate.value === null).toBe(reason !== null);
  });

  test.each([
    { temperatureC: 41 },
    { ph: 5.9 },
    { ph: 10.1 },
    { ph: Number.NaN },
    { salinity: 41 },
    { salinity: -1 },
  ])('refuses what the papers do not cover: %j', (wrong) => {
    const estimate = estimateAmmonia({
      ...samples,
      conditions: { ...samples.conditions, ...wrong },
    });
    expect(estimate).toEqual({ value: null, lower: null, upper: null, reason: 'out-of-range' });
  });

  test('refuses a negative total', () => {
    expect(estimateAmmonia({ ...samples, totalNitrogenMgL: -0.1 }).reason).toBe('out-of-range');
  });
});
