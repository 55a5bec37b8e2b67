import type { HistoryBlock, PointQuality } from '../../contracts/history.ts';
import { seriesKey, tagsOf } from './blocks.ts';
import type { Span } from './local-days.ts';

/** Fewer could not show the ends and one stretch between them. */
export const THINNED_POINTS_MIN = 4;

/** One row that is kept. */
interface Kept {
  time: number;
  value: number;
  quality: PointQuality | undefined;
  raw: number | undefined;
}

function keep({ times, columns, quality, raw }: HistoryBlock, row: number): Kept {
  return {
    time: times[row] ?? Number.NaN,
    value: columns[0]?.[row] ?? Number.NaN,
    quality: quality?.[row],
    raw: raw?.[row],
  };
}

/**
 * The points of one series on their way through. Up to `points` of them are kept as they are, so
 * that only what is too much is thinned.
 */
class ThinnedSeries {
  readonly key: string;
  readonly #model: HistoryBlock;
  readonly #span: Span;
  readonly #points: number;
  readonly #stretches: number;
  #all: HistoryBlock[] = [];
  #count = 0;
  #first: Kept | undefined;
  #last: Kept | undefined;
  #stretch = -1;
  #least: Kept | undefined;
  #greatest: Kept | undefined;
  readonly #chosen: Kept[] = [];

  constructor(model: HistoryBlock, span: Span, points: number) {
    this.key = seriesKey(model);
    this.#model = model;
    this.#span = span;
    this.#points = points;
    this.#stretches = Math.max(1, Math.floor((points - 2) / 2));
  }

  add(block: HistoryBlock): void {
    this.#count += block.times.length;
    if (this.#count <= this.#points) this.#all.push(block);
    else this.#all = [];
    const { times } = block;
    const values = block.columns[0] ?? new Float64Array();
    const { from, to } = this.#span;
    let last = -1;
    for (let row = 0; row < times.length; row++) {
      const value = values[row] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const share = ((times[row] ?? from) - from) / (to - from);
      const stretch = Math.floor(share * this.#stretches);
      if (stretch !== this.#stretch) this.#endStretch();
      this.#stretch = stretch;
      this.#first ??= keep(block, row);
      last = row;
      if (!(value >= (this.#least?.value ?? Number.POSITIVE_INFINITY))) {
        this.#least = keep(block, row);
      }
      if (!(value <= (this.#greatest?.value ?? Number.NEGATIVE_INFINITY))) {
        this.#greatest = keep(block, row);
      }
    }
    if (last >= 0) this.#last = keep(block, last);
  }

  end(): HistoryBlock[] {
    if (this.#count <= this.#points) return this.#all;
    this.#endStretch();
    const model = this.#model;
    const rows = new Map<number, Kept>();
    for (const one of [this.#first, ...this.#chosen, this.#last]) {
      if (one !== undefined) rows.set(one.time, one);
    }
    if (rows.size === 0) return [];
    const kept = [...rows.values()].sort((left, right) => left.time - right.time);
    const block: HistoryBlock = {
      ...tagsOf(model),
      times: Float64Array.from(kept, ({ time }) => time),
      columns: [Float64Array.from(kept, ({ value }) => value)],
    };
    if (model.quality !== undefined) block.quality = kept.map(({ quality }) => quality ?? 'good');
    if (model.raw !== undefined)
      block.raw = Float64Array.from(kept, ({ raw }) => raw ?? Number.NaN);
    return [block];
  }

  #endStretch(): void {
    for (const one of [this.#least, this.#greatest]) if (one !== undefined) this.#chosen.push(one);
    this.#least = undefined;
    this.#greatest = undefined;
  }
}

/**
 * At most `points` points of each series: the least and the greatest of equal stretches of the span
 * at their own times, the first and the last; exact, whatever the number of points behind them.
 */
export async function* thinned(
  blocks: AsyncIterable<HistoryBlock>,
  { span, points }: { span: Span; points: number },
): AsyncGenerator<HistoryBlock> {
  let series: ThinnedSeries | undefined;
  for await (const block of blocks) {
    if (series?.key !== seriesKey(block)) {
      yield* series?.end() ?? [];
      series = new ThinnedSeries(block, span, points);
    }
    series.add(block);
  }
  yield* series?.end() ?? [];
}
