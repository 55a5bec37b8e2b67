import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { KindRegistry } from './device-kind.ts';
import type { Observation, Quality } from './observation.ts';
import type { StoreLedger } from './store-ledger.ts';

/** Observations of journal frames `[from, next)`; the cursor commits with them. */
export interface SeriesBatch {
  from: number;
  next: number;
  observations: Observation[];
}

export const AGGREGATE_FUNCTIONS = [
  'mean',
  'min',
  'max',
  'sum',
  'count',
  'first',
  'last',
  'p50',
  'p95',
  'stddev',
] as const;
export type AggregateFunction = (typeof AGGREGATE_FUNCTIONS)[number];

/** A width of time buckets: fixed, or calendar units counted in a time zone. */
export interface Every {
  count: number;
  unit: 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';
}

/** Windows kept precomputed: local hours and local days of the instance's time zone. */
export const ROLLUP_TIERS = ['hour', 'day'] as const;
export type RollupTier = (typeof ROLLUP_TIERS)[number];

/** What a rollup keeps of each window, in the order of its columns. */
export const ROLLUP_FUNCTIONS = [
  'count',
  'sum',
  'min',
  'max',
  'first',
  'last',
] as const satisfies readonly AggregateFunction[];

/** Which rows: tags as they were stored with the row. Absent does not narrow; empty is nothing. */
export interface SeriesFilter {
  coops?: readonly string[];
  sites?: readonly string[];
  devices?: readonly string[];
}

/**
 * Buckets start at local midnight (or Monday, the 1st) in `timeZone`; without `every` the range is
 * one bucket that starts at `from`. `stddev` is the sample's (n - 1), and NaN for one value.
 */
export interface SeriesAggregate {
  every: Every | null;
  functions: readonly AggregateFunction[];
  timeZone: string;
  /**
   * Read precomputed windows of this tier, not points. The range and every bucket then begin and
   * end where windows do, and the functions are `mean` or among ROLLUP_FUNCTIONS.
   */
  tier?: RollupTier;
}

export interface SeriesQuery {
  kind: string;
  metrics: readonly string[];
  filter: SeriesFilter;
  /** Event time in ms, `from` included, `to` excluded. */
  from: number;
  to: number;
  /** Absent: raw points. */
  aggregate?: SeriesAggregate;
  order: 'ascending' | 'descending';
  /** Most points per series; further ones are left out. */
  limit?: number;
}

/**
 * Part of one series: the points of one device and metric under one coop and site, so a device that
 * moved has a series for each place it stood on. In the order asked. A raw block has one column,
 * the value, and a quality for each row. An aggregated block has one column per function, NaN where
 * it has no value; its times are the starts of the buckets, and empty buckets are absent. A series
 * may come in several blocks, one after the other.
 */
export interface SeriesBlock {
  device: string;
  site: string | null;
  coop: string;
  kind: string;
  metric: string;
  times: Float64Array;
  columns: Float64Array[];
  quality?: readonly Quality[];
}

/** What becomes of some windows of one device's rollups: just these blocks, and nothing else. */
export interface RollupChange {
  tier: RollupTier;
  kind: string;
  device: string;
  /** Starts of the windows that are replaced, ascending. */
  windows: readonly number[];
  /** Columns in the order of ROLLUP_FUNCTIONS; times are starts of windows. */
  blocks: readonly SeriesBlock[];
}

/** `raw` are the points; `archive` are points that left the store for files. */
export const RETENTION_TIERS = ['raw', 'archive', ...ROLLUP_TIERS] as const;
export type RetentionTier = (typeof RETENTION_TIERS)[number];

export interface Expired {
  /** Values, or windows of a rollup, that left the tier. */
  values: number;
  /** One line for each file that was written or removed. */
  files: string[];
}

export interface LatestValue {
  device: string;
  site: string | null;
  coop: string;
  kind: string;
  metric: string;
  observedAt: number;
  receivedAt: number;
  value: number;
  quality: Quality;
}

/** Values of one device received in one local day, as the store holds them. */
export interface StoredCount {
  coop: string;
  device: string;
  /** Local day of receipt, `2026-11-22`. */
  day: string;
  stored: number;
  /** Values that repeated or replaced one already stored. */
  duplicate: number;
}

export interface SeriesStatus {
  /** The store answers now. */
  available: boolean;
  /** Why not, or null. */
  reason: string | null;
  cursor: number;
  /** Frames below are safe even when the store's newest file is lost. */
  persisted: number;
  bytes: number;
  /** What was set aside and rebuilt since the start, one line each. */
  repairs: string[];
  /** Changes when the store began anew without what it held; null until it is known. */
  identity: string | null;
}

/**
 * Stores observations exactly once: device + metric + observed time is one point, the later write
 * wins. All methods throw SERIES_UNAVAILABLE while the store is down; the caller tries again.
 */
export interface SeriesStore {
  readonly name: string;
  /** Points that leave `raw` go to files and still answer queries; otherwise they are deleted. */
  readonly keepsArchive: boolean;
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** Offset up to which batches are committed. */
  cursor(): Promise<number>;
  /** Commits the observations and the cursor together; a batch below the cursor changes nothing. */
  write(batch: SeriesBatch): Promise<void>;
  /** Streams with back-pressure; ends with an error when the store fails midway. */
  query(query: SeriesQuery, signal?: AbortSignal): AsyncIterable<SeriesBlock>;
  /** The last value by observed time of every device and metric. */
  latest(): Promise<LatestValue[]>;
  /** Counts by device and day of receipt, days included, in the instance's time zone. */
  counts(fromDay: string, toDay: string, coops?: readonly string[]): Promise<StoredCount[]>;
  /** Replaces precomputed windows; doing it twice equals doing it once. */
  replaceRollups(changes: readonly RollupChange[]): Promise<void>;
  /**
   * Lets data observed before an instant leave a tier. What leaves `raw` of a store that keeps an
   * archive goes to its files, verified first, and still answers queries.
   */
  expire(tier: RetentionTier, kind: string, before: number): Promise<Expired>;
  /**
   * Writes files from which the store can be opened again into a folder, while it works; false when
   * its data is kept by another server, which has its own backup.
   */
  snapshot(dir: string): Promise<boolean>;
  status(): SeriesStatus;
}

/** Access to a series server; what is absent is found out or has the server's default. */
export interface SeriesServerOptions {
  url: string;
  token?: string;
  user?: string;
  password?: string;
  org?: string;
  /** Bucket, or database. */
  bucket: string;
  /** Such as `1`, `2` or `3`. */
  version?: string;
}

export interface SeriesStoreOptions {
  /** The store's own folder; made when it is missing. */
  dir: string;
  kinds: KindRegistry;
  /** The instance's time zone, an IANA name: days of receipt are counted in it. */
  timeZone: string;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Where a store whose server knows no transactions keeps what must commit together. */
  ledger?: StoreLedger;
  /** How to reach the server of a store that is not embedded. */
  server?: SeriesServerOptions;
  /** Memory an embedded store may use for its data, without the program's own; usually 128. */
  memoryLimitMb?: number;
  /** Threads an embedded store may use for its work; usually 2. */
  threads?: number;
}

/** A kind of store, found by reading `src/series/<name>/store.ts`. */
export interface SeriesStoreDefinition {
  /** The folder's name, and the value of the setting that picks it. */
  name: string;
  create(options: SeriesStoreOptions): SeriesStore;
}

/** Checks the definition and freezes it. Throws SERIES_STORE_INVALID. */
export function defineSeriesStore(definition: SeriesStoreDefinition): SeriesStoreDefinition {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(definition.name)) {
    throw new AppError('SERIES_STORE_INVALID', `series store name ${definition.name}`, {
      hint: 'Use the name of its folder, in kebab-case.',
    });
  }
  return Object.freeze({ ...definition });
}
