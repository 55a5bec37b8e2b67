import { DAY_MS } from '../../base/local-clock.ts';
import {
  type AggregateFunction,
  ROLLUP_FUNCTIONS,
  type SeriesAggregate,
  type SeriesBlock,
} from '../../contracts/series.ts';
import { createBucketing } from '../bucketing.ts';
import { BucketReducer, type RollupValues } from '../reduce.ts';
import { type BucketWidth, bucketWidth, bucketWidthMax, zonePieces } from '../time-zone.ts';
import { blockOf, rawPoints } from './blocks.ts';
import { BY_PLACE, identifier, timeCondition } from './influxql.ts';
import type { Place } from './memory.ts';
import { rollupField, rollupMeasurement } from './rollups.ts';
import { type ReadOptions, rawStatement, type Section } from './section.ts';

/** Functions the server answers as we do; the others are worked out here from the points. */
const SERVER_FUNCTIONS: readonly AggregateFunction[] = ['mean', ...ROLLUP_FUNCTIONS];

/** Answers an aggregate for some series: from rollups, by the server, or from its points. */
export function planAggregate(
  options: ReadOptions,
  aggregate: SeriesAggregate,
  section: Section,
): AsyncGenerator<SeriesBlock> {
  const reading = new AggregateReading(options, aggregate, section);
  if (aggregate.tier !== undefined) return reading.fromRollups(aggregate.tier);
  const isServed = aggregate.functions.every((name) => SERVER_FUNCTIONS.includes(name));
  return isServed && !section.isMixed ? reading.byServer() : reading.fromPoints();
}

class AggregateReading {
  readonly #options: ReadOptions;
  readonly #aggregate: SeriesAggregate;
  readonly #section: Section;
  readonly #bucketOf: (time: number) => number;

  constructor(options: ReadOptions, aggregate: SeriesAggregate, section: Section) {
    this.#options = options;
    this.#aggregate = aggregate;
    this.#section = section;
    const { every, timeZone } = aggregate;
    const { from, to } = options.query;
    this.#bucketOf = createBucketing({ every, timeZone, from, to });
  }

  async *fromPoints(): AsyncGenerator<SeriesBlock> {
    const { connection, kind, query, signal } = this.#options;
    const { metric, isMixed, isWanted } = this.#section;
    const ascending = { ...this.#options, query: { ...query, order: 'ascending' as const } };
    const statement = rawStatement(ascending, this.#section, undefined);
    let current: Place | undefined;
    let reducer = this.#reducer();
    for await (const part of connection.query(statement, { signal })) {
      const place = kind.find(part.tags);
      if (!isWanted(place)) continue;
      if (current !== undefined && place !== current) {
        yield* this.#finish(current, reducer);
        reducer = this.#reducer();
      }
      current = place;
      const without = isMixed ? kind.supersededTimes(place, metric) : undefined;
      const most = Number.POSITIVE_INFINITY;
      const { times, columns } = rawPoints(part, { without, most });
      times.forEach((time, row) => {
        reducer.add(time, columns[0]?.[row] ?? Number.NaN);
      });
    }
    if (current !== undefined) yield* this.#finish(current, reducer);
  }

  /** Windows within one stretch of constant clock time are the server's; we join them to buckets. */
  async *byServer(): AsyncGenerator<SeriesBlock> {
    const { query } = this.#options;
    const { every, timeZone, functions } = this.#aggregate;
    const width = bucketWidth(every);
    const pieces = zonePieces(timeZone, query.from - bucketWidthMax(width), query.to);
    const names = partsOf(functions);
    const reducers = new Map<Place, BucketReducer>();
    for (const piece of width.type === 'whole'
      ? [{ from: query.from, to: query.to, offset: 0 }]
      : pieces) {
      const from = Math.max(piece.from, query.from);
      const to = Math.min(piece.to, query.to);
      if (!(from < to)) continue;
      const fields = names.map((name) => `${name}(${identifier(this.#section.metric)})`);
      const statement = `SELECT ${fields} FROM ${identifier(this.#options.kind.name)} WHERE ${timeCondition(from, to)}${this.#section.devices} ${BY_PLACE}${windows(width, piece.offset)}`;
      await this.#merge(statement, { names, reducers, from });
    }
    for (const [place, reducer] of reducers) yield* this.#finish(place, reducer);
  }

  async *fromRollups(tier: string): AsyncGenerator<SeriesBlock> {
    const { kind, query } = this.#options;
    const names = partsOf(this.#aggregate.functions);
    const fields = names.map((name) => identifier(rollupField(this.#section.metric, name)));
    const measurement = identifier(rollupMeasurement(kind.name, tier));
    const statement = `SELECT ${fields} FROM ${measurement} WHERE ${timeCondition(query.from, query.to)}${this.#section.devices} ${BY_PLACE}`;
    const reducers = new Map<Place, BucketReducer>();
    await this.#merge(statement, { names, reducers, from: query.from });
    for (const [place, reducer] of reducers) yield* this.#finish(place, reducer);
  }

  /** Adds windows that came with these columns; one that begins before `from` counts from there. */
  async #merge(
    statement: string,
    into: {
      names: readonly Part[];
      reducers: Map<Place, BucketReducer>;
      from: number;
    },
  ): Promise<void> {
    const { connection, kind, signal } = this.#options;
    for await (const { tags, values } of connection.query(statement, { signal })) {
      const place = kind.find(tags);
      if (!this.#section.isWanted(place)) continue;
      const reducer = into.reducers.get(place) ?? this.#reducer();
      into.reducers.set(place, reducer);
      for (const [time, ...columns] of values) {
        const part: RollupValues = { ...NOTHING };
        into.names.forEach((name, at) => {
          const value = columns[at];
          if (typeof value === 'number') part[name] = value;
        });
        reducer.merge(Math.max(Number(time), into.from), part);
      }
    }
  }

  #reducer(): BucketReducer {
    return new BucketReducer(this.#aggregate.functions, this.#bucketOf);
  }

  *#finish(place: Place, reducer: BucketReducer): Generator<SeriesBlock> {
    const { order, limit } = this.#options.query;
    const { times, columns } = reducer.result(order);
    if (times.length === 0) return;
    const { metric } = this.#section;
    yield blockOf({
      place,
      metric,
      times: times.slice(0, limit),
      columns: columns.map((column) => column.slice(0, limit)),
    });
  }
}

type Part = keyof RollupValues;

const NOTHING: RollupValues = {
  count: 0,
  sum: Number.NaN,
  min: Number.NaN,
  max: Number.NaN,
  first: Number.NaN,
  last: Number.NaN,
};

/** What has to be known of a window to join it with others; its count tells whether it is empty. */
function partsOf(functions: readonly AggregateFunction[]): Part[] {
  const asked = new Set<AggregateFunction>(functions);
  if (asked.has('mean')) asked.add('sum');
  asked.add('count');
  return ROLLUP_FUNCTIONS.filter((name) => asked.has(name));
}

/** Windows of the server that never reach over the edge of a bucket. */
function windows(width: BucketWidth, offset: number): string {
  if (width.type === 'whole') return '';
  const widthMs = width.type === 'months' ? DAY_MS : width.widthMs;
  const originMs = width.type === 'local' ? width.originMs : 0;
  const shift = (originMs - offset) % widthMs;
  return `, time(${widthMs}ms, ${shift}ms) fill(none)`;
}
