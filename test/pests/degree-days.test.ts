import { describe, expect, test } from 'vitest';
import {
  degreeDaysOfHours,
  integratedDegreeDays,
  singleSineDegreeDays,
} from '#src/pests/degree-days';
import {
  DEVELOPMENT_MODELS,
  type DevelopmentModel,
  generationDays,
  stageDays,
} from '#src/pests/generations';
import { expectNear, vectorsOf } from '../water/vectors.ts';

const ARMYWORM = { lower: 12.57, upper: 30 };

/** Readings of a day that is a sine from `minimum` to `maximum`. */
function sine(minimum: number, maximum: number, count = 1440): number[] {
  const [mean, amplitude] = [(minimum + maximum) / 2, (maximum - minimum) / 2];
  return Array.from(
    { length: count },
    (_, at) => mean + amplitude * Math.sin((2 * Math.PI * (at + 0.5)) / count),
  );
}

describe('degree-days by a single sine with a level cutoff', () => {
  test.each(vectorsOf('degreeDaysFahrenheit'))(
    'Zalom 1983, Table 7, °F %j → %d',
    ([minimum = 0, maximum = 0], expected, tolerance) => {
      const species = { lower: 55, upper: 90 };
      expectNear(singleSineDegreeDays({ minimum, maximum }, species), expected, tolerance);
    },
  );

  test.each(vectorsOf('degreeDaysCelsius'))('°C %j → %d K·d', (inputs, expected, tolerance) => {
    const [minimum = 0, maximum = 0, lower = 0, upper = 0] = inputs;
    const actual = singleSineDegreeDays({ minimum, maximum }, { lower, upper });
    expectNear(actual, expected, tolerance);
  });

  test('is neither the plain mean nor a vertical cutoff', () => {
    const day = { minimum: 24, maximum: 33 };
    const level = singleSineDegreeDays(day, ARMYWORM);
    expectNear(level, 15.167, 0.001);
    expectNear((24 + 33) / 2 - 12.57, 15.93, 1e-9);
    const vertical = sine(24, 33).map((t) => (t > 30 ? 0 : t - 12.57));
    expectNear(vertical.reduce((sum, one) => sum + one, 0) / vertical.length, 8.338, 0.02);
  });

  test('agrees with the integral over a sine', () => {
    for (const [minimum, maximum] of [
      [24, 33],
      [5, 38],
      [10, 20],
      [31, 36],
      [20, 20],
      [2, 9],
    ] as const) {
      const actual = integratedDegreeDays(sine(minimum, maximum), ARMYWORM);
      expectNear(actual, singleSineDegreeDays({ minimum, maximum }, ARMYWORM), 0.001);
    }
  });

  test('without an upper threshold nothing is cut off', () => {
    expectNear(singleSineDegreeDays({ minimum: 24, maximum: 40 }, { lower: 12 }), 20, 1e-9);
    expectNear(integratedDegreeDays([24, 40], { lower: 12 }), 20, 1e-9);
  });

  test.each([
    [{ minimum: 33, maximum: 24 }, ARMYWORM],
    [{ minimum: Number.NaN, maximum: 24 }, ARMYWORM],
    [
      { minimum: 24, maximum: 33 },
      { lower: 30, upper: 30 },
    ],
    [
      { minimum: 24, maximum: 33 },
      { lower: 30, upper: 12 },
    ],
  ])('refuses %j with %j', (day, species) => {
    expect(() => singleSineDegreeDays(day, species)).toThrow(RangeError);
  });
});

describe('a day of hourly means', () => {
  const hours = sine(24, 33, 24);

  test('is whole with nine tenths of its hours, an estimate with fewer', () => {
    const without = (count: number): (number | null)[] =>
      hours.map((mean, at) => (at < count ? null : mean));
    expect(degreeDaysOfHours(hours, ARMYWORM)?.isEstimated).toBe(false);
    expect(degreeDaysOfHours(without(2), ARMYWORM)?.isEstimated).toBe(false);
    expect(degreeDaysOfHours(without(3), ARMYWORM)).toMatchObject({
      isEstimated: true,
      method: 'single-sine',
    });
    expect(degreeDaysOfHours(without(24), ARMYWORM)).toBeNull();
  });

  test('has 24 of them', () => {
    expect(() => degreeDaysOfHours(hours.slice(1), ARMYWORM)).toThrow(RangeError);
    expect(() => integratedDegreeDays([], ARMYWORM)).toThrow(RangeError);
  });
});

describe('generations', () => {
  const warm = { minimum: 24, maximum: 33 };

  function model(name: string): DevelopmentModel {
    const found = DEVELOPMENT_MODELS.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no model ${name}`);
    return found;
  }

  test.each([
    ['Fall armyworm', 25.82],
    ['Diamondback moth', 14.11],
    ['Diamondback moth on cabbage', 12.69],
  ])('%s at 24 to 33 °C: %d days', (name, days) => {
    expectNear(generationDays(model(name), warm), days, 0.02);
  });

  test.each([
    ['Yellow stem borer', [6.758, 31.7, 7.977]],
    ['Striped stem borer', [4.873, 36.336]],
  ])('%s at 28 °C, stage by stage', (name, expected) => {
    const steady = { minimum: 28, maximum: 28 };
    const days = model(name).stages.map((stage) => stageDays(stage, steady));
    expect(days).toHaveLength(expected.length);
    expected.forEach((one, at) => {
      expectNear(days[at] ?? null, one, 0.02);
    });
  });

  test('the stages of the yellow stem borer add up, each with thresholds of its own', () => {
    const borer = model('Yellow stem borer');
    const requirement = borer.stages.reduce((sum, stage) => sum + stage.requirement, 0);
    expectNear(requirement, 692, 1e-9);
    expectNear(generationDays(borer, { minimum: 28, maximum: 28 }), 46.435, 0.02);
  });

  test('two papers on the fall armyworm agree', () => {
    const whole = model('Fall armyworm').stages[0]?.requirement ?? 0;
    expectNear((model('Fall armyworm, China').stages[0]?.requirement ?? 0) / whole, 1, 0.003);
    for (const name of ['Fall armyworm', 'Fall armyworm, China']) {
      const sum = model(`${name}, by stage`).stages.reduce((k, stage) => k + stage.requirement, 0);
      // The China paper's parts add up to 392.19 where it gives 390.55 for the whole.
      expectNear(sum / (model(name).stages[0]?.requirement ?? 0), 1, 0.005);
    }
  });

  test('the planthopper is calibrated on its 22.38 days', () => {
    const [hopper] = model('Brown planthopper').stages;
    expect(hopper?.requirementEvidence).toBe('C');
    const days = generationDays(model('Brown planthopper'), { minimum: 27.5, maximum: 27.5 });
    expectNear(days, 22.38, 0.02);
    expectNear(22.38 * (27 - 12.2), hopper?.range?.[0] ?? 0, 0.5);
    expectNear(22.38 * (28 - 11.3), hopper?.range?.[1] ?? 0, 0.5);
  });

  test('what is not known gives no number', () => {
    expect(generationDays(model('Striped stem borer'), warm)).toBeNull();
    expect(generationDays(model('Fall armyworm'), { minimum: 5, maximum: 10 })).toBeNull();
  });
});
