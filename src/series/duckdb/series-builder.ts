import type { WireBlock } from './protocol.ts';

/** Points of one block: 64 KiB for each column. */
const BLOCK_POINTS = 8_192;

/** Most series are short: a block begins with room for these, and has twice as much each time. */
const ROOM_FIRST = 256;

/** Rows of one metric by column; a row whose `present` is NaN does not belong to it. */
export interface SeriesRows {
  times: Float64Array;
  present: Float64Array;
  columns: Float64Array[];
  /** Null in an aggregated query. */
  quality: Float64Array | null;
}

export type UntaggedBlock = Omit<WireBlock, 'tags'>;

/** Gathers the points of one series and cuts them into blocks. */
export class SeriesBuilder {
  readonly #metric: string;
  readonly #limit: number;
  /** Points of the series so far, those sent included. */
  #count = 0;
  #blocks: UntaggedBlock[] = [];
  #size = 0;
  #times = new Float64Array(0);
  #columns: Float64Array[];
  #quality = new Uint8Array(0);
  /** `quality` is said at all, and of some point since the last block it is not the best. */
  #isRaw = false;
  #isMarked = false;

  constructor({ metric, width, limit }: { metric: string; width: number; limit: number }) {
    this.#metric = metric;
    this.#limit = limit;
    this.#columns = Array.from({ length: width }, () => new Float64Array(0));
  }

  /** Takes the rows `[from, to)`. */
  add({ times, present, columns, quality }: SeriesRows, from: number, to: number): void {
    this.#isRaw = quality !== null;
    for (let row = from; row < to && this.#count < this.#limit; row++) {
      if (Number.isNaN(present[row])) continue;
      if (this.#size === this.#times.length) this.#makeRoom();
      const place = this.#size++;
      this.#count++;
      this.#times[place] = times[row] ?? Number.NaN;
      for (let column = 0; column < columns.length; column++) {
        const target = this.#columns[column];
        if (target !== undefined) target[place] = columns[column]?.[row] ?? Number.NaN;
      }
      const mark = quality?.[row] ?? 0;
      this.#quality[place] = mark;
      if (mark !== 0) this.#isMarked = true;
    }
  }

  /** Makes a block of what there is. */
  cut(): void {
    const size = this.#size;
    if (size === 0) return;
    const quality = this.#isMarked ? this.#quality.subarray(0, size) : null;
    this.#blocks.push({
      metric: this.#metric,
      times: this.#times.subarray(0, size),
      columns: this.#columns.map((column) => column.subarray(0, size)),
      ...(this.#isRaw && { quality }),
    });
    this.#size = 0;
    this.#isMarked = false;
    this.#resize(0);
  }

  /** The blocks that are complete. */
  take(): UntaggedBlock[] {
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  #makeRoom(): void {
    if (this.#size === BLOCK_POINTS) this.cut();
    this.#resize(this.#size === 0 ? ROOM_FIRST : 2 * this.#size);
  }

  #resize(room: number): void {
    const resized = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const other = new Float64Array(room);
      if (this.#size > 0) other.set(column);
      return other;
    };
    this.#times = resized(this.#times);
    this.#columns = this.#columns.map(resized);
    const quality = new Uint8Array(room);
    if (this.#size > 0) quality.set(this.#quality);
    this.#quality = quality;
  }
}
