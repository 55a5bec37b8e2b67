import type { DeviceSimulator } from '../../src/contracts/simulator.ts';
import { passesDaily } from '../../src/contracts/simulator.ts';

/** The catch is counted at six in the morning in Vietnam, 23:00 UTC. */
const COUNTED_HOUR_UTC = 23;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BUCKET_MM = 0.2;

/** The world's sky: rain of the hour before each instant. */
type Sky = (time: number) => { rain: number };

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

/**
 * The gauge is a bucket that tips at 0.2 mm. Counting whole tips since the start of the day makes
 * the sum of many short intervals equal that of one long one, which rounding each would not.
 */
function rainSince(from: number, to: number, sky: Sky): number {
  const dayStart = Math.floor(to / DAY_MS) * DAY_MS;
  if (from >= dayStart) return (tipsOfDay(to, sky) - tipsOfDay(from, sky)) * BUCKET_MM;
  return tipsOfDay(to, sky) * BUCKET_MM + rainSince(from, dayStart - 1, sky);
}

/** Days begin at 0:00 UTC, seven in the morning in Vietnam, when it has not rained for hours. */
function tipsOfDay(time: number, sky: Sky): number {
  const dayStart = Math.floor(time / DAY_MS) * DAY_MS;
  let rain = 0;
  for (let at = time; at >= dayStart; at -= HOUR_MS) rain += sky(at).rain;
  return Math.floor(rain / BUCKET_MM);
}
