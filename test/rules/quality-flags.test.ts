import { describe, expect, test } from 'vitest';
import { PLAUSIBILITY } from '#src/health/plausibility';
import { flatLine, grossRange, rateOfChange, spike, type ValueRow } from '#src/rules/quality-flags';

const QUARTER_HOUR_S = 900;

function every(seconds: number, values: ValueRow): number[] {
  return values.map((_, at) => at * seconds * 1000);
}

describe('gross range', () => {
  const spans = { fail: [10, 50], suspect: [20, 40] } as const;

  test('with the bounds included', () => {
    const values = [5, 10, 15, 20, 25, 30, 35, 40, 45, 51];
    expect(grossRange(values, spans)).toEqual([4, 3, 3, 1, 1, 1, 1, 1, 3, 4]);
  });

  test('what is missing is missing', () => {
    expect(grossRange([null, 30, Number.NaN], spans)).toEqual([9, 1, 9]);
  });
});

describe('spike', () => {
  const limits = { suspect: 25, fail: 50 };

  test('from the mean of the neighbours', () => {
    const values = [10, 12, 999.99, 13, 15, 40, 9, 9];
    expect(spike(values, limits)).toEqual([2, 4, 4, 4, 1, 3, 1, 2]);
  });

  test('without both neighbours is not evaluated', () => {
    expect(spike([10, null, 10, 99, 10], limits)).toEqual([2, 9, 2, 4, 2]);
    expect(spike([], limits)).toEqual([]);
  });
});

describe('rate of change, 5 in 15 minutes', () => {
  const flags = (values: ValueRow): number[] =>
    rateOfChange(values, every(QUARTER_HOUR_S, values), 5 / QUARTER_HOUR_S);

  test.each([
    [
      [2, 10, 2.1, 3, 4, 5, 7, 10, 0, 2, 2.2, 2, 1, 2, 3, 90, 91, 92, 93, 1, 2, 3, 4, 5],
      [1, 3, 3, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 1, 1],
    ],
    [
      [2, 10, 2, 3, null, null, 7, 10],
      [1, 3, 3, 1, 9, 9, 1, 1],
    ],
    [
      [-2, -10, -2, -3],
      [1, 3, 3, 1],
    ],
  ])('%j → %j', (values, expected) => {
    expect(flags(values)).toEqual(expected);
  });

  test('is over the time since the last value known', () => {
    expect(flags([2, null, 11])).toEqual([1, 9, 1]);
    expect(flags([2, null, 13])).toEqual([1, 9, 3]);
  });

  test('asks for one rising time a value', () => {
    expect(() => rateOfChange([1, 2], [0], 1)).toThrow(RangeError);
    expect(() => rateOfChange([1, 2], [5, 5], 1)).toThrow(RangeError);
  });
});

describe('flat line', () => {
  const quarters = { suspectSeconds: 3000, failSeconds: 4800, tolerance: 0.01 };

  test.each([
    [
      [1, 2, 2.0001, 2, 2.0001, 2, 2.0001, 2, 4, 5, 3, 3.0001, 3.0005, 3.00001],
      [1, 1, 1, 1, 3, 3, 4, 4, 1, 1, 1, 1, 1, 3],
    ],
    [
      [2, 2.0001, 2, 2.0001, 2, 2.0001, 2, 4, 5, 3, 3.0001, 3.0005, 3.00001],
      [1, 1, 1, 3, 3, 4, 4, 1, 1, 1, 1, 1, 3],
    ],
    [
      [1, null, null, 2, 2.0001, 2, 2.0001, 2, 4, null, 3, null, null, 3.00001],
      [1, 9, 9, 1, 3, 3, 4, 4, 1, 9, 1, 9, 9, 3],
    ],
  ])('of 15-minute data, %j → %j', (values, expected) => {
    expect(flatLine(values, every(QUARTER_HOUR_S, values), quarters)).toEqual(expected);
  });

  test.each([
    [[5, 5, 5, 5, 5], 0.1, 5, [1, 1, 1, 3, 3]],
    [[5, 5, 5, 5, 5, 5], 0.1, 5, [1, 1, 1, 3, 3, 4]],
    [[1, 1, 1, 1, 1, 6, 5, 4, 3, 2], 4, 6, [1, 1, 1, 3, 3, 1, 1, 1, 3, 3]],
  ])(
    'of 1-second data, %j within %d → fail after %d s',
    (values, tolerance, failSeconds, flags) => {
      const limits = { suspectSeconds: 3, failSeconds, tolerance };
      expect(flatLine(values, every(1, values), limits)).toEqual(flags);
    },
  );

  test('oxygen that stands still for three hours of the day', () => {
    const values = Array.from({ length: 12 }, () => 8);
    const limits = PLAUSIBILITY.find(({ metric }) => metric === 'dissolved_oxygen')?.flat;
    if (limits === undefined) throw new Error('oxygen has no flat line');
    const flags = flatLine(values, every(QUARTER_HOUR_S, values), limits);
    expect(flags.slice(0, 4)).toEqual([1, 1, 1, 1]);
    expect(flags.slice(4).every((flag) => flag >= 3)).toBe(true);
  });

  test('bears reports that come seconds early or late', () => {
    const values = [8, 8, 8, 8, 8, 8];
    const late = [0, 12, -9, 7, -14, 3];
    const times = late.map((seconds, at) => (at * QUARTER_HOUR_S + seconds) * 1000);
    expect(flatLine(values, times, quarters)).toEqual([1, 1, 1, 3, 3, 4]);
  });

  test('a gap is no evidence of a stuck sensor', () => {
    const values = [7, 7.5, 8, 6.5, 6.5, 6.5, 6.5];
    const hours = [0, 0.25, 0.5, 24, 24.25, 24.5, 24.75];
    const times = hours.map((hour) => hour * 3_600_000);
    expect(flatLine(values, times, quarters)).toEqual([1, 1, 1, 1, 1, 3, 3]);
    const far = { ...quarters, suspectSeconds: 6 * 3600, failSeconds: 12 * 3600 };
    expect(flatLine(values, times, far)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test('one value alone is no line', () => {
    expect(flatLine([8], [0], quarters)).toEqual([1]);
    expect(flatLine([], [], quarters)).toEqual([]);
  });
});

describe('plausible values', () => {
  test('lie within what a sensor can report, and flat lines fail after they are suspect', () => {
    for (const { metric, fail, suspect, flat } of PLAUSIBILITY) {
      expect(fail[0] <= suspect[0] && suspect[1] <= fail[1], metric).toBe(true);
      if (flat) expect(flat.failSeconds, metric).toBeGreaterThan(flat.suspectSeconds);
    }
  });

  test('an afternoon bloom and a warm pond are good', () => {
    const good = (metric: string, value: number): unknown => {
      const spans = PLAUSIBILITY.find((one) => one.metric === metric);
      return spans && grossRange([value], spans);
    };
    expect(good('dissolved_oxygen', 18.5)).toEqual([1]);
    expect(good('water_temperature', 36)).toEqual([1]);
    expect(good('ph', 10.2)).toEqual([3]);
    expect(good('dissolved_oxygen', -1)).toEqual([4]);
  });

  test('a flat line without an end never fails', () => {
    const limits = PLAUSIBILITY.find(({ metric }) => metric === 'orp')?.flat;
    if (limits === undefined) throw new Error('redox has no flat line');
    const values = Array.from({ length: 200 }, () => 120);
    expect(flatLine(values, every(QUARTER_HOUR_S, values), limits).at(-1)).toBe(3);
  });
});
