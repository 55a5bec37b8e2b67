import { describe, expect, test } from 'vitest';
import {
  type KnownDay,
  referenceEvapotranspiration,
} from '#src/water/reference-evapotranspiration';
import { expectNear, vectorsOf } from './vectors.ts';

const mekong: KnownDay = {
  latitudeDeg: 9.6,
  dayOfYear: 60,
  altitudeM: 2,
  temperatureMaxC: 33,
  temperatureMinC: 24,
  humidityMaxPercent: 95,
  humidityMinPercent: 55,
  windMs: 1.8,
  sunshineHours: 9,
};

function without(day: KnownDay, ...names: (keyof KnownDay)[]): KnownDay {
  return Object.fromEntries(
    Object.entries(day).filter(([name]) => !names.includes(name as keyof KnownDay)),
  ) as unknown as KnownDay;
}

describe('ET0 from what is known', () => {
  test.each(vectorsOf('evapotranspirationOfDay'))('%j → %d mm', (inputs, expected, near) => {
    const [temperatureMaxC = 0, temperatureMinC = 0, ...rest] = inputs;
    const [humidityMaxPercent = 0, humidityMinPercent = 0, windMs = 0, ...place] = rest;
    const [sunshineHours = 0, altitudeM = 0, latitudeDeg = 0, dayOfYear = 0] = place;
    const { et0Mm, method, assumptions } = referenceEvapotranspiration({
      ...{ temperatureMaxC, temperatureMinC, humidityMaxPercent, humidityMinPercent, windMs },
      ...{ sunshineHours, altitudeM, latitudeDeg, dayOfYear },
    });
    expectNear(et0Mm, expected, near);
    expect(method).toBe('penman-monteith');
    expect(assumptions).toEqual(['radiation-from-sunshine']);
  });

  test('example 18 with its anemometer at 10 m', () => {
    const { et0Mm } = referenceEvapotranspiration({
      ...{ latitudeDeg: 50.8, dayOfYear: 187, altitudeM: 100, sunshineHours: 9.25 },
      ...{ temperatureMaxC: 21.5, temperatureMinC: 12.3, windMs: 10 / 3.6, windHeightM: 10 },
      ...{ humidityMaxPercent: 84, humidityMinPercent: 63 },
    });
    expectNear(et0Mm, 3.88, 0.005);
  });

  test('temperatures alone: Hargreaves', () => {
    const alone = without(mekong, 'humidityMaxPercent', 'humidityMinPercent', 'sunshineHours');
    const found = referenceEvapotranspiration(alone);
    expect(found).toMatchObject({ method: 'hargreaves', assumptions: [], reason: null });
    expectNear(found.et0Mm, 4.6775, 0.005);
  });

  test('what is missing is assumed and named', () => {
    const dry = without(mekong, 'humidityMaxPercent', 'humidityMinPercent', 'windMs', 'altitudeM');
    const found = referenceEvapotranspiration(dry);
    expect(found.method).toBe('penman-monteith');
    expect(new Set(found.assumptions)).toEqual(
      new Set([
        'altitude-sea-level',
        'humidity-from-lowest-temperature',
        'radiation-from-sunshine',
        'wind-two-metres-per-second',
      ]),
    );
    expectNear(found.et0Mm, 5.2, 0.4);
    const dim = referenceEvapotranspiration(without(mekong, 'sunshineHours'));
    expect(dim.assumptions).toEqual(['radiation-from-temperatures']);
    const coast = referenceEvapotranspiration({
      ...without(mekong, 'sunshineHours'),
      isCoast: true,
    });
    expect(coast.et0Mm ?? 0).toBeGreaterThan((dim.et0Mm ?? 0) + 0.3);
  });

  test.each([
    [{ humidityMaxPercent: 104 }, 'humidity-set-aside'],
    [{ humidityMinPercent: 97 }, 'humidity-set-aside'],
    [{ humidityMaxPercent: Number.NaN }, 'humidity-set-aside'],
    [{ dewPointC: 40 }, 'humidity-set-aside'],
    [{ windMs: -1 }, 'wind-set-aside'],
    [{ windMs: Number.NaN }, 'wind-set-aside'],
    [{ windHeightM: 0 }, 'wind-set-aside'],
    [{ windMs: 0.2 }, 'wind-raised-to-floor'],
    [{ radiationMjM2: 60 }, 'radiation-set-aside'],
    [{ radiationMjM2: 0 }, 'radiation-set-aside'],
    [{ radiationMjM2: Number.NaN }, 'radiation-set-aside'],
    [{ sunshineHours: 14 }, 'sunshine-set-aside'],
    [{ sunshineHours: Number.NaN }, 'sunshine-set-aside'],
    [{ altitudeM: Number.NaN }, 'altitude-sea-level'],
  ] as const)('%j: %s', (wrong, note) => {
    const found = referenceEvapotranspiration({ ...mekong, ...wrong });
    expect(found.assumptions).toContain(note);
    expect(found.et0Mm).toBeGreaterThan(3);
    expect(found.et0Mm).toBeLessThan(8);
  });

  test('a pyranometer up to a twentieth above a clear sky is believed', () => {
    const clear = 35.886 * 0.75004;
    const at = (share: number) =>
      referenceEvapotranspiration({ ...mekong, radiationMjM2: share * clear }).assumptions;
    expect(at(1.04)).toEqual([]);
    expect(at(1.06)).toContain('radiation-set-aside');
  });

  test.each([
    [{ temperatureMaxC: 20 }, 'temperature-impossible'],
    [{ temperatureMinC: Number.NaN }, 'temperature-impossible'],
    [{ temperatureMaxC: 70 }, 'temperature-impossible'],
    [{ latitudeDeg: 91 }, 'place-or-day-unknown'],
    [{ dayOfYear: 0 }, 'place-or-day-unknown'],
    [{ latitudeDeg: Number.NaN }, 'place-or-day-unknown'],
  ] as const)('%j: no value, because %s', (wrong, reason) => {
    const found = referenceEvapotranspiration({ ...mekong, ...wrong });
    expect(found).toEqual({ et0Mm: null, method: null, assumptions: [], reason });
  });

  test('no temperature: no value', () => {
    const found = referenceEvapotranspiration(without(mekong, 'temperatureMaxC'));
    expect(found.reason).toBe('temperature-unknown');
  });
});
