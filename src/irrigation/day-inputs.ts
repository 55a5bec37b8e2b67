import { dayName } from '../base/local-clock.ts';
import type { Forecast, WeatherDay } from '../contracts/forecast.ts';
import type { Plot } from '../contracts/irrigation.ts';
import { netDepthOfLitres } from '../water/drip.ts';
import type { DayInput } from './chain.ts';
import { dripLosses, nominalLitresPerHour } from './drip-lines.ts';
import type { DaySpan, Measurements, RainDay } from './measurements.ts';
import type { Place } from './place.ts';
import { type ForecastDay, referenceDay } from './reference-day.ts';
import type { WaterMeter } from './water-meter.ts';

/** Rain of a day, and what is to be said of it. */
interface RainTold {
  rain: number;
  notes: string[];
}

/**
 * Rain as the gauge says when it spoke nearly all day. Where it did not, the forecast's word when it
 * is more; nothing is told as nothing, and noted.
 */
export function rainOf(measured: RainDay | undefined, foretold: number | null): RainTold {
  if (measured?.isWhole === true) return { rain: measured.rain, notes: [] };
  const part = measured?.rain ?? 0;
  if (foretold !== null) return { rain: Math.max(part, foretold), notes: ['rain-from-forecast'] };
  return { rain: part, notes: [measured === undefined ? 'rain-unknown' : 'rain-in-part'] };
}

/** Of several forecasts of a day the newest word; that of a stand-in only where it is alone. */
export function newestWord(forecasts: readonly Forecast[]): Map<string, ForecastDay> {
  const words = new Map<string, ForecastDay>();
  const isStandIn = ({ fellBack }: Forecast): boolean => fellBack !== null;
  const ranked = [...forecasts].sort((left, right) => +isStandIn(right) - +isStandIn(left));
  for (const { provider, days } of ranked) {
    for (const weather of days) words.set(weather.day, { provider, weather });
  }
  return words;
}

export interface DayInputsOptions {
  measurements: Measurements;
  meter: WaterMeter;
}

/** Of a day that is not over. */
export interface SoFar {
  /** mm; null: no gauge spoke. */
  rain: number | null;
  irrigation: number;
}

/** What came to a zone by day: weather, rain, water and what its probe says. */
export class DayInputs {
  readonly #options: DayInputsOptions;

  constructor(options: DayInputsOptions) {
    this.#options = options;
  }

  /** Days of a span, which are over, and the day after it so far. `forecasts`: oldest first. */
  async past(
    plot: Plot,
    place: Place | null,
    { span, forecasts }: { span: DaySpan; forecasts: readonly Forecast[] },
  ): Promise<{ days: DayInput[]; soFar: SoFar }> {
    const { measurements, meter } = this.#options;
    const { weather, rain, soilMoisture } = plot.sensors;
    const withToday = { from: span.from, to: span.to + 1 };
    const [stations, gauges, probes, water] = await Promise.all([
      weather === null ? undefined : measurements.weather(weather, withToday),
      rain === null ? undefined : measurements.rain(rain, withToday),
      soilMoisture === null ? undefined : measurements.moisture(soilMoisture, withToday),
      meter.of(plot.site, withToday, { nominalLitresPerHour: nominalLitresPerHour(plot) }),
    ]);
    const losses = dripLosses(plot);
    const irrigationOn = (day: number): number =>
      netDepthOfLitres(water.days.get(day)?.litres ?? 0, plot.areaM2, losses);
    const words = newestWord(forecasts);
    const days: DayInput[] = [];
    for (let day = span.from; day < span.to; day++) {
      const forecast = words.get(dayName(day));
      const reference = referenceDay(day, place, { station: stations?.get(day), forecast });
      const told = rainOf(gauges?.get(day), forecast?.weather.rain ?? null);
      const notes = [...reference.notes, ...told.notes, ...(water.days.get(day)?.notes ?? [])];
      if (!water.isMeasured) notes.push('irrigation-unknown');
      days.push({
        ...{ day, et0: reference.et0, method: reference.method, rain: told.rain, notes },
        irrigation: irrigationOn(day),
        waterContent: probes?.get(day) ?? null,
        isForecast: false,
      });
    }
    const soFar = { rain: gauges?.get(span.to)?.rain ?? null, irrigation: irrigationOn(span.to) };
    return { days, soFar };
  }
}

/** ET0 of days to come where the forecast has none: the mean of the last week's known days. */
export const RECENT_MEAN = 'recent-mean';
const RECENT_DAYS = 7;
const RECENT_DAYS_MIN = 3;

export function recentMean(past: ReadonlyArray<{ et0: number | null }>): number | null {
  const known = past.slice(-RECENT_DAYS).flatMap(({ et0 }) => (et0 === null ? [] : [et0]));
  if (known.length < RECENT_DAYS_MIN) return null;
  return known.reduce((sum, et0) => sum + et0, 0) / known.length;
}

/**
 * Days to come as foretold; they end where nothing can be said of their ET0. Rain counts when it is
 * likely.
 */
export function daysToCome(
  place: Place | null,
  {
    span,
    forecast,
    fallback,
  }: { span: DaySpan; forecast: Forecast | undefined; fallback: number | null },
): DayInput[] {
  const words = newestWord(forecast === undefined ? [] : [forecast]);
  const inputs: DayInput[] = [];
  for (let day = span.from; day < span.to; day++) {
    const word = words.get(dayName(day));
    const reference = referenceDay(day, place, { station: undefined, forecast: word });
    const et0 = reference.et0 ?? fallback;
    if (et0 === null) break;
    const method = reference.et0 === null ? RECENT_MEAN : reference.method;
    inputs.push({
      ...{ day, et0, method, notes: [], isForecast: true, waterContent: null },
      ...{ rain: likelyRain(word?.weather), irrigation: 0 },
    });
  }
  return inputs;
}

/** Rain with less of a chance is not left room for, %. */
export const LIKELY_PERCENT = 60;

export function likelyRain(day: WeatherDay | undefined): number {
  const isLikely = (day?.rainProbability ?? 0) >= LIKELY_PERCENT;
  return isLikely ? (day?.rain ?? 0) : 0;
}
