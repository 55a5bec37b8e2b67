import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AGGREGATE_FUNCTIONS,
  type AggregateFunction,
  type Every,
  ROLLUP_FUNCTIONS,
} from '#src/contracts/series';
import { createBucketing } from '#src/series/bucketing';
import { BucketReducer } from '#src/series/reduce';
import { runs } from '../support/random.ts';
import { DAY, expectClose, HOUR, MINUTE, MONDAY } from './fixtures.ts';
import { naiveAggregate, naiveBucketStart, naiveBuckets } from './reference.ts';

/** Zones, and instants at which their clocks change: forward and back, or none. */
const ZONES: Readonly<Record<string, readonly string[]>> = {
  'Asia/Ho_Chi_Minh': ['2026-03-01T17:00Z'],
  'Asia/Kathmandu': ['2026-03-01T18:15Z'],
  'Europe/Paris': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/St_Johns': ['2026-03-08T05:30Z', '2026-11-01T04:30Z'],
};

const every = fc.constantFrom<Every>(
  { count: 5, unit: 'minute' },
  { count: 15, unit: 'minute' },
  { count: 30, unit: 'minute' },
  { count: 60, unit: 'minute' },
  { count: 1, unit: 'hour' },
  { count: 6, unit: 'hour' },
  { count: 12, unit: 'hour' },
  { count: 1, unit: 'day' },
  { count: 1, unit: 'week' },
  { count: 1, unit: 'month' },
  { count: 3, unit: 'month' },
  { count: 1, unit: 'year' },
);

interface Scene {
  zone: string;
  change: number;
  /** Times without repeats, in the order of chance, and a value for each. */
  given: Array<readonly [time: number, value: number]>;
}

const value = fc.integer({ min: -500, max: 4_000 }).map((number) => number / 100);

/** Instants around a clock change: near by the minute, and further off by the hour. */
const scene: fc.Arbitrary<Scene> = fc
  .tuple(
    fc.constantFrom(
      ...Object.entries(ZONES).flatMap(([zone, changes]) =>
        changes.map((change) => ({ zone, change: Date.parse(change) })),
      ),
    ),
    fc.uniqueArray(
      fc.tuple(
        fc.oneof(
          fc.integer({ min: -300, max: 300 }).map((step) => step * MINUTE),
          fc.integer({ min: -600, max: 600 }).map((step) => step * 3 * HOUR),
        ),
        value,
      ),
      { minLength: 1, maxLength: 80, selector: ([distance]) => distance },
    ),
  )
  .map(([{ zone, change }, steps]) => ({
    zone,
    change,
    given: steps.map(([distance, number]) => [change + distance, number] as const),
  }));

/** Where a bucket narrower than the reference's steps begins, away from clock changes. */
function expectedStart(time: number, one: Every, zone: string): number {
  if (one.unit === 'minute' && one.count < 15) {
    return Math.floor(time / (one.count * MINUTE)) * one.count * MINUTE;
  }
  return naiveBucketStart(time, one, zone);
}

describe('points put into buckets', () => {
  it('begin them where local clocks say, on both sides of a clock change', () => {
    const property = fc.property(scene, every, ({ zone, given }, one) => {
      const times = given.map(([time]) => time);
      const from = Math.min(...times);
      const to = Math.max(...times) + 1;
      const startOf = createBucketing({ every: one, timeZone: zone, from, to });
      for (const time of times) {
        const what = `${JSON.stringify(one)} at ${new Date(time).toISOString()} in ${zone}`;
        expect(new Date(startOf(time)).toISOString(), what).toBe(
          new Date(expectedStart(time, one, zone)).toISOString(),
        );
      }
    });
    fc.assert(property, runs(150));
  });

  it('are reduced as the plain way does, in whatever order they come', () => {
    const property = fc.property(
      scene,
      fc.option(every),
      fc.constantFrom('ascending' as const, 'descending' as const),
      ({ zone, given }, one, order) => {
        const times = given.map(([time]) => time);
        const from = Math.min(...times) - 7;
        const to = Math.max(...times) + 1;
        const startOf = createBucketing({ every: one, timeZone: zone, from, to });
        const reducer = new BucketReducer(AGGREGATE_FUNCTIONS, startOf);
        for (const [time, number] of given) reducer.add(time, number);
        const sorted = [...given].sort(([left], [right]) => left - right);
        const expected = naiveBuckets(sorted, (time) =>
          one === null ? from : expectedStart(time, one, zone),
        );
        expectResult(reducer, order, AGGREGATE_FUNCTIONS, expected);
      },
    );
    fc.assert(property, runs(150));
  });

  it('are the same when some come as windows', () => {
    const functions = [...ROLLUP_FUNCTIONS, 'mean'] as const;
    const day: Every = { count: 1, unit: 'day' };
    const property = fc.property(
      scene,
      fc.constantFrom<Every>(day, { count: 1, unit: 'week' }, { count: 1, unit: 'month' }),
      fc.array(fc.boolean(), { minLength: 81, maxLength: 81 }),
      ({ zone, change, given: unsorted }, one, asWindow) => {
        const given = [...unsorted].sort(([left], [right]) => left - right);
        const from = given[0]?.[0] ?? 0;
        const startOf = createBucketing({
          every: one,
          timeZone: zone,
          from,
          to: change + 99 * DAY,
        });
        const reducer = new BucketReducer(functions, startOf);
        const windows = naiveBuckets(given, (time) => naiveBucketStart(time, day, zone));
        [...windows].forEach(([start, values], place) => {
          const points = given.filter(([time]) => naiveBucketStart(time, day, zone) === start);
          // Windows as such or point by point, and none of an empty one.
          if (asWindow[place]) reducer.merge(start, partOf(values));
          else for (const [time, number] of points) reducer.add(time, number);
          reducer.merge(start, partOf([]));
        });
        const expected = naiveBuckets(given, (time) => naiveBucketStart(time, one, zone));
        expectResult(reducer, 'ascending', functions, expected);
      },
    );
    fc.assert(property, runs(100));
  });

  it('know no spread of a single value, and no bucket without one', () => {
    const startOf = createBucketing({ every: null, timeZone: 'UTC', from: MONDAY, to: MONDAY + 1 });
    const reducer = new BucketReducer(['stddev', 'count'], startOf);
    expect(reducer.result('ascending').times).toHaveLength(0);
    reducer.add(MONDAY, 5);
    const { times, columns } = reducer.result('ascending');
    expect([times[0], columns[0]?.[0], columns[1]?.[0]]).toEqual([MONDAY, Number.NaN, 1]);
    reducer.add(MONDAY, 5);
    expect(reducer.result('ascending').columns[0]?.[0]).toBe(0);
  });
});

function partOf(values: readonly number[]) {
  const [count, sum, min, max, first, last] = ROLLUP_FUNCTIONS.map((name) =>
    naiveAggregate(name, values),
  );
  return { count, sum, min, max, first, last } as Record<(typeof ROLLUP_FUNCTIONS)[number], number>;
}

function expectResult(
  reducer: BucketReducer,
  order: 'ascending' | 'descending',
  functions: readonly AggregateFunction[],
  expected: ReadonlyMap<number, readonly number[]>,
): void {
  const { times, columns } = reducer.result(order);
  const buckets = [...expected].sort(([left], [right]) => left - right);
  if (order === 'descending') buckets.reverse();
  expect([...times]).toEqual(buckets.map(([start]) => start));
  expect(reducer.size).toBe(buckets.length);
  buckets.forEach(([, values], row) => {
    functions.forEach((name, place) => {
      expectClose(columns[place]?.[row], naiveAggregate(name, values), `${name} of ${values}`);
    });
  });
}
