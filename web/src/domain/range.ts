import type { Metric } from './farm.ts';

export const RANGE_NAMES = ['24h', '7d', '30d', '1y'] as const;
export type RangeName = (typeof RANGE_NAMES)[number];

const DAY_SECONDS = 86_400;
const RANGE_SECONDS: Record<RangeName, number> = {
  '24h': DAY_SECONDS,
  '7d': 7 * DAY_SECONDS,
  '30d': 30 * DAY_SECONDS,
  '1y': 365 * DAY_SECONDS,
};

/** One point per pixel of a wide phone held sideways: more is not seen and slows a cheap phone. */
const POINTS_MAX = 800;
/** Bars must be told apart, with a gap between them. */
const BARS_MAX = 60;

/** Bucket widths that people read off a clock or a calendar. */
const STEPS: ReadonlyArray<{ every: string; seconds: number }> = [
  { every: '1m', seconds: 60 },
  { every: '2m', seconds: 120 },
  { every: '5m', seconds: 300 },
  { every: '10m', seconds: 600 },
  { every: '15m', seconds: 900 },
  { every: '30m', seconds: 1_800 },
  { every: '1h', seconds: 3_600 },
  { every: '3h', seconds: 10_800 },
  { every: '6h', seconds: 21_600 },
  { every: '1d', seconds: DAY_SECONDS },
  { every: '1w', seconds: 7 * DAY_SECONDS },
];

/** What tells the truth about a bucket: of a switch, the share of time that it was on. */
const FUNCTIONS = {
  gauge: ['min', 'mean', 'max'],
  state: ['mean'],
  total: ['last'],
  count: ['sum'],
} as const;

export interface SeriesPlan {
  from: number;
  to: number;
  /** Null: the points as they were reported. */
  every: string | null;
  /** Expected time between points, for telling a gap; endless where a gap means nothing. */
  stepSeconds: number;
  functions: readonly string[];
  /** Of points: at most so many, the least and the greatest of each stretch; null: all. */
  points: number | null;
}

export interface PlanOptions {
  range: RangeName;
  shape: Metric['shape'];
  intervalSeconds: number;
  now: number;
}

/** Which buckets and functions show the range truly in as many points as a phone can draw. */
export function planSeries(options: PlanOptions): SeriesPlan {
  const { shape, intervalSeconds, now } = options;
  const rangeSeconds = RANGE_SECONDS[options.range];
  const bars = shape === 'count';
  const pointsMax = bars ? BARS_MAX : POINTS_MAX;
  const span = { from: now - rangeSeconds * 1000, to: now + 1 };
  if (rangeSeconds / intervalSeconds <= pointsMax) {
    const stepSeconds = bars ? Number.POSITIVE_INFINITY : intervalSeconds;
    // A device may report far more often than it says; what lies between extremes is not seen.
    const points = shape === 'gauge' ? 2 * POINTS_MAX : null;
    return { ...span, every: null, stepSeconds, functions: [], points };
  }
  const step =
    STEPS.find((candidate) => rangeSeconds / candidate.seconds <= pointsMax) ??
    STEPS[STEPS.length - 1];
  const every = step?.every ?? '1w';
  const stepSeconds = bars ? Number.POSITIVE_INFINITY : (step?.seconds ?? 0);
  return { ...span, every, stepSeconds, functions: FUNCTIONS[shape], points: null };
}

/** How far back the small line on a card looks: a day, or the last nights for what is counted. */
export const SPARKLINE_DAYS = { gauge: 1, state: 1, total: 1, count: 14 } as const;

/** Half hours: a day in 48 points, about as many as the small line has room for. */
export const SPARKLINE_STEP_SECONDS = 1_800;

/** Plan for the small line on a card, in at most 48 points. */
export function planSparkline(shape: Metric['shape'], now: number): SeriesPlan {
  const span = { from: now - SPARKLINE_DAYS[shape] * DAY_SECONDS * 1000, to: now + 1 };
  if (shape === 'count') {
    const stepSeconds = Number.POSITIVE_INFINITY;
    return { ...span, every: '1d', stepSeconds, functions: ['sum'], points: null };
  }
  const functions = shape === 'total' ? ['last'] : ['mean'];
  return { ...span, every: '30m', stepSeconds: SPARKLINE_STEP_SECONDS, functions, points: null };
}

/** More points than were expected: the server has thinned what the device sent too often. */
export function isThinned(plan: SeriesPlan, points: number): boolean {
  return plan.points !== null && points > POINTS_MAX;
}

function targetOf(device: string, metric: string, plan: SeriesPlan): URLSearchParams {
  return new URLSearchParams({
    device,
    metric,
    from: new Date(plan.from).toISOString(),
    to: new Date(plan.to).toISOString(),
  });
}

/** Files a chart can be taken away in, the one people open first. */
export const DOWNLOADS = [
  { format: 'xlsx', name: 'Excel' },
  { format: 'csv', name: 'CSV' },
] as const;

/** Where a file of every measurement of the range lies, however few the chart shows. */
export function downloadHref(
  device: string,
  metric: string,
  options: { plan: SeriesPlan; format: string },
): string {
  const query = targetOf(device, metric, options.plan);
  query.set('format', options.format);
  return `/api/v1/series?${query}`;
}

/** The query string of `/series` for a plan. */
export function seriesPath(device: string, metric: string, plan: SeriesPlan): string {
  const query = targetOf(device, metric, plan);
  if (plan.points !== null) query.set('points', String(plan.points));
  if (plan.every !== null) {
    query.set('every', plan.every);
    query.set('fn', plan.functions.join(','));
  }
  return `/series?${query}`;
}
