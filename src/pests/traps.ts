/** A service of traps: what was found in those that could be read. */
export interface TrapService {
  flies: number;
  /** Traps serviced; one that is missing or sent no picture is not a trap with no flies. */
  traps: number;
  /** Mean days of exposure. */
  days: number;
}

function requireCount(what: string, count: number): void {
  if (!(count >= 0) || !Number.isFinite(count)) {
    throw new RangeError(`${what} is 0 or more, not ${count}`);
  }
}

/**
 * Flies per trap per day (FTD, unit `1/d`): F / (T · D), IAEA trapping guidelines 2013. Null when
 * no trap was serviced or none was out for any time. Throws RangeError for a negative count.
 */
export function fliesPerTrapPerDay({ flies, traps, days }: TrapService): number | null {
  requireCount('a catch', flies);
  requireCount('a number of traps', traps);
  requireCount('an exposure', days);
  return traps === 0 || days === 0 ? null : flies / (traps * days);
}

/** One trap at a service; `flies` is null when it was missing or could not be read. */
export interface TrapReading {
  flies: number | null;
  days: number;
}

/** FTD over single traps: those without a reading are left out of both numbers. */
export function fliesPerTrapPerDayOf(readings: readonly TrapReading[]): number | null {
  let flies = 0;
  let days = 0;
  let traps = 0;
  for (const reading of readings) {
    if (reading.flies === null) continue;
    flies += reading.flies;
    days += reading.days;
    traps++;
  }
  return traps === 0 ? null : fliesPerTrapPerDay({ flies, traps, days: days / traps });
}

/** Light traps of the delta's network burn from 19:00 to 22:00 (An Giang). */
export const STANDARD_NIGHT_HOURS = 3;
/** A night under this share of the standard hours is partly observed: our rule. */
export const OBSERVED_SHARE_MIN = 0.75;
/** Under this share scaling would multiply chance by more than three, so no number is given. */
export const SCALED_SHARE_MIN = 1 / 3;

export type NightLabel = 'observed' | 'partly' | 'not-observed';

export interface TrapNight {
  label: NightLabel;
  /** Catch of a standard night; null when it cannot be told, never 0 for a night without a lamp. */
  standardCatch: number | null;
  /** Share of the standard hours the lamp burned. */
  share: number;
}

/**
 * A night's catch as that of a standard night. Null for the catch or the hours means that nothing
 * was received: such a night, and one with the lamp out, is not observed. Throws RangeError for a
 * negative number.
 */
export function standardTrapNight(
  night: { insects: number | null; lampHours: number | null },
  standardHours: number = STANDARD_NIGHT_HOURS,
): TrapNight {
  const { insects, lampHours } = night;
  if (insects !== null) requireCount('a catch', insects);
  if (lampHours !== null) requireCount('lamp hours', lampHours);
  if (!(standardHours > 0)) throw new RangeError(`a night has hours, not ${standardHours}`);
  const share = (lampHours ?? 0) / standardHours;
  if (insects === null || share === 0) return { label: 'not-observed', standardCatch: null, share };
  return {
    label: share < OBSERVED_SHARE_MIN ? 'partly' : 'observed',
    standardCatch: share < SCALED_SHARE_MIN ? null : insects / share,
    share,
  };
}
