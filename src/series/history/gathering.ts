import {
  type AggregateFunction,
  ROLLUP_FUNCTIONS,
  type SeriesBlock,
} from '../../contracts/series.ts';
import { derivedColumns, joinRows, mergeRow, type Rows, seriesKey } from './blocks.ts';

interface Gathered {
  tags: SeriesBlock;
  parts: Rows[];
}

export interface GatheringOptions {
  functions: readonly AggregateFunction[];
  /** Buckets may come in parts: the columns are then those of ROLLUP_FUNCTIONS. */
  cutsBuckets: boolean;
  /** The start of the only bucket there is, or null. */
  whole: number | null;
}

/** Series that come in several runs, each in order of time, until all of them are whole. */
export class Gathering {
  readonly #options: GatheringOptions;
  readonly #series = new Map<string, Gathered>();

  constructor(options: GatheringOptions) {
    this.#options = options;
  }

  /** What each run is to be asked for. */
  get functions(): readonly AggregateFunction[] {
    return this.#options.cutsBuckets ? ROLLUP_FUNCTIONS : this.#options.functions;
  }

  append(block: SeriesBlock): void {
    const { whole } = this.#options;
    const key = seriesKey(block);
    const series = this.#series.get(key) ?? { tags: block, parts: [] };
    this.#series.set(key, series);
    const times = whole === null ? block.times : block.times.map(() => whole);
    const rows: Rows = { times, columns: block.columns };
    const last = series.parts.at(-1);
    if (last === undefined || last.times.at(-1) !== times[0]) {
      series.parts.push(rows);
      return;
    }
    const merged = { times: last.times, columns: last.columns.map((column) => column.slice()) };
    mergeRow(merged, rows);
    series.parts[series.parts.length - 1] = merged;
    const rest = { times: times.subarray(1), columns: rows.columns.map((one) => one.subarray(1)) };
    if (rest.times.length > 0) series.parts.push(rest);
  }

  /** Every series, whole and ascending; what was given is let go of. */
  *series(): Iterable<{ tags: SeriesBlock; rows: Rows }> {
    const { functions, cutsBuckets } = this.#options;
    for (const [key, { tags, parts }] of this.#series) {
      this.#series.delete(key);
      const { times, columns } = joinRows(parts, this.functions.length);
      yield {
        tags,
        rows: { times, columns: cutsBuckets ? derivedColumns(functions, columns) : columns },
      };
    }
  }
}
