import { expect, test } from 'vitest';
import { seriesHistory } from '#src/rules/history';
import type {
  SeriesBlock,
  SeriesQuery,
  SeriesStatus,
  SeriesStore,
} from '../../src/contracts/series.ts';

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
  const history = seriesHistory(storeOf(true, asked));
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
  expect(seriesHistory(storeOf(true, [])).cursor()).toBe(7);
  expect(seriesHistory(storeOf(false, [])).cursor()).toBe(0);
});
