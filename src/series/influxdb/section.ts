import type { SeriesQuery } from '../../contracts/series.ts';
import type { Connection } from './connection.ts';
import { BY_PLACE, identifier, qualityOf, timeCondition } from './influxql.ts';
import type { KindMemory, Place } from './memory.ts';

export interface ReadOptions {
  connection: Connection;
  kind: KindMemory;
  query: SeriesQuery;
  signal: AbortSignal | undefined;
}

/** The part of a query that is asked at once: a metric, some of the devices. */
export interface Section {
  metric: string;
  /** Condition on the devices, to follow that on the time. */
  devices: string;
  /** Superseded values lie in the range: points have to be looked at one by one. */
  isMixed: boolean;
  isWanted(place: Place | undefined): place is Place;
}

/** Statement for the points of a section in the order asked. */
export function rawStatement(
  { kind, query: { from, to, order } }: ReadOptions,
  { metric, devices }: Section,
  limit: number | undefined,
): string {
  const fields = `${identifier(metric)}, ${identifier(qualityOf(metric))}`;
  const direction = order === 'descending' ? ' ORDER BY time DESC' : '';
  const cut = limit === undefined ? '' : ` LIMIT ${limit}`;
  return `SELECT ${fields} FROM ${identifier(kind.name)} WHERE ${timeCondition(from, to)}${devices} ${BY_PLACE}${direction}${cut}`;
}
