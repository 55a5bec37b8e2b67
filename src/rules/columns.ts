import type { HistoryBlock } from '../contracts/history.ts';
import type { Instant } from './compiled.ts';
import { inEventOrder } from './sample.ts';

/** Samples of one input within a stretch, in ascending time, one for each instant. */
export interface Column {
  times: ArrayLike<number>;
  values: ArrayLike<number>;
}

export const NO_SAMPLES: Column = { times: [], values: [] };

/** The points of one device and metric, in the order history gives them: place after place. */
export function columnOf(blocks: readonly HistoryBlock[]): Column {
  const [first] = blocks;
  if (first === undefined) return NO_SAMPLES;
  if (blocks.length === 1) return { times: first.times, values: first.columns[0] ?? [] };
  const times: number[] = [];
  const values: number[] = [];
  for (const block of blocks) {
    const column = block.columns[0];
    for (let row = 0; row < block.times.length; row++) {
      times.push(block.times[row] ?? Number.NaN);
      values.push(column?.[row] ?? Number.NaN);
    }
  }
  return isAscending(times) ? { times, values } : sorted(times, values);
}

function isAscending(times: readonly number[]): boolean {
  return times.every((time, row) => row === 0 || time > (times[row - 1] ?? time));
}

/** A device that moved has a series for each place, one after the other in the answer. */
function sorted(times: readonly number[], values: readonly number[]): Column {
  const samples = inEventOrder(
    times.map((time, row) => ({ time, value: values[row] ?? Number.NaN })),
  );
  return {
    times: samples.map(({ time }) => time),
    values: samples.map(({ value }) => value),
  };
}

/** The columns together, instant by instant. */
export function* instantsOfColumns(columns: readonly Column[]): Iterable<Instant> {
  const rows = columns.map(() => 0);
  for (;;) {
    let time = Number.POSITIVE_INFINITY;
    for (let place = 0; place < columns.length; place++) {
      const next = columns[place]?.times[rows[place] ?? 0];
      if (next !== undefined && next < time) time = next;
    }
    if (time === Number.POSITIVE_INFINITY) return;
    const values = columns.map((column, place) => {
      const row = rows[place] ?? 0;
      if (column.times[row] !== time) return undefined;
      rows[place] = row + 1;
      return column.values[row];
    });
    yield { time, values };
  }
}
