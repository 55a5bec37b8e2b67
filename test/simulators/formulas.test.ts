import { describe, expect, test } from 'vitest';
import { moonIllumination } from '#src/pests/moon';
import { oxygenPercent, oxygenSaturation, pressureAtAltitude } from '#src/water/oxygen';
import {
  conductivityFromSalinity,
  salinityFromConductivity,
  salinityFromRatio,
} from '#src/water/salinity';

describe('oxygen saturation, Benson & Krause (USGS memorandum 2011.03)', () => {
  test.each([
    [0, 0, 1, 14.6208],
    [8, 0, 1, 11.8433],
    [16, 0, 1, 9.8704],
    [24, 0, 1, 8.4182],
    [32, 0, 1, 7.305],
    [40, 0, 1, 6.4127],
    [15, 0, 1, 10.0839],
    [20, 0, 1, 9.0924],
    [25, 0, 1, 8.2635],
    [30, 0, 1, 7.5588],
    [35, 0, 1, 6.9493],
    [20, 35, 1, 7.3961],
    [25, 35, 1, 6.7721],
    [28, 15, 1, 7.2005],
    [30, 5, 1, 7.354],
    [30, 20, 1, 6.7723],
    [30, 35, 1, 6.2366],
    [32, 25, 1, 6.379],
    [28, 15, 0.98, 7.051],
    [25, 0, 0.9, 7.4109],
    [20, 0, 0.886974, 8.0411],
    [30, 20, 1.01, 6.8429],
  ])('%d °C, salinity %d, %d atm → %d mg/L', (temperatureC, salinity, pressureAtm, expected) => {
    const saturation = oxygenSaturation({ temperatureC, salinity, pressureAtm });
    expect(Math.abs(saturation - expected)).toBeLessThanOrEqual(0.001);
  });

  test.each([
    [5, 30, 15, 1, 71.83],
    [4, 30, 15, 1, 57.464],
    [12, 32, 20, 1, 183.086],
    [3.5, 28, 10, 1, 47.273],
    [6, 25, 0, 1, 72.609],
    [7, 29, 25, 0.997, 104.835],
  ])(
    '%d mg/L at %d °C, salinity %d, %d atm',
    (oxygen, temperatureC, salinity, pressureAtm, percent) => {
      const actual = oxygenPercent(oxygen, { temperatureC, salinity, pressureAtm });
      expect(Math.abs(actual - percent)).toBeLessThanOrEqual(0.01);
    },
  );

  test.each([
    [0, 1],
    [2, 0.99976],
    [50, 0.99409],
    [500, 0.94244],
    [1000, 0.8882],
    [1500, 0.83708],
  ])('pressure at %d m', (altitude, pressure) => {
    expect(Math.abs(pressureAtAltitude(altitude) - pressure)).toBeLessThanOrEqual(0.0001);
  });
});

describe('practical salinity, PSS-78 (UNESCO 44) with Hill below 2', () => {
  test.each([
    [1, 15, 0, 35],
    [1.2, 20, 2000, 37.245628],
    [0.65, 5, 1500, 27.995347],
  ])('ratio %d at %d °C and %d dbar', (ratio, t68, pressure, salinity) => {
    expect(Math.abs(salinityFromRatio(ratio, t68, pressure) - salinity)).toBeLessThanOrEqual(1e-5);
  });

  test.each([
    [53, 25, 34.9473],
    [20, 25, 11.915],
    [10, 28, 5.279],
    [30, 28, 17.4132],
    [45, 30, 26.1586],
    [55, 30, 32.7417],
    [5, 30, 2.4145],
    [3, 30, 1.4049],
    [1, 25, 0.4924],
    [0.5, 25, 0.2404],
    [0.2, 25, 0.0941],
  ])('%d mS/cm at %d °C → %d', (conductivity, temperature, salinity) => {
    const actual = salinityFromConductivity(conductivity, temperature);
    expect(Math.abs(actual - salinity)).toBeLessThanOrEqual(0.0005);
  });

  test.each([
    [0.5, 25, 1.0148],
    [1, 25, 1.9691],
    [2, 25, 3.7967],
    [4, 25, 7.2767],
    [15, 28, 26.1868],
    [25, 30, 43.2046],
    [35, 15, 42.9175],
  ])('salinity %d at %d °C ← %d mS/cm', (salinity, temperature, conductivity) => {
    const actual = conductivityFromSalinity(salinity, temperature);
    expect(Math.abs(actual - conductivity)).toBeLessThanOrEqual(0.0005);
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

test('the moon is full and new when the almanac says so', () => {
  expect(moonIllumination(Date.UTC(2026, 10, 24, 14, 53))).toBeGreaterThan(0.98);
  expect(moonIllumination(Date.UTC(2026, 10, 9, 7, 2))).toBeLessThan(0.02);
  expect(moonIllumination(Date.UTC(2025, 8, 7, 18, 9))).toBeGreaterThan(0.98);
});
