import { describe, expect, test } from 'vitest';
import aerator from '#devices/aerator-controller/kind';
import { createWorld } from '#simulators/worlds/world';
import { judge, type Observed, standing, steady } from './judge.ts';

/** Half an hour of the same, each minute. */
function held(values: Record<string, number>): Observed {
  return Object.fromEntries(
    Object.entries(values).map(([metric, value]) => [metric, steady(value, 22, 22.5, 1)]),
  );
}

const ON = { aerator_on: 1 };
const OFF = { aerator_on: 0 };

describe('an aerator', () => {
  const cases: Array<[rule: string, values: Record<string, number>, expected: string | null]> = [
    ['aerator-motor-stopped', { ...ON, motor_current: 0 }, 'critical'],
    ['aerator-motor-stopped', { ...ON, motor_current: 0.5 }, null],
    ['aerator-motor-stopped', { ...ON, motor_current: 6.8 }, null],
    ['aerator-motor-stopped', { ...OFF, motor_current: 0 }, null],
    ['aerator-motor-stopped', { motor_current: 0 }, null],
    ['aerator-runs-unordered', { ...OFF, motor_current: 6.8 }, 'warning'],
    ['aerator-runs-unordered', { ...ON, motor_current: 6.8 }, null],
    ['aerator-runs-unordered', { ...OFF, motor_current: 0.3 }, null],
    ['aerator-overcurrent', { motor_current: 8.4 }, null],
    ['aerator-overcurrent', { motor_current: 8.5 }, 'critical'],
    ['aerator-runs-dry', { motor_current: 2.4 }, 'warning'],
    ['aerator-runs-dry', { motor_current: 0.2 }, null],
    ['aerator-runs-dry', { motor_current: 3.5 }, null],
    ['aerator-motor-hot', { motor_temperature: 120 }, null],
    ['aerator-motor-hot', { motor_temperature: 121 }, 'warning'],
    ['aerator-motor-hot', { motor_temperature: 141 }, 'critical'],
    ['aerator-supply-lost', { supply_voltage: 99 }, 'critical'],
    ['aerator-supply-lost', { supply_voltage: 100 }, null],
    ['aerator-supply-low', { supply_voltage: 186 }, 'warning'],
    ['aerator-supply-low', { supply_voltage: 187 }, null],
    ['aerator-supply-low', { supply_voltage: 0 }, null],
    ['aerator-battery-low', { battery_voltage: 12.4 }, null],
  ];
  test.each(cases)('%s with %o: %s', (rule, values, expected) => {
    expect(standing(aerator, rule, held(values))).toBe(expected);
  });

  test('may take a minute to spin up', () => {
    const on = steady(1, 22, 23, 1);
    const slow = on.map(({ time }, place) => ({ time, value: place < 1 ? 0 : 6.8 }));
    expect(
      judge(aerator, 'aerator-motor-stopped', { aerator_on: on, motor_current: slow }),
    ).toEqual([]);
  });

  test('is without power until the voltage is good again', () => {
    const back = (volts: number): Observed => ({
      supply_voltage: [...steady(0, 22, 22.5, 1), ...steady(volts, 22.6, 23, 1)],
    });
    expect(standing(aerator, 'aerator-supply-lost', back(186))).toBe('critical');
    expect(standing(aerator, 'aerator-supply-lost', back(187))).toBeNull();
  });

  test('needs the current of its own motor before some rules judge', () => {
    const off = aerator.rules.filter(({ enabled }) => !enabled).map(({ id }) => id);
    expect(off).toEqual(['aerator-overcurrent', 'aerator-runs-dry', 'aerator-motor-hot']);
  });

  test('is proved by a current that no motor at rest and no sound motor is near', () => {
    const { witness } = aerator.actuator ?? {};
    if (witness?.on === 'learned' || witness === null || witness === undefined) {
      throw new Error('no bands');
    }
    const world = createWorld(3);
    for (let pond = 0; pond < 20; pond++) {
      for (let time = Date.UTC(2026, 10, 20); time < Date.UTC(2026, 10, 22); time += 1_800_000) {
        const input = { world, seed: pond, time, intervalSeconds: 300 };
        const current = aerator.simulator.values(input)?.['motor_current'] ?? Number.NaN;
        const { aerating } = world.pond(pond, time);
        if (aerating) expect(current).toBeGreaterThan(2 * (witness.on.min ?? Number.NaN));
        else expect(current).toBeLessThan(witness.off.max ?? Number.NaN);
      }
    }
  });
});
