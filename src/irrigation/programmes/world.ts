import type { LocalClock } from '../../base/local-clock.ts';
import type { ActuatorRole } from '../../contracts/actuator.ts';
import type { Plot } from '../../contracts/irrigation.ts';

/** Everything a plan depends on, read beforehand: planning itself is arithmetic. */
export interface World {
  now: number;
  clock: LocalClock;
  /** Actuators by device: those that can be zones, and what feeds them. */
  valves: ReadonlyMap<string, Valve>;
  plots: ReadonlyMap<string, Plot>;
  /** By site and local day; a day nobody spoke of is absent. */
  sky: ReadonlyMap<string, ReadonlyMap<string, SkyDay>>;
  /** What a day asks of a site; null: it cannot be said. Absent: nobody asked. */
  needs: ReadonlyMap<string, ReadonlyMap<string, Need | null>>;
  /** Measured rain of a site over the 24 h up to `now`; absent: not known. */
  rain: ReadonlyMap<string, readonly RainPiece[]>;
  /** Newest soil moisture of a site, %; absent: not known. */
  moisture: ReadonlyMap<string, { at: number; percent: number }>;
  /** What is on, ordered or planned by others. */
  busy: readonly Busy[];
}

/** Why nothing starts where somebody pressed the emergency stop. */
export const STOPPED = 'ACTUATOR_STOPPED';

/** An actuator as far as plans go. */
export interface Valve {
  device: string;
  role: ActuatorRole;
  coop: string;
  site: string | null;
  /** Why it takes no start at all; null when it may. */
  unusable: string | null;
  /** Code of the fault that stands; null without one. */
  fault: string | null;
  maxSeconds: number;
  /** From its end to its next start: minimum off time, and its witness must have shown the end. */
  restSeconds: number;
  /** L/min while on: declared, else by its good runs; null: not known. */
  flow: number | null;
  /** A measuring device that is not its own: two that share one cannot both be proved. */
  meter: string | null;
  /** What feeds it, the nearest first. */
  supplies: readonly string[];
  /** It feeds others: what flows is counted where it comes out. */
  feeds: boolean;
  /** As a supply: it must not push against closed valves. */
  needsOpen: boolean;
  /** As a supply: how many of those it feeds may be on at once. */
  mostOpen: number | null;
  /** Of a day, with what was used on `day` so far. */
  daily: { seconds: number | null; litres: number | null };
  used: { day: string; seconds: number; litres: number };
}

export interface SkyDay {
  /** mm. */
  et0: number | null;
  rain: number | null;
  /** Percent. */
  rainProbability: number | null;
}

export interface Need {
  netMm: number;
  grossMm: number;
  seconds: number;
}

/** mm that fell in `[from, to)`. */
export interface RainPiece {
  from: number;
  to: number;
  mm: number;
}

/** A time in which an actuator is on, or may be. */
export interface Busy {
  device: string;
  from: number;
  to: number;
  /** `programme:<id>`, or whoever else holds it. */
  owner: string;
}

/**
 * Whose run a supply is while programmes need it: of all of them together, so that none stops it
 * under another and a next one extends what the one before began.
 */
export const SUPPLY_OWNER = 'programmes';

export function ownerOf(programme: string): string {
  return `programme:${programme}`;
}

/** Whether an owner is a programme, whichever. */
export function isOfProgramme(owner: string): boolean {
  return owner.startsWith(ownerOf(''));
}
