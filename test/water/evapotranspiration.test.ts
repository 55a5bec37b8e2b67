import { describe, expect, test } from 'vitest';
import {
  actualPressure,
  airPressure,
  clearSkyRadiation,
  hargreaves,
  meanSaturationPressure,
  netLongwaveDay,
  netShortwave,
  nightClearness,
  penmanMonteithDay,
  penmanMonteithHour,
  psychrometricConstant,
  radiationFromSunshine,
  radiationFromTemperatures,
  saturationPressure,
  saturationSlope,
  windAtTwoMetres,
} from '#src/water/evapotranspiration';
import { type HourPlace, sunOfDay, sunOfHour } from '#src/water/sun';
import { expectNear, listsOf, vectorsOf } from './vectors.ts';

describe('building blocks of FAO-56', () => {
  test.each(vectorsOf('saturationPressure'))('es at %j: %d kPa', ([t = 0], expected, near) => {
    expectNear(saturationPressure(t), expected, near);
  });

  test.each(vectorsOf('windAtTwoMetres'))('u2 of %j: %d m/s', ([u = 0, z = 0], expected, near) => {
    expectNear(windAtTwoMetres(u, z), expected, near);
  });

  test.each(listsOf('sunOfDay'))('Ra and N at %j: %j', ([latitude = 0, day = 0], list, near) => {
    const { radiationMjM2, daylightHours } = sunOfDay(latitude, day);
    expectNear(radiationMjM2, list[0] ?? Number.NaN, near);
    expectNear(daylightHours, list[1] ?? Number.NaN, near);
  });

  test('examples 2 and 3: pressure and psychrometric constant at 1800 m, mean es', () => {
    expectNear(airPressure(1800), 81.76, 0.01);
    expectNear(psychrometricConstant(airPressure(1800)), 0.0544, 0.0001);
    expectNear(meanSaturationPressure({ maxC: 24.5, minC: 15 }), 2.39, 0.001);
  });

  test('humidity: the better of what is known', () => {
    const day = { maxC: 25, minC: 18 };
    // Example 5 of FAO-56: 1.70 kPa.
    expectNear(actualPressure(day, { maxPercent: 82, minPercent: 54 }), 1.7, 0.005);
    expectNear(actualPressure(day, { maxPercent: 82 }), 1.69, 0.01);
    expectNear(actualPressure(day, { meanPercent: 68 }), 1.78, 0.005);
    expect(actualPressure(day, { dewPointC: 15, meanPercent: 10 })).toBe(saturationPressure(15));
    expect(actualPressure(day, {})).toBeNull();
  });
});

/** A day told by sunshine, as examples 17 and 18 are. */
function dayOf(known: {
  maxC: number;
  minC: number;
  vapourKpa: number;
  windMs: number;
  sunshine: number;
  altitudeM: number;
  latitude: number;
  dayOfYear: number;
  soilHeatMjM2?: number;
}) {
  const sun = sunOfDay(known.latitude, known.dayOfYear);
  const radiationMjM2 = radiationFromSunshine(known.sunshine, sun);
  const clearSkyMjM2 = clearSkyRadiation(sun.radiationMjM2, known.altitudeM);
  const weather = { ...known, radiationMjM2, topMjM2: sun.radiationMjM2 };
  const longwave = netLongwaveDay(known, known.vapourKpa, { radiationMjM2, clearSkyMjM2 });
  return { ...penmanMonteithDay(weather), sun, radiationMjM2, clearSkyMjM2, longwave };
}

describe('Penman and Monteith by the day', () => {
  test('example 17, Bangkok in April', () => {
    const day = dayOf({
      maxC: 34.8,
      minC: 25.6,
      vapourKpa: 2.85,
      windMs: 2,
      sunshine: 8.5,
      altitudeM: 2,
      latitude: 13.7333,
      dayOfYear: 105,
      soilHeatMjM2: 0.14,
    });
    expectNear(day.sun.radiationMjM2, 38.06, 0.01);
    expectNear(day.sun.daylightHours, 12.31, 0.01);
    expectNear(day.radiationMjM2, 22.65, 0.01);
    expectNear(day.clearSkyMjM2, 28.54, 0.01);
    expectNear(netShortwave(day.radiationMjM2), 17.44, 0.01);
    expectNear(day.longwave, 3.11, 0.01);
    expectNear(day.netRadiationMjM2, 14.33, 0.01);
    expectNear(day.et0Mm, 5.7161, 0.005);
    expectNear(day.et0Mm, 5.72, 0.01);
  });

  test('example 18, Uccle on 6 July', () => {
    const temperatures = { maxC: 21.5, minC: 12.3 };
    const vapourKpa = actualPressure(temperatures, { maxPercent: 84, minPercent: 63 }) ?? 0;
    expectNear(vapourKpa, 1.409, 0.001);
    const windMs = windAtTwoMetres(10 / 3.6, 10);
    expectNear(windMs, 2.078, 0.001);
    const day = dayOf({
      ...temperatures,
      vapourKpa,
      windMs,
      sunshine: 9.25,
      altitudeM: 100,
      latitude: 50.8,
      dayOfYear: 187,
    });
    expectNear(day.sun.radiationMjM2, 41.09, 0.01);
    expectNear(day.sun.daylightHours, 16.1, 0.01);
    expectNear(day.radiationMjM2, 22.07, 0.01);
    expectNear(day.clearSkyMjM2, 30.9, 0.01);
    expectNear(netShortwave(day.radiationMjM2), 17, 0.01);
    expectNear(day.longwave, 3.71, 0.01);
    expectNear(day.netRadiationMjM2, 13.28, 0.01);
    expectNear(psychrometricConstant(airPressure(100)), 0.0666, 0.0001);
    expectNear(saturationSlope(16.9), 0.122, 0.001);
    expectNear(day.et0Mm, 3.88, 0.005);
  });

  test('example 18 with its printed inputs', () => {
    const { radiationMjM2: topMjM2 } = sunOfDay(50.8, 187);
    const printed = { maxC: 21.5, minC: 12.3, vapourKpa: 1.409, windMs: 2.078, altitudeM: 100 };
    const { et0Mm } = penmanMonteithDay({ ...printed, radiationMjM2: 22.07, topMjM2 });
    expectNear(et0Mm, 3.8795, 0.001);
  });

  test('example 20, Lyon by temperatures alone', () => {
    const day = { maxC: 26.6, minC: 14.8 };
    const { radiationMjM2: topMjM2 } = sunOfDay(45.7167, 196);
    const radiationMjM2 = radiationFromTemperatures(day, topMjM2);
    expectNear(radiationMjM2, 22.29, 0.01);
    const vapourKpa = saturationPressure(day.minC);
    expectNear(vapourKpa, 1.68, 0.005);
    const weather = { ...day, vapourKpa, windMs: 2, radiationMjM2, topMjM2, altitudeM: 200 };
    expectNear(penmanMonteithDay(weather).et0Mm, 4.56, 0.01);
    expectNear(hargreaves(day, topMjM2), 5.03, 0.01);
  });

  test.each(vectorsOf('evapotranspirationOfDay'))('%j → %d mm', (inputs, expected, near) => {
    const [maxC = 0, minC = 0, maxPercent = 0, minPercent = 0, windMs = 0, ...rest] = inputs;
    const [sunshine = 0, altitudeM = 0, latitude = 0, dayOfYear = 0] = rest;
    const vapourKpa = actualPressure({ maxC, minC }, { maxPercent, minPercent }) ?? Number.NaN;
    const { et0Mm } = dayOf({
      maxC,
      minC,
      vapourKpa,
      windMs,
      sunshine,
      altitudeM,
      latitude,
      dayOfYear,
    });
    expectNear(et0Mm, expected, near);
  });

  test.each(vectorsOf('hargreaves'))('Hargreaves %j → %d mm', (inputs, expected, near) => {
    const [maxC = 0, minC = 0, latitude = 0, day = 0] = inputs;
    expectNear(hargreaves({ maxC, minC }, sunOfDay(latitude, day).radiationMjM2), expected, near);
  });
});

describe('Penman and Monteith by the hour', () => {
  const senegal: HourPlace = {
    latitudeDeg: 16 + 13 / 60,
    dayOfYear: 274,
    midHour: 14.5,
    zoneDegWest: 15,
    longitudeDegWest: 16.25,
  };

  test('example 19, N’Diaye on 1 October', () => {
    const sun = sunOfHour(senegal);
    expectNear(sun.radiationMjM2, 3.543, 0.002);
    expectNear(sun.hourAngle, 0.682, 0.001);
    expectNear(clearSkyRadiation(sun.radiationMjM2, 8), 2.658, 0.002);
    const common = { altitudeM: 8, nightClearness: 0.8 };
    const weather = { temperatureC: 38, humidityPercent: 52, windMs: 3.3, radiationMjM2: 2.45 };
    const day = penmanMonteithHour({ ...weather, ...common, sun });
    expectNear(day.netRadiationMjM2, 1.749, 0.001);
    expectNear(day.et0Mm, 0.63, 0.005);
    const night = penmanMonteithHour({
      ...{ temperatureC: 28, humidityPercent: 90, windMs: 1.9, radiationMjM2: 0 },
      ...common,
      sun: sunOfHour({ ...senegal, midHour: 2.5 }),
    });
    expectNear(night.netRadiationMjM2, -0.1, 0.001);
    expectNear(night.et0Mm, 0, 0.005);
  });

  test.each(vectorsOf('evapotranspirationOfHour'))('%j → %d mm', (inputs, expected, near) => {
    const [temperatureC = 0, humidityPercent = 0, windMs = 0, radiationMjM2 = 0, ...rest] = inputs;
    const [altitudeM = 0, latitudeDeg = 0, dayOfYear = 0, midHour = 0, ...west] = rest;
    const [zoneDegWest = 0, longitudeDegWest = 0, clearness = 0] = west;
    const sun = sunOfHour({ latitudeDeg, dayOfYear, midHour, zoneDegWest, longitudeDegWest });
    const weather = { temperatureC, humidityPercent, windMs, radiationMjM2, altitudeM };
    const { et0Mm } = penmanMonteithHour({ ...weather, sun, nightClearness: clearness });
    expectNear(et0Mm, expected, near);
  });

  test('the hours of a day bring what the day brings', () => {
    for (const dayOfYear of [15, 105, 187, 274]) {
      const place = { latitudeDeg: 9.6, dayOfYear, zoneDegWest: 255, longitudeDegWest: 254.03 };
      let sum = 0;
      for (let hour = 0; hour < 24; hour++) {
        sum += sunOfHour({ ...place, midHour: hour + 0.5 }).radiationMjM2;
      }
      expectNear(sum, sunOfDay(9.6, dayOfYear).radiationMjM2, 0.01);
    }
  });

  test('the sky of the night is that of two to three hours before sunset', () => {
    const hours = [12.5, 13.5, 14.5, 15.5, 16.5, 17.5].map((midHour, index) => {
      const sun = sunOfHour({ ...senegal, midHour });
      const clearSkyMjM2 = clearSkyRadiation(sun.radiationMjM2, 8);
      const share = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4][index] ?? 0;
      return { ...sun, clearSkyMjM2, radiationMjM2: share * clearSkyMjM2 };
    });
    // Sunset is at 17.9 h of the sun and 17.8 h of the clock there, so the look is at 15.5.
    expectNear(nightClearness(hours), 0.6, 1e-9);
    expect(nightClearness(hours.slice(0, 2))).toBeNull();
  });
});

describe('weather that cannot be', () => {
  const good = {
    maxC: 33,
    minC: 24,
    vapourKpa: 2.9,
    windMs: 2,
    radiationMjM2: 22,
    topMjM2: 36,
    altitudeM: 2,
  };

  test.each(Object.keys(good))('%s that is not a number is refused', (name) => {
    expect(() => penmanMonteithDay({ ...good, [name]: Number.NaN })).toThrow(RangeError);
    expect(penmanMonteithDay(good).et0Mm).toBeGreaterThan(4);
  });

  test('reversed temperatures, wind below nothing and a pole are refused', () => {
    expect(() => penmanMonteithDay({ ...good, maxC: 20 })).toThrow(/is not below 24/);
    expect(() => penmanMonteithDay({ ...good, windMs: -1 })).toThrow('windMs is 0 to 60, not -1');
    expect(() => sunOfDay(80, 100)).toThrow(RangeError);
    expect(() => sunOfDay(10, Number.NaN)).toThrow(RangeError);
    expect(() => hargreaves(good, Number.NaN)).toThrow(RangeError);
    expect(() => radiationFromSunshine(-1, sunOfDay(10, 100))).toThrow(RangeError);
    expect(() => actualPressure(good, { maxPercent: 101 })).toThrow(RangeError);
  });

  test('an hour with a value that is not a number is refused', () => {
    const hour = {
      temperatureC: 30,
      humidityPercent: 70,
      windMs: 2,
      radiationMjM2: 2,
      altitudeM: 2,
      nightClearness: 0.5,
    };
    const sun = { radiationMjM2: 4, isDay: true };
    for (const name of Object.keys(hour)) {
      expect(() => penmanMonteithHour({ ...hour, sun, [name]: Number.NaN })).toThrow(RangeError);
    }
    expect(() =>
      penmanMonteithHour({ ...hour, sun: { ...sun, radiationMjM2: Number.NaN } }),
    ).toThrow(RangeError);
  });
});
