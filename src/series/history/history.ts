import { AppError } from '../../base/errors.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import {
  FILLS,
  type History,
  type HistoryBlock,
  type HistoryQuery,
  VALUE_VERSIONS,
} from '../../contracts/history.ts';
import type { SeriesQuery, SeriesStore } from '../../contracts/series.ts';
import { checkQuery } from '../query.ts';
import { type AggregateQuery, Aggregates } from './aggregates.ts';
import type { CorrectionList } from './corrector.ts';
import { filled } from './fill.ts';
import { KnownDevices } from './known-devices.ts';
import { correctedPoints } from './points.ts';
import type { RollupLedger } from './rollup-ledger.ts';
import { THINNED_POINTS_MIN, thinned } from './thin.ts';

export interface HistoryOptions {
  store: SeriesStore;
  rollups: RollupLedger;
  /** Those that apply, as `createCorrections` keeps them. */
  corrections: CorrectionList;
  kinds: KindRegistry;
}

/** History over any store: rollups where they tell the whole truth, points elsewhere. */
export function createHistory(options: HistoryOptions): History {
  const { store, rollups, corrections, kinds } = options;
  const devices = new KnownDevices(store, rollups);
  const aggregates = new Aggregates({ store, rollups, corrections, devices });
  const metricNames = new Map(
    [...kinds].map(([name, { metrics }]) => [name, new Set(metrics.map((metric) => metric.name))]),
  );

  async function* aggregated(
    query: AggregateQuery,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<HistoryBlock> {
    const { fill } = query.aggregate;
    if (fill === undefined || fill === 'none') {
      yield* aggregates.query(query, signal);
      return;
    }
    const { limit, order, ...rest } = query;
    const ascending = { ...rest, order: 'ascending' as const };
    const shape = { aggregate: query.aggregate, fill, span: query, cut: { order, limit } };
    yield* filled(aggregates.query(ascending, signal), shape);
  }

  return {
    async *query(query, signal) {
      const { values, points, aggregate, ...plain } = query;
      check(query, metricNames);
      if (aggregate !== undefined) {
        yield* aggregated({ ...plain, aggregate, isRaw: values === 'raw' }, signal);
        return;
      }
      const series: AsyncIterable<HistoryBlock> =
        values === 'raw'
          ? store.query(plain, signal)
          : correctedPoints(options, { query: plain, showsRaw: values === 'both' }, signal);
      yield* points === undefined ? series : thinned(series, { span: query, points });
    },
  };
}

/** What history asks of a query besides what a store does. Throws QUERY_INVALID. */
function check(
  { values, points, aggregate, ...plain }: HistoryQuery,
  metricNames: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const query: SeriesQuery = aggregate === undefined ? plain : { ...plain, aggregate };
  checkQuery(query, metricNames);
  const invalid = (field: string, message: string, hint: string): AppError =>
    new AppError('QUERY_INVALID', message, { field, hint });
  if (!VALUE_VERSIONS.includes(values)) {
    throw invalid(
      'values',
      `there are no values ${values}`,
      `One of ${VALUE_VERSIONS.join(', ')}.`,
    );
  }
  if (aggregate !== undefined && values === 'both') {
    throw invalid('values', 'points alone show both values', 'Ask for raw, then for corrected.');
  }
  const { fill = 'none' } = aggregate ?? {};
  if (!FILLS.includes(fill)) {
    throw invalid('fill', `there is no fill ${fill}`, `One of ${FILLS.join(', ')}.`);
  }
  if (points === undefined) return;
  if (!Number.isSafeInteger(points) || points < THINNED_POINTS_MIN) {
    throw invalid('points', 'points is a whole number', `From ${THINNED_POINTS_MIN} on.`);
  }
  if (aggregate !== undefined || query.order !== 'ascending') {
    throw invalid(
      'points',
      'only points in ascending order are thinned',
      'Leave every and fn out.',
    );
  }
}
