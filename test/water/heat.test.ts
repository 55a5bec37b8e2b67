import { describe, expect, test } from 'vitest';
import { specificHeat, stratification, warming, waterDensity } from '#src/water/heat';
import { expectNear, vectorsOf } from './vectors.ts';

describe('density and heat of water, EOS-80 and UNESCO 44', () => {
  test.each([
    [15, 29, 1007.122],
    [0, 25, 997.0464],
    [15, 28, 1007.4289],
    [20, 30, 1010.525],
    [35, 30, 1021.7262],
    [35, 25, 1023.3412],
  ])('density at salinity %d, %d °C → %d kg/m³', (salinity, temperature, density) => {
    expectNear(waterDensity(salinity, temperature), density, 0.001);
  });

  test.each([
    [15, 29, 4098.887],
    [0, 25, 4179.4],
    [15, 28, 4098.72],
    [20, 30, 4073.86],
    [35, 30, 4000.69],
    [40, 40, 3980.05],
  ])('specific heat at salinity %d, %d °C → %d J/(kg·K)', (salinity, temperature, heat) => {
    expectNear(specificHeat(salinity, temperature), heat, 0.05);
  });

  test.each(vectorsOf('warming'))('MJ/m², m %j → %d K', (inputs, expected, tolerance) => {
    const [heat = 0, depth = 0] = inputs;
    expectNear(warming(heat, depth, { salinity: 15, temperatureC: 29 }), expected, tolerance);
  });

  test('a column without depth has no warming', () => {
    expect(() => warming(18, 0, { salinity: 15, temperatureC: 29 })).toThrow(RangeError);
  });
});

describe('stratification', () => {
  const bottom = { salinity: 15, temperatureC: 29 };

  test('a lens of rain lies about four times as firmly as warm water alone', () => {
    const rain = stratification({ salinity: 10, temperatureC: 33 }, bottom);
    const sun = stratification({ salinity: 15, temperatureC: 33 }, bottom);
    expectNear(rain.densityDifference, 5.005, 0.001);
    expectNear(sun.densityDifference, 1.307, 0.001);
  });

  test.each([
    [13, 29, true],
    [13.1, 29, false],
    [15, 32, true],
    [15, 31.9, false],
  ])('a surface of salinity %d at %d °C', (salinity, temperatureC, isStratified) => {
    expect(stratification({ salinity, temperatureC }, bottom).isStratified).toBe(isStratified);
  });
});
