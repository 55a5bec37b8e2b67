import { z } from 'zod';
import { idSchema } from '../../schemas/common.ts';
import { nearest } from '../base/suggest.ts';
import type { Principal } from '../contracts/access.ts';
import type { DeviceKind } from '../contracts/device-kind.ts';
import {
  AGGREGATE_FUNCTIONS,
  type AggregateFunction,
  type SeriesFilter,
  type SeriesQuery,
} from '../contracts/series.ts';
import type { Device } from '../contracts/state.ts';
import { coopFilter } from './authenticate.ts';
import type { ApiOptions } from './context.ts';
import { COMMON_WIDTHS, everyQuery, widthMs } from './every.ts';
import { instantQuery, isTimeZone, resolveInstant } from './instants.ts';
import { ApiError } from './problems.ts';
import { listOf } from './query.ts';
import { requireDevices, requireSites } from './targets.ts';

const DAY_MS = 86_400_000;
/** Devices' clocks may be this far ahead of ours, so the newest points are too. */
const CLOCK_AHEAD_MS = 5 * 60_000;
/** Rows of one JSON answer: half a million are about 20 MB, what a browser still parses. */
const JSON_ROWS_MAX = 500_000;
/** Rows of one CSV file, streamed: 20 million are about 1 GB on disk. */
const CSV_ROWS_MAX = 20_000_000;

const metricName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/);

export const zoneQuery = z
  .string()
  .max(64)
  .refine(isTimeZone, { params: { code: 'ZONE_INVALID' } })
  .optional()
  .describe('IANA time zone of plain dates and of days, weeks, months and years.');

export const seriesQuery = z.strictObject({
  device: listOf(idSchema).describe('Device ids; one of device, site and coop is needed.'),
  site: listOf(idSchema).describe('Site ids.'),
  coop: listOf(idSchema).describe('Cooperative ids.'),
  metric: listOf(metricName).describe("Metric names; all of the devices' kinds without it."),
  from: instantQuery.optional().describe('Start, included; 24 hours before `to` without it.'),
  to: instantQuery.optional().describe('End, excluded; now without it.'),
  every: everyQuery.optional(),
  fn: listOf(z.enum(AGGREGATE_FUNCTIONS)).describe('Functions over each bucket; mean without it.'),
  tz: zoneQuery,
  format: z.enum(['json', 'csv']).default('json'),
  limit: z.coerce.number().int().min(1).max(JSON_ROWS_MAX).optional().describe('Rows per series.'),
  order: z.enum(['asc', 'desc', 'ascending', 'descending']).default('asc'),
});

export type SeriesRequest = z.output<typeof seriesQuery>;

/** What to ask the store, one query a kind, and the names of the columns after the time. */
export interface SeriesPlan {
  queries: SeriesQuery[];
  functions: readonly AggregateFunction[] | null;
}

/** Turns what a caller asks for into queries of things it may see, of a size it can be given. */
export async function planSeries(
  options: ApiOptions,
  principal: Principal,
  request: SeriesRequest,
): Promise<SeriesPlan> {
  if (request.device === undefined && request.site === undefined && request.coop === undefined) {
    throw invalid('device', TARGET_MISSING);
  }
  if (request.fn !== undefined && request.every === undefined)
    throw invalid('every', EVERY_MISSING);
  const devices =
    request.device === undefined ? undefined : requireDevices(options, principal, request.device);
  await requireSites(options, principal, request.site ?? []);
  const filter: SeriesFilter = {
    ...coopFilter(principal, request.coop),
    ...(request.site === undefined ? {} : { sites: request.site }),
  };
  const span = resolveSpan(options, request);
  const functions = request.every === undefined ? null : (request.fn ?? ['mean']);
  const queries = chooseMetrics(options, devices, request.metric).map(({ kind, metrics }) =>
    buildQuery({ options, request, kind, metrics, filter, devices, span, functions }),
  );
  requireFittingSize(options, request, queries);
  return { queries: span.from < span.to ? queries : [], functions };
}

function buildQuery(input: {
  options: ApiOptions;
  request: SeriesRequest;
  kind: DeviceKind;
  metrics: readonly string[];
  filter: SeriesFilter;
  devices: readonly Device[] | undefined;
  span: { from: number; to: number };
  functions: readonly AggregateFunction[] | null;
}): SeriesQuery {
  const { request, kind, devices, functions } = input;
  const ids = devices?.filter((device) => device.kind === kind.name).map((device) => device.id);
  const query: SeriesQuery = {
    kind: kind.name,
    metrics: input.metrics,
    filter: ids === undefined ? input.filter : { ...input.filter, devices: ids },
    ...input.span,
    order: request.order.startsWith('desc') ? 'descending' : 'ascending',
  };
  if (request.limit !== undefined) query.limit = request.limit;
  if (request.every !== undefined && functions !== null) {
    const timeZone = request.tz ?? input.options.timeZone;
    query.aggregate = { every: request.every, functions, timeZone };
  }
  return query;
}

/** The span asked for, cut to when observations can exist: from 1970 to a day ahead of now. */
function resolveSpan(options: ApiOptions, request: SeriesRequest): { from: number; to: number } {
  const timeZone = request.tz ?? options.timeZone;
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

function requireFittingSize(
  options: ApiOptions,
  request: SeriesRequest,
  queries: readonly SeriesQuery[],
): void {
  const rowsMax = request.format === 'csv' ? CSV_ROWS_MAX : JSON_ROWS_MAX;
  const counts = countDevices(options, queries);
  const estimate = (width: number | undefined): number =>
    queries.reduce((sum, query) => sum + estimateRows(query, counts, width), 0);
  const asked = request.every === undefined ? undefined : widthMs(request.every);
  const rows = estimate(asked);
  if (rows <= rowsMax) return;
  const fitting = COMMON_WIDTHS.find(
    ({ every }) => widthMs(every) > (asked ?? 0) && estimate(widthMs(every)) <= rowsMax,
  );
  throw rangeTooLarge(rows, rowsMax, fitting?.text);
}

type DeviceCounts = ReadonlyMap<string, { devices: number; intervalMs: number }>;

/** Devices that match each query now, and the shortest interval among them. */
function countDevices(options: ApiOptions, queries: readonly SeriesQuery[]): DeviceCounts {
  const counts = new Map<string, { devices: number; intervalMs: number }>();
  for (const query of queries) {
    const { coops, sites, devices: ids } = query.filter;
    const kindSeconds = options.kinds.get(query.kind)?.intervalSeconds ?? 1;
    let devices = 0;
    let intervalMs = Number.POSITIVE_INFINITY;
    for (const device of ids === undefined ? options.registry.all() : found(options, ids)) {
      if (device.kind !== query.kind) continue;
      if (coops !== undefined && !coops.includes(device.coop)) continue;
      if (sites !== undefined && (device.site === null || !sites.includes(device.site))) continue;
      devices++;
      intervalMs = Math.min(intervalMs, (device.intervalSeconds ?? kindSeconds) * 1_000);
    }
    counts.set(query.kind, { devices, intervalMs });
  }
  return counts;
}

function* found(options: ApiOptions, ids: readonly string[]): Iterable<Device> {
  for (const id of ids) {
    const device = options.registry.find(id);
    if (device !== undefined) yield device;
  }
}

function estimateRows(query: SeriesQuery, counts: DeviceCounts, width: number | undefined): number {
  const count = counts.get(query.kind);
  if (count === undefined || count.devices === 0) return 0;
  const perSeries = Math.ceil((query.to - query.from) / Math.max(width ?? count.intervalMs, 1));
  const kept = Math.min(perSeries, query.limit ?? Number.POSITIVE_INFINITY);
  return kept * count.devices * query.metrics.length;
}

function invalid(field: string, detail: ApiError['detail']): ApiError {
  return new ApiError('REQUEST_INVALID', detail, { field });
}

const TARGET_MISSING = {
  vi: 'Hãy nêu device, site hoặc coop.',
  en: 'Name a device, a site or a coop.',
  fr: 'Indiquez device, site ou coop.',
};

const EVERY_MISSING = {
  vi: 'fn cần every, ví dụ every=1h.',
  en: 'fn needs every, such as every=1h.',
  fr: 'fn exige every, par exemple every=1h.',
};

const RANGE_EMPTY = {
  vi: '“from” phải trước “to”.',
  en: '"from" must be before "to".',
  fr: '« from » doit précéder « to ».',
};

function unknownMetric(metric: string, known: ReadonlySet<string>): ApiError {
  const like = nearest(metric, known);
  return new ApiError(
    'METRIC_UNKNOWN',
    {
      vi: `Không có chỉ số “${metric}”${like === undefined ? '' : `; có phải là “${like}”?`}`,
      en: `There is no metric "${metric}"${like === undefined ? '' : `; did you mean "${like}"?`}`,
      fr: `La mesure « ${metric} » n’existe pas${like === undefined ? '' : ` ; vouliez-vous dire « ${like} » ?`}`,
    },
    { field: 'metric' },
  );
}

function rangeTooLarge(rows: number, rowsMax: number, every: string | undefined): ApiError {
  const count = (language: string): string =>
    `${rows.toLocaleString(language)} > ${rowsMax.toLocaleString(language)}`;
  return new ApiError(
    'RANGE_TOO_LARGE',
    {
      vi: `Khoảng ${count('vi')} dòng. ${every === undefined ? 'Hãy thu hẹp thời gian hoặc bớt thiết bị.' : `Hãy dùng every=${every}, hoặc thu hẹp thời gian.`}`,
      en: `About ${count('en')} rows. ${every === undefined ? 'Ask for less time or fewer devices.' : `Use every=${every}, or ask for less time.`}`,
      fr: `Environ ${count('fr')} lignes. ${every === undefined ? 'Réduisez la période ou le nombre d’appareils.' : `Utilisez every=${every}, ou réduisez la période.`}`,
    },
    { field: every === undefined ? 'from' : 'every' },
  );
}
