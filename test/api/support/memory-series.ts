import { AppError } from '#src/base/errors';
import type { Quality } from '#src/contracts/observation';
import type {
  AggregateFunction,
  Expired,
  LatestValue,
  SeriesBlock,
  SeriesQuery,
  SeriesStore,
  StoredCount,
} from '#src/contracts/series';

export interface Point {
  device: string;
  site: string | null;
  coop: string;
  kind: string;
  metric: string;
  time: number;
  value: number;
  quality?: Quality;
}

/** A series store just good enough to be asked: fixed-width buckets, all points in memory. */
export class MemorySeries implements SeriesStore {
  readonly name = 'memory';
  readonly keepsArchive = false;
  points: Point[] = [];
  storedCounts: StoredCount[] = [];
  queries: SeriesQuery[] = [];
  failure: AppError | null = null;
  /** Blocks after which a query fails. */
  failAfterBlocks = Number.POSITIVE_INFINITY;
  /** Rows a block, so that a series comes in several. */
  blockRows = 1_000;

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async cursor(): Promise<number> {
    return 0;
  }
  async write(): Promise<void> {}
  async latest(): Promise<LatestValue[]> {
    return [];
  }

  async *query(query: SeriesQuery): AsyncGenerator<SeriesBlock> {
    this.queries.push(query);
    if (this.failure !== null) throw this.failure;
    let blocks = 0;
    for (const [, points] of this.#series(query)) {
      for (const block of this.#blocks(query, points)) {
        if (blocks++ >= this.failAfterBlocks) {
          throw new AppError('SERIES_UNAVAILABLE', 'the store is down');
        }
        yield block;
      }
    }
  }

  async counts(from: string, to: string, coops?: readonly string[]): Promise<StoredCount[]> {
    return this.storedCounts.filter(
      ({ day, coop }) => day >= from && day <= to && (coops?.includes(coop) ?? true),
    );
  }

  async replaceRollups(): Promise<void> {}

  async expire(): Promise<Expired> {
    return { values: 0, files: [] };
  }

  async snapshot(): Promise<boolean> {
    return false;
  }

  status(): ReturnType<SeriesStore['status']> {
    return {
      available: true,
      reason: null,
      cursor: 0,
      persisted: 0,
      bytes: 0,
      repairs: [],
      identity: 'memory',
    };
  }

  #series(query: SeriesQuery): Map<string, Point[]> {
    const { coops, sites, devices } = query.filter;
    const series = new Map<string, Point[]>();
    for (const point of this.points) {
      if (point.kind !== query.kind || !query.metrics.includes(point.metric)) continue;
      if (point.time < query.from || point.time >= query.to) continue;
      if (coops !== undefined && !coops.includes(point.coop)) continue;
      if (sites !== undefined && (point.site === null || !sites.includes(point.site))) continue;
      if (devices !== undefined && !devices.includes(point.device)) continue;
      const key = `${point.device} ${point.metric} ${point.site}`;
      const known = series.get(key);
      if (known === undefined) series.set(key, [point]);
      else known.push(point);
    }
    return series;
  }

  *#blocks(query: SeriesQuery, points: Point[]): Iterable<SeriesBlock> {
    const [first] = points;
    if (first === undefined) return;
    const rows = query.aggregate === undefined ? raw(points) : aggregate(query.aggregate, points);
    if (query.order === 'descending') rows.reverse();
    const kept = rows.slice(0, query.limit);
    for (let start = 0; start < kept.length; start += this.blockRows) {
      const part = kept.slice(start, start + this.blockRows);
      const width = part[0]?.values.length ?? 0;
      yield {
        device: first.device,
        site: first.site,
        coop: first.coop,
        kind: first.kind,
        metric: first.metric,
        times: Float64Array.from(part, (row) => row.time),
        columns: Array.from({ length: width }, (_, column) =>
          Float64Array.from(part, (row) => row.values[column] ?? Number.NaN),
        ),
        ...(query.aggregate === undefined
          ? { quality: part.map(({ quality }) => quality ?? 'good') }
          : {}),
      };
    }
  }
}

interface Row {
  time: number;
  quality?: Quality | undefined;
  values: number[];
}

function raw(points: Point[]): Row[] {
  return points.map(({ time, value, quality }) => ({ time, values: [value], quality }));
}

const WIDTHS: Readonly<Record<string, number>> = {
  second: 1e3,
  minute: 6e4,
  hour: 36e5,
  day: 864e5,
  week: 7 * 864e5,
  month: 30 * 864e5,
  year: 365 * 864e5,
};

function aggregate(how: NonNullable<SeriesQuery['aggregate']>, points: Point[]): Row[] {
  const { every } = how;
  const width = every === null ? Infinity : (WIDTHS[every.unit] ?? 1) * every.count;
  const buckets = new Map<number, number[]>();
  for (const { time, value } of points) {
    const start = every === null ? 0 : Math.floor(time / width) * width;
    buckets.set(start, [...(buckets.get(start) ?? []), value]);
  }
  return [...buckets].map(([time, values]) => ({
    time,
    values: how.functions.map((name) => apply(name, values)),
  }));
}

function apply(name: AggregateFunction, values: number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const results: Partial<Record<AggregateFunction, number>> = {
    mean: sum / values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
    first: values[0] ?? Number.NaN,
    last: values.at(-1) ?? Number.NaN,
  };
  return results[name] ?? Number.NaN;
}
