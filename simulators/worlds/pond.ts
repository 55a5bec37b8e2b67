import type { PondState } from '../../src/contracts/simulator.ts';
import { oxygenSaturation } from '../../src/water/oxygen.ts';
import { conductivityFromSalinity } from '../../src/water/salinity.ts';
import { DAY_MS, localDay, localHour, MINUTE_MS, season, smoothStep } from './calendar.ts';
import { type Dice, drift, normal } from './chance.ts';
import { clearness } from './sky.ts';

const SALT = {
  care: 20,
  bloom: 21,
  brine: 22,
  warmth: 23,
  acid: 24,
  buffer: 25,
  depth: 26,
  refill: 27,
  dusk: 28,
  dawn: 29,
  crash: 30,
  crashDepth: 31,
  wander: 32,
  saltWander: 33,
  redox: 34,
  ammonia: 35,
  nitrite: 36,
  alkalinity: 37,
  secchi: 38,
  acidWander: 39,
};

/** Local hours: oxygen is lowest at first light and highest before the sun goes down. */
const DAWN = 5.5;
const DUSK = 16;
const NIGHT_HOURS = 24 - DUSK + DAWN;
/**
 * How fast the night's decline flattens: nearly a straight line, as Boyd, Romaire & Johnston 1978 saw
 * it, so that the evening of a night of crash foretells it and that of a usual night does not.
 */
const DECLINE = 0.3;
const AERATORS_ON = 21;
/** On a night of crash the power fails at one in the morning. */
const POWER_FAILS = 1;

const HOTTEST = 120;

/** A pond whose aerators fail now: its oxygen falls through 3 mg/L at `at` and stays low. */
export interface OxygenCrash {
  /** The pond's seed. */
  pond: number;
  /** ms since 1970. */
  at: number;
}

/** What does not change in one pond. */
interface Pond {
  /** How well it is kept, 0 to 1: weak ponds go lower at dawn and crash more often. */
  care: number;
  /** How dense its algae are, 0 to 1: more oxygen by day. */
  bloom: number;
  brine: number;
  warmth: number;
  acid: number;
}

function pondOf(dice: Dice, seed: number): Pond {
  return {
    care: dice(seed, 0, SALT.care),
    bloom: dice(seed, 0, SALT.bloom),
    brine: 9 + 12 * dice(seed, 0, SALT.brine),
    warmth: dice(seed, 0, SALT.warmth) - 0.5,
    acid: 0.24 * (dice(seed, 0, SALT.acid) - 0.5),
  };
}

/** Nights of crash: one in a hundred for the best pond, one in twelve for the worst. */
function crashes(dice: Dice, seed: number, day: number): boolean {
  const care = dice(seed, 0, SALT.care);
  return dice(seed, day, SALT.crash) < 0.01 + 0.07 * (1 - care);
}

/** Percent of saturation at the end of a day's photosynthesis: 8 to 12 mg/L. */
function duskPercent(dice: Dice, seed: number, day: number): number {
  const { bloom } = pondOf(dice, seed);
  const sun = clearness(dice, day);
  return 100 + sun * (22 + 38 * bloom) + 5 * normal(dice, { seed, time: day, salt: SALT.dusk });
}

/** Percent of saturation at first light: 3 to 5 mg/L, or 1.4 to 2.6 after a night of crash. */
function dawnPercent(dice: Dice, seed: number, day: number): number {
  if (crashes(dice, seed, day)) return 19 + 16 * dice(seed, day, SALT.crashDepth);
  const usual = 51 + 16 * dice(seed, 0, SALT.care);
  return Math.max(43, usual + 2.5 * normal(dice, { seed, time: day, salt: SALT.dawn }));
}

function oxygenPercentAt(dice: Dice, seed: number, time: number): number {
  const day = localDay(time);
  const hour = localHour(time);
  if (hour >= DAWN && hour < DUSK) {
    const from = dawnPercent(dice, seed, day);
    const share = (hour - DAWN) / (DUSK - DAWN);
    return from + (duskPercent(dice, seed, day) - from) * ((1 - Math.cos(Math.PI * share)) / 2);
  }
  const evening = hour >= DUSK ? day : day - 1;
  const share = (hour >= DUSK ? hour - DUSK : hour + 24 - DUSK) / NIGHT_HOURS;
  const from = duskPercent(dice, seed, evening);
  const to = dawnPercent(dice, seed, evening + 1);
  const left = (Math.exp(-DECLINE * share) - Math.exp(-DECLINE)) / (1 - Math.exp(-DECLINE));
  return to + (from - to) * left;
}

/** mg/L a minute on the way down, steep enough that the sensor's noise cannot hide the crossing. */
const FALL_RATE = 0.08;
/** How far below 3 mg/L it ends, how fast it gets there, and how long it stays. */
const FALL_DEPTH = 0.9;
const FALL_MINUTES = 8;
const LOW_MINUTES = 180;

/** The pond's usual oxygen, bent so that it passes 3 mg/L downwards exactly at the crash. */
function crashedOxygen(usual: number, crash: OxygenCrash, time: number): number {
  const minutes = (time - crash.at) / MINUTE_MS;
  const weight =
    smoothStep(minutes, -60, -20) * (1 - smoothStep(minutes, LOW_MINUTES, LOW_MINUTES + 60));
  const path =
    minutes < 0
      ? 3 - FALL_RATE * minutes
      : 3 - FALL_DEPTH * (1 - Math.exp(-minutes / FALL_MINUTES));
  return usual + (path - usual) * weight;
}

function isPowered(dice: Dice, seed: number, time: number): boolean {
  const hour = localHour(time);
  if (hour < POWER_FAILS || hour >= DAWN + 1) return true;
  return !crashes(dice, seed, localDay(time));
}

/** By the usual timer, as long as there is power. */
function isAerating(dice: Dice, seed: number, time: number): boolean {
  const hour = localHour(time);
  return (hour >= AERATORS_ON || hour < DAWN + 1) && isPowered(dice, seed, time);
}

/** Water lost by evaporation, filled up again once a week. */
function levelAt(dice: Dice, seed: number, time: number): number {
  const full = 120 + 35 * dice(seed, 0, SALT.depth);
  const days = time / DAY_MS + 7 * dice(seed, 0, SALT.refill);
  return full - 0.6 * (days % 7);
}

/** One intensive pond of whiteleg shrimp in brackish water. */
export function pondAt(dice: Dice, seed: number, time: number, crash?: OxygenCrash): PondState {
  const pond = pondOf(dice, seed);
  const wander = (salt: number, days: number): number =>
    drift(dice, { seed, time, salt }, days * DAY_MS);
  const temperature =
    29.2 +
    0.9 * season(time, HOTTEST) +
    0.7 * wander(SALT.wander, 4) +
    0.8 * pond.warmth +
    1.4 * Math.cos((2 * Math.PI * (localHour(time) - DUSK)) / 24);
  const salinity = pond.brine + 1.2 * wander(SALT.saltWander, 10);
  const saturation = oxygenSaturation({ temperatureC: temperature, salinity });

  const crashing = crash !== undefined && crash.pond === seed;
  const usual = (oxygenPercentAt(dice, seed, time) / 100) * saturation;
  const dissolvedOxygen = crashing ? crashedOxygen(usual, crash, time) : usual;
  const percent = (100 * dissolvedOxygen) / saturation;
  const failed = crashing && time >= crash.at && time < crash.at + LOW_MINUTES * MINUTE_MS;
  return {
    dissolvedOxygen,
    temperature,
    // Algae take up carbon dioxide as they give off oxygen, so pH rises and falls with it.
    ph: 7.74 + 0.0055 * (percent - 55) + pond.acid + 0.05 * wander(SALT.acidWander, 3),
    salinity,
    conductivity: conductivityFromSalinity(salinity, temperature),
    orp: 190 + 0.9 * (percent - 60) + 25 * wander(SALT.redox, 2),
    ammoniaNitrogen: 0.34 + 0.22 * (1 - pond.care) + 0.2 * wander(SALT.ammonia, 6),
    nitriteNitrogen: 0.14 + 0.11 * wander(SALT.nitrite, 6),
    alkalinity: 108 + 40 * dice(seed, 0, SALT.buffer) + 12 * wander(SALT.alkalinity, 12),
    transparency: 43 - 9 * pond.bloom + 5 * wander(SALT.secchi, 5),
    waterLevel: levelAt(dice, seed, time),
    aerating: !failed && isAerating(dice, seed, time),
    motorLoad: 1,
    powered: isPowered(dice, seed, time),
  };
}
