import { expect, test } from 'vitest';
import { seriesHistory } from '#src/rules/history';
import type { Quality } from '../../src/contracts/observation.ts';
import type {
  SeriesBlock,
  SeriesQuery,
  SeriesStatus,
  SeriesStore,
} from '../../src/contracts/series.ts';
import { kindOf } from './harness.ts';

const kinds = new Map([['probe', kindOf([])]]);

/** A store that answers with these blocks: a device that moved, each place a series of its own. */
function storeOf(available: boolean, asked: SeriesQuery[]): SeriesStore {
  const block = (site: string, metric: string, points: [number, number][]): SeriesBlock => ({
    device: 'probe',
    site,
    coop: 'coop',
    kind: 'probe',
    metric,
    times: Float64Array.from(points, ([time]) => time),
    columns: [Float64Array.from(points, ([, value]) => value)],
  });
  const status: Partial<SeriesStatus> = { available, cursor: 7 };
  const store: Partial<SeriesStore> = {
    status: () => status as SeriesStatus,
    async *query(query) {
      asked.push(query);
      yield block('a', 'oxygen', [
        [1, 5],
        [4, 6],
      ]);
      yield block('b', 'oxygen', [[2, 7]]);
      yield block('b', 'ph', [[3, 8]]);
    },
  };
  return store as SeriesStore;
}

test('one device wherever it stood, by metric, ascending', async () => {
  const asked: SeriesQuery[] = [];
  const history = seriesHistory(storeOf(true, asked), kinds);
  const request = { kind: 'probe', device: 'probe', metrics: ['oxygen', 'ph'], from: 0, to: 9 };
  expect(await history.read(request)).toEqual(
    new Map([
      [
        'oxygen',
        [
          { time: 1, value: 5 },
          { time: 2, value: 7 },
          { time: 4, value: 6 },
        ],
      ],
      ['ph', [{ time: 3, value: 8 }]],
    ]),
  );
  expect(asked).toMatchObject([{ filter: { devices: ['probe'] }, from: 0, to: 9 }]);
  expect(asked[0]?.aggregate).toBeUndefined();
});

test('a store that is away has nothing to read', () => {
  expect(seriesHistory(storeOf(true, []), kinds).cursor()).toBe(7);
  expect(seriesHistory(storeOf(false, []), kinds).cursor()).toBe(0);
});

test('clock faults are read off the quality of all values, and only what was asked is answered', async () => {
  const asked: SeriesQuery[] = [];
  const block = (metric: string, times: number[], quality: Quality[]): SeriesBlock => ({
    ...{ device: 'probe', site: null, coop: 'coop', kind: 'probe', metric, quality },
    times: Float64Array.from(times),
    columns: [Float64Array.from(times)],
  });
  const store: SeriesStore = {
    ...storeOf(true, asked),
    async *query(query) {
      asked.push(query);
      yield block('oxygen', [1, 3, 4], ['good', 'clock', 'good']);
      yield block('ph', [2, 4], ['clock', 'clock']);
    },
  };
  const request = { kind: 'probe', device: 'probe', metrics: ['clock_fault'], from: 0, to: 9 };
  const faults = [
    { time: 1, value: 0 },
    { time: 2, value: 1 },
    { time: 3, value: 1 },
    { time: 4, value: 1 },
  ];
  const history = seriesHistory(store, kinds);
  expect(await history.read(request)).toEqual(new Map([['clock_fault', faults]]));
  expect(asked[0]?.metrics).toEqual(['oxygen', 'ph']);
  const both = await history.read({ ...request, metrics: ['ph', 'clock_fault'] });
  expect([...both.keys()]).toEqual(['ph', 'clock_fault']);
});
