import type { World } from '../../src/contracts/simulator.ts';
import { diceOf } from './chance.ts';
import { dripAt } from './drip.ts';
import { fieldAt } from './field.ts';
import { type OxygenCrash, pondAt } from './pond.ts';
import { skyAt } from './sky.ts';

export type { OxygenCrash } from './pond.ts';

/** What happens on purpose in a world, on top of its seed's own days and nights. */
export interface WorldScenario {
  crash?: OxygenCrash;
}

/** A make-believe delta. Everything in it is a pure function of the seed, the scenario and time. */
export function createWorld(seed: number, scenario: WorldScenario = {}): World {
  const dice = diceOf(seed);
  return {
    sky: (time) => skyAt(dice, time),
    pond: (pond, time) => pondAt(dice, pond, time, scenario.crash),
    field: (field, time) => fieldAt(dice, field, time),
    drip: (block, time) => dripAt(dice, block, time),
    chance: dice,
  };
}

/** How long before the start of a demonstration the oxygen has passed 3 mg/L. */
const CRASH_LEAD_MS = 280_000;

/**
 * A night of falling oxygen, told from `startAt` on. The critical oxygen rule asks for 300 seconds
 * below 3 mg/L, so the pond passes 3 mg/L 280 seconds before: devices that report every few
 * seconds around `startAt` (`FleetOptions.denseSeconds` of 600 or more) make the alert open 20 to
 * 40 seconds after it, with an onset that is minutes old and samples that show the fall. The oxygen
 * stays between 2.1 and 3 mg/L for three hours and then recovers.
 */
export function fallingOxygen(pond: number, startAt: number): WorldScenario {
  return { crash: { pond, at: startAt - CRASH_LEAD_MS } };
}
