/** A cell as its file has it; null when it is empty. */
export type Cell = string | number | null;

export interface RowFault {
  column: string | null;
  code: string;
  message: string;
}

/** One row of a file, or why it cannot be read. */
export interface SourceRow {
  line: number;
  cells: readonly Cell[];
  fault?: RowFault;
}

/** Rows under the same columns. */
export interface RowBatch {
  /** The same array as long as they are the same columns. */
  columns: readonly string[];
  rows: readonly SourceRow[];
}

/** A file as rows, whatever its format. Throws FILE_INVALID when it is none of that format. */
export interface RowSource {
  batches: AsyncIterable<RowBatch>;
  /** The columns stand in a header: when they do not fit, the whole file does not. */
  hasHeader: boolean;
  /** Numbers in the time column are days as Excel counts them, in local time. */
  excelDates?: boolean;
  /** Numbers may have a decimal comma. */
  decimalComma?: boolean;
}
