import { describe, expect, test } from 'vitest';
import {
  type DailyValue,
  forecastErrors,
  forecastSkill,
  localOutlook,
  rainScore,
} from '#src/water/forecast-skill';
import { createRandom, seed } from '../support/random.ts';
import { expectNear } from './vectors.ts';

const START = 20_000;

/** Years of a season whose departures persist from day to day by `memory`. */
function weather(days: number, memory: number, random: () => number): DailyValue[] {
  let departure = 0;
  return Array.from({ length: days }, (_, index) => {
    departure = memory * departure + Math.sqrt(1 - memory ** 2) * (random() - 0.5) * Math.sqrt(12);
    const season = 5 + 1.5 * Math.sin((2 * Math.PI * index) / 365.2425);
    return { day: START + index, value: season + departure };
  });
}

describe('an outlook from the site’s own past', () => {
  test('steady days go on', () => {
    const history = Array.from({ length: 30 }, (_, day) => ({ day, value: 4 }));
    const { days, persistence } = localOutlook(history, { fromDay: 30, days: 7 });
    expect(days).toHaveLength(7);
    expect(persistence).toBe(0);
    for (const day of days ?? []) expect(day).toMatchObject({ value: 4, deviation: 0 });
    expect(days?.[6]?.day).toBe(36);
  });

  test('persistence is found, and damped to the season', () => {
    const random = createRandom(seed);
    const history = weather(1460, 0.7, random);
    const last = history.at(-1)?.day ?? 0;
    const { days, persistence } = localOutlook(history, { fromDay: last + 1, days: 14 });
    expectNear(persistence, 0.7, 0.25);
    const [first, final] = [days?.[0], days?.[13]];
    // Close days are known better, and the last is the season with its full spread.
    expect(first?.deviation ?? 9).toBeLessThan(final?.deviation ?? 0);
    expectNear(final?.deviation ?? null, 1, 0.35);
    const season = 5 + 1.5 * Math.sin((2 * Math.PI * (last + 14 - START)) / 365.2425);
    expectNear(final?.value ?? null, season, 0.8);
  });

  test('four of five days come within its bounds, and it beats the mean of the year', () => {
    const random = createRandom(seed);
    const all = weather(2200, 0.7, random);
    let inside = 0;
    let count = 0;
    const own: { forecast: number; actual: number }[] = [];
    const mean: { forecast: number; actual: number }[] = [];
    for (let from = 1100; from < 2180; from += 60) {
      const { days } = localOutlook(all.slice(0, from), { fromDay: START + from, days: 7 });
      for (const { day, value, lower, upper } of days ?? []) {
        const actual = all[day - START]?.value ?? Number.NaN;
        count++;
        if (actual >= lower && actual <= upper) inside++;
        own.push({ forecast: value, actual });
        mean.push({ forecast: 5, actual });
      }
    }
    expect(inside / count).toBeGreaterThan(0.6);
    expect(inside / count).toBeLessThan(0.95);
    expect(forecastSkill(forecastErrors(own), forecastErrors(mean))).toBeGreaterThan(0.05);
  });

  test('what is no number does not count, order and doubles do not matter', () => {
    const clean = Array.from({ length: 40 }, (_, day) => ({ day, value: 3 + (day % 5) }));
    const dirty = [
      { day: 39, value: 900 },
      ...[...clean].reverse(),
      { day: 3.5, value: 9 },
      { day: 12, value: Number.NaN },
      { day: 45, value: 99 },
    ];
    const wish = { fromDay: 40, days: 5 };
    expect(localOutlook(dirty, wish)).toEqual(localOutlook(clean, wish));
  });

  test('rain is not forecast below nothing', () => {
    const history = Array.from({ length: 60 }, (_, day) => ({ day, value: day % 6 ? 0 : 30 }));
    const { days } = localOutlook(history, { fromDay: 60, days: 14, floor: 0 });
    for (const { lower, upper, value } of days ?? []) {
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(value).toBeGreaterThanOrEqual(lower);
      expect(upper).toBeGreaterThan(value);
    }
  });

  test('a past too short or too old says so', () => {
    const short = Array.from({ length: 13 }, (_, day) => ({ day, value: 4 }));
    expect(localOutlook(short, { fromDay: 13, days: 3 }).reason).toBe('too-short');
    const nothing = short.map(({ day }) => ({ day, value: Number.NaN }));
    expect(localOutlook([...nothing, ...nothing], { fromDay: 40, days: 3 }).reason).toBe(
      'too-short',
    );
    const long = Array.from({ length: 60 }, (_, day) => ({ day, value: 4 }));
    expect(localOutlook(long, { fromDay: 100, days: 3 }).reason).toBe('too-old');
    expect(() => localOutlook(long, { fromDay: Number.NaN, days: 3 })).toThrow(RangeError);
    expect(() => localOutlook(long, { fromDay: 60.5, days: 3 })).toThrow(RangeError);
    expect(() => localOutlook(long, { fromDay: 60, days: 15 })).toThrow(RangeError);
    expect(() => localOutlook(long, { fromDay: 60, days: 3, floor: Number.NaN })).toThrow(
      RangeError,
    );
  });
});

describe('what came', () => {
  test('bias, mean absolute error and root mean square, by hand', () => {
    const pairs = [
      { forecast: 5, actual: 4 },
      { forecast: 3, actual: 5 },
      { forecast: 6, actual: 6 },
      { forecast: Number.NaN, actual: 6 },
    ];
    const errors = forecastErrors(pairs);
    expect(errors?.count).toBe(3);
    expectNear(errors?.bias ?? null, -1 / 3, 1e-9);
    expectNear(errors?.mae ?? null, 1, 1e-9);
    expectNear(errors?.rmse ?? null, Math.sqrt(5 / 3), 1e-9);
    expect(forecastErrors([{ forecast: Number.NaN, actual: 1 }])).toBeNull();
  });

  test('skill against a reference', () => {
    const of = (mae: number) => ({ count: 1, bias: 0, mae, rmse: mae });
    expectNear(forecastSkill(of(1), of(2)), 0.5, 1e-9);
    expectNear(forecastSkill(of(3), of(2)), -0.5, 1e-9);
    expect(forecastSkill(of(1), of(0))).toBeNull();
    expect(forecastSkill(null, of(1))).toBeNull();
  });

  test('rain foretold, missed and foretold in vain', () => {
    const pairs = [
      [5, 8],
      [4.9, 5],
      [7, 0],
      [0, 0],
      [Number.NaN, 9],
    ].map(([forecast = 0, actual = 0]) => ({ forecast, actual }));
    expect(rainScore(pairs, 5)).toEqual({ hits: 1, misses: 1, falseAlarms: 1 });
    expect(() => rainScore(pairs, Number.NaN)).toThrow(RangeError);
  });
});
