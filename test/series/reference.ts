import type { Observation } from '#src/contracts/observation';
import type { AggregateFunction, Every } from '#src/contracts/series';

/** What a store must hold, the plain way: one map entry for each point. */
export class Reference {
  readonly #points = new Map<string, { observation: Observation; value: number }>();

  write(observations: readonly Observation[]): void {
    for (const observation of observations) {
      for (const [metric, value] of Object.entries(observation.values)) {
        const { device } = observation.source;
        const key = JSON.stringify([device, metric, observation.observedAt]);
        this.#points.set(key, { observation, value });
      }
    }
  }

  /** Time and value of the points of a series in `[from, to)`, in order of time. */
  points(device: string, metric: string, from: number, to: number): Array<[number, number]> {
    const found: Array<[number, number]> = [];
    for (const [key, { observation, value }] of this.#points) {
      const [ofDevice, ofMetric, time] = JSON.parse(key) as [string, string, number];
      const inRange = time >= from && time < to;
      if (ofDevice === device && ofMetric === metric && inRange) {
        found.push([observation.observedAt, value]);
      }
    }
    return found.sort(([left], [right]) => left - right);
  }

  get size(): number {
    return this.#points.size;
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function localParts(time: number, timeZone: string) {
  const formatter =
    formatters.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      timeZoneName: 'longOffset',
    });
  formatters.set(timeZone, formatter);
  const parts = Object.fromEntries(
    formatter.formatToParts(time).map(({ type, value }) => [type, value]),
  );
  return parts as Record<
    'weekday' | 'year' | 'month' | 'day' | 'hour' | 'minute' | 'timeZoneName',
    string
  >;
}

const STEP_MS = 15 * 60_000;
const starts = new Map<string, number>();

/** What lies in one bucket, by its start: all over one range when the range is not cut. */
export function naiveBuckets(
  points: ReadonlyArray<readonly [number, number]>,
  startOf: (time: number) => number,
): Map<number, number[]> {
  const buckets = new Map<number, number[]>();
  for (const [time, value] of points) {
    const start = startOf(time);
    buckets.set(start, [...(buckets.get(start) ?? []), value]);
  }
  return buckets;
}

/** Walks back through local time, a quarter of an hour at a time, to where the bucket begins. */
export function naiveBucketStart(time: number, every: Every, timeZone: string): number {
  const first = Math.floor(time / STEP_MS) * STEP_MS;
  const memo = JSON.stringify([first, every, timeZone]);
  const start = starts.get(memo) ?? walkBack(first, every, timeZone);
  starts.set(memo, start);
  return start;
}

function walkBack(first: number, { count, unit }: Every, timeZone: string): number {
  const day = (at: number): number => naiveBucketStart(at, { count: 1, unit: 'day' }, timeZone);
  const parts = (at: number) => localParts(at, timeZone);
  const goesOn = (back: (from: number) => number, name: (at: number) => string): number => {
    let start = first;
    while (name(back(start)) === name(first)) start = back(start);
    return start;
  };
  const step = (from: number): number => from - STEP_MS;
  const dayBefore = (from: number): number => day(day(from) - STEP_MS);
  switch (unit) {
    case 'year':
      return day(goesOn(dayBefore, (at) => `${Math.floor(+parts(at).year / count)}`));
    case 'month':
      return day(
        goesOn(dayBefore, (at) => {
          const { year, month } = parts(at);
          return `${Math.floor((+year * 12 + +month - 1) / count)}`;
        }),
      );
    case 'week': {
      let start = day(first);
      while (parts(start).weekday !== 'Mon') start = dayBefore(start);
      return start;
    }
    case 'day':
      return goesOn(step, (at) => {
        const { year, month, day: date } = parts(at);
        return `${year}-${month}-${date}`;
      });
    default:
      return goesOn(step, (at) => {
        const { year, month, day: date, hour, minute, timeZoneName } = parts(at);
        const inDay = unit === 'hour' ? +hour : +hour * 60 + +minute;
        // Up to an hour wide, buckets are cut in elapsed time: an hour that repeats is two.
        const isNarrow = unit === 'minute' ? count <= 60 : count === 1;
        const clock = isNarrow ? timeZoneName : '';
        return `${year}-${month}-${date} ${Math.floor(inDay / count)} ${clock}`;
      });
  }
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** A function over the values of one bucket in order of time. */
export function naiveAggregate(name: AggregateFunction, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + (value - sum / values.length) ** 2, 0);
  const sorted = [...values].sort((left, right) => left - right);
  const all: Record<AggregateFunction, number> = {
    mean: sum / values.length,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    sum,
    count: values.length,
    first: values[0] ?? Number.NaN,
    last: values.at(-1) ?? Number.NaN,
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    stddev: Math.sqrt(squares / (values.length - 1)),
  };
  return all[name];
}
