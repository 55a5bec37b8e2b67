import type { DeviceSimulator } from '../../src/contracts/simulator.ts';

/** One valve with meter, pump and soil probe; until it is ordered it irrigates by its own clock. */
export const simulator: DeviceSimulator = {
  idPrefix: 'tuoi',
  values({ world, seed, time }) {
    const block = world.drip(seed, time);
    const noise = (salt: number, width: number): number =>
      (world.chance(seed, time, salt) - 0.5) * width;
    const running = block.valveOpen ? 1 : 0;
    return {
      soil_moisture: block.soilMoisture + noise(241, 0.3),
      valve_open: running,
      flow_rate: block.flowRate * (1 + noise(242, 0.01)),
      flow_total: block.flowTotal,
      pressure: block.pressure + noise(243, 2),
      soil_temperature: block.soilTemperature + noise(244, 0.2),
      soil_conductivity: block.soilConductivity + noise(245, 0.02),
      tank_level: block.tankLevel,
      source_salinity: block.sourceSalinity,
      pump_current: block.pumpCurrent * (1 + noise(246, 0.04)),
      battery_voltage: 12.6 - 0.3 * running + 0.0008 * world.sky(time).radiation + noise(247, 0.05),
    };
  },
};
