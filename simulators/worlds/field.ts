import type { FieldState } from '../../src/contracts/simulator.ts';
import { moonIllumination } from '../../src/pests/moon.ts';
import { localDay, localHour, localInstant } from './calendar.ts';
import { type Dice, normal } from './chance.ts';

const SALT = { missed: 50, lamp: 51, phase: 52, jitter: 53, height: 54, species: 60 };

/** The trap is emptied at six in the morning; the lamp burned from 19:00 to 22:00. */
const EMPTIED = 6;
const LAMP_HOURS = 3;
/** Nights without power or without a picture. */
const MISSED_SHARE = 0.04;

/** Migrants arrive once a month and five to six days earlier each month: Huỳnh et al. 2012. */
const IMMIGRATION_DAYS = 30.4 - 5.5;
const PEAK_WIDTH_DAYS = 1.6;
/** Share of a catch that full moonlight takes away; the size is a guess, only the sign is known. */
const MOON_LOSS = 0.5;

interface Species {
  code: string;
  /** Usual catch of one night. */
  usual: number;
  /** Height of an immigration peak as a multiple of the usual catch; 0 for a resident. */
  peak: number;
  /** Spread of the logarithm from night to night. */
  spread: number;
}

/** By EPPO code. Proportions of a rice field's light trap; no survey gives them. */
const SPECIES: readonly Species[] = [
  { code: 'NILALU', usual: 12, peak: 28, spread: 0.35 },
  { code: 'SOGAFU', usual: 8, peak: 10, spread: 0.4 },
  { code: 'CNAPME', usual: 4, peak: 4, spread: 0.45 },
  { code: 'SCIRIN', usual: 3, peak: 3, spread: 0.5 },
  { code: 'CHILSU', usual: 1, peak: 2, spread: 0.6 },
  { code: 'LAPHFR', usual: 0.5, peak: 0, spread: 0.8 },
  { code: 'PLUTMA', usual: 0.8, peak: 0, spread: 0.8 },
  { code: 'DACUDO', usual: 1.5, peak: 0, spread: 0.7 },
  { code: 'LAPHEG', usual: 1.2, peak: 2, spread: 0.7 },
  { code: 'other', usual: 45, peak: 0, spread: 0.3 },
];

/** How much an immigration adds to a night, in usual catches. */
function immigration(dice: Dice, seed: number, night: number, species: Species): number {
  if (species.peak === 0) return 0;
  const phase = IMMIGRATION_DAYS * dice(seed, 0, SALT.phase);
  const nearest = Math.round((night - phase) / IMMIGRATION_DAYS);
  let sum = 0;
  for (let wave = nearest - 1; wave <= nearest + 1; wave++) {
    const centre = phase + wave * IMMIGRATION_DAYS + 2 * (dice(seed, wave, SALT.jitter) - 0.5);
    const height = species.peak * (0.5 + dice(seed, wave, SALT.height));
    sum += height * Math.exp(-(((night - centre) / PEAK_WIDTH_DAYS) ** 2) / 2);
  }
  return sum;
}

/** The last night whose catch was collected at or before `time`. */
export function fieldAt(dice: Dice, seed: number, time: number): FieldState {
  const night = localHour(time) >= EMPTIED ? localDay(time) : localDay(time) - 1;
  if (dice(seed, night, SALT.missed) < MISSED_SHARE) return { catches: {}, lampHours: 0 };
  const dark = 1 - MOON_LOSS * moonIllumination(localInstant(night, -3.5));
  const catches: Record<string, number> = {};
  for (const [index, species] of SPECIES.entries()) {
    const noise = normal(dice, { seed, time: night, salt: SALT.species + index });
    const expected = species.usual * (1 + immigration(dice, seed, night, species)) * dark;
    catches[species.code] = Math.round(expected * Math.exp(species.spread * noise));
  }
  return { catches, lampHours: LAMP_HOURS - 0.2 * dice(seed, night, SALT.lamp) };
}
