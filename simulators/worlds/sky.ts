import type { SkyState } from '../../src/contracts/simulator.ts';
import { HOUR_MS, localDay, localHour, season } from './calendar.ts';
import { type Dice, drift } from './chance.ts';

/** One sky stands over all sites. */
const SKY = 0;
const SALT = { drift: 1, clear: 2, clouds: 3, showers: 4, start: 5, length: 6, strength: 7 };

/** Days of the year: the hottest week is in late April, the wettest month around mid-August. */
const HOTTEST = 115;
const WETTEST = 228;

const SUNRISE = 6;
const WARMEST = 14;
/** Clear-sky radiation at noon, W/m2; tropical sites read 950 to 1,050. */
const NOON_RADIATION = 1000;

interface Shower {
  /** Hours of the local day; both lie in it, so no shower crosses midnight. */
  start: number;
  end: number;
  /** mm/h. */
  rate: number;
}

/** Share of the clear-sky radiation that a day's clouds let through, 0.55 to 1. */
export function clearness(dice: Dice, day: number): number {
  return 0.55 + 0.45 * Math.sqrt(dice(SKY, day, SALT.clear));
}

function showerOf(dice: Dice, day: number, time: number): Shower | null {
  const wet = 0.06 + 0.6 * ((1 + season(time, WETTEST)) / 2);
  if (dice(SKY, day, SALT.showers) >= wet) return null;
  const start = 12.5 + 6.5 * dice(SKY, day, SALT.start);
  const strength = dice(SKY, day, SALT.strength);
  return {
    start,
    end: start + 0.4 + 2.4 * dice(SKY, day, SALT.length),
    rate: 2 + 38 * strength ** 3,
  };
}

/** 0 at sunrise to 1 at the warmest hour, and slowly back. */
function warmth(hour: number): number {
  if (hour >= SUNRISE && hour <= WARMEST) {
    return (1 - Math.cos((Math.PI * (hour - SUNRISE)) / (WARMEST - SUNRISE))) / 2;
  }
  const since = (hour - WARMEST + 24) % 24;
  return (1 + Math.cos((Math.PI * since) / (24 - WARMEST + SUNRISE))) / 2;
}

/** The weather over the lower Mekong delta: 24 to 33 °C, showers on wet-season afternoons. */
export function skyAt(dice: Dice, time: number): SkyState {
  const day = localDay(time);
  const hour = localHour(time);
  const heat = season(time, HOTTEST);
  const wander = drift(dice, { seed: SKY, time, salt: SALT.drift }, 60 * HOUR_MS);
  const shower = showerOf(dice, day, time);
  const wetHours =
    shower === null
      ? 0
      : Math.max(0, Math.min(hour, shower.end) - Math.max(hour - 1, shower.start));
  const raining = shower !== null && hour >= shower.start && hour < shower.end;

  const low = 24.2 + heat + 0.7 * wander;
  const high = 31.8 + 1.1 * heat + wander;
  const airTemperature = low + (high - low) * warmth(hour) - 2.5 * Math.min(1, wetHours);
  const dryness = (airTemperature - low) / (high - low);
  const humidity = 96 - 34 * dryness + 18 * Math.min(1, wetHours) + 2 * wander;

  const sun = Math.max(0, Math.sin((Math.PI * (hour - SUNRISE)) / 12));
  const clouds = 0.9 + 0.1 * drift(dice, { seed: SKY, time, salt: SALT.clouds }, 0.4 * HOUR_MS);
  const shade = raining ? 0.2 : 1;
  return {
    airTemperature,
    relativeHumidity: Math.min(100, Math.max(35, humidity)),
    rain: shower === null ? 0 : shower.rate * wetHours,
    radiation: NOON_RADIATION * sun * clearness(dice, day) * clouds * shade,
  };
}
