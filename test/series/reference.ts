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
    });
  formatters.set(timeZone, formatter);
  const parts = Object.fromEntries(
    formatter.formatToParts(time).map(({ type, value }) => [type, value]),
  );
  return parts as Record<'weekday' | 'year' | 'month' | 'day' | 'hour' | 'minute', string>;
}

const STEP_MS = 15 * 60_000;
const starts = new Map<string, number>();

/** Walks back through local time, a quarter of an hour at a time, to where the bucket begins. */
export function naiveBucketStart(time: number, { count, unit }: Every, timeZone: string): number {
  const first = Math.floor(time / STEP_MS) * STEP_MS;
  const memo = JSON.stringify([first, count, unit, timeZone]);
  const known = starts.get(memo);
  if (known !== undefined) return known;
  const name = (at: number): string => {
    const { year, month, day, hour } = localParts(at, timeZone);
    if (unit === 'year') return year;
    if (unit === 'month') return `${year}-${month}`;
    if (unit === 'day' || unit === 'week') return `${year}-${month}-${day}`;
    return `${year}-${month}-${day} ${Math.floor(+hour / count)}`;
  };
  let start = first;
  while (name(start - STEP_MS) === name(first)) start -= STEP_MS;
  if (unit === 'week') {
    while (localParts(start, timeZone).weekday !== 'Mon') {
      start = naiveBucketStart(start - STEP_MS, { count: 1, unit: 'day' }, timeZone);
    }
  }
  starts.set(memo, start);
  return start;
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
  };
  return all[name];
}
