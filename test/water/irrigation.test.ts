import { describe, expect, test } from 'vitest';
import {
  applicationRate,
  cyclesOf,
  distributionUniformity,
  dripRun,
  grossDepth,
  netDepthOfLitres,
} from '#src/water/drip';
import {
  leachingForDrip,
  leachingForSurface,
  saltRestriction,
  saltStress,
  yieldInSalt,
} from '#src/water/leaching';
import { conductivityFromSalinity } from '#src/water/salinity';
import {
  followInlet,
  INLET_UNKNOWN,
  type InletState,
  SALT_TOLERANCES,
  salinityLimitOf,
} from '#src/water/source-salinity';
import { expectNear, listsOf, vectorsOf } from './vectors.ts';

describe('leaching', () => {
  test.each(vectorsOf('leachingForSurface'))(
    'surface %j → %d',
    ([w = 0, e = 0], expected, near) => {
      expectNear(leachingForSurface(w, e).fraction, expected, near);
    },
  );

  test.each(vectorsOf('leachingForDrip'))('drip %j → %d', ([w = 0, e = 0], expected, near) => {
    expectNear(leachingForDrip(w, e).fraction, expected, near);
  });

  test('where no water suffices there is no fraction', () => {
    const none = { fraction: null, reason: 'water-too-salty' };
    expect(leachingForSurface(6, 1.2)).toEqual(none);
    expect(leachingForSurface(7, 1.2)).toEqual(none);
    expect(leachingForSurface(3, 1.2)).toEqual(none);
    expect(leachingForDrip(15, 7.5)).toEqual(none);
    expect(() => leachingForSurface(Number.NaN, 1)).toThrow(RangeError);
    expect(() => leachingForDrip(1, 0)).toThrow(RangeError);
  });

  test.each([
    [0.69, 'none'],
    [0.7, 'slight-to-moderate'],
    [3, 'slight-to-moderate'],
    [3.01, 'severe'],
  ] as const)('water of %d dS/m: %s', (conductivity, restriction) => {
    expect(saltRestriction(conductivity)).toBe(restriction);
    expect(() => saltRestriction(Number.NaN)).toThrow(RangeError);
  });

  test('yield and stress in salt, by the lines', () => {
    const response = { thresholdDsM: 1.2, percentPerDsM: 16 };
    expect(yieldInSalt(1, response)).toBe(1);
    expectNear(yieldInSalt(3.2, response), 0.68, 1e-9);
    expect(yieldInSalt(20, response)).toBe(0);
    expectNear(saltStress(3.2, response, 1.1), 1 - 0.32 / 1.1, 1e-9);
    expect(saltStress(20, response, 0.5)).toBe(0);
    expect(() => saltStress(3, response, Number.NaN)).toThrow(RangeError);
  });
});

describe('drip', () => {
  const cases = listsOf('dripRun');
  const rates = [4.4444, 1.0667, 3.3333, 6.6667, 2.6667];

  test.each(
    cases.map(([inputs, expected, near], index) => [inputs, expected, near, rates[index]] as const),
  )('%j → %j', (inputs, expected, near, rate = Number.NaN) => {
    const [net = 0, plantSpacingM = 0, rowSpacingM = 0, emittersPerPlant = 0, ...rest] = inputs;
    const [emitterLitresPerHour = 0, efficiency = 0, leachingFraction = 0] = rest;
    const field = { plantSpacingM, rowSpacingM, emittersPerPlant, emitterLitresPerHour };
    const run = dripRun(net, field, { efficiency, leachingFraction });
    expectNear(run.grossMm, expected[0] ?? Number.NaN, near);
    expectNear(run.litresPerPlant, expected[1] ?? Number.NaN, near);
    expectNear(run.hours, expected[2] ?? Number.NaN, near);
    expectNear(applicationRate(field), rate, near);
  });

  test('uniformity that the efficiency does not hold lengthens the run', () => {
    expectNear(grossDepth(5, { efficiency: 0.9, uniformity: 0.8 }), 5 / 0.72, 1e-9);
    const losses = { efficiency: 0.9, uniformity: 0.8, leachingFraction: 0.1 };
    expectNear(netDepthOfLitres(1000 * grossDepth(5, losses), 1000, losses), 5, 1e-9);
  });

  test('losses and fields that cannot be are refused', () => {
    const field = {
      plantSpacingM: 0.3,
      rowSpacingM: 1.2,
      emittersPerPlant: 1,
      emitterLitresPerHour: 1.6,
    };
    for (const name of Object.keys(field)) {
      expect(() => applicationRate({ ...field, [name]: Number.NaN }), name).toThrow(RangeError);
      expect(() => applicationRate({ ...field, [name]: 0 }), name).toThrow(RangeError);
    }
    expect(() => grossDepth(5, { efficiency: 0.5 })).toThrow(RangeError);
    expect(() => grossDepth(5, { efficiency: 1.1 })).toThrow(RangeError);
    expect(() => grossDepth(5, { efficiency: 0.9, leachingFraction: 0.51 })).toThrow(RangeError);
    expect(() => grossDepth(Number.NaN, { efficiency: 0.9 })).toThrow(RangeError);
  });

  test('uniformity of the lowest quarter', () => {
    expectNear(distributionUniformity([2, 2, 2, 2, 2, 2, 1, 1]), 1 / 1.75, 1e-9);
    expect(distributionUniformity([2, 2, 2])).toBeNull();
    expect(distributionUniformity(Array(8).fill(0))).toBeNull();
    expect(() => distributionUniformity([...Array(8).fill(2), Number.NaN])).toThrow(RangeError);
  });

  test.each([
    [7500, { runSecondsMax: 3600 }, [2500, 2500, 2500], 0],
    [3600, { runSecondsMax: 3600 }, [3600], 0],
    [3601, { runSecondsMax: 3600 }, [1801, 1800], 0],
    [5400, { runSecondsMax: 1800, soakSeconds: 600, windowSeconds: 6600 }, [1800, 1800, 1800], 0],
    [5400, { runSecondsMax: 1800, soakSeconds: 600, windowSeconds: 6000 }, [1800, 1800, 1200], 600],
    [5400, { runSecondsMax: 1800, soakSeconds: 600, windowSeconds: 2400 }, [1800], 3600],
    [600, { runSecondsMax: 1800, windowSeconds: 0 }, [], 600],
    [0, { runSecondsMax: 1800 }, [], 0],
  ])('%d s within %j: %j, %d left', (seconds, limits, runs, undeliveredSeconds) => {
    expect(cyclesOf(seconds, limits)).toMatchObject({ runs, undeliveredSeconds });
  });

  test('a plan of thousands of openings is refused', () => {
    expect(() => cyclesOf(3600, { runSecondsMax: 1 })).toThrow(RangeError);
    expect(() => cyclesOf(Number.NaN, { runSecondsMax: 60 })).toThrow(RangeError);
  });
});

describe('salt in the source', () => {
  const MINUTE = 60_000;

  /** Samples as minutes and salinities, and where they leave the inlet of a durian grower. */
  function run(samples: readonly (readonly [number, number])[], begin: InletState) {
    let state = begin;
    const changes: string[] = [];
    const suspects: number[] = [];
    for (const [minute, salinity] of samples) {
      const step = followInlet(state, { time: minute * MINUTE, salinity }, 0.5);
      state = step.state;
      if (step.change) changes.push(`${step.change} ${minute}`);
      if (step.suspectTime !== null) suspects.push(step.suspectTime / MINUTE);
    }
    return { isOpen: state.isOpen, changes, suspects };
  }
  const open: InletState = { ...INLET_UNKNOWN, isOpen: true };
  const every = (from: number, to: number, salinity: number): [number, number][] =>
    Array.from({ length: Math.floor((to - from) / 5) + 1 }, (_, i) => [from + 5 * i, salinity]);

  test('0.49 stays open; 0.51 twice closes', () => {
    expect(run([[0, 0.49]], open)).toEqual({ isOpen: true, changes: [], suspects: [] });
    const closed = run(
      [
        [0, 0.49],
        [5, 0.51],
        [10, 0.51],
      ],
      open,
    );
    expect(closed).toEqual({ isOpen: false, changes: ['closed 10'], suspects: [] });
  });

  test('0.46 for 31 minutes stays closed, 0.44 for 30 opens', () => {
    expect(run([...every(0, 30, 0.46), [31, 0.46]], INLET_UNKNOWN).isOpen).toBe(false);
    expect(run(every(0, 25, 0.44), INLET_UNKNOWN).isOpen).toBe(false);
    expect(run(every(0, 30, 0.44), INLET_UNKNOWN).changes).toEqual(['opened 30']);
    expect(run(every(0, 60, 0.45), INLET_UNKNOWN).isOpen).toBe(false);
  });

  test('one 3.0 followed by 0.4 is a suspect, not a closing', () => {
    const spike = run(
      [
        [0, 0.4],
        [5, 3],
        [10, 0.4],
      ],
      open,
    );
    expect(spike).toEqual({ isOpen: true, changes: [], suspects: [5] });
  });

  test('a break in the row begins it anew', () => {
    expect(run([...every(0, 20, 0.44), [25, 0.46], ...every(30, 55, 0.44)], INLET_UNKNOWN)).toEqual(
      {
        isOpen: false,
        changes: [],
        suspects: [],
      },
    );
    const nan = [...every(0, 20, 0.44), [25, Number.NaN] as const, [30, 0.44] as const];
    expect(run(nan, INLET_UNKNOWN).isOpen).toBe(false);
    // Two samples an hour apart say nothing of the hour between.
    const apart = [0, 60, 120].map((minute) => [minute, 0.3] as const);
    expect(run(apart, INLET_UNKNOWN).isOpen).toBe(false);
  });

  test('a value that is not a number between two too high does not save them', () => {
    const samples = [
      [0, 0.6],
      [5, Number.NaN],
      [10, 0.6],
    ] as const;
    expect(run(samples, open).changes).toEqual(['closed 10']);
  });

  test('old samples change nothing; a limit that is none is refused', () => {
    const samples = [
      [10, 0.6],
      [10, 0.6],
      [5, 0.6],
    ] as const;
    expect(run(samples, open).isOpen).toBe(true);
    const sample = { time: 0, salinity: 0.1 };
    expect(() => followInlet(open, sample, Number.NaN)).toThrow(RangeError);
    expect(() => followInlet(open, { ...sample, time: Number.NaN }, 1)).toThrow(RangeError);
  });

  test.each([
    ['durian', 0.5],
    ['pomelo', 1.55],
    ['mango', 3],
    ['coconut', 3],
    ['tomato', 2],
    ['banana', 1],
    ['dragon-fruit', 1],
    ['citrus', 2],
    ['rice', 2],
    ['leafy-vegetables', 1],
  ])('%s: the stricter list says %d', (crop, lowest) => {
    expect(salinityLimitOf(crop)?.salinity[0]).toBe(lowest);
  });

  test.each([
    [0.5, 1.015],
    [1, 1.969],
    [2, 3.797],
    [4, 7.277],
  ])('a meter at 25 °C shows a salinity of %d as %d mS/cm', (salinity, conductivity) => {
    expectNear(conductivityFromSalinity(salinity, 25), conductivity, 0.001);
  });

  test('no list, no limit; every number has its source', () => {
    expect(salinityLimitOf('ginger')).toBeNull();
    for (const { source, salinity } of SALT_TOLERANCES) {
      expect(source.text).not.toBe('');
      expect(salinity[0]).toBeLessThanOrEqual(salinity[1]);
    }
  });
});
