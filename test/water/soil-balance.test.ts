import { describe, expect, test } from 'vitest';
import {
  balanceDay,
  correctDepletion,
  depletionFraction,
  driftedDeviation,
  netDepthDue,
  stressCoefficient,
  totalAvailableWater,
} from '#src/water/soil-balance';
import { createRandom, seed } from '../support/random.ts';
import { expectNear, listsOf, vectorsOf } from './vectors.ts';

const onion = { fieldCapacity: 0.36, wiltingPoint: 0.21, rootDepthM: 0.4 };

describe('what a soil holds', () => {
  test.each([
    ['onion on clay loam', [0.36, 0.21, 0.4], [0.3, 4.5], [60, 0.32, 19.2]],
    ['tomato', [0.38, 0.22, 1], [0.4, 6], [160, 0.36, 57.6]],
    ['watermelon on sand', [0.12, 0.045, 1], [0.4, 5], [75, 0.4, 30]],
    ['citrus', [0.4, 0.24, 1.2], [0.5, 5], [192, 0.5, 96]],
  ] as const)('%s', (_, [fieldCapacity, wiltingPoint, rootDepthM], [tabled, etc], expected) => {
    const total = totalAvailableWater({ fieldCapacity, wiltingPoint, rootDepthM });
    const fraction = depletionFraction(tabled, etc);
    expectNear(total, expected[0], 0.01);
    expectNear(fraction, expected[1], 0.01);
    expectNear(total * fraction, expected[2], 0.01);
  });

  test('the fraction stays within 0.1 and 0.8', () => {
    expect(depletionFraction(0.8, 2)).toBe(0.8);
    expect(depletionFraction(0.1, 9)).toBe(0.1);
  });

  test.each(vectorsOf('stressCoefficient'))('Ks %j → %d', (inputs, expected, near) => {
    const [totalMm = 0, readilyMm = 0, depletionMm = 0] = inputs;
    expectNear(stressCoefficient({ totalMm, readilyMm }, depletionMm), expected, near);
  });
});

describe('the day’s balance', () => {
  const cases = listsOf('rootZoneBalance');

  test.each(cases)('%j → %j', (inputs, expected, near) => {
    const [depletionMm = 0, totalMm = 0, tabledFraction = 0, ...flows] = inputs;
    const [rainMm = 0, irrigationMm = 0, cropMm = 0] = flows;
    const known = { depletionMm, totalMm, tabledFraction, rainMm, irrigationMm, cropMm };
    const day = balanceDay(known);
    const [stress = 0, drawn = 0, percolation = 0, after = 0] = expected;
    expectNear(day.stressCoefficient, stress, near);
    expectNear(day.evapotranspirationMm, drawn, near);
    expectNear(day.percolationMm, percolation, near);
    expectNear(day.depletionMm, after, near);
  });

  test('five days in a chain end where the published chain ends', () => {
    let depletionMm = cases[0]?.[0][0] ?? Number.NaN;
    for (const [inputs, expected, near] of cases) {
      const [, totalMm = 0, tabledFraction = 0, rainMm = 0, irrigationMm = 0, cropMm = 0] = inputs;
      const known = { depletionMm, totalMm, tabledFraction, rainMm, irrigationMm, cropMm };
      depletionMm = balanceDay(known).depletionMm;
      expectNear(depletionMm, expected[3] ?? Number.NaN, near);
    }
  });

  test('runoff does not enter, capillary rise does', () => {
    const day = { totalMm: 60, tabledFraction: 0.3, irrigationMm: 0, cropMm: 5, depletionMm: 10 };
    expectNear(balanceDay({ ...day, rainMm: 10, runoffMm: 4 }).depletionMm, 9, 1e-9);
    expectNear(balanceDay({ ...day, rainMm: 0, capillaryMm: 2 }).depletionMm, 13, 1e-9);
  });

  test('not a drop is made or lost', () => {
    const random = createRandom(seed);
    for (let round = 0; round < 2000; round++) {
      const totalMm = 20 + 200 * random();
      const rainMm = random() < 0.3 ? 120 * random() : 0;
      const day = {
        totalMm,
        depletionMm: totalMm * random(),
        tabledFraction: 0.1 + 0.7 * random(),
        rainMm,
        runoffMm: rainMm * random() * 0.5,
        irrigationMm: random() < 0.3 ? 40 * random() : 0,
        capillaryMm: 3 * random(),
        cropMm: 12 * random(),
      };
      const after = balanceDay(day);
      const gain = day.rainMm - day.runoffMm + day.irrigationMm + day.capillaryMm;
      const stored = day.depletionMm - after.depletionMm;
      expectNear(gain, stored + after.evapotranspirationMm + after.percolationMm, 1e-9);
      expect(after.depletionMm).toBeGreaterThanOrEqual(0);
      expect(after.depletionMm).toBeLessThanOrEqual(totalMm);
      expect(after.percolationMm).toBeGreaterThanOrEqual(0);
    }
  });

  test('what cannot be is refused', () => {
    const day = { depletionMm: 10, totalMm: 60, tabledFraction: 0.3 };
    const flows = { rainMm: 0, irrigationMm: 0, cropMm: 5, runoffMm: 0, capillaryMm: 0 };
    for (const name of Object.keys({ ...day, ...flows })) {
      expect(() => balanceDay({ ...day, ...flows, [name]: Number.NaN }), name).toThrow(RangeError);
    }
    expect(() => balanceDay({ ...day, ...flows, depletionMm: 61 })).toThrow(RangeError);
    expect(() => balanceDay({ ...day, ...flows, runoffMm: 1 })).toThrow(RangeError);
    expect(() => balanceDay({ ...day, ...flows, rainMm: -1 })).toThrow(RangeError);
    expect(() => totalAvailableWater({ ...onion, wiltingPoint: 0.4 })).toThrow(/wilting/);
    expect(() => stressCoefficient({ totalMm: 60, readilyMm: 60 }, 10)).toThrow(RangeError);
  });
});

describe('a probe corrects the model', () => {
  const model = { depletionMm: 20, deviationMm: 12 };

  test('by the weight of each one’s error', () => {
    // The probe says 0.36 − 0.30 over 0.4 m: 24 mm; its error is 12 mm, as large as the model's.
    const after = correctDepletion(model, onion, { waterContent: 0.3 });
    expectNear(after.probeMm, 24, 1e-9);
    expectNear(after.depletionMm, 22, 1e-9);
    expectNear(after.deviationMm, 12 / Math.SQRT2, 1e-9);
    expect(after.reason).toBeNull();
    const sure = correctDepletion({ ...model, deviationMm: 0 }, onion, { waterContent: 0.3 });
    expect(sure.depletionMm).toBe(20);
  });

  test('water above field capacity is a full soil', () => {
    expect(correctDepletion(model, onion, { waterContent: 0.45 }).probeMm).toBe(0);
  });

  test('one far off is not heeded, and said so', () => {
    const belief = { depletionMm: 5, deviationMm: 3 };
    const probe = { waterContent: 0.22, deviation: 0.02 };
    expect(correctDepletion(belief, onion, probe)).toMatchObject({
      ...belief,
      reason: 'disagrees',
    });
  });

  test.each([0, -0.1, 0.8, Number.NaN, Infinity])('%d m³/m³ cannot be', (waterContent) => {
    expect(correctDepletion(model, onion, { waterContent })).toEqual({
      ...model,
      probeMm: null,
      reason: 'impossible-water-content',
    });
  });

  test('days without a probe widen the error', () => {
    expectNear(driftedDeviation(3, 4), Math.sqrt(18), 1e-9);
    expect(() => driftedDeviation(3, Number.NaN)).toThrow(RangeError);
  });
});

describe('what is due', () => {
  test.each([
    [{ depletionMm: 19, triggerMm: 19.2 }, 0, 'not-yet-due'],
    [{ depletionMm: 19.2, triggerMm: 19.2 }, 19.2, 'due'],
    [{ depletionMm: 25, triggerMm: 19.2, rainMm: 10 }, 15, 'due'],
    [{ depletionMm: 25, triggerMm: 19.2, rainMm: 30 }, 0, 'rain-will-do'],
    [{ depletionMm: 3, triggerMm: 2, leastMm: 4 }, 0, 'too-little'],
    [{ depletionMm: 0, triggerMm: 0 }, 0, 'too-little'],
  ] as const)('%j → %d, %s', (due, netMm, reason) => {
    expect(netDepthDue(due)).toEqual({ netMm, reason });
  });

  test('what is not a number is refused', () => {
    const due = { depletionMm: 25, triggerMm: 20, rainMm: 0, leastMm: 0 };
    for (const name of Object.keys(due)) {
      expect(() => netDepthDue({ ...due, [name]: Number.NaN }), name).toThrow(RangeError);
    }
  });
});
