import {
  type AggregateFunction,
  ROLLUP_FUNCTIONS,
  type RollupTier,
} from '../../contracts/series.ts';

/** A name as SQL wants it, whatever it is made of. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL wants it; for names we made or checked, everything else is a parameter. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export type RollupFunction = (typeof ROLLUP_FUNCTIONS)[number];

/** A tier's table of a kind; each tier has a schema of its own. */
export function rollupTable(tier: RollupTier, kind: string): string {
  return `${identifier(tier)}.${identifier(kind)}`;
}

/** Where a rollup keeps a function of a metric; no metric's own name has a dot. */
export function rollupColumn(metric: string, name: RollupFunction): string {
  return `${metric}.${name}`;
}

/** Rows of a range that are not in the kind's table, as a statement, or null. */
export interface Archive {
  select(range: Omit<RowRange, 'kind' | 'archive'>, metrics: readonly string[]): string | null;
}

/** Which rows of a kind a query reads. */
export interface RowRange {
  kind: string;
  /** Ids of our own; null for all. */
  sources: readonly number[] | null;
  from: number;
  to: number;
  /** Where rows of the kind are that left its table. */
  archive: Archive;
}

/** Where a stream of rows ordered by source and key goes on. */
export interface Position {
  source: number;
  key: number;
}

export type Order = 'ascending' | 'descending';

function rowCondition({ sources, from, to }: RowRange, column = '_observed_at'): string {
  const time = `${column} >= ${Math.ceil(from)} AND ${column} < ${Math.ceil(to)}`;
  if (sources === null) return time;
  const first = Math.min(...sources);
  const last = Math.max(...sources);
  // Bounds let whole stretches of rows be passed over; ids without a gap need nothing else.
  const bounds = `_source >= ${first} AND _source <= ${last} AND ${time}`;
  const isWhole = last - first + 1 === sources.length;
  return isWhole ? bounds : `${bounds} AND _source IN (${sources.join(',')})`;
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
  const archived = range.archive.select(range, metrics);
  const names = metrics.map((metric) => `, ${identifier(metric)}`).join('');
  const rows =
    archived === null
      ? `SELECT * FROM ${table} WHERE ${rowCondition(range)}`
      : `SELECT _source, _observed_at, _received_at, _offset, _quality ${names}
         FROM ${table} WHERE ${rowCondition(range)} UNION ALL ${archived}`;
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

/** What a query must know of a rollup's older versions. */
export interface SupersededWindows {
  /** Starts of windows that may have several versions; both ends may. */
  from: number;
  to: number;
  /** Versions up to this one are the only ones of their windows, but for later ones. */
  foldedVersion: number;
}

/** Which of a rollup's rows a query reads, and of which metrics. */
export interface WindowSelect {
  range: RowRange;
  tier: RollupTier;
  metrics: readonly string[];
}

/** A rollup's rows as a relation in which each window has one version, the greatest. */
export function windowsRelation(
  { range, tier, metrics }: WindowSelect,
  superseded: SupersededWindows | null,
): string {
  const table = rollupTable(tier, range.kind);
  // Every column of a relation is planned for: with all there are that takes half a millisecond.
  const columns = metrics.flatMap((metric) =>
    ROLLUP_FUNCTIONS.map((name) => `, ${identifier(rollupColumn(metric, name))}`),
  );
  const rows = `SELECT _source, _start, _version ${columns.join('')}
    FROM ${table} WHERE ${rowCondition(range, '_start')}`;
  if (superseded === null || superseded.from >= range.to || superseded.to < range.from) {
    return `(${rows})`;
  }
  return `(SELECT * FROM (${rows}) LEFT JOIN (
      SELECT _source, _start, max(_version) AS _newest FROM ${table}
      WHERE ${rowCondition(range, '_start')} AND _version > ${superseded.foldedVersion}
        AND _start >= ${superseded.from} AND _start <= ${superseded.to}
      GROUP BY ALL
    ) USING (_source, _start) WHERE _newest IS NULL OR _version = _newest)`;
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
  /** Only one beside a limit. */
  metrics: readonly string[];
  order: Order;
  position: Position | null;
  limit: number | undefined;
}

/** Rows of (source, time, quality, then a value for each metric), one source after the other. */
export function selectRaw({ relation, metrics, order, position, limit }: RawSelect): string {
  const direction = order === 'ascending' ? 'ASC' : 'DESC';
  const columns = metrics.map(identifier);
  // The reader counts as well, because after a pause the count starts anew here.
  const first =
    limit === undefined
      ? ''
      : `QUALIFY row_number() OVER (PARTITION BY _source ORDER BY _key ${direction}) <= ${limit}`;
  // NaN is never stored, and unlike NULL it costs the reader no look of its own.
  const values = columns.map((column) => `coalesce(${column}, 'nan'::DOUBLE)`);
  return `SELECT _source, _observed_at::DOUBLE AS _key, _quality, ${values.join(', ')}
    FROM ${relation}
    WHERE coalesce(${columns.join(', ')}) IS NOT NULL AND ${after(position, order)}
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
  stddev: (column) => `stddev_samp(${column})`,
};

/** A metric's count in a bucket, NULL for none, then one value per function. */
export function pointColumns(metric: string, functions: readonly AggregateFunction[]): string[] {
  const column = identifier(metric);
  return [
    `nullif(count(${column}), 0)::DOUBLE`,
    ...functions.map((name) => AGGREGATES[name](column)),
  ];
}

type WindowAggregate = (part: (name: RollupFunction) => string) => string;

/** Functions over windows; a window without values of the metric has NULL in all its columns. */
const WINDOW_AGGREGATES: Readonly<Partial<Record<AggregateFunction, WindowAggregate>>> = {
  mean: (part) => `sum(${part('sum')}) / sum(${part('count')})`,
  min: (part) => `min(${part('min')})`,
  max: (part) => `max(${part('max')})`,
  sum: (part) => `sum(${part('sum')})`,
  count: (part) => `sum(${part('count')})`,
  first: (part) => `arg_min(${part('first')}, _start)`,
  last: (part) => `arg_max(${part('last')}, _start)`,
};

/** As `pointColumns`, from precomputed windows. */
export function windowColumns(metric: string, functions: readonly AggregateFunction[]): string[] {
  const part = (name: RollupFunction): string => identifier(rollupColumn(metric, name));
  const columns = functions.map((name) => WINDOW_AGGREGATES[name]?.(part) ?? 'NULL::DOUBLE');
  return [`sum(${part('count')})`, ...columns];
}

export interface AggregateSelect {
  relation: string;
  /** For each metric its count, which tells empty buckets, and one value per function. */
  columns: readonly string[];
  /** The bucket's number as an expression over the relation's time. */
  bucket: string;
  order: Order;
  position: Position | null;
}

/** Rows of (source, bucket, then the columns). */
export function selectAggregates(select: AggregateSelect): string {
  return `SELECT _source, ${select.bucket}::DOUBLE AS _key, ${select.columns.join(', ')}
    FROM ${select.relation}
    WHERE ${after(select.position, select.order)}
    GROUP BY _source, _key ${ordering(select.order)}`;
}
