import type { Quality } from '../../contracts/observation.ts';
import type { SeriesBlock } from '../../contracts/series.ts';
import type { ResultSeries } from './connection.ts';
import { QUALITIES } from './lines.ts';
import type { Place } from './memory.ts';

export interface BlockOf {
  place: Place;
  metric: string;
  times: Float64Array;
  columns: Float64Array[];
  quality?: readonly Quality[];
}

export function blockOf({ place, metric, times, columns, quality }: BlockOf): SeriesBlock {
  const { kind, coop, site, device } = place;
  const series = { device, site, coop, kind, metric, times, columns };
  return quality === undefined ? series : { ...series, quality };
}

/** Raw points of one part of an answer: time, value, quality. */
export function rawPoints(
  { values: rows }: ResultSeries,
  { without, most }: { without: ReadonlySet<number> | undefined; most: number },
): Pick<BlockOf, 'times' | 'columns' | 'quality'> {
  const times = new Float64Array(rows.length);
  const values = new Float64Array(rows.length);
  const quality: Quality[] = [];
  let count = 0;
  for (const [time, value, number] of rows) {
    if (count >= most) break;
    if (typeof value !== 'number' || typeof time !== 'number' || without?.has(time)) continue;
    times[count] = time;
    values[count] = value;
    quality.push(number === null ? 'good' : (QUALITIES[Number(number)] ?? 'good'));
    count++;
  }
  return { times: times.subarray(0, count), columns: [values.subarray(0, count)], quality };
}
