import { describe, expect, test } from 'vitest';
import {
  alkalinityGermanDegrees,
  alkalinityMilliequivalents,
  carbonDioxide,
  carbonicPks,
} from '#src/water/alkalinity';
import { SULPHIDE_PER_SULPHUR, sulphideFraction, sulphidePk } from '#src/water/sulphide';
import { lightAttenuation, lightDepth } from '#src/water/transparency';
import { firstOutside, VALID_RANGES } from '#src/water/valid-range';
import { expectNear, vectorsOf } from './vectors.ts';

describe('hydrogen sulphide, Millero, Plese & Fernandez 1988', () => {
  test.each([
    [25, 0, 6.9801],
    [20, 0, 7.0555],
    [30, 0, 6.9114],
    [25, 35, 6.5104],
    [28, 15, 6.5365],
    [30, 20, 6.4795],
    [30, 35, 6.4417],
  ])('pK at %d °C, salinity %d → %d', (temperature, salinity, pk) => {
    expectNear(sulphidePk(temperature, salinity), pk, 5e-4);
  });

  test.each(vectorsOf('sulphideFraction'))('share at %j → %d', (inputs, expected, tolerance) => {
    const [temperatureC = 0, ph = 0, salinity = 0] = inputs;
    expectNear(sulphideFraction({ temperatureC, ph, salinity }), expected, tolerance);
  });

  test('mass per sulphur', () => {
    expectNear(34.08 / 32.06, SULPHIDE_PER_SULPHUR, 5e-5);
  });
});

describe('alkalinity', () => {
  test.each([
    [80, 1.5986, 4.4823],
    [100, 1.9983, 5.6029],
    [120, 2.3979, 6.7234],
    [150, 2.9974, 8.4043],
    [180, 3.5969, 10.0852],
  ])('%d mg/L as CaCO3 = %d meq/L = %d °dKH', (amount, milliequivalents, degrees) => {
    expectNear(alkalinityMilliequivalents(amount), milliequivalents, 1e-3);
    expectNear(alkalinityGermanDegrees(amount), degrees, 1e-3);
  });

  test('carbonic acid in fresh water at 28 °C', () => {
    expectNear(carbonicPks(28).first, 6.3369, 1e-4);
    expectNear(carbonicPks(28).second, 10.3036, 1e-4);
  });

  test.each([
    [40, 7.183, 7.88, 8.177, 8.85, 9.457],
    [80, 7.484, 8.177, 8.472, 9.126, 9.695],
    [120, 7.659, 8.35, 8.642, 9.281, 9.826],
    [180, 7.834, 8.522, 8.81, 9.43, 9.949],
  ])('at alkalinity %d, algae that take carbon dioxide raise the pH', (alkalinityMgL, ...phs) => {
    const amounts = [5, 1, 0.5, 0.1, 0.02];
    phs.forEach((ph, at) => {
      const near = (shift: number): number =>
        carbonDioxide({ alkalinityMgL, ph: ph + shift, temperatureC: 28 });
      // The cases are of the pH, to 0.01: within that the amount lies on either side.
      expect(near(-0.01)).toBeGreaterThan(amounts[at] ?? Number.NaN);
      expect(near(0.01)).toBeLessThan(amounts[at] ?? Number.NaN);
    });
  });
});

describe('transparency', () => {
  test.each([
    [0.2, 8.5, 0.542],
    [0.3, 5.667, 0.813],
    [0.4, 4.25, 1.084],
    [0.5, 3.4, 1.354],
    [0.6, 2.833, 1.625],
  ])('a disc seen to %d m: %d per m, one percent of light at %d m', (secchi, kd, depth) => {
    expectNear(lightAttenuation(secchi), kd, 1e-3);
    expectNear(lightDepth(secchi), depth, 1e-3);
  });

  test.each([0, -0.3, Number.NaN])('no depth of %d m', (secchi) => {
    expect(() => lightAttenuation(secchi)).toThrow(RangeError);
    expect(() => lightDepth(secchi)).toThrow(RangeError);
  });
});

test('ranges name what lies outside of them', () => {
  const inside = { temperatureC: 40, salinity: 0, pressureAtm: 1.1 };
  expect(firstOutside(VALID_RANGES.oxygen, inside)).toBeNull();
  expect(firstOutside(VALID_RANGES.oxygen, { ...inside, salinity: 40.1 })).toBe('salinity');
  expect(firstOutside(VALID_RANGES.ammonia, { temperatureC: 30, ph: Number.NaN })).toBe('ph');
  expect(firstOutside(VALID_RANGES.alkalinity, {})).toBeNull();
});
