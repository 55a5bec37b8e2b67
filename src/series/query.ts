import { AppError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import {
  AGGREGATE_FUNCTIONS,
  type AggregateFunction,
  ROLLUP_FUNCTIONS,
  ROLLUP_TIERS,
  type SeriesQuery,
} from '../contracts/series.ts';
import { zoneOffset } from './time-zone.ts';

function invalid(field: string, message: string): AppError {
  return new AppError('QUERY_INVALID', message, { field });
}

function unknown(code: string, what: string, name: string, known: Iterable<string>): AppError {
  const near = nearest(name, known);
  const hint = near === undefined ? {} : { hint: `Did you mean ${near}?` };
  return new AppError(code, `there is no ${what} ${name}`, { field: what, ...hint });
}

/**
 * What every store asks of a query before it runs: UNKNOWN_KIND, UNKNOWN_METRIC, UNKNOWN_TIME_ZONE
 * or QUERY_INVALID, with the field at fault.
 */
export function checkQuery(
  query: SeriesQuery,
  metricNames: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const names = metricNames.get(query.kind);
  if (names === undefined) throw unknown('UNKNOWN_KIND', 'kind', query.kind, metricNames.keys());
  const asked = new Set(query.metrics);
  if (asked.size === 0) throw invalid('metric', 'name at least one metric');
  if (asked.size < query.metrics.length) throw invalid('metric', 'a metric is named twice');
  for (const metric of asked) {
    if (!names.has(metric)) throw unknown('UNKNOWN_METRIC', 'metric', metric, names);
  }
  if (!Number.isFinite(query.from)) throw invalid('from', 'from is not a time');
  if (!Number.isFinite(query.to)) throw invalid('to', 'to is not a time');
  if (query.limit !== undefined && !isCount(query.limit)) {
    throw invalid('limit', 'limit is a whole number from 1');
  }
  const { aggregate } = query;
  if (aggregate === undefined) return;
  if (aggregate.every !== null && !isCount(aggregate.every.count))
    throw invalid('every', 'every counts whole units from 1');
  if (aggregate.functions.length === 0) throw invalid('fn', 'name at least one function');
  for (const name of aggregate.functions) {
    if (!AGGREGATE_FUNCTIONS.includes(name)) throw invalid('fn', `there is no function ${name}`);
  }
  if (aggregate.tier !== undefined) {
    if (!ROLLUP_TIERS.includes(aggregate.tier)) throw invalid('tier', 'there is no such tier');
    const lost = aggregate.functions.find((name) => !OF_WINDOWS.has(name));
    if (lost !== undefined) throw invalid('fn', `${lost} cannot be had from a rollup`);
  }
  zoneOffset(aggregate.timeZone, 0);
}

/** Functions that can be told from precomputed windows. */
const OF_WINDOWS: ReadonlySet<AggregateFunction> = new Set([...ROLLUP_FUNCTIONS, 'mean']);

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
