import type { SeriesBlock } from '../../contracts/series.ts';
import { planAggregate } from './aggregate.ts';
import { blockOf, rawPoints } from './blocks.ts';
import { deviceConditions, TIME_END_MS } from './influxql.ts';
import type { Place } from './memory.ts';
import { type ReadOptions, rawStatement, type Section } from './section.ts';

/** Answers a query that was checked, metric by metric, series by series. */
export async function* readSeries(options: ReadOptions): AsyncGenerator<SeriesBlock> {
  const { kind, query } = options;
  const matching = kind.matching(query.filter);
  // No point is newer than the newest. Windows are not compared with it: points may have left, and
  // where the state was lost nothing here remembers how far they went.
  const isOfPoints = query.aggregate?.tier === undefined;
  const to = Math.min(query.to, isOfPoints ? kind.newest + 1 : TIME_END_MS);
  if (matching?.length === 0 || !(query.from < to)) return;
  const wanted = matching && new Set(matching);
  const isWanted = (place: Place | undefined): place is Place =>
    place !== undefined && place.newest > Number.NEGATIVE_INFINITY && wanted?.has(place) !== false;
  const devices = matching && [...new Set(matching.map(({ device }) => device))];
  const narrowed = { ...options, query: { ...query, to } };
  for (const metric of query.metrics) {
    const superseded = kind.devicesSuperseded(metric, query.from, to);
    const isMixed = superseded.size > 0 && (devices?.some((name) => superseded.has(name)) ?? true);
    for (const condition of deviceConditions(devices)) {
      const section = { metric, devices: condition, isMixed, isWanted };
      yield* query.aggregate === undefined
        ? readRaw(narrowed, section)
        : planAggregate(narrowed, query.aggregate, section);
    }
  }
}

async function* readRaw(options: ReadOptions, section: Section): AsyncGenerator<SeriesBlock> {
  const { connection, kind, query, signal } = options;
  const { metric, isMixed, isWanted } = section;
  // The server would count superseded values as well.
  const statement = rawStatement(options, section, isMixed ? undefined : query.limit);
  let current: Place | undefined;
  let left = 0;
  for await (const part of connection.query(statement, { signal })) {
    const place = kind.find(part.tags);
    if (!isWanted(place)) continue;
    if (place !== current) left = query.limit ?? Number.POSITIVE_INFINITY;
    current = place;
    const without = isMixed ? kind.supersededTimes(place, metric) : undefined;
    const points = rawPoints(part, { without, most: left });
    left -= points.times.length;
    if (points.times.length > 0) yield blockOf({ place, metric, ...points });
  }
}
