/** What the child knows how to do: one file is written, or one is read, in its life. */
export type Request =
  | { id: number; name: 'begin'; input: WriteStart }
  | { id: number; name: 'append'; input: WriteBlock }
  | { id: number; name: 'finish'; input: null }
  | { id: number; name: 'open'; input: ReadStart }
  | { id: number; name: 'page'; input: null };

export type Reply =
  | { id: number; output: unknown }
  | { id: number; error: { code: string; message: string; hint?: string } };

export interface WriteStart {
  /** The file to make, and one beside it that is used on the way. */
  file: string;
  scratch: string;
  memoryLimitMb: number;
  long: boolean;
  numbers: readonly string[];
  quality: boolean;
  localZone: string | null;
}

/** Rows of one device, as in `TableBlock`. */
export interface WriteBlock {
  device: string;
  metric: string;
  times: Float64Array;
  columns: readonly Float64Array[];
  quality: readonly string[] | null;
  /** Offsets of local time in ms, when there is a column for it. */
  offsets: Float64Array | null;
}

export interface ReadStart {
  file: string;
  scratch: string;
  memoryLimitMb: number;
}

/** A column of a page: numbers with NaN for none, times in ms, or texts. */
export type ReadColumn = Float64Array | Array<string | null>;

export interface ReadPage {
  rows: number;
  columns: ReadColumn[];
  done: boolean;
}
