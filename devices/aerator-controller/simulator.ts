import type { DeviceSimulator } from '../../src/contracts/simulator.ts';

/** A paddlewheel of about 1.5 kW on one phase; until it is ordered it keeps the pond's usual hours. */
export const simulator: DeviceSimulator = {
  idPrefix: 'quat',
  // The first ponds of the farm: enough to see one, and history of twelve would be twice as long.
  demoSites: 4,
  values({ world, seed, time }) {
    const { aerating, motorLoad, powered } = world.pond(seed, time);
    const noise = (salt: number, width: number): number =>
      (world.chance(seed, time, salt) - 0.5) * width;
    const running = aerating ? 1 : 0;
    const nominal = 6.4 + 1.2 * world.chance(seed, 0, 261);
    return {
      aerator_on: running,
      motor_current: running * nominal * motorLoad * (1 + noise(262, 0.04)),
      supply_voltage: powered ? 222 - 4 * running + noise(263, 6) : 0,
      motor_temperature:
        world.sky(time).airTemperature + 2 + 38 * running * motorLoad ** 2 + noise(264, 2),
      battery_voltage: (powered ? 13.5 : 12.4) + noise(265, 0.06),
    };
  },
};
