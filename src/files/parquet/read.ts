import type { Cell, RowBatch, RowSource } from '../import/source.ts';
import type { ReadPage } from './protocol.ts';
import { MEMORY_LIMIT_MB, ParquetWorker } from './worker.ts';

/** Reads a Parquet file through a process of its own, which ends with the last row. */
export async function readParquet(
  file: string,
  options: { scratch: string; signal: AbortSignal | undefined },
): Promise<RowSource> {
  const worker = new ParquetWorker(options.signal);
  try {
    const start = { file, scratch: options.scratch, memoryLimitMb: MEMORY_LIMIT_MB };
    const columns = (await worker.call('open', start)) as string[];
    return { batches: pages(worker, columns), hasHeader: true };
  } catch (error) {
    worker.close();
    throw error;
  }
}

async function* pages(worker: ParquetWorker, columns: string[]): AsyncGenerator<RowBatch> {
  try {
    // The columns are judged before there is a row, and also when there is none.
    yield { columns, rows: [] };
    let line = 0;
    for (;;) {
      const page = (await worker.call('page', null)) as ReadPage;
      const rows = Array.from({ length: page.rows }, (_, row) => ({
        line: line + row + 1,
        cells: page.columns.map((column) => cellOf(column[row])),
      }));
      line += page.rows;
      yield { columns, rows };
      if (page.done) return;
    }
  } finally {
    worker.close();
  }
}

function cellOf(value: string | number | null | undefined): Cell {
  return value === undefined || Number.isNaN(value) ? null : value;
}
