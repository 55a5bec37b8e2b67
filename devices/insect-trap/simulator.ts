import type { DeviceSimulator } from '../../src/contracts/simulator.ts';
import { passesDaily } from '../../src/contracts/simulator.ts';

/** The catch is counted at six in the morning in Vietnam, 23:00 UTC. */
const COUNTED_HOUR_UTC = 23;
const HOUR_MS = 3_600_000;

/** A lamp with a camera and a small weather mast, on a lead-acid battery with a panel. */
export const simulator: DeviceSimulator = {
  idPrefix: 'bay',
  values(input) {
    const { world, seed, time } = input;
    const sky = world.sky(time);
    const noise = (salt: number, width: number): number =>
      (world.chance(seed, time, salt) - 0.5) * width;
    const values: Record<string, number> = {
      air_temperature: sky.airTemperature + noise(221, 0.4),
      relative_humidity: Math.min(100, sky.relativeHumidity + noise(222, 3)),
      rain: rainSince(input.time - input.intervalSeconds * 1000, time, world.sky),
      battery_voltage: 12.5 + 0.0009 * sky.radiation + noise(223, 0.06),
    };
    if (!passesDaily(input, COUNTED_HOUR_UTC)) return values;
    const night = world.field(seed, time);
    // A night the lamp did not burn reports so, and no count: it was not a zero.
    values['lamp_hours'] = night.lampHours;
    for (const [code, count] of Object.entries(night.catches)) values[`count_${code}`] = count;
    return values;
  },
};

/** The world tells the rain of the last hour; longer intervals are added up hour by hour. */
function rainSince(from: number, to: number, sky: (time: number) => { rain: number }): number {
  let sum = 0;
  let at = to;
  for (; at - from >= HOUR_MS; at -= HOUR_MS) sum += sky(at).rain;
  return sum + (sky(at).rain * (at - from)) / HOUR_MS;
}
