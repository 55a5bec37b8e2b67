/**
 * A forecast from a site's own past, for when no service answers, and how good any forecast was.
 * The forecast is the seasonal mean with the damped persistence of what the last days were above
 * or below it: what a climate knows of the next two weeks without a model of the air.
 */
import { requireInside } from './valid-range.ts';

/** One day's value; days count from 1970-01-01 of the local calendar. */
export interface DailyValue {
  day: number;
  value: number;
}

export interface OutlookDay {
  day: number;
  value: number;
  /** Standard error. */
  deviation: number;
  /** Four of five days should lie between these two. */
  lower: number;
  upper: number;
}

export type LocalOutlook =
  | { days: readonly OutlookDay[]; persistence: number; reason: null }
  | { days: null; persistence: null; reason: 'too-short' | 'too-old' };

export interface OutlookWish {
  /** The first day asked for. */
  fromDay: number;
  /** 1 to 14. */
  days: number;
  /** No value lies below: 0 for rain and evapotranspiration. */
  floor?: number;
}

/** Two weeks tell a level, if no season. Ours, as are all numbers here. */
export const HISTORY_DAYS_MIN = 14;
/** Ten years, looked through some 150 times for one outlook; more tell of a climate that was. */
export const HISTORY_DAYS_MAX = 3653;
/** Persistence from a value older than this is nothing. */
const LAST_DAY_AGE_MAX = 30;
const YEAR_DAYS = 365.2425;
/** A season's window, half of it: doubled until it holds enough days. */
const WINDOW_DAYS = 15;
const WINDOW_VALUES_MIN = 10;
/** A weather that would never end is not believed in. */
const PERSISTENCE_MAX = 0.9;
/** 10 % of a normal scatter lie beyond on either side. */
const NORMAL_90 = 1.2816;
const OUTLOOK_DAYS_MAX = 14;

/** Days between two dates of the year, whichever way round is shorter. */
function seasonDistance(a: number, b: number): number {
  const apart = Math.abs(a - b) % YEAR_DAYS;
  return Math.min(apart, YEAR_DAYS - apart);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean and scatter of a season's days. */
function seasonAt(
  history: readonly DailyValue[],
  day: number,
): { mean: number; deviation: number } {
  let values: number[] = [];
  for (let window = WINDOW_DAYS; ; window *= 2) {
    values = history
      .filter((one) => seasonDistance(one.day, day) <= window)
      .map(({ value }) => value);
    if (values.length >= WINDOW_VALUES_MIN || window > YEAR_DAYS) break;
  }
  const level = mean(values);
  const squares = values.map((value) => (value - level) ** 2);
  return { mean: level, deviation: Math.sqrt(mean(squares)) };
}

/** Correlation of a day's departure with the day before, 0 to `PERSISTENCE_MAX`. */
function persistenceOf(departures: ReadonlyMap<number, number>): number {
  let product = 0;
  let first = 0;
  let second = 0;
  for (const [day, departure] of departures) {
    const before = departures.get(day - 1);
    if (before === undefined) continue;
    product += departure * before;
    first += before ** 2;
    second += departure ** 2;
  }
  const scale = Math.sqrt(first * second);
  return scale === 0 ? 0 : Math.max(0, Math.min(PERSISTENCE_MAX, product / scale));
}

/** Days whose persistence is learned from: a season and a bit, so that the sum stays small. */
const LEARNING_DAYS = 120;

/**
 * The next days from the past of a site, with their spread. Values that are not numbers are left
 * out; of two for a day the later holds. Null with the reason when the past says too little.
 */
export function localOutlook(history: readonly DailyValue[], wish: OutlookWish): LocalOutlook {
  const { fromDay, days, floor = -Infinity } = wish;
  requireInside({ fromDay: [0, 1e6], days: [1, OUTLOOK_DAYS_MAX] }, { fromDay, days });
  if (!Number.isInteger(fromDay)) throw new RangeError(`a day is a whole number, not ${fromDay}`);
  if (Number.isNaN(floor)) throw new RangeError('a floor is a number');
  const usable = history.filter(
    ({ day, value }) => Number.isInteger(day) && Number.isFinite(value) && day < fromDay,
  );
  const byDay = new Map(usable.map(({ day, value }) => [day, value]));
  const past = [...byDay]
    .map(([day, value]) => ({ day, value }))
    .sort((a, b) => a.day - b.day)
    .slice(-HISTORY_DAYS_MAX);
  const refused = { days: null, persistence: null } as const;
  const last = past.at(-1);
  if (last === undefined || past.length < HISTORY_DAYS_MIN)
    return { ...refused, reason: 'too-short' };
  const age = fromDay - last.day;
  if (age > LAST_DAY_AGE_MAX) return { ...refused, reason: 'too-old' };
  const departures = new Map(
    past
      .slice(-LEARNING_DAYS)
      .map(({ day, value }) => [day, value - seasonAt(past, day).mean] as const),
  );
  const persistence = persistenceOf(departures);
  const departure = departures.get(last.day) ?? 0;
  const outlook = Array.from({ length: Math.floor(days) }, (_, index): OutlookDay => {
    const day = fromDay + index;
    const season = seasonAt(past, day);
    const kept = persistence ** (age + index);
    const deviation = season.deviation * Math.sqrt(1 - kept ** 2);
    const value = season.mean + kept * departure;
    const cut = (amount: number): number => Math.max(floor, amount);
    return {
      day,
      value: cut(value),
      deviation,
      lower: cut(value - NORMAL_90 * deviation),
      upper: cut(value + NORMAL_90 * deviation),
    };
  });
  return { days: outlook, persistence, reason: null };
}

/** What was foretold for a day, and what came. */
export interface ForecastPair {
  forecast: number;
  actual: number;
}

export interface ForecastErrors {
  count: number;
  /** Mean of forecast less actual: above 0 it promises too much. */
  bias: number;
  /** Mean absolute error. */
  mae: number;
  /** Root of the mean square, which a few gross errors raise above the other. */
  rmse: number;
}

/** Errors of a forecast; pairs with a value that is not a number do not count. Null for none. */
export function forecastErrors(pairs: readonly ForecastPair[]): ForecastErrors | null {
  const errors = pairs
    .map(({ forecast, actual }) => forecast - actual)
    .filter((error) => Number.isFinite(error));
  if (errors.length === 0) return null;
  return {
    count: errors.length,
    bias: mean(errors),
    mae: mean(errors.map(Math.abs)),
    rmse: Math.sqrt(mean(errors.map((error) => error ** 2))),
  };
}

/** Share by which a forecast's mean error is below a reference's; below 0 it is the worse one. */
export function forecastSkill(
  forecast: ForecastErrors | null,
  reference: ForecastErrors | null,
): number | null {
  if (forecast === null || reference === null || !(reference.mae > 0)) return null;
  return 1 - forecast.mae / reference.mae;
}

export interface RainScore {
  /** Days of rain that were foretold, that were not, and those foretold in vain. */
  hits: number;
  misses: number;
  falseAlarms: number;
}

/** How often a forecast of rain was right about a day of `wetMm` or more. */
export function rainScore(pairs: readonly ForecastPair[], wetMm: number): RainScore {
  requireInside({ wetMm: [0.1, 500] }, { wetMm });
  const score: RainScore = { hits: 0, misses: 0, falseAlarms: 0 };
  for (const { forecast, actual } of pairs) {
    if (!Number.isFinite(forecast) || !Number.isFinite(actual)) continue;
    if (actual >= wetMm) score[forecast >= wetMm ? 'hits' : 'misses']++;
    else if (forecast >= wetMm) score.falseAlarms++;
  }
  return score;
}

/** What a day's forecast can be at most; beyond, a service is absurd and not to be heard. Ours. */
export const FORECAST_RANGES = {
  rainMm: [0, 1000],
  et0Mm: [0, 15],
  temperatureC: [-10, 55],
} as const;
