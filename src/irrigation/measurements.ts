import { DAY_MS, type LocalClock, localClock } from '../base/local-clock.ts';
import type { DeviceKind, KindRegistry, Metric } from '../contracts/device-kind.ts';
import type { History } from '../contracts/history.ts';
import type { Registry } from '../contracts/registry.ts';

/** Whole local days, as days since 1970: `from` included, `to` excluded. */
export interface DaySpan {
  from: number;
  to: number;
}

/** Metrics a balance reads, by the unit it reads them in; a kind may have any of them. */
export const READ_METRICS = {
  air_temperature: 'Cel',
  relative_humidity: '%',
  wind_speed: 'm/s',
  solar_radiation: 'W/m2',
  rain: 'mm',
  soil_moisture: '%',
  flow_rate: 'L/min',
  flow_total: 'L',
} as const;
export type ReadMetric = keyof typeof READ_METRICS;

/** The metric of a kind that a balance can read under a name. */
export function readMetric(kind: DeviceKind | undefined, name: ReadMetric): Metric | undefined {
  return kind?.metrics.find((metric) => metric.name === name && metric.unit === READ_METRICS[name]);
}

/** What a station measured of one day; null where it did not, or not for long enough. */
export interface StationDay {
  temperatureMin: number | null;
  temperatureMax: number | null;
  humidityMin: number | null;
  humidityMax: number | null;
  /** m/s at the height of the sensor. */
  wind: number | null;
  /** MJ/m2. */
  radiation: number | null;
}

export interface RainDay {
  /** mm, of the hours that spoke. */
  rain: number;
  /** Whether these were nearly all. */
  isWhole: boolean;
}

export interface MeasurementsOptions {
  history: History;
  registry: Registry;
  kinds: KindRegistry;
  timeZone: string;
}

interface Hour {
  day: number;
  /** Of the local day, 0 to 23. */
  hour: number;
  min: number;
  max: number;
  mean: number;
  sum: number;
}

type Hours = ReadonlyMap<ReadMetric, Hour[]>;

/** Metrics that are read by the hour: one question for all a device measures. */
const HOURLY = [
  'air_temperature',
  'relative_humidity',
  'wind_speed',
  'solar_radiation',
  'rain',
  'soil_moisture',
] as const satisfies readonly ReadMetric[];

const FUNCTIONS = ['min', 'max', 'mean', 'sum', 'count'] as const;
/** Share of the hours that were to speak: 20 of 24. */
const WHOLE_SHARE = 0.8;
/** A device that speaks less often than each third hour does not know the extremes of a day. */
const EXTREMES_HOURS_MIN = 8;
/** A probe counts in the last hours of a day, when its water has sunk in. */
const PROBE_FROM_HOUR = 21;
/** W/m2 as a mean of a day, in MJ/m2. */
const DAY_MJ_PER_W = 0.0864;

/** What sensors said, by local day, from corrected values. */
export class Measurements {
  readonly #options: MeasurementsOptions;
  readonly #clock: LocalClock;
  /** Questions under way: a station's weather and its rain are asked for at once. */
  readonly #underway = new Map<string, Promise<Hours>>();

  constructor(options: MeasurementsOptions) {
    this.#options = options;
    this.#clock = localClock(options.timeZone);
  }

  async weather(device: string, span: DaySpan): Promise<Map<number, StationDay>> {
    const hours = await this.#hours(device, span);
    const least = Math.max(EXTREMES_HOURS_MIN, this.#hoursMin(device));
    const days = new Map<number, StationDay>();
    for (let day = span.from; day < span.to; day++) {
      const of = (name: ReadMetric): Hour[] | null => {
        const found = (hours.get(name) ?? []).filter((hour) => hour.day === day);
        return found.length >= least ? found : null;
      };
      const temperature = of('air_temperature');
      const humidity = of('relative_humidity');
      const radiation = meanOf(of('solar_radiation'));
      days.set(day, {
        temperatureMin: leastOf(temperature),
        temperatureMax: mostOf(temperature),
        // A wet capacitive sensor reads a little above saturation.
        humidityMin: atMost(100, leastOf(humidity)),
        humidityMax: atMost(100, mostOf(humidity)),
        wind: meanOf(of('wind_speed')),
        radiation: radiation === null ? null : radiation * DAY_MJ_PER_W,
      });
    }
    return days;
  }

  /** Days on which the gauge did not speak at all are not there. */
  async rain(device: string, span: DaySpan): Promise<Map<number, RainDay>> {
    const hours = (await this.#hours(device, span)).get('rain') ?? [];
    const days = new Map<number, RainDay & { hours: number }>();
    for (const { day, sum } of hours) {
      const known = days.get(day) ?? { rain: 0, hours: 0, isWhole: false };
      known.rain += sum;
      known.hours += 1;
      days.set(day, known);
    }
    const least = this.#hoursMin(device);
    for (const day of days.values()) day.isWhole = day.hours >= least;
    return days;
  }

  /** Water content at the end of each day, m3/m3; days without one are not there. */
  async moisture(device: string, span: DaySpan): Promise<Map<number, number>> {
    const hours = (await this.#hours(device, span)).get('soil_moisture') ?? [];
    const days = new Map<number, number>();
    for (let day = span.from; day < span.to; day++) {
      const late = hours.filter((hour) => hour.day === day && hour.hour >= PROBE_FROM_HOUR);
      const mean = meanOf(late.length === 0 ? null : late);
      if (mean !== null) days.set(day, mean / 100);
    }
    return days;
  }

  /** The instant a local day begins. */
  startOf(day: number): number {
    return this.#clock.instant(day * DAY_MS);
  }

  dayOf(time: number): number {
    return this.#clock.day(time);
  }

  /** Seconds between a device's reports, as declared, learned or of its kind. */
  intervalSeconds(device: string): number {
    const { registry, kinds } = this.#options;
    const kind = kinds.get(registry.find(device)?.kind ?? '');
    return registry.intervalSeconds(device) ?? kind?.intervalSeconds ?? 3600;
  }

  #hoursMin(device: string): number {
    const expected = Math.min(24, 86_400 / this.intervalSeconds(device));
    return Math.max(1, WHOLE_SHARE * expected);
  }

  #hours(device: string, span: DaySpan): Promise<Hours> {
    const key = `${device} ${span.from} ${span.to}`;
    let hours = this.#underway.get(key);
    if (hours === undefined) {
      hours = this.#ask(device, span).finally(() => this.#underway.delete(key));
      this.#underway.set(key, hours);
    }
    return hours;
  }

  async #ask(device: string, { from, to }: DaySpan): Promise<Hours> {
    const { history, registry, kinds, timeZone } = this.#options;
    const found = new Map<ReadMetric, Hour[]>();
    const kind = kinds.get(registry.find(device)?.kind ?? '');
    const metrics = HOURLY.filter((name) => readMetric(kind, name) !== undefined);
    if (kind === undefined || metrics.length === 0 || from >= to) return found;
    const blocks = history.query({
      ...{ kind: kind.name, metrics, filter: { devices: [device] }, values: 'corrected' },
      ...{ from: this.startOf(from), to: this.startOf(to), order: 'ascending' },
      aggregate: { every: { count: 1, unit: 'hour' }, functions: FUNCTIONS, timeZone },
    });
    for await (const { metric, times, columns } of blocks) {
      const hours = found.get(metric as ReadMetric) ?? [];
      found.set(metric as ReadMetric, hours);
      times.forEach((time, row) => {
        const [min, max, mean, sum, count] = FUNCTIONS.map(
          (_, column) => columns[column]?.[row] ?? Number.NaN,
        ) as [number, number, number, number, number];
        if (!(count > 0)) return;
        const hour = Math.floor(this.#clock.minutes(time) / 60);
        hours.push({ day: this.#clock.day(time), hour, min, max, mean, sum });
      });
    }
    return found;
  }
}

function leastOf(hours: readonly Hour[] | null): number | null {
  return hours && Math.min(...hours.map(({ min }) => min));
}

function mostOf(hours: readonly Hour[] | null): number | null {
  return hours && Math.max(...hours.map(({ max }) => max));
}

/** Mean of the hours' means, so that a device that spoke more often at noon does not count more. */
function meanOf(hours: readonly Hour[] | null): number | null {
  return hours && hours.reduce((sum, { mean }) => sum + mean, 0) / hours.length;
}

function atMost(most: number, value: number | null): number | null {
  return value && Math.min(most, value);
}
