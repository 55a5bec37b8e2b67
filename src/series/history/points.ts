import type { HistoryBlock, PointQuality } from '../../contracts/history.ts';
import type { SeriesBlock, SeriesQuery, SeriesStore } from '../../contracts/series.ts';
import { type CorrectionList, correctedValue, type Pair } from './corrector.ts';

export interface PointsOptions {
  store: Pick<SeriesStore, 'query'>;
  corrections: CorrectionList;
}

export interface PointsQuery {
  query: SeriesQuery;
  /** The raw value beside the corrected one; invalid points stay then, as NaN. */
  showsRaw: boolean;
}

/** Points with the corrections that apply; what nobody corrected passes through as it is. */
export async function* correctedPoints(
  options: PointsOptions,
  { query, showsRaw }: PointsQuery,
  signal?: AbortSignal,
): AsyncGenerator<HistoryBlock> {
  const { store, corrections } = options;
  for await (const part of partsOf(options, { query, showsRaw }, signal)) {
    let key = '';
    let given = 0;
    const limit = query.limit ?? Number.POSITIVE_INFINITY;
    for await (const block of store.query(part, signal)) {
      const series = JSON.stringify([block.device, block.site, block.coop, block.metric]);
      if (series !== key) given = 0;
      key = series;
      const left = limit - given;
      if (left <= 0) continue;
      const shown = cutRows(correctBlock(block, corrections, showsRaw), left);
      given += shown.times.length;
      if (shown.times.length > 0) yield shown;
    }
  }
}

/**
 * The queries that give what is asked for. Invalid points are left out after the store has cut to
 * the limit, so where there are some it is asked for as many more.
 */
async function* partsOf(
  options: PointsOptions,
  { query, showsRaw }: PointsQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<SeriesQuery> {
  const { filter, metrics, limit } = query;
  const { corrections } = options;
  const withInvalid =
    showsRaw || limit === undefined
      ? []
      : corrections
          .touched(filter.devices, metrics, query)
          .filter((pair) => corrections.of(pair)?.invalidWithin(query) != null);
  if (limit === undefined || withInvalid.length === 0) {
    yield query;
    return;
  }
  const plain = metrics.filter((name) => withInvalid.every(({ metric }) => metric !== name));
  if (plain.length > 0) yield { ...query, metrics: plain };
  for (const metric of metrics) {
    const pairs = withInvalid.filter((pair) => pair.metric === metric);
    if (pairs.length === 0) continue;
    const counts = new Map<string, number>();
    for (const pair of pairs) {
      counts.set(pair.device, await invalidCount(options, { query, pair }, signal));
    }
    if (filter.devices === undefined) {
      yield { ...query, metrics: [metric], limit: limit + Math.max(...counts.values()) };
      continue;
    }
    const others = filter.devices.filter((device) => !counts.has(device));
    const own = (devices: readonly string[]) => ({
      metrics: [metric],
      filter: { ...filter, devices },
    });
    if (others.length > 0) yield { ...query, ...own(others) };
    for (const [device, more] of counts) yield { ...query, ...own([device]), limit: limit + more };
  }
}

/** Points of one device and metric that may be flagged invalid, at most. */
async function invalidCount(
  { store, corrections }: PointsOptions,
  { query, pair }: { query: SeriesQuery; pair: Pair },
  signal: AbortSignal | undefined,
): Promise<number> {
  const span = corrections.of(pair)?.invalidWithin(query);
  if (span == null) return 0;
  const { device, metric } = pair;
  const counted: SeriesQuery = {
    ...query,
    ...span,
    metrics: [metric],
    filter: { ...query.filter, devices: [device] },
    aggregate: { every: null, functions: ['count'], timeZone: 'UTC' },
  };
  let most = 0;
  for await (const { columns } of store.query(counted, signal)) {
    most = Math.max(most, columns[0]?.[0] ?? 0);
  }
  return most;
}

/** One block with the corrections of its series. */
export function correctBlock(
  block: SeriesBlock,
  corrections: CorrectionList,
  showsRaw: boolean,
): HistoryBlock {
  const { times, quality } = block;
  const raw = block.columns[0] ?? new Float64Array();
  const corrector = corrections.of(block);
  const ends = [times[0] ?? 0, times.at(-1) ?? 0];
  const isTouched = corrector?.touches({ from: Math.min(...ends), to: Math.max(...ends) + 1 });
  if (corrector === undefined || isTouched !== true) return showsRaw ? { ...block, raw } : block;
  const values = new Float64Array(times.length);
  const qualities: PointQuality[] = [];
  const kept: number[] = [];
  for (let row = 0; row < times.length; row++) {
    const stretch = corrector.at(times[row] ?? 0);
    const value = raw[row] ?? Number.NaN;
    const isInvalid = stretch?.flag === 'invalid';
    qualities.push(stretch?.flag ?? quality?.[row] ?? 'good');
    if (stretch === undefined) values[row] = value;
    else values[row] = isInvalid ? Number.NaN : correctedValue(value, stretch);
    if (showsRaw || !isInvalid) kept.push(row);
  }
  const corrected: HistoryBlock = { ...block, columns: [values], quality: qualities };
  if (showsRaw) return { ...corrected, raw };
  return kept.length === times.length ? corrected : pickRows(corrected, kept);
}

/** Some rows of a raw block. */
export function pickRows(block: HistoryBlock, rows: readonly number[]): HistoryBlock {
  const pick = (column: Float64Array): Float64Array =>
    Float64Array.from(rows, (row) => column[row] ?? Number.NaN);
  const picked: HistoryBlock = {
    ...block,
    times: pick(block.times),
    columns: block.columns.map(pick),
  };
  if (block.raw !== undefined) picked.raw = pick(block.raw);
  if (block.quality !== undefined) {
    const { quality } = block;
    picked.quality = rows.map((row) => quality[row] ?? 'good');
  }
  return picked;
}

function cutRows(block: HistoryBlock, count: number): HistoryBlock {
  if (block.times.length <= count) return block;
  return pickRows(
    block,
    Array.from({ length: count }, (_, row) => row),
  );
}
