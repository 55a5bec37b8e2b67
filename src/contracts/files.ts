import type { HistoryQuery, ValueVersion } from './history.ts';
import type { AggregateFunction } from './series.ts';

/** Kinds of file that series leave as and come back from. */
export const FILE_FORMATS = ['csv', 'ndjson', 'parquet', 'xlsx'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** `long`: one row a value. `wide`: one row a device and time, one column a metric. */
export const FILE_SHAPES = ['long', 'wide'] as const;
export type FileShape = (typeof FILE_SHAPES)[number];

export const DECIMAL_SIGNS = ['point', 'comma'] as const;
export type DecimalSign = (typeof DECIMAL_SIGNS)[number];

export interface ExportRequest {
  format: FileFormat;
  shape: FileShape;
  /** What to read, one query a kind; none is a file with a header and no row. */
  queries: readonly HistoryQuery[];
  /** The functions of the queries; null: points. */
  functions: readonly AggregateFunction[] | null;
  /** `both` adds a column with the raw value beside each corrected one; points only. */
  values: ValueVersion;
  /** IANA zone of local times: of the dates of a workbook, and of `local_time` elsewhere. */
  timeZone: string;
  /** Adds the column `local_time` behind the time. */
  localTime?: boolean;
  /** CSV begins with a byte order mark, by which Excel knows UTF-8. */
  bom?: boolean;
  /** With a decimal comma the cells of CSV are separated by semicolons. */
  decimal?: DecimalSign;
}

/** Writes series as files. */
export interface SeriesFiles {
  /**
   * The file's bytes, piece by piece, at the reader's pace and in constant memory; a failure midway
   * is thrown, so that what was written until then is never taken for the whole. Errors of
   * `History.query`, and FILE_WORKER_FAILED, FILE_DIR_UNUSABLE, FILE_TOO_LARGE.
   */
  export(request: ExportRequest, signal?: AbortSignal): AsyncGenerator<Uint8Array>;
}

/** What is wrong with one row, or one cell of it. */
export interface ImportFault {
  /** Counts from 1, the header included; of Parquet, the row. */
  line: number;
  /** The column's name, or null when the row cannot be read at all. */
  column: string | null;
  code: string;
  message: string;
}

export interface ImportReport {
  /** Rows read, broken ones included, the header not. */
  rows: number;
  /** Values that the store did not have. */
  stored: number;
  /** Values that took the place of others at the same device, metric and time. */
  replaced: number;
  /** Values that the store had already. */
  duplicate: number;
  /** Values, or rows that cannot be read, that were left out; the reasons are in `errors`. */
  rejected: number;
  /** Durable, but not all in the store yet: it follows by itself. */
  pending: boolean;
  dryRun: boolean;
  /** The first of them; `rejected` counts all. */
  errors: ImportFault[];
}

export interface ImportRequest {
  format: FileFormat;
  body: AsyncIterable<Uint8Array>;
  /** Devices of these cooperatives only; null: of all. */
  coops: readonly string[] | null;
  /** Zone of times that say no offset. */
  timeZone: string;
  /** Checks and counts, and keeps nothing. */
  dryRun: boolean;
}

/** Takes files of series back in. */
export interface SeriesImports {
  /**
   * Reads at its own pace and in bounded memory. What is kept goes through the journal, so it is
   * durable when this resolves; the same file twice equals once. Throws FILE_INVALID for a file
   * that cannot be one of ours, IMPORT_BUSY while another runs, and errors of journal and series;
   * values taken until then stay, and the file can be sent again.
   */
  import(request: ImportRequest, signal?: AbortSignal): Promise<ImportReport>;
}
