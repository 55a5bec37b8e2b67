import { describe, expect, test } from 'vitest';
import {
  conductivityFromSalinity,
  salinityCaution,
  salinityFromConductivity,
  salinityFromRatio,
  undoCompensation,
} from '#src/water/salinity';
import { expectNear, vectorsOf } from './vectors.ts';

describe('practical salinity, PSS-78 (UNESCO 44) with Hill below 2', () => {
  test.each(vectorsOf('salinityFromRatio'))(
    'ratio, t68, dbar %j → %d',
    (inputs, expected, near) => {
      const [ratio = 0, t68 = 0, pressure = 0] = inputs;
      expectNear(salinityFromRatio(ratio, t68, pressure), expected, near);
    },
  );

  test.each(vectorsOf('salinityFromConductivity'))(
    'mS/cm, °C %j → %d',
    (inputs, expected, near) => {
      const [conductivity = 0, temperature = 0] = inputs;
      expectNear(salinityFromConductivity(conductivity, temperature), expected, near);
    },
  );

  test.each(vectorsOf('conductivityFromSalinity'))('%j ← %d mS/cm', (inputs, expected, near) => {
    const [salinity = 0, temperature = 0] = inputs;
    expectNear(conductivityFromSalinity(salinity, temperature), expected, near);
  });

  test('the inverse finds its way back everywhere a pond can be', () => {
    for (let salinity = 0; salinity <= 42; salinity += 0.37) {
      for (let temperature = 15; temperature <= 38; temperature += 2.3) {
        const back = salinityFromConductivity(
          conductivityFromSalinity(salinity, temperature),
          temperature,
        );
        // At salinity 2 the extension meets the scale with a step of 1e-5.
        expect(Math.abs(back - salinity), `${salinity} at ${temperature}`).toBeLessThan(2e-5);
      }
    }
  });
});

describe('a meter that converts to 25 °C', () => {
  test.each(vectorsOf('salinityFromCompensated'))('%j → %d', (inputs, expected, near) => {
    const [compensated = 0, temperature = 0] = inputs;
    const conductivity = undoCompensation(compensated, temperature);
    expectNear(salinityFromConductivity(conductivity, temperature), expected, near);
  });

  test.each(vectorsOf('salinityFromCompensatedWrong'))(
    'fed straight in, %j gives %d, more than half a unit wrong',
    (inputs, wrong, near) => {
      const [compensated = 0, temperature = 0] = inputs;
      const straight = salinityFromConductivity(compensated, temperature);
      expectNear(straight, wrong, near);
      const right = salinityFromConductivity(
        undoCompensation(compensated, temperature),
        temperature,
      );
      expect(Math.abs(straight - right)).toBeGreaterThan(0.5);
    },
  );

  test('with a share of its own', () => {
    expect(undoCompensation(10, 30, 0.02)).toBeCloseTo(11, 12);
  });
});

test('what to say beside a salinity', () => {
  expect(salinityCaution(12, 30)).toBeNull();
  expect(salinityCaution(12, 36)).toBe('extrapolated');
  expect(salinityCaution(0.6, 30)).toBe('indicative');
});
