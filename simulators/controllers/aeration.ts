import type { PondState } from '../../src/contracts/simulator.ts';

/**
 * What an aerator does to the oxygen of a pond whose usual course is known: a difference that grows
 * while it runs when usually none does, shrinks while it stands when one usually runs, and fades.
 */
export interface Aeration {
  /** ms since 1970. */
  time: number;
  /** Against the usual course, mg/L. */
  difference: number;
}

/** Paddlewheels of an intensive pond add or, standing, fail to add about this, mg/L an hour. */
const MG_PER_HOUR = 0.9;
/** A difference to the air and to the usual course is halved in two hours. */
const FADING_HOURS = 3;
const STEP_S = 300;

/** The difference after some time with the aerator as it is. */
export function stepAeration(
  start: Aeration,
  until: number,
  world: { isRunning: boolean; usual: (time: number) => Pick<PondState, 'aerating' | 'powered'> },
): Aeration {
  let { time, difference } = start;
  while (time < until) {
    const hours = Math.min((until - time) / 1000, STEP_S) / 3600;
    const { aerating, powered } = world.usual(time);
    const push = Number(world.isRunning && powered) - Number(aerating);
    difference += (MG_PER_HOUR * push - difference / FADING_HOURS) * hours;
    time += hours * 3_600_000;
  }
  return { time, difference };
}
