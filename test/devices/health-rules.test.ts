import { describe, expect, test } from 'vitest';
import drip from '#devices/drip-controller/kind';
import trap from '#devices/insect-trap/kind';
import pond from '#devices/pond-sensor/kind';
import { hour, judge, type Observed, standing, steady } from './judge.ts';

describe('a sensor', () => {
  test('that says 8.0 for hours of daylight is stuck, at night it is not asked', () => {
    const before = [{ time: hour(7.75), value: 7.6 }];
    const oxygen = (to: number): Observed => ({
      dissolved_oxygen: [...before, ...steady(8, 8, to, 15)],
    });
    const rule = 'pond-dissolved-oxygen-stuck';
    expect(judge(pond, rule, oxygen(8.5))).toEqual([]);
    expect(standing(pond, rule, oxygen(11))).toBe('info');
    expect(standing(pond, rule, oxygen(13))).toBe('warning');
    const night = [...steady(7.6, 19, 19), ...steady(8, 19.25, 30, 15)];
    expect(judge(pond, rule, { dissolved_oxygen: night })).toEqual([]);
  });

  test('that leaps and comes back is doubtful for an hour', () => {
    const leap = [
      ...steady(8, 6, 8),
      { time: hour(8) + 300_000, value: 12 },
      ...steady(8, 8.2, 12),
    ];
    const [alert, ...others] = judge(pond, 'pond-ph-erratic', { ph: leap });
    expect(others).toEqual([]);
    expect(alert?.end).toBeGreaterThan(hour(9));
    expect(alert?.end).toBeLessThan(hour(10));
    expect(alert?.severities.map(({ severity }) => severity)).toEqual(['info']);
  });

  test('whose noise is fast, but goes nowhere, is believed', () => {
    const noisy = steady(8, 6, 8, 1 / 60).map(({ time }, at) => ({
      time,
      value: 8 + (at % 3) / 50,
    }));
    expect(judge(pond, 'pond-ph-erratic', { ph: noisy })).toEqual([]);
  });

  test('of soil may rise with the water, and not fall like it rose', () => {
    const wet = [...steady(20, 0, 6), ...steady(45, 6.1, 12)];
    expect(judge(drip, 'drip-soil-moisture-erratic', { soil_moisture: wet })).toEqual([]);
    const dry = [...steady(45, 0, 6), ...steady(20, 6.1, 12)];
    expect(judge(drip, 'drip-soil-moisture-erratic', { soil_moisture: dry })).toHaveLength(1);
    const out = { soil_moisture: steady(1, 0, 1) };
    expect(standing(drip, 'drip-soil-moisture-erratic', out)).toBe('info');
  });
});

test('a battery is low after an hour, and charged after an hour above its hysteresis', () => {
  const volts = (then: number): Observed => ({
    battery_voltage: [...steady(3.35, 6, 8), ...steady(then, 8.1, 10)],
  });
  expect(judge(pond, 'pond-battery-low', { battery_voltage: steady(3.35, 6, 6.9) })).toEqual([]);
  expect(standing(pond, 'pond-battery-low', volts(3.5))).toBe('warning');
  expect(standing(pond, 'pond-battery-low', volts(3.6))).toBeNull();
});

test('silence is three intervals of the device', () => {
  const silence = judge(drip, 'drip-silent', { '*': steady(1, 0, 6) }, 7);
  expect(silence.map(({ onset, end }) => [onset, end])).toEqual([[hour(6.25), null]]);
});

test('a clock is wrong after a quarter of an hour of reports without a usable time', () => {
  const dated = (minutes: readonly number[], fault: number) =>
    minutes.map((minute) => ({ time: hour(8 + minute / 60), value: fault }));
  const start = dated([0, 5, 10], 1);
  const well = dated([15, 20, 25, 30, 35], 0);
  for (const [kind, rule] of [
    [pond, 'pond-clock'],
    [drip, 'drip-clock'],
    [trap, 'trap-clock'],
  ] as const) {
    expect(judge(kind, rule, { clock_fault: [...start, ...well] })).toEqual([]);
    const wrong = [...start, ...dated([15], 1)];
    expect(standing(kind, rule, { clock_fault: wrong })).toBe('warning');
    const [alert] = judge(kind, rule, { clock_fault: [...wrong, ...dated([20, 25, 30, 35], 0)] });
    expect([alert?.onset, alert?.end]).toEqual([hour(8.25), hour(8 + 35 / 60)]);
  }
});
