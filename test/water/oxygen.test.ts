import { describe, expect, test } from 'vitest';
import { oxygenPercent, oxygenSaturation, pressureAtAltitude } from '#src/water/oxygen';
import { expectNear, vectorsOf } from './vectors.ts';

describe('oxygen saturation, Benson & Krause (USGS memorandum 2011.03)', () => {
  test.each(vectorsOf('oxygenSaturation'))('%j → %d mg/L', (inputs, expected, tolerance) => {
    const [temperatureC = Number.NaN, salinity = Number.NaN, pressureAtm] = inputs;
    const conditions = { temperatureC, salinity, ...(pressureAtm && { pressureAtm }) };
    expectNear(oxygenSaturation(conditions), expected, tolerance);
  });

  test.each([
    [0, 14.621],
    [8, 11.843],
    [16, 9.87],
    [24, 8.418],
    [32, 7.305],
    [40, 6.413],
  ])('the printed table of APHA at %d °C: %d', (temperatureC, printed) => {
    expectNear(oxygenSaturation({ temperatureC, salinity: 0 }), printed, 0.001);
  });

  test('a probe that corrects by itself must not be corrected again: ten percent', () => {
    const fresh = oxygenSaturation({ temperatureC: 30, salinity: 0 });
    const salt = oxygenSaturation({ temperatureC: 30, salinity: 20 });
    expectNear(salt / fresh, 0.9, 0.005);
  });
});

describe('percent of saturation', () => {
  test.each(vectorsOf('oxygenPercent'))('%j → %d %%', (inputs, expected, tolerance) => {
    const [oxygen = 0, temperatureC = 0, salinity = 0, pressureAtm = 0] = inputs;
    const conditions = { temperatureC, salinity, pressureAtm };
    expectNear(oxygenPercent(oxygen, conditions), expected, tolerance);
  });

  test('a bloom above 100 % is not clipped', () => {
    expect(oxygenPercent(16, { temperatureC: 32, salinity: 20 })).toBeGreaterThan(200);
  });
});

test.each(vectorsOf('pressureAtAltitude'))('pressure at %j m', ([altitude = 0], expected, near) => {
  expectNear(pressureAtAltitude(altitude), expected, near);
});
