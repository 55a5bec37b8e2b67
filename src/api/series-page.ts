import type { HistoryBlock } from '../contracts/history.ts';
import { ApiError } from './problems.ts';
import { JSON_ROWS_MAX } from './series-params.ts';

/** A page of points, and where what it leaves out begins. */
export interface SeriesPage {
  blocks: HistoryBlock[];
  /** The instant up to which, itself included, every series is told; null: nothing follows. */
  boundary: number | null;
}

export interface PageOptions {
  /** Most rows per series. */
  limit: number;
  descending: boolean;
  /** How many series there may be, as far as is known before. */
  series: number;
}

/** The blocks of one series, and how many rows they have. */
interface Gathered {
  blocks: HistoryBlock[];
  rows: number;
}

/**
 * Gathers one page of points. The blocks must have been asked with one row more per series than
 * `limit`, which tells whether more follow. The page ends at one instant for all series, where the
 * first of them has its `limit` rows, so that the next page can begin behind it: nothing is lost or
 * told twice, because a device's metric has one point per instant.
 */
export async function gatherPage(
  source: AsyncIterable<HistoryBlock>,
  page: PageOptions,
): Promise<SeriesPage> {
  const { limit, descending } = page;
  const series: Gathered[] = [];
  let rows = 0;
  for await (const block of source) {
    const open = series.at(-1);
    const [last] = open?.blocks ?? [];
    if (open !== undefined && last !== undefined && isSameSeries(last, block)) {
      open.blocks.push(block);
      open.rows += block.times.length;
    } else {
      series.push({ blocks: [block], rows: block.times.length });
    }
    rows += block.times.length;
    if (rows > JSON_ROWS_MAX + series.length)
      throw pageTooLarge(Math.max(series.length, page.series));
  }
  const ends = series.filter((one) => one.rows > limit).map((one) => timeAt(one, limit - 1));
  if (ends.length === 0) return { blocks: series.flatMap(({ blocks }) => blocks), boundary: null };
  const nearer = descending ? Math.max : Math.min;
  const boundary = ends.reduce((one, other) => nearer(one, other));
  const blocks = series.flatMap((one) =>
    one.blocks.flatMap((block) => {
      const behind = block.times.findIndex((time) =>
        descending ? time < boundary : time > boundary,
      );
      if (behind === 0) return [];
      return behind < 0 ? [block] : [firstRows(block, behind)];
    }),
  );
  return { blocks, boundary };
}

export function isSameSeries(left: HistoryBlock, right: HistoryBlock): boolean {
  return (
    left.metric === right.metric &&
    left.device === right.device &&
    left.site === right.site &&
    left.coop === right.coop &&
    left.kind === right.kind
  );
}

function timeAt({ blocks }: Gathered, row: number): number {
  let skipped = 0;
  for (const { times } of blocks) {
    if (row < skipped + times.length) return times[row - skipped] ?? Number.NaN;
    skipped += times.length;
  }
  return Number.NaN;
}

function firstRows(block: HistoryBlock, rows: number): HistoryBlock {
  return {
    ...block,
    times: block.times.subarray(0, rows),
    columns: block.columns.map((column) => column.subarray(0, rows)),
    ...(block.quality === undefined ? {} : { quality: block.quality.slice(0, rows) }),
    ...(block.raw === undefined ? {} : { raw: block.raw.subarray(0, rows) }),
  };
}

function pageTooLarge(series: number): ApiError {
  const fitting = Math.max(1, Math.floor(JSON_ROWS_MAX / series));
  return new ApiError(
    'RANGE_TOO_LARGE',
    {
      vi: `Một trang có nhiều nhất ${JSON_ROWS_MAX.toLocaleString('vi')} dòng. Hãy dùng limit=${fitting} hoặc bớt thiết bị.`,
      en: `A page has ${JSON_ROWS_MAX.toLocaleString('en')} rows at most. Use limit=${fitting}, or fewer devices.`,
      fr: `Une page a au plus ${JSON_ROWS_MAX.toLocaleString('fr')} lignes. Utilisez limit=${fitting}, ou moins d’appareils.`,
    },
    { field: 'limit' },
  );
}
