import { describe, expect, it } from 'vitest';
import type { Fill, HistoryBlock } from '#src/contracts/history';
import type { AggregateFunction } from '#src/contracts/series';
import { bucketStarts, filled } from '#src/series/history/fill';
import { thinned } from '#src/series/history/thin';
import { createRandom, seed } from '../support/random.ts';
import { DAY, HOUR, MONDAY, POND, ZONE } from './fixtures.ts';

const tags = { device: 'd', site: 's', coop: 'c', kind: POND.name, metric: 'oxygen' };

async function* stream(...blocks: HistoryBlock[]): AsyncGenerator<HistoryBlock> {
  yield* blocks;
}

async function all(blocks: AsyncIterable<HistoryBlock>): Promise<HistoryBlock[]> {
  const found: HistoryBlock[] = [];
  for await (const block of blocks) found.push(block);
  return found;
}

describe('filling', () => {
  const functions: AggregateFunction[] = ['mean', 'count', 'sum', 'stddev'];
  const nan = Number.NaN;

  /** Hours 1, 2 and 5 of six have values. */
  const fill = async (kind: Exclude<Fill, 'none'>, change = {}) => {
    const hours = [1, 2, 5];
    const block: HistoryBlock = {
      ...tags,
      times: Float64Array.from(hours, (hour) => MONDAY + hour * HOUR),
      columns: [
        [10, 20, 50],
        [1, 2, 5],
        [10, 40, 250],
        [nan, 1, 2],
      ].map((column) => Float64Array.from(column)),
    };
    const aggregate = { every: { count: 1, unit: 'hour' } as const, functions, timeZone: ZONE };
    const span = { from: MONDAY + 10, to: MONDAY + 6 * HOUR + 1 };
    const cut = { order: 'ascending' as const, limit: undefined, ...change };
    const [only, ...more] = await all(filled(stream(block), { aggregate, fill: kind, span, cut }));
    expect(more).toEqual([]);
    return {
      times: Array.from(only?.times ?? [], (time) => (time - MONDAY) / HOUR),
      columns: only?.columns.map((column) => [...column]) ?? [],
    };
  };

  it('puts a row into every bucket the range touches; only counts are known to be 0', async () => {
    const { times, columns } = await fill('null');
    expect(times).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(columns).toEqual([
      [nan, 10, 20, nan, nan, 50, nan],
      [0, 1, 2, 0, 0, 5, 0],
      [nan, 10, 40, nan, nan, 250, nan],
      [nan, nan, 1, nan, nan, 2, nan],
    ]);
  });

  it('repeats the value before, and what follows from it only', async () => {
    const { columns } = await fill('previous');
    expect(columns.slice(0, 3)).toEqual([
      [nan, 10, 20, 20, 20, 50, 50],
      [0, 1, 2, 0, 0, 5, 0],
      [nan, 10, 40, nan, nan, 250, nan],
    ]);
  });

  it('draws lines between neighbours and nowhere else', async () => {
    const { columns } = await fill('linear');
    expect(columns[0]).toEqual([nan, 10, 20, 30, 40, 50, nan]);
    expect(columns[1]).toEqual([0, 1, 2, 0, 0, 5, 0]);
  });

  it('cuts after it filled, from the end asked for', async () => {
    const { times, columns } = await fill('linear', { order: 'descending', limit: 3 });
    expect(times).toEqual([6, 5, 4]);
    expect(columns[0]).toEqual([nan, 50, 40]);
  });

  it('finds the buckets of any width over clock changes', () => {
    const timeZone = 'Europe/Paris';
    const from = Date.parse('2026-10-24T22:00:00Z');
    const starts = (count: number, unit: 'minute' | 'hour' | 'day' | 'month', days: number) =>
      bucketStarts(
        { every: { count, unit }, functions: [], timeZone },
        { from, to: from + days * DAY },
      );
    expect(starts(1, 'hour', 1)).toHaveLength(24);
    expect(starts(1, 'day', 3).map((time) => (time - from) / HOUR)).toEqual([0, 25, 49]);
    expect(starts(6, 'hour', 1).map((time) => (time - from) / HOUR)).toEqual([0, 7, 13, 19]);
    expect(starts(15, 'minute', 1)).toHaveLength(96);
    expect(
      starts(1, 'month', 365).map((time) => new Date(time).toISOString().slice(0, 10)),
    ).toEqual(
      ['09-30', '10-31', '11-30', '12-31']
        .map((day) => `2026-${day}`)
        .concat(
          ['01-31', '02-28', '03-31', '04-30', '05-31', '06-30', '07-31', '08-31', '09-30'].map(
            (day) => `2027-${day}`,
          ),
        ),
    );
    const aggregate = { every: null, functions: [], timeZone };
    expect(bucketStarts(aggregate, { from, to: from + 1 })).toEqual([from]);
    expect(bucketStarts(aggregate, { from, to: from })).toEqual([]);
  });

  it('refuses more rows than one series may have', () => {
    const aggregate = {
      every: { count: 1, unit: 'second' } as const,
      functions: [],
      timeZone: ZONE,
    };
    expect(() => bucketStarts(aggregate, { from: 0, to: 366 * DAY })).toThrow(/too many/);
  });
});

describe('thinning', () => {
  const span = { from: 0, to: 100_000 };

  /** A series in blocks of random length. */
  function blocksOf(points: ReadonlyArray<readonly [number, number]>, random: () => number) {
    const blocks: HistoryBlock[] = [];
    for (let start = 0; start < points.length; ) {
      const some = points.slice(start, start + 1 + Math.floor(random() * 50));
      start += some.length;
      const times = Float64Array.from(some, ([time]) => time);
      const values = Float64Array.from(some, ([, value]) => value);
      const raw = values.map((value) => -value);
      blocks.push({ ...tags, times, columns: [values], quality: some.map(() => 'good'), raw });
    }
    return blocks;
  }

  it('keeps least, greatest, first and last of equal stretches, in order of time', async () => {
    const random = createRandom();
    for (let round = 0; round < 40; round++) {
      const count = 200 + Math.floor(random() * 3_000);
      const times = Array.from({ length: count }, () => Math.floor(random() * span.to));
      const points = [...new Set(times)]
        .sort((left, right) => left - right)
        .map((time) => [time, Math.floor(random() * 50)] as const);
      const limit = 4 + Math.floor(random() * 100);
      const what = `SEED=${seed} round ${round}`;
      const [block, ...more] = await all(
        thinned(stream(...blocksOf(points, random)), { span, points: limit }),
      );
      expect(more).toEqual([]);
      const got = Array.from(block?.times ?? [], (time, row) => [time, block?.columns[0]?.[row]]);
      expect(got.length, what).toBeLessThanOrEqual(limit);
      expect(got, what).toEqual(got.toSorted(([left = 0], [right = 0]) => left - right));
      expect([got[0], got.at(-1)], what).toEqual([points[0], points.at(-1)]);
      const stretches = Math.floor((limit - 2) / 2);
      for (let stretch = 0; stretch < stretches; stretch++) {
        const within = (time: number) => Math.floor((time / span.to) * stretches) === stretch;
        const values = points.filter(([time]) => within(time)).map(([, value]) => value);
        const kept = got.filter(([time = 0]) => within(time)).map(([, value]) => value);
        if (values.length === 0) continue;
        expect(kept, what).toContain(Math.min(...values));
        expect(kept, what).toContain(Math.max(...values));
      }
      const known = new Map(points);
      for (const [time, value] of got) expect(known.get(time ?? 0), what).toBe(value);
      expect([...(block?.raw ?? [])], what).toEqual(got.map(([, value]) => -(value ?? 0)));
      expect(block?.quality).toHaveLength(got.length);
    }
  });

  it('leaves alone what is few, and values that are none', async () => {
    const few = blocksOf(
      [1, 2, 3, 4].map((time) => [time, time] as const),
      () => 0.5,
    );
    expect(await all(thinned(stream(...few), { span, points: 4 }))).toEqual(few);
    const points = Array.from({ length: 100 }, (_, time) => [time, Number.NaN] as const);
    const none = blocksOf(points, () => 0.5);
    expect(await all(thinned(stream(...none), { span, points: 10 }))).toEqual([]);
    const two = [...few, { ...few[0], device: 'e' } as HistoryBlock];
    expect(await all(thinned(stream(...two), { span, points: 9 }))).toEqual(two);
  });
});
