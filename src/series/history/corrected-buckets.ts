import type {
  AggregateFunction,
  SeriesBlock,
  SeriesQuery,
  SeriesStore,
} from '../../contracts/series.ts';
import { createBucketing } from '../bucketing.ts';
import { BucketReducer } from '../reduce.ts';
import { seriesKey, tagsOf } from './blocks.ts';
import { type CorrectionList, type Corrector, correctedValue } from './corrector.ts';
import { hasIrregularChange } from './local-days.ts';

/** Buckets are handed on when so many are full: some 1 MB of them. */
const FULL_BUCKETS = 4_096;

/** Calls back with the corrected values of a raw block; those flagged invalid are left out. */
export function eachCorrected(
  { times, columns }: SeriesBlock,
  corrector: Corrector | undefined,
  take: (time: number, value: number) => void,
): void {
  const values = columns[0];
  for (let row = 0; row < times.length; row++) {
    const time = times[row] ?? Number.NaN;
    const raw = values?.[row] ?? Number.NaN;
    const stretch = corrector?.at(time);
    if (stretch === undefined) take(time, raw);
    else if (stretch.flag !== 'invalid') take(time, correctedValue(raw, stretch));
  }
}

export interface CorrectedBucketsOptions {
  store: Pick<SeriesStore, 'query'>;
  corrections: CorrectionList;
}

/**
 * An aggregated query over corrected values, worked out here from raw points. Points come in order
 * of time, so only the newest buckets are held; `limit` counts buckets, as the store does.
 */
export async function* correctedBuckets(
  { store, corrections }: CorrectedBucketsOptions,
  query: SeriesQuery & { aggregate: NonNullable<SeriesQuery['aggregate']> },
  signal?: AbortSignal,
): AsyncGenerator<SeriesBlock> {
  const { aggregate, limit = Number.POSITIVE_INFINITY, ...points } = query;
  const { every, functions, timeZone } = aggregate;
  const span = { from: query.from, to: query.to };
  const bucketOf = createBucketing({ every, timeZone, ...span });
  // There a bucket may go on after another began, so all are held to the end.
  const fullBuckets = hasIrregularChange(timeZone, span) ? Number.POSITIVE_INFINITY : FULL_BUCKETS;
  let series: OpenSeries | undefined;
  for await (const block of store.query(points, signal)) {
    if (series?.key !== seriesKey(block)) {
      yield* series?.end() ?? [];
      const corrector = corrections.of(block);
      const shape = { functions, bucketOf, order: query.order, limit, fullBuckets };
      series = new OpenSeries(block, { ...shape, corrector });
    }
    yield* series.add(block);
  }
  yield* series?.end() ?? [];
}

interface OpenSeriesOptions {
  functions: readonly AggregateFunction[];
  bucketOf: (time: number) => number;
  corrector: Corrector | undefined;
  order: SeriesQuery['order'];
  limit: number;
  fullBuckets: number;
}

/** The series whose points are coming. */
class OpenSeries {
  readonly key: string;
  readonly #tags: ReturnType<typeof tagsOf>;
  readonly #options: OpenSeriesOptions;
  #reducer: BucketReducer;
  #newest = Number.NaN;
  #given = 0;

  constructor(block: SeriesBlock, options: OpenSeriesOptions) {
    this.key = seriesKey(block);
    this.#tags = tagsOf(block);
    this.#options = options;
    this.#reducer = new BucketReducer(options.functions, options.bucketOf);
  }

  /** Takes points in; gives the buckets that are over when they are many. */
  add(block: SeriesBlock): SeriesBlock[] {
    const { bucketOf, corrector, fullBuckets } = this.#options;
    const over: SeriesBlock[] = [];
    eachCorrected(block, corrector, (time, value) => {
      const start = bucketOf(time);
      if (start !== this.#newest && this.#reducer.size >= fullBuckets) over.push(...this.end());
      this.#newest = start;
      this.#reducer.add(time, value);
    });
    return over;
  }

  end(): SeriesBlock[] {
    const { functions, bucketOf, order, limit } = this.#options;
    const { times, columns } = this.#reducer.result(order);
    this.#reducer = new BucketReducer(functions, bucketOf);
    const left = limit - this.#given;
    this.#given += times.length;
    if (times.length === 0 || left <= 0) return [];
    const cut = (column: Float64Array): Float64Array =>
      column.length > left ? column.subarray(0, left) : column;
    return [{ ...this.#tags, times: cut(times), columns: columns.map(cut) }];
  }
}
