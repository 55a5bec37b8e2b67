import type { Quality } from './observation.ts';
import type { AggregateFunction, Every, SeriesBlock, SeriesQuery } from './series.ts';

/**
 * `raw`: as the device said. `corrected`: calibrated, mended, and without values flagged invalid.
 * `both`: corrected, with the raw value beside it; for points only.
 */
export const VALUE_VERSIONS = ['raw', 'corrected', 'both'] as const;
export type ValueVersion = (typeof VALUE_VERSIONS)[number];

/**
 * What stands in a bucket without values: no row, a row of NaN, the value before, or a line between
 * neighbours. A count is 0 there whatever the fill; sums and deviations of nothing are NaN.
 */
export const FILLS = ['none', 'null', 'previous', 'linear'] as const;
export type Fill = (typeof FILLS)[number];

export interface HistoryAggregate {
  /** Null: the whole range is one bucket that starts at `from`. */
  every: Every | null;
  functions: readonly AggregateFunction[];
  timeZone: string;
  /** `none` without it. Buckets are filled within the range asked, for series that have a value. */
  fill?: Fill;
}

export interface HistoryQuery extends Omit<SeriesQuery, 'aggregate'> {
  aggregate?: HistoryAggregate;
  values: ValueVersion;
  /**
   * For charts: at most so many points of each series, the least and the greatest of equal
   * stretches of the range at their own times. Points only, ascending.
   */
  points?: number;
}

/** What a person said of values: `suspect` ones are kept and marked, `invalid` ones left out. */
export const VALUE_FLAGS = ['suspect', 'invalid'] as const;
export type ValueFlag = (typeof VALUE_FLAGS)[number];

/** How far a point is to be trusted: the store's word, or a person's. */
export type PointQuality = Quality | ValueFlag;

export interface HistoryBlock extends Omit<SeriesBlock, 'quality'> {
  quality?: readonly PointQuality[];
  /** Beside `both`: what the device said, row by row. */
  raw?: Float64Array;
}

/** Series as people read them: from whatever tier gives the exact answer, corrected or raw. */
export interface History {
  /** Streams with back-pressure, in the order of `SeriesStore.query`; errors are the same. */
  query(query: HistoryQuery, signal?: AbortSignal): AsyncIterable<HistoryBlock>;
}

/** Applies over `[from, to)` of one device's metric; `to` null: until another replaces it. */
export interface CorrectionSpan {
  device: string;
  metric: string;
  from: number;
  to: number | null;
}

/** What is done to the values of a span. */
export type CorrectionWork =
  /** corrected = gain * raw + offset, in the metric's unit. */
  | { type: 'calibration'; gain: number; offset: number }
  | { type: 'flag'; flag: ValueFlag }
  /** The value every point of the span should have had. */
  | { type: 'value'; value: number };

/**
 * One version of a correction. Versions are kept for ever; the newest that is not removed applies.
 * At an instant the calibration with the latest start counts, then the one recorded last; a value
 * stands above calibrations; flags are told apart from both.
 */
export interface Correction extends CorrectionSpan {
  id: string;
  /** From 1 on. */
  version: number;
  work: CorrectionWork;
  /** Why, in a person's words. */
  note: string | null;
  by: string;
  /** When this version was recorded, ms. */
  at: number;
  /** This version takes the correction back. */
  removed: boolean;
}
