import type { DeviceSimulator } from '../../src/contracts/simulator.ts';
import { passesDaily } from '../../src/contracts/simulator.ts';

/** The test kits are used at 7:00 and the Secchi disc at 11:00 in Vietnam, keyed in by hand. */
const KITS_HOUR_UTC = 0;
const SECCHI_HOUR_UTC = 4;
/** Share of cells that no longer take a charge. */
const WORN_CELLS = 0.05;

/** A probe in the pond's deep end, on a lithium cell that a small panel charges. */
export const simulator: DeviceSimulator = {
  idPrefix: 'ao',
  values(input) {
    const { world, seed, time } = input;
    const water = world.pond(seed, time);
    const noise = (salt: number, width: number): number =>
      (world.chance(seed, time, salt) - 0.5) * width;
    const cell = world.chance(seed, 0, 210) < WORN_CELLS ? 3.3 : 3.85;
    const values: Record<string, number> = {
      dissolved_oxygen: Math.max(0, water.dissolvedOxygen + noise(201, 0.03)),
      water_temperature: water.temperature + noise(202, 0.1),
      ph: water.ph + noise(203, 0.03),
      salinity: water.salinity,
      conductivity: water.conductivity,
      orp: water.orp + noise(204, 4),
      water_level: water.waterLevel + noise(205, 0.6),
      battery_voltage: cell + 0.00012 * world.sky(time).radiation + noise(206, 0.02),
    };
    if (passesDaily(input, KITS_HOUR_UTC)) {
      values['total_ammonia_nitrogen'] = water.ammoniaNitrogen;
      values['nitrite_nitrogen'] = water.nitriteNitrogen;
      values['total_sulphide'] = 0.004 + 0.016 * world.chance(seed, time, 211);
      values['alkalinity'] = water.alkalinity;
    }
    if (passesDaily(input, SECCHI_HOUR_UTC)) values['transparency'] = water.transparency;
    return values;
  },
};
