import { describe, expect, test } from 'vitest';
import { moonIllumination } from '#src/pests/moon';
import { fliesPerTrapPerDay, fliesPerTrapPerDayOf, standardTrapNight } from '#src/pests/traps';
import { expectNear, vectorsOf } from '../water/vectors.ts';

describe('flies per trap per day (IAEA 2013)', () => {
  test.each(vectorsOf('fliesPerTrapPerDay'))('%j → %d', (inputs, expected, tolerance) => {
    const [flies = 0, traps = 0, days = 0] = inputs;
    expectNear(fliesPerTrapPerDay({ flies, traps, days }), expected, tolerance);
  });

  test('is null, not 0, when no trap was serviced', () => {
    expect(fliesPerTrapPerDay({ flies: 0, traps: 0, days: 7 })).toBeNull();
    expect(fliesPerTrapPerDay({ flies: 0, traps: 5, days: 0 })).toBeNull();
    expect(fliesPerTrapPerDayOf([{ flies: null, days: 7 }])).toBeNull();
    expect(fliesPerTrapPerDayOf([])).toBeNull();
  });

  test('leaves out a trap without a reading: it is not one without flies', () => {
    const read = [
      { flies: 10, days: 7 },
      { flies: 4, days: 7 },
    ];
    expect(fliesPerTrapPerDayOf(read)).toBe(1);
    expect(fliesPerTrapPerDayOf([...read, { flies: null, days: 7 }])).toBe(1);
    expect(fliesPerTrapPerDayOf([...read, { flies: 0, days: 7 }])).toBeCloseTo(14 / 21, 12);
  });

  test.each([
    { flies: -1, traps: 5, days: 7 },
    { flies: 1, traps: -5, days: 7 },
    { flies: 1, traps: 5, days: Number.NaN },
  ])('refuses %j', (service) => {
    expect(() => fliesPerTrapPerDay(service)).toThrow(RangeError);
  });
});

describe('the catch of a standard night, 19:00 to 22:00', () => {
  test.each([
    [120, 3, 'observed', 120],
    [0, 3, 'observed', 0],
    [240, 6, 'observed', 120],
    [120, 2.25, 'observed', 160],
    [110, 2.2, 'partly', 150],
    [40, 1, 'partly', 120],
    [40, 0.9, 'partly', null],
    [0, 0, 'not-observed', null],
    [7, 0, 'not-observed', null],
    [null, 3, 'not-observed', null],
    [120, null, 'not-observed', null],
  ] as const)('%s insects in %s lamp hours: %s, %s', (insects, lampHours, label, expected) => {
    const night = standardTrapNight({ insects, lampHours });
    expect(night.label).toBe(label);
    if (expected === null) expect(night.standardCatch).toBeNull();
    else expectNear(night.standardCatch, expected, 1e-9);
  });

  test('refuses what cannot be', () => {
    expect(() => standardTrapNight({ insects: -1, lampHours: 3 })).toThrow(RangeError);
    expect(() => standardTrapNight({ insects: 1, lampHours: -3 })).toThrow(RangeError);
    expect(() => standardTrapNight({ insects: 1, lampHours: 3 }, 0)).toThrow(RangeError);
  });
});

test('the moon is full and new when the almanac says so', () => {
  expect(moonIllumination(Date.UTC(2026, 10, 24, 14, 53))).toBeGreaterThan(0.98);
  expect(moonIllumination(Date.UTC(2026, 10, 9, 7, 2))).toBeLessThan(0.02);
  expect(moonIllumination(Date.UTC(2025, 8, 7, 18, 9))).toBeGreaterThan(0.98);
});
