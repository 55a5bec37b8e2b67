import { nearest } from '../base/suggest.ts';
import type { Principal } from '../contracts/access.ts';
import type { DeviceKind } from '../contracts/device-kind.ts';
import type { HistoryBlock, HistoryQuery } from '../contracts/history.ts';
import type { AggregateFunction, SeriesFilter } from '../contracts/series.ts';
import type { Device } from '../contracts/state.ts';
import { coopFilter } from './authenticate.ts';
import type { ApiOptions } from './context.ts';
import { resolveInstant } from './instants.ts';
import { ApiError } from './problems.ts';
import { readCursor } from './series-cursor.ts';
import {
  checkTogether,
  invalid,
  isDescending,
  type SeriesRequest,
  type SeriesTargets,
} from './series-params.ts';
import { requireFittingSize } from './series-size.ts';
import { requireDevices, requireSites } from './targets.ts';

const DAY_MS = 86_400_000;
/** Devices' clocks may be this far ahead of ours, so the newest points are too. */
const CLOCK_AHEAD_MS = 5 * 60_000;

/** Event time in ms, `from` included, `to` excluded. */
export interface Span {
  from: number;
  to: number;
}

/** What to ask of history, one query a kind. */
export interface SeriesPlan {
  queries: HistoryQuery[];
  span: Span;
  /** The functions asked for; null for points. */
  functions: readonly AggregateFunction[] | null;
}

/** Which series a caller asks for, as queries that differ in kind and metrics alone. */
export interface TargetPlan {
  parts: Array<Pick<HistoryQuery, 'kind' | 'metrics' | 'filter'>>;
  span: Span;
  timeZone: string;
}

/** Turns what a caller asks for into queries of things it may see, of a size it can be given. */
export async function planSeries(
  options: ApiOptions,
  principal: Principal,
  request: SeriesRequest,
): Promise<SeriesPlan> {
  checkTogether(request);
  const { parts, timeZone, span: asked } = await planTargets(options, principal, request);
  const span = request.cursor === undefined ? asked : readCursor(request.cursor, request);
  const { every, fill, points, values, limit } = request;
  const functions = every === undefined ? null : (request.fn ?? ['mean']);
  const queries = parts.map((part) => {
    const order = isDescending(request) ? 'descending' : 'ascending';
    const query: HistoryQuery = { ...part, ...span, values, order };
    if (limit !== undefined) query.limit = limit;
    if (points !== undefined) query.points = points;
    if (every !== undefined && functions !== null) {
      query.aggregate = { every, functions, timeZone };
      if (fill !== 'none') query.aggregate.fill = fill;
    }
    return query;
  });
  requireFittingSize(options, request, queries);
  return { queries: span.from < span.to ? queries : [], span, functions };
}

/** The series asked for, as far as the caller may see them. Throws 404 for what it may not. */
export async function planTargets(
  options: ApiOptions,
  principal: Principal,
  request: SeriesTargets,
): Promise<TargetPlan> {
  if (request.device === undefined && request.site === undefined && request.coop === undefined) {
    throw invalid('device', TARGET_MISSING);
  }
  const devices =
    request.device === undefined ? undefined : requireDevices(options, principal, request.device);
  await requireSites(options, principal, request.site ?? []);
  const filter: SeriesFilter = {
    ...coopFilter(principal, request.coop),
    ...(request.site === undefined ? {} : { sites: request.site }),
  };
  const timeZone = request.tz ?? options.timeZone;
  const span = resolveSpan(options, request, timeZone);
  const parts = chooseMetrics(options, devices, request.metric).map(({ kind, metrics }) => {
    const ids = devices?.filter((device) => device.kind === kind.name).map((device) => device.id);
    const narrowed = ids === undefined ? filter : { ...filter, devices: ids };
    return { kind: kind.name, metrics, filter: narrowed };
  });
  return { parts, span, timeZone };
}

/** The answers of the queries, one after the other. */
export async function* readBlocks(
  { history }: Pick<ApiOptions, 'history'>,
  queries: readonly HistoryQuery[],
  signal: AbortSignal,
): AsyncGenerator<HistoryBlock> {
  for (const query of queries) yield* history.query(query, signal);
}

/** The span asked for, cut to when observations can exist: from 1970 to a day ahead of now. */
function resolveSpan(options: ApiOptions, request: SeriesTargets, timeZone: string): Span {
  const now = options.clock.now();
  const to = request.to === undefined ? now + CLOCK_AHEAD_MS : resolveInstant(request.to, timeZone);
  const from = request.from === undefined ? to - DAY_MS : resolveInstant(request.from, timeZone);
  if (from >= to) {
    throw new ApiError('RANGE_EMPTY', RANGE_EMPTY, {
      field: request.from === undefined ? 'to' : 'from',
    });
  }
  return { from: Math.max(from, 0), to: Math.min(to, now + DAY_MS) };
}

/** For each kind the devices may be of, the metrics asked for that it has. */
function chooseMetrics(
  options: ApiOptions,
  devices: readonly Device[] | undefined,
  asked: readonly string[] | undefined,
): Array<{ kind: DeviceKind; metrics: readonly string[] }> {
  const names = new Set(devices?.map((device) => device.kind));
  const kinds = [...options.kinds.values()].filter(
    (kind) => devices === undefined || names.has(kind.name),
  );
  const known = new Set(kinds.flatMap((kind) => kind.metrics.map((metric) => metric.name)));
  for (const metric of asked ?? []) if (!known.has(metric)) throw unknownMetric(metric, known);
  return kinds
    .map((kind) => {
      const own = kind.metrics.map((metric) => metric.name);
      const metrics = asked === undefined ? own : asked.filter((name) => own.includes(name));
      return { kind, metrics };
    })
    .filter(({ metrics }) => metrics.length > 0);
}

const TARGET_MISSING = {
  vi: 'Hãy nêu device, site hoặc coop.',
  en: 'Name a device, a site or a coop.',
  fr: 'Indiquez device, site ou coop.',
};

const RANGE_EMPTY = {
  vi: '“from” phải trước “to”. Hãy đổi chỗ hai thời điểm, hoặc chọn “to” muộn hơn.',
  en: '"from" must be before "to". Swap the two, or choose a later "to".',
  fr: '« from » doit précéder « to ». Échangez-les, ou choisissez un « to » plus tardif.',
};

/** METRIC_UNKNOWN, with the nearest of the names there are, or all of them when they are few. */
export function unknownMetric(metric: string, known: ReadonlySet<string>): ApiError {
  const like = nearest(metric, known);
  const names = [...known].slice(0, NAMES_SHOWN_MAX).join(', ');
  return new ApiError(
    'METRIC_UNKNOWN',
    {
      vi: `Không có chỉ số “${metric}”; ${like === undefined ? `hãy dùng: ${names}.` : `có phải là “${like}”?`}`,
      en: `There is no metric "${metric}"; ${like === undefined ? `use one of: ${names}.` : `did you mean "${like}"?`}`,
      fr: `La mesure « ${metric} » n’existe pas ; ${like === undefined ? `utilisez : ${names}.` : `vouliez-vous dire « ${like} » ?`}`,
    },
    { field: 'metric' },
  );
}

/** Names in one sentence; a kind has about ten metrics. */
const NAMES_SHOWN_MAX = 20;
