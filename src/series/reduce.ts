import type { AggregateFunction } from '../contracts/series.ts';

/** Values of one bucket as they are gathered, in any order. */
class Bucket {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  first = Number.NaN;
  last = Number.NaN;
  /** Mean and sum of squared distances to it, kept as values come (Welford 1962). */
  mean = 0;
  squares = 0;
  /** All values, when a quantile needs them. */
  values: number[] | null;
  #firstAt = Number.POSITIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(keepsValues: boolean) {
    this.values = keepsValues ? [] : null;
  }

  add(time: number, value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.#noteEnds(time, value, value);
    const distance = value - this.mean;
    this.mean += distance / this.count;
    this.squares += distance * (value - this.mean);
    this.values?.push(value);
  }

  /** Adds what is known of part of the bucket that began at `time`; quantiles cannot be had then. */
  merge(time: number, part: RollupValues): void {
    this.count += part.count;
    this.sum += part.sum;
    if (part.min < this.min) this.min = part.min;
    if (part.max > this.max) this.max = part.max;
    this.#noteEnds(time, part.first, part.last);
  }

  #noteEnds(time: number, first: number, last: number): void {
    if (time < this.#firstAt) {
      this.#firstAt = time;
      this.first = first;
    }
    if (time >= this.#lastAt) {
      this.#lastAt = time;
      this.last = last;
    }
  }
}

/** One window of a rollup: the columns of ROLLUP_FUNCTIONS by name. */
export interface RollupValues {
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  last: number;
}

const RESULTS: Readonly<Record<AggregateFunction, (bucket: Bucket) => number>> = {
  count: ({ count }) => count,
  sum: ({ sum }) => sum,
  mean: ({ sum, count }) => sum / count,
  min: ({ min }) => min,
  max: ({ max }) => max,
  first: ({ first }) => first,
  last: ({ last }) => last,
  p50: ({ values }) => quantile(values ?? [], 0.5),
  p95: ({ values }) => quantile(values ?? [], 0.95),
  stddev: ({ count, squares }) => (count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN),
};

/** Between two values it lies on the line that joins them (type 7 of Hyndman & Fan 1996). */
function quantile(values: number[], share: number): number {
  values.sort((left, right) => left - right);
  const place = (values.length - 1) * share;
  const low = values[Math.floor(place)] ?? Number.NaN;
  const high = values[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** Points of one series on their way into buckets; answers any aggregate function. */
export class BucketReducer {
  readonly #bucketOf: (time: number) => number;
  readonly #keepsValues: boolean;
  readonly #functions: readonly AggregateFunction[];
  readonly #buckets = new Map<number, Bucket>();
  #lastStart = Number.NaN;
  #lastBucket: Bucket | undefined;

  constructor(functions: readonly AggregateFunction[], bucketOf: (time: number) => number) {
    this.#functions = functions;
    this.#bucketOf = bucketOf;
    this.#keepsValues = functions.some((name) => name === 'p50' || name === 'p95');
  }

  get size(): number {
    return this.#buckets.size;
  }

  add(time: number, value: number): void {
    this.#at(this.#bucketOf(time)).add(time, value);
  }

  /** A part without values makes no bucket. */
  merge(time: number, part: RollupValues): void {
    if (part.count > 0) this.#at(this.#bucketOf(time)).merge(time, part);
  }

  /** Starts of buckets that have a value, in the order asked, and a column for each function. */
  result(order: 'ascending' | 'descending'): { times: Float64Array; columns: Float64Array[] } {
    const times = Float64Array.from(this.#buckets.keys()).sort();
    if (order === 'descending') times.reverse();
    const columns = this.#functions.map((name) =>
      times.map((start) => RESULTS[name](this.#at(start))),
    );
    return { times, columns };
  }

  #at(start: number): Bucket {
    if (start === this.#lastStart && this.#lastBucket !== undefined) return this.#lastBucket;
    const bucket = this.#buckets.get(start) ?? new Bucket(this.#keepsValues);
    this.#buckets.set(start, bucket);
    this.#lastStart = start;
    this.#lastBucket = bucket;
    return bucket;
  }
}
