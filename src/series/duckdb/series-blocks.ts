import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { WireBlock } from './protocol.ts';
import { SeriesBuilder, type SeriesRows } from './series-builder.ts';
import type { KindMemory } from './sources.ts';
import type { Position } from './sql.ts';

export interface BlockShape {
  /** Functions of an aggregated query; null for raw points. */
  functions: number | null;
  toTime(key: number): number;
  limit: number;
}

/**
 * Cuts rows ordered by source and key into blocks, one series after the other. A row of points is
 * (source, key, quality, then a value for each metric), one of buckets (source, key, then for each
 * metric its count and a value for each function); without a value, or a count, there is none.
 */
export class SeriesBlocks {
  readonly #kind: KindMemory;
  readonly #shape: BlockShape;
  #metrics: readonly string[] = [];
  #builders: SeriesBuilder[] = [];
  #position: Position | null = null;
  #ready: WireBlock[] = [];
  #readyPoints = 0;

  constructor(kind: KindMemory, shape: BlockShape) {
    this.#kind = kind;
    this.#shape = shape;
  }

  /** The last row taken since `begin`. */
  get position(): Position | null {
    return this.#position;
  }

  get readyPoints(): number {
    return this.#readyPoints;
  }

  /** Rows of these metrics follow, from the first source on. */
  begin(metrics: readonly string[]): void {
    this.#metrics = metrics;
    this.#position = null;
  }

  add(chunk: DuckDBDataChunk): void {
    const { toTime } = this.#shape;
    const sources = numbers(chunk, 0);
    const keys = numbers(chunk, 1);
    const series = this.#rowsOf(chunk, keys.map(toTime));
    for (let from = 0; from < chunk.rowCount; ) {
      const source = sources[from] ?? 0;
      let to = from + 1;
      while (to < chunk.rowCount && sources[to] === source) to++;
      if (source !== this.#position?.source) this.#nextSource(source);
      this.#builders.forEach((builder, metric) => {
        const rows = series[metric];
        if (rows !== undefined) builder.add(rows, from, to);
      });
      // The first series may leave as it comes; the others only after it, or blocks came mixed.
      this.#send(this.#builders[0]);
      this.#position = { source, key: keys[to - 1] ?? Number.NaN };
      from = to;
    }
  }

  /** What a chunk has of each metric. */
  #rowsOf(chunk: DuckDBDataChunk, times: Float64Array): SeriesRows[] {
    const { functions } = this.#shape;
    if (functions === null) {
      const quality = numbers(chunk, 2);
      return this.#metrics.map((_, metric) => {
        const values = numbers(chunk, 3 + metric);
        return { times, present: values, columns: [values], quality };
      });
    }
    return this.#metrics.map((_, metric) => {
      const first = 2 + metric * (functions + 1);
      const columns = Array.from({ length: functions }, (_, place) =>
        numbers(chunk, first + 1 + place),
      );
      return { times, present: numbers(chunk, first), columns, quality: null };
    });
  }

  /** The last row of the last source has come. */
  end(): void {
    for (const builder of this.#builders) {
      builder.cut();
      this.#send(builder);
    }
    this.#builders = [];
    this.#position = null;
  }

  /** Blocks that are ready, of about so many points; the others stay. */
  take(points: number): WireBlock[] {
    let taken = 0;
    let count = 0;
    while (taken < points && count < this.#ready.length) {
      taken += this.#ready[count]?.times.length ?? 0;
      count++;
    }
    this.#readyPoints -= taken;
    return this.#ready.splice(0, count);
  }

  #nextSource(source: number): void {
    this.end();
    this.#position = { source, key: Number.NaN };
    const { functions, limit } = this.#shape;
    this.#builders = this.#metrics.map(
      (metric) => new SeriesBuilder({ metric, width: functions ?? 1, limit }),
    );
  }

  #send(builder: SeriesBuilder | undefined): void {
    const source = this.#kind.sources.get(this.#position?.source ?? 0);
    for (const block of builder?.take() ?? []) {
      if (source === undefined) continue;
      this.#ready.push({ tags: source.tags, ...block });
      this.#readyPoints += block.times.length;
    }
  }
}

/** A column of a chunk; NaN where it is NULL. */
function numbers(chunk: DuckDBDataChunk, place: number): Float64Array<ArrayBuffer> {
  const vector = chunk.getColumnVector(place);
  const column = new Float64Array(chunk.rowCount);
  for (let row = 0; row < column.length; row++) {
    column[row] = (vector.getItem(row) as number | null) ?? Number.NaN;
  }
  return column;
}
