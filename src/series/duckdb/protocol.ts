import type { AppError } from '../../base/errors.ts';
import type {
  Expired,
  LatestValue,
  RetentionTier,
  RollupChange,
  SeriesQuery,
  StoredCount,
} from '../../contracts/series.ts';

/** What the rows of one place are filed under; the kind is the table's. */
export interface SourceTags {
  coop: string;
  site: string | null;
  device: string;
}

/** Observations of one kind by column; row `i` of every array belongs together. */
export interface KindRows {
  kind: string;
  sources: SourceTags[];
  /** Index into `sources`. */
  source: Uint32Array;
  observedAt: Float64Array;
  receivedAt: Float64Array;
  offset: Float64Array;
  /** Index into `QUALITIES`. */
  quality: Uint8Array;
  metrics: string[];
  /** One column for each of `metrics`; NaN where the report did not have it. */
  values: Float64Array[];
}

export interface ColumnBatch {
  from: number;
  next: number;
  rows: KindRows[];
}

export interface KindColumns {
  name: string;
  metrics: readonly string[];
}

/** Limits of one store; the reasons stand with their defaults in `limits.ts`. */
export interface StoreLimits {
  queriesConcurrentMax: number;
  queriesWaitingMax: number;
  queryTimeMaxMs: number;
  readerHoldMs: number;
  readerIdleMaxMs: number;
  checkpointBytes: number;
  checkpointEveryMs: number;
  foldRows: number;
  pagePoints: number;
  sortedRowsMax: number;
  heldValuesMax: number;
}

export interface OpenRequest {
  file: string;
  kinds: KindColumns[];
  timeZone: string;
  memoryLimitMb: number;
  threads: number;
  limits: StoreLimits;
}

/** Part of one series as it travels; the parent makes a `SeriesBlock` of it. */
export interface WireBlock {
  tags: SourceTags;
  metric: string;
  times: Float64Array;
  columns: Float64Array[];
  /** Absent in an aggregated block, null when every point is good. */
  quality?: Uint8Array | null;
}

/** When it is not done, `more` gives the next page. */
export interface QueryPage {
  blocks: WireBlock[];
  done: boolean;
}

export interface ChildStatus {
  cursor: number;
  persisted: number;
  bytes: number;
  rssBytes: number;
  /** Made with the file and kept for its life; null until it is open. */
  identity: string | null;
}

export interface WriteResult {
  stored: number;
  duplicate: number;
}

/** What the parent may ask, and what each is answered with. */
export interface Calls {
  open: { input: OpenRequest; output: ChildStatus };
  write: { input: ColumnBatch; output: WriteResult };
  rollups: { input: readonly RollupChange[]; output: null };
  /** The first page of a query; the parent chose the stream's number. */
  query: { input: { stream: number; query: SeriesQuery }; output: QueryPage };
  more: { input: { stream: number }; output: QueryPage };
  cancel: { input: { stream: number }; output: null };
  latest: { input: null; output: LatestValue[] };
  counts: {
    input: { fromDay: string; toDay: string; coops: readonly string[] | null };
    output: StoredCount[];
  };
  /** One step, such as a month; asked again until it is done. */
  expire: {
    input: { tier: RetentionTier; kind: string; before: number };
    output: Expired & { done: boolean };
  };
  snapshot: { input: { dir: string }; output: null };
  close: { input: null; output: null };
}
export type CallName = keyof Calls;

export interface Request<N extends CallName = CallName> {
  id: number;
  name: N;
  input: Calls[N]['input'];
}

export interface WireError {
  code: string;
  message: string;
  hint: string | undefined;
  field: string | undefined;
}

/** Every answer carries the child's state, so the parent's view is as fresh as the last one. */
export type Reply = {
  id: number;
  status: ChildStatus | null;
} & ({ output: unknown } | { error: WireError });

/** Why the database could not be opened. */
export type OpenFault =
  /** Another process has it. */
  | 'locked'
  /** The machine refuses: rights, space, descriptors. Time may heal it. */
  | 'environment'
  /** It takes more memory than it may: the log, for the main file is read piece by piece. */
  | 'memory'
  /** What is in the files cannot be read. */
  | 'damaged';

/** The last words of a child that could not open its database, or that found it damaged. */
export interface OpenFailure {
  fault: OpenFault;
  message: string;
}

/** Said without being asked: the state every second, what went wrong or was mended, last words. */
export type Notice =
  | { status: ChildStatus }
  | { trouble: string }
  | { repair: string }
  | { openFailure: OpenFailure };

/** Exit codes of the child; any other end is a crash. */
export const EXIT_CLOSED = 0;
export const EXIT_OPEN_FAILED = 70;
export const EXIT_DATABASE_FAILED = 71;

export function toWireError(error: AppError): WireError {
  return { code: error.code, message: error.message, hint: error.hint, field: error.field };
}
