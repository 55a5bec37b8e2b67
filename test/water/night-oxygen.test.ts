import { describe, expect, test } from 'vitest';
import {
  hourOfOxygen,
  hoursToOxygen,
  type NightFall,
  projectOxygen,
  projectRespiration,
} from '#src/water/night-oxygen';
import { oxygenSaturation } from '#src/water/oxygen';
import { expectNear, vectorsOf } from './vectors.ts';

function fallOf([d1 = 0, t1 = 0, d2 = 0, t2 = 0]: readonly number[]): NightFall {
  return {
    first: { hour: t1, oxygenMgL: d1 },
    second: { hour: t2, oxygenMgL: d2 },
    aerationChanged: false,
  };
}

const evening = fallOf([8, 18, 6.8, 20]);

describe('oxygen before dawn', () => {
  test.each(vectorsOf('projectLinear'))('straight line, %j → %d', (inputs, expected, tolerance) => {
    expectNear(projectOxygen(fallOf(inputs), inputs[4] ?? 0).linear, expected, tolerance);
  });

  test.each(vectorsOf('projectLogLinear'))('log-linear, %j → %d', (inputs, expected, tolerance) => {
    expectNear(projectOxygen(fallOf(inputs), inputs[4] ?? 0).logLinear, expected, tolerance);
  });

  test('the hour of 4 mg/L by both forms', () => {
    const { linear, logLinear } = hourOfOxygen(evening, 4);
    expectNear(linear, 24.667, 0.01);
    expectNear(logLinear, 26.53, 0.01);
  });

  test('the worked rule: critical at 20:00, four and a half hours before 4 mg/L', () => {
    const { linear, logLinear } = projectOxygen(evening, 29.5);
    expectNear(linear, 1.1, 0.05);
    expectNear(logLinear, 3.1, 0.05);
    expectNear((hourOfOxygen(evening, 4).linear ?? 0) - 20, 4.5, 0.2);
  });

  test.each([
    ['not-falling', fallOf([7, 18, 7.2, 20])],
    ['not-falling', fallOf([7, 18, 7, 20])],
    ['too-close', fallOf([8, 18, 7.5, 19])],
    ['aeration-changed', { ...evening, aerationChanged: true }],
    ['doubtful-sample', { ...evening, first: { ...evening.first, isDoubtful: true } }],
    ['doubtful-sample', { ...evening, second: { ...evening.second, isDoubtful: true } }],
    ['doubtful-sample', fallOf([Number.NaN, 18, 7, 20])],
    ['no-oxygen-left', fallOf([3, 18, 0, 20])],
  ] as const)('no number, but %s', (reason, fall) => {
    const none = { linear: null, logLinear: null, reason };
    expect(projectOxygen(fall, 29.5)).toEqual(none);
    expect(hourOfOxygen(fall, 4)).toEqual(none);
    const pond = { saturationMgL: 7, depthM: 1.4, transferMH: 0.02, dawnHour: 30 };
    expect(projectRespiration(fall, pond)).toEqual({
      respirationMgLH: null,
      dawnMgL: null,
      reason,
    });
  });

  test('what lies behind is not forecast', () => {
    expect(projectOxygen(evening, 19).reason).toBe('already-past');
    expect(hourOfOxygen(evening, 6.8).reason).toBe('already-past');
    expect(() => hourOfOxygen(evening, 0)).toThrow(RangeError);
  });

  test.each([
    [0, 0.5, 4],
    [0.02, 0.469, 4.367],
    [0.05, 0.423, 4.854],
  ])('respiration with a transfer of %d m/h: %d mg/L per hour, %d at dawn', (kl, rate, dawn) => {
    const saturationMgL = oxygenSaturation({ temperatureC: 29, salinity: 15 });
    const pond = { saturationMgL, depthM: 1.4, transferMH: kl, dawnHour: 30 };
    const { respirationMgLH, dawnMgL } = projectRespiration(fallOf([10, 18, 8.5, 21]), pond);
    expectNear(respirationMgLH, rate, 0.01);
    expectNear(dawnMgL, dawn, 0.01);
  });

  test.each([
    [0.3, 10],
    [0.5, 6],
    [1, 3],
    [3, 1],
    [6, 0.5],
  ])('aerators off at a respiration of %d: 6 to 3 mg/L in %d h', (respirationMgLH, hours) => {
    expectNear(hoursToOxygen({ oxygenMgL: 6, levelMgL: 3, respirationMgLH }), hours, 1e-9);
  });

  test('no respiration, no hours', () => {
    const still = { oxygenMgL: 6, levelMgL: 3, respirationMgLH: 0 };
    expect(() => hoursToOxygen(still)).toThrow(RangeError);
  });
});
