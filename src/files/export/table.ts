import type { ExportRequest } from '../../contracts/files.ts';
import type { HistoryBlock, PointQuality } from '../../contracts/history.ts';

/** What a file's columns are, whatever its format. */
export interface TableShape {
  /** One row a value; else one column a metric. */
  long: boolean;
  /** Names of the columns of numbers, in their order. */
  numbers: readonly string[];
  quality: boolean;
}

/** Rows of one device, of one metric in a long file. NaN is an empty cell. */
export interface TableBlock {
  device: string;
  metric: string;
  times: Float64Array;
  /** One for each name of `numbers`. */
  columns: readonly Float64Array[];
  quality?: readonly PointQuality[] | undefined;
}

export type TableBlocks = AsyncIterable<TableBlock> | Iterable<TableBlock>;

export function shapeOf(request: ExportRequest): TableShape {
  const { functions, queries } = request;
  const both = functions === null && request.values === 'both';
  if (request.shape === 'long') {
    const numbers = functions ?? (both ? ['value', 'raw'] : ['value']);
    return { long: true, numbers, quality: functions === null };
  }
  const metrics = [...new Set(queries.flatMap((query) => query.metrics))];
  const numbers = metrics.flatMap((metric) => {
    if (both) return [metric, `${metric}_raw`];
    if (functions === null) return [metric];
    // Also when there is one: a mean under the metric's own name would pass for what was measured.
    return functions.map((name) => `${metric}_${name}`);
  });
  return { long: false, numbers, quality: false };
}

/** The file's header. */
export function columnNames(shape: TableShape, timeNames: readonly string[]): string[] {
  return [
    ...timeNames,
    'device',
    ...(shape.long ? ['metric'] : []),
    ...shape.numbers,
    ...(shape.quality ? ['quality'] : []),
  ];
}

/** A block of history as rows of a long file. */
export function longBlock(block: HistoryBlock): TableBlock {
  const { device, metric, times, columns, raw, quality } = block;
  return {
    device,
    metric,
    times,
    columns: raw === undefined ? columns : [...columns, raw],
    quality,
  };
}
