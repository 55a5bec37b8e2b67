import type { HistoryQuery } from '../contracts/history.ts';
import type { Device } from '../contracts/state.ts';
import type { ApiOptions } from './context.ts';
import { COMMON_WIDTHS, widthMs } from './every.ts';
import { ApiError } from './problems.ts';
import { JSON_ROWS_MAX, type SeriesRequest } from './series-params.ts';

/** How many devices report how often. */
type Rates = ReadonlyMap<number, number>;

/** A query, and the devices that match it now by the ms between their reports. */
interface Sized {
  query: HistoryQuery;
  rates: Rates;
}

/**
 * Throws RANGE_TOO_LARGE when a JSON answer would have more rows than it may, with what would fit.
 * Files are streamed and may have any length.
 */
export function requireFittingSize(
  options: ApiOptions,
  request: Pick<SeriesRequest, 'format' | 'every'>,
  queries: readonly HistoryQuery[],
): void {
  if (request.format !== 'json') return;
  const sized = queries.map((query) => ({ query, rates: ratesOf(options, query) }));
  const estimate = (width: number | undefined): number =>
    sized.reduce((sum, one) => sum + estimateRows(one, width), 0);
  const asked = request.every === undefined ? undefined : widthMs(request.every);
  const rows = estimate(asked);
  if (rows <= JSON_ROWS_MAX) return;
  const fitting = COMMON_WIDTHS.find(
    ({ every }) => widthMs(every) > (asked ?? 0) && estimate(widthMs(every)) <= JSON_ROWS_MAX,
  );
  const series = asked === undefined ? countSeries(options, queries) : null;
  throw rangeTooLarge({ rows, every: fitting?.text, series });
}

/** How many series the queries can give, by the devices known now. */
export function countSeries(options: ApiOptions, queries: readonly HistoryQuery[]): number {
  return queries.reduce((sum, query) => {
    const devices = [...ratesOf(options, query).values()].reduce((all, some) => all + some, 0);
    return sum + devices * query.metrics.length;
  }, 0);
}

function ratesOf(options: ApiOptions, query: HistoryQuery): Rates {
  const { coops, sites, devices: ids } = query.filter;
  const kindSeconds = options.kinds.get(query.kind)?.intervalSeconds ?? 1;
  const rates = new Map<number, number>();
  for (const device of ids === undefined ? options.registry.all() : found(options, ids)) {
    if (device.kind !== query.kind) continue;
    if (coops !== undefined && !coops.includes(device.coop)) continue;
    if (sites !== undefined && (device.site === null || !sites.includes(device.site))) continue;
    const intervalMs = (device.intervalSeconds ?? kindSeconds) * 1_000;
    rates.set(intervalMs, (rates.get(intervalMs) ?? 0) + 1);
  }
  return rates;
}

function* found(options: ApiOptions, ids: readonly string[]): Iterable<Device> {
  for (const id of ids) {
    const device = options.registry.find(id);
    if (device !== undefined) yield device;
  }
}

/** Rows of buckets of that width, or of points without it. */
function estimateRows({ query, rates }: Sized, width: number | undefined): number {
  const spanMs = Math.max(query.to - query.from, 0);
  const most = Math.min(query.limit ?? Number.POSITIVE_INFINITY, pointsMax(query, width));
  let rows = 0;
  for (const [intervalMs, devices] of rates) {
    // A bucket may begin before the range and end in it.
    const perSeries =
      width === undefined
        ? Math.ceil(spanMs / Math.max(intervalMs, 1))
        : Math.ceil(spanMs / width) + 1;
    rows += Math.min(perSeries, most) * devices;
  }
  return rows * query.metrics.length;
}

function pointsMax({ points }: HistoryQuery, width: number | undefined): number {
  return width === undefined ? (points ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}

/** RANGE_TOO_LARGE of an estimate, with every way to an answer that fits. */
function rangeTooLarge(size: {
  rows: number;
  every: string | undefined;
  /** Series of an answer in points; null for buckets. */
  series: number | null;
}): ApiError {
  const { rows, every, series } = size;
  const count = (language: string): string =>
    `${rows.toLocaleString(language)} > ${JSON_ROWS_MAX.toLocaleString(language)}`;
  const ways = series === null ? { vi: '', en: '', fr: '' } : pointWays(series);
  return new ApiError(
    'RANGE_TOO_LARGE',
    {
      vi: `Khoảng ${count('vi')} dòng. ${every === undefined ? 'Hãy thu hẹp thời gian hoặc bớt thiết bị.' : `Hãy dùng every=${every}, hoặc thu hẹp thời gian.`}${ways.vi}`,
      en: `About ${count('en')} rows. ${every === undefined ? 'Ask for less time or fewer devices.' : `Use every=${every}, or ask for less time.`}${ways.en}`,
      fr: `Environ ${count('fr')} lignes. ${every === undefined ? 'Réduisez la période ou le nombre d’appareils.' : `Utilisez every=${every}, ou réduisez la période.`}${ways.fr}`,
    },
    { field: every === undefined ? 'from' : 'every' },
  );
}

/** Rows per series that make a handy page, and points that make a good chart. */
const PAGE_PROPOSED = 10_000;
const CHART_PROPOSED = 1_000;

/** How to get at so many series of points all the same. */
function pointWays(series: number): ApiError['detail'] {
  const share = Math.floor(JSON_ROWS_MAX / Math.max(series, 1));
  const limit = `limit=${Math.min(PAGE_PROPOSED, share)}`;
  const points = `points=${Math.min(CHART_PROPOSED, share)}`;
  if (share < 2) {
    return {
      vi: ' format=csv gửi từng điểm đo thành tệp.',
      en: ' format=csv sends the points themselves as a file.',
      fr: ' format=csv envoie les points en fichier.',
    };
  }
  return {
    vi: ` Với từng điểm đo: ${limit} để lấy từng trang, ${points} cho biểu đồ, format=csv cho tệp.`,
    en: ` For the points themselves: ${limit} for pages, ${points} for a chart, format=csv for a file.`,
    fr: ` Pour les points : ${limit} par pages, ${points} pour un graphique, format=csv en fichier.`,
  };
}
