import { dayName, dayNumber } from '../base/local-clock.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { WeatherDay } from '../contracts/forecast.ts';
import type { Plot } from '../contracts/irrigation.ts';
import type { Registry } from '../contracts/registry.ts';
import type { State } from '../contracts/state.ts';
import { emptyDay } from './forecast-faults.ts';
import { type DaySpan, type Measurements, type ReadMetric, readMetric } from './measurements.ts';
import { placeOf } from './place.ts';
import { MISSING, referenceDay } from './reference-day.ts';

export interface ObservedOptions {
  state: Pick<State, 'plots' | 'sites'>;
  registry: Registry;
  kinds: KindRegistry;
  measurements: Measurements;
}

/** What came at a site, by its own sensors: what forecasts are judged by. */
export class Observed {
  readonly #options: ObservedOptions;

  constructor(options: ObservedOptions) {
    this.#options = options;
  }

  /** Days with something measured, oldest first. A gauge that was silent for hours says nothing. */
  async measured(site: string, span: DaySpan): Promise<WeatherDay[]> {
    const { state, measurements } = this.#options;
    const plot = await state.plots.get(site);
    const place = placeOf(plot, await state.sites.get(site));
    const { weather, rain } = this.#sensors(site, plot);
    const [stations, gauges] = await Promise.all([
      weather === null ? undefined : measurements.weather(weather, span),
      rain === null ? undefined : measurements.rain(rain, span),
    ]);
    const days: WeatherDay[] = [];
    for (let day = span.from; day < span.to; day++) {
      const station = stations?.get(day);
      const gauge = gauges?.get(day);
      const { et0 } = referenceDay(day, place, { station, forecast: undefined });
      const fell = gauge?.isWhole === true ? gauge.rain : null;
      if (et0 === null && fell === null) continue;
      days.push({ ...emptyDay(dayName(day)), ...station, rain: fell, et0 });
    }
    return days;
  }

  /**
   * What is known of a site's past for a forecast of its own: what was measured, and where nothing
   * was, what its balance went by.
   */
  async past(site: string, span: DaySpan): Promise<WeatherDay[]> {
    const { state } = this.#options;
    const rows = await state.plots.rows(site, dayName(span.from));
    const days = new Map<string, WeatherDay>();
    for (const { day, et0, rain, method, notes = [] } of rows) {
      if (method === MISSING || dayNumber(day) >= span.to) continue;
      const isRainKnown = !notes.includes('rain-unknown') && !notes.includes('rain-in-part');
      days.set(day, { ...emptyDay(day), et0, rain: isRainKnown ? rain : null });
    }
    for (const day of await this.measured(site, span)) {
      const { et0 = null, rain = null } = days.get(day.day) ?? {};
      days.set(day.day, { ...day, et0: day.et0 ?? et0, rain: day.rain ?? rain });
    }
    return [...days.values()].sort((a, b) => dayNumber(a.day) - dayNumber(b.day));
  }

  /** Those its plot names, else what stands on the site. */
  #sensors(site: string, plot: Plot | undefined): Pick<Plot['sensors'], 'weather' | 'rain'> {
    if (plot !== undefined) return plot.sensors;
    const { registry, kinds } = this.#options;
    const find = (metric: ReadMetric): string | null => {
      for (const device of registry.all()) {
        if (device.site !== site) continue;
        if (readMetric(kinds.get(device.kind), metric) !== undefined) return device.id;
      }
      return null;
    };
    return { weather: find('air_temperature'), rain: find('rain') };
  }
}
