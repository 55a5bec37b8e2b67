import { hourOfOxygen, type NoProjection, projectOxygen } from './night-oxygen.ts';

/** Hours count from local midnight of the evening's day, as in `night-oxygen.ts`. */
export const DUSK_HOUR = 18;
/** Oxygen is judged from dusk, when algae stop giving it, to the hour it is lowest. */
export const DAWN_HOUR = 29.5;
/** The reading at dusk may be so far from it. */
const DUSK_WIDTH_HOURS = 0.5;
/** Before it the fall is too short to tell, after it the night is nearly over. */
const ASK_FROM_HOUR = 20;
const ASK_UNTIL_HOUR = 27;
/** So far back the projection reads. */
export const DUSK_REACH_HOURS = ASK_UNTIL_HOUR - DUSK_HOUR + DUSK_WIDTH_HOURS;
/** Until started or stopped aerators have mixed the water, what is measured tells of the mixing. */
const SETTLE_HOURS = 0.5;
/** Who acts on the projection wants to know when this is reached: the milder limit of oxygen. */
const ASKED_LEVEL_MG_L = 4;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

interface Sample {
  /** ms. */
  time: number;
  /** mg/L. */
  value: number;
}

export interface NightSoFar {
  newest: Sample;
  /** What local clocks show at the newest sample, minutes since midnight. */
  localMinutes: number;
  /** Ascending by time. */
  samples: readonly Sample[];
  /** When an aerator last started or stopped, ms; null: not known to have done so. */
  aerationChangedAt: number | null;
}

export type DawnOxygen =
  | {
      /** At 05:30, mg/L; the straight line, on which alerts stand. */
      value: number;
      logLinear: number;
      /** Hour of the reading it starts from. */
      sinceHour: number;
      /** Level that is asked for, mg/L, and the hour it is reached; null: it is passed already. */
      level: number;
      levelHour: number | null;
    }
  | { value: null; reason: NoProjection | 'not-at-night' | 'no-dusk-sample' };

/** The sample nearest to an instant within a width, or undefined. */
function nearest(samples: readonly Sample[], time: number, widthMs: number): Sample | undefined {
  let best: Sample | undefined;
  for (const sample of samples) {
    const apart = Math.abs(sample.time - time);
    if (apart <= widthMs && apart < Math.abs((best?.time ?? Infinity) - time)) best = sample;
  }
  return best;
}

/**
 * Oxygen at dawn if the night goes on as it began: from the reading at dusk, or from when the
 * aerators last changed if that was later.
 */
export function dawnOxygen(night: NightSoFar): DawnOxygen {
  const { newest, aerationChangedAt } = night;
  const clock = night.localMinutes / 60;
  const hour = clock < ASK_FROM_HOUR ? clock + DAY_HOURS : clock;
  if (hour > ASK_UNTIL_HOUR) return { value: null, reason: 'not-at-night' };
  // By day nobody asks for them: a window of half a day is dear to copy for each report.
  const { samples } = night;
  const dusk = newest.time - (hour - DUSK_HOUR) * HOUR_MS;
  let first = nearest(samples, dusk, DUSK_WIDTH_HOURS * HOUR_MS);
  if (aerationChangedAt !== null && aerationChangedAt > (first?.time ?? dusk)) {
    const settled = aerationChangedAt + SETTLE_HOURS * HOUR_MS;
    first = samples.find(({ time }) => time >= settled);
    if (first === undefined) return { value: null, reason: 'aeration-changed' };
  }
  if (first === undefined) return { value: null, reason: 'no-dusk-sample' };
  const fall = {
    first: { hour: DUSK_HOUR + (first.time - dusk) / HOUR_MS, oxygenMgL: first.value },
    second: { hour, oxygenMgL: newest.value },
    aerationChanged: false,
  };
  const forecast = projectOxygen(fall, DAWN_HOUR);
  if (forecast.reason !== null) return { value: null, reason: forecast.reason };
  return {
    value: forecast.linear,
    logLinear: forecast.logLinear,
    sinceHour: fall.first.hour,
    level: ASKED_LEVEL_MG_L,
    levelHour: hourOfOxygen(fall, ASKED_LEVEL_MG_L).linear,
  };
}
