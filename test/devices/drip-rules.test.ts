import { describe, expect, test } from 'vitest';
import drip from '#devices/drip-controller/kind';
import { hour, judge, judgedOn, type Observed, standing, steady } from './judge.ts';

/** Half an hour of the same, each minute. */
function held(values: Record<string, number>): Observed {
  return Object.fromEntries(
    Object.entries(values).map(([metric, value]) => [metric, steady(value, 6, 6.5, 1)]),
  );
}

const OPEN = { valve_open: 1 };
const CLOSED = { valve_open: 0 };

describe('faults of a valve', () => {
  const cases: Array<[rule: string, values: Record<string, number>, expected: string | null]> = [
    ['drip-leak', { ...CLOSED, flow_rate: 0.05 }, null],
    ['drip-leak', { ...CLOSED, flow_rate: 0.2 }, null],
    ['drip-leak', { ...CLOSED, flow_rate: 0.5 }, 'critical'],
    ['drip-leak', { ...OPEN, flow_rate: 20 }, null],
    ['drip-leak', { flow_rate: 20 }, null],
    ['drip-no-flow', { ...OPEN, flow_rate: 0 }, 'warning'],
    ['drip-no-flow', { ...CLOSED, flow_rate: 0 }, null],
    ['drip-flow-low', { ...OPEN, flow_rate: 5 }, 'warning'],
    ['drip-flow-low', { ...OPEN, flow_rate: 6 }, null],
    ['drip-flow-high', { ...OPEN, flow_rate: 26 }, null],
    ['drip-flow-high', { ...OPEN, flow_rate: 26.1 }, 'critical'],
    ['drip-pressure-low', { ...OPEN, pressure: 49 }, 'warning'],
    ['drip-pressure-low', { ...OPEN, pressure: 50 }, null],
    ['drip-pressure-low', { ...CLOSED, pressure: 4 }, null],
    ['drip-pressure-high', { pressure: 150 }, null],
    ['drip-pressure-high', { pressure: 151 }, 'warning'],
    ['drip-pump-dry', { pump_current: 3, flow_rate: 0 }, 'critical'],
    ['drip-pump-dry', { pump_current: 3, flow_rate: 20 }, null],
    ['drip-tank-low', { tank_level: 20 }, null],
    ['drip-tank-low', { tank_level: 19.9 }, 'warning'],
  ];
  test.each(cases)('%s with %o: %s', (rule, values, expected) => {
    expect(standing(drip, rule, held(values))).toBe(expected);
  });

  test('a line that drains is no leak, and a line that fills is no blockage', () => {
    const drains = { flow_rate: steady(3, 6, 6.03, 1), valve_open: steady(0, 6, 6.03, 1) };
    expect(judge(drip, 'drip-leak', drains)).toEqual([]);
    const fills = [...steady(0, 6, 6, 1), ...steady(20, 6.02, 6.5, 1)];
    const open = { flow_rate: fills, valve_open: fills.map(({ time }) => ({ time, value: 1 })) };
    expect(judge(drip, 'drip-no-flow', open)).toEqual([]);
  });

  test('a tank is low until 25 %', () => {
    const filling = (level: number): Observed => ({
      tank_level: [...steady(19.9, 6, 7), ...steady(level, 7.1, 8)],
    });
    expect(standing(drip, 'drip-tank-low', filling(24))).toBe('warning');
    expect(standing(drip, 'drip-tank-low', filling(25))).toBeNull();
  });

  test('a valve may be open for its longest lease, and no longer than the report after it', () => {
    expect(judge(drip, 'drip-open-too-long', { valve_open: steady(1, 6, 7) })).toEqual([]);
    const stuck = judge(drip, 'drip-open-too-long', { valve_open: steady(1, 6, 8) });
    expect(stuck.map(({ onset }) => onset)).toEqual([hour(7) + 300_000]);
  });
});

describe('salinity of the source', () => {
  const durian = 'drip-source-salinity-high-durian';
  const salty = [...steady(0.51, 6, 6.1, 5)];

  test('closes on two samples in a row, and not on one', () => {
    expect(standing(drip, durian, { source_salinity: steady(0.49, 6, 7) })).toBeNull();
    expect(standing(drip, durian, { source_salinity: salty })).toBe('warning');
    const once = [...steady(0.4, 5, 5.9), ...steady(3, 6, 6), ...steady(0.4, 6.1, 7)];
    expect(judge(drip, durian, { source_salinity: once })).toEqual([]);
  });

  test('opens below nine tenths of the limit for half an hour', () => {
    const then = (value: number, until: number): Observed => ({
      source_salinity: [...salty, ...steady(value, 6.25, until)],
    });
    expect(standing(drip, durian, then(0.46, 7))).toBe('warning');
    expect(standing(drip, durian, then(0.44, 6.74))).toBe('warning');
    expect(standing(drip, durian, then(0.44, 6.75))).toBeNull();
  });

  test('is judged by what the crop of the site bears, and strictly where nobody says', () => {
    const salinity = (crop?: string): string[] =>
      [...judgedOn(drip, crop === undefined ? {} : { crop })].filter((id) =>
        id.startsWith('drip-source-salinity'),
      );
    expect(salinity('Sầu riêng')).toEqual([durian]);
    expect(salinity('Lúa')).toEqual(['drip-source-salinity-high-rice']);
    expect(salinity('Hành tím')).toEqual(['drip-source-salinity-high']);
    expect(salinity()).toEqual(['drip-source-salinity-high']);
    expect(standing(drip, 'drip-source-salinity-high', held({ source_salinity: 2.1 }))).toBe(
      'critical',
    );
  });
});
