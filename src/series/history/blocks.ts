import type { HistoryBlock } from '../../contracts/history.ts';
import {
  type AggregateFunction,
  ROLLUP_FUNCTIONS,
  type SeriesBlock,
} from '../../contracts/series.ts';

/** Rows of one block: 64 KiB for each column. */
export const BLOCK_ROWS = 8_192;

type Tags = Pick<SeriesBlock, 'device' | 'site' | 'coop' | 'kind' | 'metric'>;

export function tagsOf({ device, site, coop, kind, metric }: Tags): Tags {
  return { device, site, coop, kind, metric };
}

export function seriesKey({ device, site, coop, metric }: Tags): string {
  return JSON.stringify([device, site, coop, metric]);
}

/** The rows of a series as they are read: aggregates in order of time. */
export interface Rows {
  times: Float64Array;
  columns: Float64Array[];
}

export interface Cut {
  order: 'ascending' | 'descending';
  limit: number | undefined;
}

/** A whole series, ascending, as the blocks a reader asked for. */
export function* blocksOf(tags: Tags, rows: Rows, { order, limit }: Cut): Iterable<HistoryBlock> {
  const count = Math.min(rows.times.length, limit ?? Number.POSITIVE_INFINITY);
  if (order === 'ascending' && count === rows.times.length && count <= BLOCK_ROWS) {
    if (count > 0) yield { ...tagsOf(tags), ...rows };
    return;
  }
  const cut = (column: Float64Array): Float64Array =>
    order === 'ascending'
      ? column.subarray(0, count)
      : column.slice(column.length - count).reverse();
  const times = cut(rows.times);
  const columns = rows.columns.map(cut);
  for (let start = 0; start < count; start += BLOCK_ROWS) {
    const part = (column: Float64Array): Float64Array => column.subarray(start, start + BLOCK_ROWS);
    yield { ...tagsOf(tags), times: part(times), columns: columns.map(part) };
  }
}

/** Joins parts of one series that follow each other. */
export function joinRows(parts: readonly Rows[], columnCount: number): Rows {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const size = parts.reduce((sum, { times }) => sum + times.length, 0);
  const rows: Rows = {
    times: new Float64Array(size),
    columns: Array.from({ length: columnCount }, () => new Float64Array(size)),
  };
  let at = 0;
  for (const { times, columns } of parts) {
    rows.times.set(times, at);
    rows.columns.forEach((column, place) => {
      const part = columns[place];
      if (part !== undefined) column.set(part, at);
    });
    at += times.length;
  }
  return rows;
}

const PLACE = Object.fromEntries(ROLLUP_FUNCTIONS.map((name, place) => [name, place])) as Readonly<
  Record<(typeof ROLLUP_FUNCTIONS)[number], number>
>;

function isRollupFunction(name: AggregateFunction): name is (typeof ROLLUP_FUNCTIONS)[number] {
  return ROLLUP_FUNCTIONS.some((one) => one === name);
}

/** The functions asked for from the columns of ROLLUP_FUNCTIONS. */
export function derivedColumns(
  functions: readonly AggregateFunction[],
  columns: readonly Float64Array[],
): Float64Array[] {
  const none = new Float64Array();
  return functions.map((name) => {
    if (isRollupFunction(name)) return columns[PLACE[name]] ?? none;
    const counts = columns[PLACE.count] ?? none;
    return (columns[PLACE.sum] ?? none).map((sum, row) => sum / (counts[row] ?? Number.NaN));
  });
}

/** Adds the first row of a part to the last row before it: both are of one bucket. */
export function mergeRow(before: Rows, after: Rows): void {
  const last = before.times.length - 1;
  before.columns.forEach((column, place) => {
    const old = column[last] ?? Number.NaN;
    const fresh = after.columns[place]?.[0] ?? Number.NaN;
    column[last] = MERGES[ROLLUP_FUNCTIONS[place] ?? 'last'](old, fresh);
  });
}

const MERGES: Readonly<
  Record<(typeof ROLLUP_FUNCTIONS)[number], (old: number, fresh: number) => number>
> = {
  count: (old, fresh) => old + fresh,
  sum: (old, fresh) => old + fresh,
  min: Math.min,
  max: Math.max,
  first: (old) => old,
  last: (_, fresh) => fresh,
};
