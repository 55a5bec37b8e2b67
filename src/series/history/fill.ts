import { AppError } from '../../base/errors.ts';
import type { Fill, HistoryAggregate, HistoryBlock } from '../../contracts/history.ts';
import type { AggregateFunction } from '../../contracts/series.ts';
import { createBucketing } from '../bucketing.ts';
import { bucketCountMax, bucketWidth, bucketWidthMax } from '../time-zone.ts';
import { blocksOf, type Cut, joinRows, type Rows, seriesKey } from './blocks.ts';
import type { Span } from './local-days.ts';

/** Rows of one filled series: with six functions 100 MB while it is sent. */
const FILLED_ROWS_MAX = 2_000_000;
/** Clocks move by a few hours at most, and a bucket is longer by as much. */
const CLOCK_CHANGE_MS_MAX = 26 * 3_600_000;

/** Functions whose result is a value like those of the bucket, so that a neighbour's may stand in. */
const VALUE_LIKE: ReadonlySet<AggregateFunction> = new Set([
  'mean',
  'min',
  'max',
  'first',
  'last',
  'p50',
  'p95',
]);

/** Starts of all buckets that have a part in the span, the first of which may begin before it. */
export function bucketStarts({ every, timeZone }: HistoryAggregate, span: Span): number[] {
  const { from, to } = span;
  if (!(from < to)) return [];
  const width = bucketWidth(every);
  if (width.type === 'whole') return [from];
  const most = bucketCountMax(width, to - from);
  if (most > FILLED_ROWS_MAX) {
    throw new AppError('QUERY_INVALID', `${most} buckets are too many to be filled`, {
      field: 'every',
      hint: 'Use larger steps, or leave gaps as they are.',
    });
  }
  const reachMs = bucketWidthMax(width) + CLOCK_CHANGE_MS_MAX;
  const bucketOf = createBucketing({ every, timeZone, from, to: to + reachMs });
  const starts = [bucketOf(from)];
  for (let time = from; ; ) {
    const start = bucketOf(time);
    time = endOf(start, Math.max(start, from), { bucketOf, reachMs });
    if (time >= to) return starts;
    starts.push(bucketOf(time));
  }
}

/** The first instant behind `known`, which is in the bucket, that is in another one. */
function endOf(
  start: number,
  known: number,
  { bucketOf, reachMs }: { bucketOf: (time: number) => number; reachMs: number },
): number {
  let low = known;
  let high = known + reachMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (bucketOf(middle) === start) low = middle;
    else high = middle;
  }
  return high;
}

export interface FillOptions {
  aggregate: HistoryAggregate;
  fill: Exclude<Fill, 'none'>;
  span: Span;
  cut: Cut;
}

/**
 * Puts a row into every bucket of the range for each series that has a value. A count is 0 there,
 * whatever the fill; sums and deviations of nothing are NaN. The functions that give a value take
 * the one before (`previous`) or the line between their neighbours (`linear`), by the buckets'
 * starts; before the first value, and for `linear` after the last, they are NaN.
 */
export async function* filled(
  blocks: AsyncIterable<HistoryBlock>,
  { aggregate, fill, span, cut }: FillOptions,
): AsyncGenerator<HistoryBlock> {
  const starts = bucketStarts(aggregate, span);
  const { functions } = aggregate;
  let series: { tags: HistoryBlock; key: string; parts: Rows[] } | undefined;
  const end = function* (): Iterable<HistoryBlock> {
    if (series === undefined) return;
    const rows = joinRows(series.parts, functions.length);
    yield* blocksOf(series.tags, fillRows(rows, { starts, functions, fill }), cut);
  };
  for await (const block of blocks) {
    const key = seriesKey(block);
    if (series?.key !== key) {
      yield* end();
      series = { tags: block, key, parts: [] };
    }
    series.parts.push({ times: block.times, columns: block.columns });
  }
  yield* end();
}

interface Filling {
  starts: readonly number[];
  functions: readonly AggregateFunction[];
  fill: Exclude<Fill, 'none'>;
}

export function fillRows({ times, columns }: Rows, { starts, functions, fill }: Filling): Rows {
  const rowOf = new Map<number, number>();
  times.forEach((time, row) => {
    rowOf.set(time, row);
  });
  const all = Float64Array.from(starts);
  const filledColumns = functions.map((name, place) => {
    const column = columns[place];
    const values = all.map((start) => column?.[rowOf.get(start) ?? -1] ?? Number.NaN);
    if (name === 'count') return values.map((value) => (Number.isNaN(value) ? 0 : value));
    if (fill === 'null' || !VALUE_LIKE.has(name)) return values;
    return fill === 'previous' ? fillPrevious(values) : fillLinear(values, all);
  });
  return { times: all, columns: filledColumns };
}

function fillPrevious(values: Float64Array): Float64Array {
  let previous = Number.NaN;
  return values.map((value) => {
    if (!Number.isNaN(value)) previous = value;
    return previous;
  });
}

function fillLinear(values: Float64Array, times: Float64Array): Float64Array {
  const result = values.slice();
  let known = -1;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const [start = 0, end = 0] = [times[known], times[row]];
    const before = values[known] ?? Number.NaN;
    for (let gap = known + 1; known >= 0 && gap < row; gap++) {
      const share = ((times[gap] ?? 0) - start) / (end - start);
      result[gap] = before + (value - before) * share;
    }
    known = row;
  }
  return result;
}
