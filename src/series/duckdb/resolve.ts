import type { KindRows } from './protocol.ts';
import type { KindMemory } from './sources.ts';

/** A stored row at the instant of a report that may repeat or replace it. */
export interface StoredRow {
  source: number;
  offset: number;
  quality: number;
  /** By place in the batch's metrics; null where the row has none. */
  values: ReadonlyArray<number | null>;
}

/** A stored value that no longer counts, because `row` of the batch gives the point another. */
export interface Superseded {
  metric: string;
  source: number;
  observedAt: number;
  offset: number;
  row: number;
}

/** A point in the table that has to be looked at before the batch can be stored. */
export interface Candidate {
  device: string;
  observedAt: number;
}

/**
 * Decides for one batch of one kind what is new, what repeats and what replaces. Values that are
 * not stored become NaN in the batch's columns, and their row is charged one duplicate each.
 */
export class BatchResolver {
  readonly superseded: Superseded[] = [];
  /** Values of each row that repeated or replaced. */
  readonly duplicates: Uint32Array;
  readonly #rows: KindRows;
  readonly #memory: KindMemory;
  /** Rows at or behind the newest of their device, and rows below the cursor. */
  readonly #suspect: Uint8Array;
  readonly #skipped: Uint8Array;
  readonly #suspectDevices = new Set<string>();

  constructor(rows: KindRows, memory: KindMemory, cursor: number) {
    this.#rows = rows;
    this.#memory = memory;
    const size = rows.source.length;
    this.duplicates = new Uint32Array(size);
    this.#suspect = new Uint8Array(size);
    this.#skipped = new Uint8Array(size);
    const newest = new Map<string, number>();
    for (const { device } of rows.sources) newest.set(device, this.#newestStored(device));
    for (let row = 0; row < size; row++) {
      if (offsetOf(rows, row) < cursor) {
        this.#skipped[row] = 1;
        continue;
      }
      const device = deviceOf(rows, row);
      const observedAt = timeOf(rows, row);
      if (observedAt > (newest.get(device) ?? Number.NEGATIVE_INFINITY)) {
        newest.set(device, observedAt);
      } else {
        this.#suspect[row] = 1;
        this.#suspectDevices.add(device);
      }
    }
  }

  #newestStored(device: string): number {
    return this.#memory.devices.get(device)?.newest ?? Number.NEGATIVE_INFINITY;
  }

  /** Points of the table to look up; in the usual case there are none. */
  candidates(): Candidate[] {
    if (this.#suspectDevices.size === 0) return [];
    const candidates: Candidate[] = [];
    for (let row = 0; row < this.#suspect.length; row++) {
      if (this.#suspect[row] === 0) continue;
      const device = deviceOf(this.#rows, row);
      const observedAt = timeOf(this.#rows, row);
      if (observedAt <= this.#newestStored(device)) candidates.push({ device, observedAt });
    }
    return candidates;
  }

  /** `stored` gives all rows of the table at a candidate. Returns the rows that are left. */
  resolve(stored: (device: string, observedAt: number) => readonly StoredRow[]): Uint32Array {
    const rows = this.#rows;
    if (this.#suspectDevices.size > 0) {
      const seen = new Map<string, Map<number, number[]>>();
      for (let row = 0; row < this.#suspect.length; row++) {
        const device = deviceOf(rows, row);
        if (this.#skipped[row] === 1 || !this.#suspectDevices.has(device)) continue;
        const observedAt = timeOf(rows, row);
        const times = seen.get(device) ?? new Map<number, number[]>();
        seen.set(device, times);
        const earlier = times.get(observedAt) ?? [];
        times.set(observedAt, earlier);
        if (this.#suspect[row] === 1) this.#resolveRow(row, earlier, stored(device, observedAt));
        earlier.push(row);
      }
    }
    return this.#remaining();
  }

  #resolveRow(row: number, earlier: readonly number[], stored: readonly StoredRow[]): void {
    const { values, quality } = this.#rows;
    values.forEach((column, place) => {
      const value = column[row] ?? Number.NaN;
      if (Number.isNaN(value)) return;
      const inBatch = earlier.findLast((other) => !Number.isNaN(column[other] ?? Number.NaN));
      if (inBatch !== undefined) {
        if (column[inBatch] === value && quality[inBatch] === quality[row]) {
          this.#drop(column, row);
        } else {
          this.#replaceInBatch(place, inBatch, row);
        }
        return;
      }
      const winner = winnerAt(stored, place);
      if (winner === undefined) return;
      // After a rebuild the journal comes again: this report was stored, or replaced, before.
      const past = winner.offset >= offsetOf(this.#rows, row);
      if (past || (winner.values[place] === value && winner.quality === quality[row])) {
        this.#drop(column, row);
      } else {
        this.#replaceStored(place, winner, row);
      }
    });
  }

  #drop(column: Float64Array, row: number): void {
    column[row] = Number.NaN;
    this.#charge(row);
  }

  #charge(row: number): void {
    this.duplicates[row] = (this.duplicates[row] ?? 0) + 1;
  }

  /** The earlier value is never stored, so what it replaced is now replaced by the later one. */
  #replaceInBatch(place: number, earlier: number, row: number): void {
    const metric = this.#rows.metrics[place];
    const column = this.#rows.values[place];
    const moved = this.superseded.find((old) => old.row === earlier && old.metric === metric);
    if (moved === undefined) {
      this.#charge(earlier);
    } else {
      moved.row = row;
      this.#charge(row);
    }
    if (column !== undefined) column[earlier] = Number.NaN;
  }

  #replaceStored(place: number, winner: StoredRow, row: number): void {
    const { source, offset } = winner;
    const metric = this.#rows.metrics[place] ?? '';
    const observedAt = timeOf(this.#rows, row);
    this.superseded.push({ metric, source, observedAt, offset, row });
    this.#charge(row);
  }

  #remaining(): Uint32Array {
    const { values } = this.#rows;
    const left: number[] = [];
    for (let row = 0; row < this.#skipped.length; row++) {
      if (this.#skipped[row] === 1) continue;
      // Only a row that was charged for something can have lost all of its values.
      const whole = this.duplicates[row] === 0;
      if (whole || values.some((column) => !Number.isNaN(column[row] ?? Number.NaN))) {
        left.push(row);
      }
    }
    return Uint32Array.from(left);
  }
}

/** The latest report by journal offset that has the metric: its value is the point's. */
function winnerAt(stored: readonly StoredRow[], place: number): StoredRow | undefined {
  let winner: StoredRow | undefined;
  for (const candidate of stored) {
    if (candidate.values[place] === null) continue;
    if (winner === undefined || candidate.offset > winner.offset) winner = candidate;
  }
  return winner;
}

export function deviceOf(rows: KindRows, row: number): string {
  return rows.sources[rows.source[row] ?? 0]?.device ?? '';
}

function timeOf(rows: KindRows, row: number): number {
  return rows.observedAt[row] ?? 0;
}

function offsetOf(rows: KindRows, row: number): number {
  return rows.offset[row] ?? 0;
}
