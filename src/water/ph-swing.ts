/** A pH that passed its quality checks, at a minute of one local day (0 to 1439.99). */
export interface PhSample {
  minuteOfDay: number;
  ph: number;
}

/** The lowest pH of a day comes at the end of the night, the highest in the afternoon. */
const DAWN: readonly [number, number] = [4.5 * 60, 7.5 * 60];
const AFTERNOON: readonly [number, number] = [13 * 60, 17 * 60];
const GAP_MAX_MINUTES = 3 * 60;
const DAY_MINUTES = 1440;

export type PhSwing =
  | { value: number; reason: null }
  | { value: null; reason: 'no-dawn-sample' | 'no-afternoon-sample' | 'gap' };

/**
 * Highest minus lowest pH over one local day. Null, never 0, when the samples cannot have seen
 * both: one must lie in 04:30 to 07:30 and one in 13:00 to 17:00, and no two neighbours more than
 * three hours apart. How a day begins and ends counts for nothing: neither extreme lies there. The
 * rule is ours; the swing comes of algae that take carbon dioxide by day and give it by night.
 */
export function dailyPhSwing(samples: readonly PhSample[]): PhSwing {
  const known = samples.filter(({ ph }) => Number.isFinite(ph));
  const strayed = known.find(({ minuteOfDay: m }) => !(m >= 0 && m < DAY_MINUTES));
  if (strayed !== undefined) {
    throw new RangeError(`a minute of the day is 0 to 1439, not ${strayed.minuteOfDay}`);
  }
  const covers = ([from, to]: readonly [number, number]): boolean =>
    known.some(({ minuteOfDay }) => minuteOfDay >= from && minuteOfDay <= to);
  if (!covers(DAWN)) return { value: null, reason: 'no-dawn-sample' };
  if (!covers(AFTERNOON)) return { value: null, reason: 'no-afternoon-sample' };
  const minutes = known.map(({ minuteOfDay }) => minuteOfDay).sort((a, b) => a - b);
  const hasGap = minutes.some(
    (minute, at) => minute - (minutes[at - 1] ?? minute) > GAP_MAX_MINUTES,
  );
  if (hasGap) return { value: null, reason: 'gap' };
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const { ph } of known) {
    lowest = Math.min(lowest, ph);
    highest = Math.max(highest, ph);
  }
  return { value: highest - lowest, reason: null };
}

/** One local day of pH by its ends: minutes of the day, and its longest time without a sample. */
export interface PhDay {
  firstMinute: number;
  lastMinute: number;
  longestGapMinutes: number;
  lowest: number;
  highest: number;
}

/**
 * `dailyPhSwing` of a day of which only this is kept. The same values: where no gap passes three
 * hours, a day that begins before the end of a stretch and ends after its start has a sample in it.
 */
export function phSwingOfDay(day: PhDay): PhSwing {
  const reaches = ([from, to]: readonly [number, number]): boolean =>
    day.firstMinute <= to && day.lastMinute >= from;
  if (!reaches(DAWN)) return { value: null, reason: 'no-dawn-sample' };
  if (!reaches(AFTERNOON)) return { value: null, reason: 'no-afternoon-sample' };
  if (day.longestGapMinutes > GAP_MAX_MINUTES) return { value: null, reason: 'gap' };
  return { value: day.highest - day.lowest, reason: null };
}
