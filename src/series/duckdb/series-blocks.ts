import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { WireBlock } from './protocol.ts';
import type { KindMemory } from './sources.ts';
import type { Position } from './sql.ts';

/** Points of one block: 64 KiB for each column. */
const BLOCK_POINTS = 8_192;

/** The points of one series that wait to be sent. */
interface Pending {
  metric: string;
  times: number[];
  columns: number[][];
  quality: number[];
  /** Points of the series so far, those sent included. */
  count: number;
}

export interface BlockShape {
  /** Functions of an aggregated query; null for raw points. */
  functions: number | null;
  toTime(key: number): number;
  limit: number;
}

/** Cuts rows ordered by source and key into blocks, one series after the other. */
export class SeriesBlocks {
  readonly #kind: KindMemory;
  readonly #shape: BlockShape;
  #metrics: readonly string[] = [];
  #pending: Pending[] = [];
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
    const sources = chunk.getColumnVector(0);
    const keys = chunk.getColumnVector(1);
    const values = Array.from({ length: chunk.columnCount - 2 }, (_, place) =>
      chunk.getColumnVector(place + 2),
    );
    const row = new Array<number>(values.length);
    for (let index = 0; index < chunk.rowCount; index++) {
      const source = sources.getItem(index) as number;
      const key = keys.getItem(index) as number;
      for (let place = 0; place < values.length; place++) {
        row[place] = (values[place]?.getItem(index) as number | null) ?? Number.NaN;
      }
      if (source !== this.#position?.source) this.#nextSource(source);
      this.#position = { source, key };
      if (this.#shape.functions === null) this.#addRaw(key, row);
      else this.#addAggregates(this.#shape.toTime(key), row, this.#shape.functions);
    }
  }

  /** The last row of the last source has come. */
  end(): void {
    for (const pending of this.#pending) this.#flush(pending);
    this.#pending = [];
    this.#position = null;
  }

  take(): WireBlock[] {
    const blocks = this.#ready;
    this.#ready = [];
    this.#readyPoints = 0;
    return blocks;
  }

  #nextSource(source: number): void {
    this.end();
    this.#position = { source, key: Number.NaN };
    const width = this.#shape.functions ?? 1;
    this.#pending = this.#metrics.map((metric) => ({
      metric,
      times: [],
      columns: Array.from({ length: width }, () => []),
      quality: [],
      count: 0,
    }));
  }

  #addRaw(time: number, [value = Number.NaN, quality = 0]: readonly number[]): void {
    const [pending] = this.#pending;
    if (pending === undefined || pending.count >= this.#shape.limit) return;
    pending.columns[0]?.push(value);
    pending.quality.push(quality);
    this.#addTime(pending, time);
  }

  #addAggregates(time: number, row: readonly number[], functions: number): void {
    this.#pending.forEach((pending, metric) => {
      const start = metric * (functions + 1);
      const empty = row[start] === 0;
      if (empty || pending.count >= this.#shape.limit) return;
      for (let place = 0; place < functions; place++) {
        pending.columns[place]?.push(row[start + 1 + place] ?? Number.NaN);
      }
      this.#addTime(pending, time);
    });
  }

  #addTime(pending: Pending, time: number): void {
    pending.times.push(time);
    pending.count++;
    // Of several series only whole ones may leave, or their blocks would come mixed.
    if (this.#pending.length === 1 && pending.times.length >= BLOCK_POINTS) this.#flush(pending);
  }

  #flush(pending: Pending): void {
    const source = this.#kind.sources.get(this.#position?.source ?? 0);
    if (pending.times.length === 0 || source === undefined) return;
    const block: WireBlock = {
      tags: source.tags,
      metric: pending.metric,
      times: Float64Array.from(pending.times),
      columns: pending.columns.map((column) => Float64Array.from(column)),
    };
    if (this.#shape.functions === null) {
      const allGood = pending.quality.every((quality) => quality === 0);
      block.quality = allGood ? null : Uint8Array.from(pending.quality);
    }
    this.#ready.push(block);
    this.#readyPoints += pending.times.length;
    pending.times = [];
    pending.columns = pending.columns.map(() => []);
    pending.quality = [];
  }
}
