import fc from 'fast-check';
import { expect } from 'vitest';
import {
  AGGREGATE_FUNCTIONS,
  type AggregateFunction,
  type Every,
  type SeriesAggregate,
  type SeriesStore,
} from '#src/contracts/series';
import {
  collect,
  DAY,
  expectClose,
  HOUR,
  type Journalist,
  MINUTE,
  MONDAY,
  newDevice,
  query,
  type Report,
  ZONE,
} from './fixtures.ts';
import { naiveAggregate, naiveBucketStart, naiveBuckets, Reference } from './reference.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Random reports, repeated, replaced and late: points, buckets and counts must be the reference's. */
export async function answersLikeReference(store: SeriesStore, journal: Journalist): Promise<void> {
  // Ten instants over three days: many reports meet at one of them.
  const minute = fc.integer({ min: 0, max: 9 }).map((place) => place * 433);
  const value = fc.integer({ min: -500, max: 4_000 }).map((number) => number / 100);
  const report = fc.record({
    device: fc.constantFrom('a', 'b'),
    minute,
    delayDays: fc.integer({ min: 0, max: 2 }),
    values: fc.dictionary(fc.constantFrom('oxygen', 'ph'), value, { minKeys: 1 }),
  });
  const batches = fc.array(fc.array(report, { maxLength: 12 }), {
    minLength: 1,
    maxLength: 4,
  });
  const every = fc.constantFrom<Every>(
    { count: 1, unit: 'hour' },
    { count: 6, unit: 'hour' },
    { count: 1, unit: 'day' },
    { count: 1, unit: 'week' },
    { count: 1, unit: 'month' },
  );
  const timeZone = fc.constantFrom(ZONE, 'UTC', 'Asia/Kathmandu', 'America/St_Johns');
  // A store may leave the simpler functions to its server, and must answer the same.
  const functions = fc.constantFrom<readonly AggregateFunction[]>(
    AGGREGATE_FUNCTIONS,
    ['mean', 'min', 'max', 'sum', 'count', 'first', 'last'],
    ['last', 'mean'],
  );
  const range = fc.tuple(minute, minute);
  const property = fc.asyncProperty(
    batches,
    every,
    timeZone,
    range,
    functions,
    async (groups, bucket, zone, [one, other], names) => {
      const devices = { a: newDevice(), b: newDevice() };
      const reference = new Reference();
      const received = new Map<string, number>();
      for (const group of groups) {
        const reports = group.map(
          ({ device, minute: at, delayDays, values }): Report => ({
            device: devices[device as 'a' | 'b'],
            at: MONDAY + at * MINUTE,
            receivedAt: MONDAY + delayDays * DAY,
            values: { ...values },
          }),
        );
        const batch = await journal.write(...reports);
        reference.write(batch.observations);
        for (const { device, receivedAt = 0, values } of reports) {
          const day = new Date(receivedAt + 7 * HOUR).toISOString().slice(0, 10);
          const key = `${device} ${day}`;
          received.set(key, (received.get(key) ?? 0) + Object.keys(values).length);
        }
      }
      const from = MONDAY + Math.min(one, other) * MINUTE;
      const to = MONDAY + Math.max(one, other) * MINUTE;
      const metrics = ['ph', 'oxygen'];
      const filter = { devices: Object.values(devices) };
      const raw = await collect(store.query(query({ metrics, filter, from, to })));
      const aggregate = { every: bucket, functions: names, timeZone: zone };
      const cut = await collect(store.query(query({ metrics, filter, from, to, aggregate })));
      const counts = await store.counts('2026-03-01', '2026-03-09');
      const mine = counts.filter(({ device }) => filter.devices.includes(device));
      const accounted = mine.map(({ device, day, stored, duplicate }) => [
        `${device} ${day}`,
        stored + duplicate,
      ]);
      expect(accounted.sort()).toEqual([...received].sort());
      expect(mine.reduce((sum, { stored }) => sum + stored, 0)).toBe(reference.size);
      for (const device of filter.devices) {
        for (const metric of metrics) {
          const expected = reference.points(device, metric, from, to);
          const isMine = (block: { device: string; metric: string }) =>
            block.device === device && block.metric === metric;
          const got = raw.find(isMine);
          const gotPoints = Array.from(got?.times ?? [], (time, row) => [
            time,
            got?.columns[0]?.[row],
          ]);
          expect(gotPoints).toEqual(expected);
          expectBuckets(cut.find(isMine), expected, { ...aggregate, every: bucket });
        }
      }
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 40 });
}

function expectBuckets(
  block: { times: Float64Array; columns: Float64Array[] } | undefined,
  expected: ReadonlyArray<readonly [number, number]>,
  { every, timeZone, functions }: SeriesAggregate & { every: Every },
): void {
  const buckets = naiveBuckets(expected, (time) => naiveBucketStart(time, every, timeZone));
  expect([...(block?.times ?? [])]).toEqual([...buckets.keys()]);
  [...buckets.values()].forEach((values, row) => {
    functions.forEach((name, place) => {
      const got = block?.columns[place]?.[row];
      expectClose(got, naiveAggregate(name, values), `${name} of ${values}`);
    });
  });
}
