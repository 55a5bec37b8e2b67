import type { HistoryBlock, HistoryQuery } from '../contracts/history.ts';
import type { AggregateFunction } from '../contracts/series.ts';
import type { ApiOptions } from './context.ts';
import { ApiError } from './problems.ts';
import { readBlocks, type TargetPlan } from './series-plan.ts';
import { countSeries } from './series-size.ts';

/** Series in one answer: 10,000 are about 4 MB. */
const STATS_SERIES_MAX = 10_000;

const FUNCTIONS = [
  'count',
  'first',
  'last',
  'min',
  'max',
  'mean',
  'stddev',
  'p50',
  'p95',
  'sum',
] as const satisfies readonly AggregateFunction[];

/** One series over the whole range. Null is a figure that does not exist or cannot be known. */
export type SeriesStats = Record<(typeof FUNCTIONS)[number], number | null> & {
  device: string;
  site: string | null;
  kind: string;
  metric: string;
  unit: string | null;
  /** ms. */
  firstAt: number | null;
  lastAt: number | null;
  /** Reports there should have been by the device's interval. */
  expected: number | null;
  /** Share of them that came, 0 to 1. */
  completeness: number | null;
};

/** Figures of every series that has a value in the range. Throws RANGE_TOO_LARGE. */
export async function readStats(
  options: ApiOptions,
  plan: TargetPlan & Pick<HistoryQuery, 'values'>,
  signal: AbortSignal,
): Promise<SeriesStats[]> {
  const { parts, span, timeZone, values } = plan;
  if (span.from >= span.to) return [];
  const queries = parts.map(
    (part): HistoryQuery => ({ ...part, ...span, values, order: 'ascending' }),
  );
  requireFewSeries(countSeries(options, queries));
  const aggregate = { every: null, functions: FUNCTIONS, timeZone };
  const whole = queries.map((query) => ({ ...query, aggregate }));
  const found = new Map<string, SeriesStats>();
  const places = new Map<string, number>();
  for await (const block of readBlocks(options, whole, signal)) {
    found.set(keyOf(block), figuresOf(block, unitOf(options, block)));
    const sensor = `${block.device} ${block.metric}`;
    places.set(sensor, (places.get(sensor) ?? 0) + 1);
    requireFewSeries(found.size);
  }
  const edge = async (order: HistoryQuery['order'], field: 'firstAt' | 'lastAt') => {
    const edges = queries.map((query): HistoryQuery => ({ ...query, order, limit: 1 }));
    for await (const block of readBlocks(options, edges, signal)) {
      const stats = found.get(keyOf(block));
      if (stats !== undefined) stats[field] = block.times[0] ?? null;
    }
  };
  if (found.size > 0) {
    await edge('ascending', 'firstAt');
    await edge('descending', 'lastAt');
  }
  for (const stats of found.values()) {
    if (places.get(`${stats.device} ${stats.metric}`) === 1) complete(options, stats, span);
  }
  return [...found.values()];
}

function keyOf({ device, metric, site, coop }: HistoryBlock): string {
  return JSON.stringify([device, metric, site, coop]);
}

function unitOf({ kinds }: ApiOptions, { kind, metric }: HistoryBlock): string | null {
  return kinds.get(kind)?.metrics.find(({ name }) => name === metric)?.unit ?? null;
}

function figuresOf(block: HistoryBlock, unit: string | null): SeriesStats {
  const { device, site, kind, metric } = block;
  const figures = FUNCTIONS.map((name, column) => {
    const value = block.columns[column]?.[0] ?? Number.NaN;
    return [name, Number.isFinite(value) ? value : null] as const;
  });
  const unknown = { firstAt: null, lastAt: null, expected: null, completeness: null };
  const byName = Object.fromEntries(figures) as Record<(typeof FUNCTIONS)[number], number | null>;
  return { device, site, kind, metric, unit, ...byName, ...unknown };
}

/**
 * Says how much of what the device should have reported is there: from when it was created, or its
 * first value when that is earlier, and not beyond now. It stays unknown for a device that is gone
 * or stood elsewhere meanwhile, because the other place has the rest.
 */
function complete(
  { registry, kinds, clock }: ApiOptions,
  stats: SeriesStats,
  span: { from: number; to: number },
): void {
  const device = registry.find(stats.device);
  if (device === undefined || device.site !== stats.site) return;
  const seconds = device.intervalSeconds ?? kinds.get(stats.kind)?.intervalSeconds;
  if (seconds === undefined) return;
  const begin = Math.max(span.from, Math.min(device.createdAt, stats.firstAt ?? span.to));
  const end = Math.min(span.to, clock.now());
  stats.expected = Math.max(0, Math.round((end - begin) / (seconds * 1_000)));
  if (stats.expected > 0) {
    stats.completeness = Math.min(1, (stats.count ?? 0) / stats.expected);
  }
}

function requireFewSeries(count: number): void {
  if (count <= STATS_SERIES_MAX) return;
  throw new ApiError(
    'RANGE_TOO_LARGE',
    {
      vi: `Khoảng ${count.toLocaleString('vi')} > ${STATS_SERIES_MAX.toLocaleString('vi')} chuỗi. Hãy bớt thiết bị hoặc chỉ số, hoặc hỏi từng địa điểm.`,
      en: `About ${count.toLocaleString('en')} > ${STATS_SERIES_MAX.toLocaleString('en')} series. Ask for fewer devices or metrics, or site by site.`,
      fr: `Environ ${count.toLocaleString('fr')} > ${STATS_SERIES_MAX.toLocaleString('fr')} séries. Demandez moins d’appareils ou de mesures, ou site par site.`,
    },
    { field: 'metric' },
  );
}
