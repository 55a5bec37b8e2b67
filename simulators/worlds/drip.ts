import type { DripState } from '../../src/contracts/simulator.ts';
import { DAY_MS, HOUR_MS, localDay, localHour, localInstant, season } from './calendar.ts';
import { type Dice, drift } from './chance.ts';

const SALT = { nominal: 70, balance: 71, tank: 72, moisture: 73, salt: 74, tide: 75, soil: 76 };

/** Local hours at which the two irrigations of a day begin. */
const STARTS = [5.5, 16.5] as const;
/** Mean minutes of irrigation a day; single days differ by up to the swing. */
const DAILY_MINUTES = 80;
const DAILY_SWING = 20;
/** The meter was installed, at zero, on 2026-01-01. */
const METER_DAY = localDay(Date.UTC(2026, 0, 1));
/** The pump's slow pulse: so many whole waves in an irrigation, so much of the nominal flow. */
const PULSE_WAVES = 6;
const PULSE_SHARE = 0.02;

/** Soil water, % by volume: what an irrigation adds to the dry level. */
const WETTING = 5;
const TANK_FULL = 96;
const REFILL_HOURS = 3;
const TIDE_MS = 12.42 * HOUR_MS;
const SPRING_NEAP_MS = 14.77 * DAY_MS;
/** Day of the year when the sea reaches furthest up the rivers. */
const SALTIEST = 80;

/** An irrigation: local hours it begins and ends, and its number among all of the block. */
interface Irrigation {
  day: number;
  place: 0 | 1;
  startsAt: number;
  endsAt: number;
}

/** Minutes by which the irrigation of all days before `day` differs from the mean. */
function balance(dice: Dice, seed: number, day: number): number {
  return DAILY_SWING * dice(seed, day, SALT.balance);
}

/** Two balances differ by less than the swing, so every day has more than 60 minutes. */
function minutesOf(dice: Dice, seed: number, day: number): number {
  return DAILY_MINUTES + balance(dice, seed, day + 1) - balance(dice, seed, day);
}

/** The irrigation that has begun last at `time`. */
function lastIrrigation(dice: Dice, seed: number, time: number): Irrigation {
  const hour = localHour(time);
  const day = hour < STARTS[0] ? localDay(time) - 1 : localDay(time);
  const place = hour >= STARTS[0] && hour < STARTS[1] ? 0 : 1;
  const startsAt = localInstant(day, STARTS[place]);
  return { day, place, startsAt, endsAt: startsAt + minutesOf(dice, seed, day) * 30_000 };
}

function nextStart({ day, place }: Irrigation): number {
  return place === 0 ? localInstant(day, STARTS[1]) : localInstant(day + 1, STARTS[0]);
}

/** Share of an irrigation's water that has flowed after a share of its time. */
function flowedShare(share: number): number {
  const angle = 2 * Math.PI * PULSE_WAVES;
  return share + (PULSE_SHARE * (1 - Math.cos(angle * share))) / angle;
}

/**
 * Litres through the meter: the integral of the flow in closed form. The days' minutes add up to
 * the mean times the days, plus the difference of two balances.
 */
function meterAt(dice: Dice, seed: number, flow: number, time: number): number {
  const last = lastIrrigation(dice, seed, time);
  const days = last.day - METER_DAY;
  if (days < 0) return 0;
  const before =
    DAILY_MINUTES * days + balance(dice, seed, last.day) - balance(dice, seed, METER_DAY);
  const half = minutesOf(dice, seed, last.day) / 2;
  const share = Math.min(1, (time - last.startsAt) / (last.endsAt - last.startsAt));
  return flow * (before + half * (last.place + flowedShare(share)));
}

/** Rises while the valve is open, dries towards the next irrigation, never jumps. */
function moistureAt(dice: Dice, seed: number, time: number, last: Irrigation): number {
  const dry = 25 + 2.5 * drift(dice, { seed, time, salt: SALT.moisture }, 5 * DAY_MS);
  if (time < last.endsAt) {
    return dry + (WETTING * (time - last.startsAt)) / (last.endsAt - last.startsAt);
  }
  const share = (time - last.endsAt) / (nextStart(last) - last.endsAt);
  return dry + (WETTING * (Math.exp(-2 * share) - Math.exp(-2))) / (1 - Math.exp(-2));
}

/** Drawn down by an irrigation and filled again; one in twenty times it is drawn too far. */
function tankAt(dice: Dice, seed: number, time: number, last: Irrigation): number {
  const draw = dice(seed, last.day * 2 + last.place, SALT.tank);
  const low = draw < 0.05 ? 12 : 38 + 14 * draw;
  if (time < last.endsAt) {
    const share = (time - last.startsAt) / (last.endsAt - last.startsAt);
    return TANK_FULL - (TANK_FULL - low) * share;
  }
  const share = Math.min(1, (time - last.endsAt) / (REFILL_HOURS * HOUR_MS));
  return low + (TANK_FULL - low) * share;
}

/** Practical salinity of the canal: the dry season's intrusion, moved by the tides. */
function sourceSalinityAt(dice: Dice, seed: number, time: number): number {
  const dry = ((1 + season(time, SALTIEST)) / 2) ** 2;
  const spring = Math.cos((2 * Math.PI * time) / SPRING_NEAP_MS);
  const tide = Math.cos((2 * Math.PI * (time + HOUR_MS * 12 * dice(seed, 0, SALT.tide))) / TIDE_MS);
  const wander = drift(dice, { seed, time, salt: SALT.salt }, 8 * DAY_MS);
  return (0.12 + 3.2 * dry) * (1 + 0.25 * spring + 0.3 * tide + 0.15 * wander);
}

/** What a block's line takes at full pressure, L/min. */
export function nominalFlow(dice: Dice, seed: number): number {
  return 18 + 12 * dice(seed, 0, SALT.nominal);
}

/** One block of drip lines with its pump, tank and canal intake. */
export function dripAt(dice: Dice, seed: number, time: number): DripState {
  const nominal = nominalFlow(dice, seed);
  const last = lastIrrigation(dice, seed, time);
  const valveOpen = time < last.endsAt;
  const share = (time - last.startsAt) / (last.endsAt - last.startsAt);
  const pulse = 1 + PULSE_SHARE * Math.sin(2 * Math.PI * PULSE_WAVES * share);
  const flowRate = valveOpen ? nominal * pulse : 0;
  const soilMoisture = moistureAt(dice, seed, time, last);
  const sunset = Math.cos((2 * Math.PI * (localHour(time) - 15)) / 24);
  return {
    valveOpen,
    flowRate,
    flowTotal: meterAt(dice, seed, nominal, time),
    // Pressure at the head of the block; closed, the line keeps only what its slope holds.
    pressure: valveOpen ? 100 * pulse * pulse : 4,
    soilMoisture,
    soilTemperature:
      28 + 2.2 * sunset + 0.8 * drift(dice, { seed, time, salt: SALT.soil }, 4 * DAY_MS),
    soilConductivity: 0.5 + 0.05 * (32 - soilMoisture),
    tankLevel: tankAt(dice, seed, time, last),
    sourceSalinity: sourceSalinityAt(dice, seed, time),
    pumpCurrent: valveOpen ? 2.4 + 0.04 * nominal * pulse : 0,
  };
}
