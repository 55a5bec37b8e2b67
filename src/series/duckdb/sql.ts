import type { AggregateFunction } from '../../contracts/series.ts';

/** A name as SQL wants it, whatever it is made of. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL wants it; for names we made or checked, everything else is a parameter. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Which rows of a kind's table a query reads. */
export interface RowRange {
  kind: string;
  /** Ids of our own; null for all. */
  sources: readonly number[] | null;
  from: number;
  to: number;
}

/** Where a stream of rows ordered by source and key goes on. */
export interface Position {
  source: number;
  key: number;
}

export type Order = 'ascending' | 'descending';

function rowCondition({ sources, from, to }: RowRange): string {
  const time = `_observed_at >= ${Math.ceil(from)} AND _observed_at < ${Math.ceil(to)}`;
  return sources === null ? time : `_source IN (${sources.join(',')}) AND ${time}`;
}

/**
 * The rows as a relation in which each point has one value: a superseded value reads as NULL.
 * Metrics that have none in the range cost nothing.
 */
export function pointsRelation(
  range: RowRange,
  metrics: readonly string[],
  superseded: ReadonlySet<string>,
): string {
  const table = identifier(range.kind);
  const rows = `SELECT * FROM ${table} WHERE ${rowCondition(range)}`;
  const corrected = metrics.filter((metric) => superseded.has(metric));
  if (corrected.length === 0) return `(${rows})`;
  const columns = metrics.map((metric) => {
    const place = corrected.indexOf(metric);
    const column = identifier(metric);
    return place < 0 ? column : `CASE WHEN s${place}.gone IS NULL THEN ${column} END AS ${column}`;
  });
  const joins = corrected.map(
    (metric, place) => `LEFT JOIN (
      SELECT _source, _observed_at, _offset, true AS gone FROM store.superseded
      WHERE kind = ${literal(range.kind)} AND metric = ${literal(metric)}
        AND _observed_at >= ${Math.ceil(range.from)} AND _observed_at < ${Math.ceil(range.to)}
    ) s${place} USING (_source, _observed_at, _offset)`,
  );
  return `(SELECT _source, _observed_at, _received_at, _offset, _quality, ${columns.join(', ')}
    FROM (${rows}) ${joins.join(' ')})`;
}

function after(position: Position | null, order: Order): string {
  if (position === null) return 'true';
  const { source, key } = position;
  const beyond = order === 'ascending' ? '>' : '<';
  return `(_source > ${source} OR (_source = ${source} AND _key ${beyond} ${key}))`;
}

function ordering(order: Order): string {
  return `ORDER BY _source, _key ${order === 'ascending' ? 'ASC' : 'DESC'}`;
}

export interface RawSelect {
  relation: string;
  metric: string;
  order: Order;
  position: Position | null;
  limit: number | undefined;
}

/** Rows of (source, time, value, quality), one series after the other. */
export function selectRaw({ relation, metric, order, position, limit }: RawSelect): string {
  const direction = order === 'ascending' ? 'ASC' : 'DESC';
  // The reader counts as well, because after a pause the count starts anew here.
  const first =
    limit === undefined
      ? ''
      : `QUALIFY row_number() OVER (PARTITION BY _source ORDER BY _key ${direction}) <= ${limit}`;
  return `SELECT _source, _observed_at::DOUBLE AS _key, ${identifier(metric)}, _quality
    FROM ${relation}
    WHERE ${identifier(metric)} IS NOT NULL AND ${after(position, order)}
    ${first} ${ordering(order)}`;
}

const AGGREGATES: Readonly<Record<AggregateFunction, (column: string) => string>> = {
  mean: (column) => `avg(${column})`,
  min: (column) => `min(${column})`,
  max: (column) => `max(${column})`,
  sum: (column) => `sum(${column})`,
  count: (column) => `count(${column})::DOUBLE`,
  first: (column) => `arg_min(${column}, _observed_at)`,
  last: (column) => `arg_max(${column}, _observed_at)`,
  p50: (column) => `quantile_cont(${column}, 0.5)`,
  p95: (column) => `quantile_cont(${column}, 0.95)`,
};

export interface AggregateSelect {
  relation: string;
  metrics: readonly string[];
  functions: readonly AggregateFunction[];
  /** The bucket's number as an expression over `_observed_at`. */
  bucket: string;
  order: Order;
  position: Position | null;
}

/** Rows of (source, bucket, then for each metric its count and one value per function). */
export function selectAggregates(select: AggregateSelect): string {
  const columns = select.metrics.flatMap((metric) => [
    `count(${identifier(metric)})::DOUBLE`,
    ...select.functions.map((name) => AGGREGATES[name](identifier(metric))),
  ]);
  return `SELECT _source, ${select.bucket}::DOUBLE AS _key, ${columns.join(', ')}
    FROM ${select.relation}
    WHERE ${after(select.position, select.order)}
    GROUP BY _source, _key ${ordering(select.order)}`;
}
