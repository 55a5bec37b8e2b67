import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isoWriter, resolveInstant } from '#src/api/instants';
import { AppError } from '#src/base/errors';
import { type Bench, NOW, startBench } from './support/api.ts';

let bench: Bench;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.series.points = [];
  bench.history.queries = [];
  bench.series.failure = null;
  bench.series.failAfterBlocks = Number.POSITIVE_INFINITY;
  bench.series.blockRows = 1_000;
});

function add(time: number, value: number, change: object = {}): void {
  bench.series.points.push({
    device: 'dev-1',
    site: 'ao-1',
    coop: 'binh-minh',
    kind: 'pond-sensor',
    metric: 'dissolved_oxygen',
    time,
    value,
    ...change,
  });
}

const get = (query: string, headers: Record<string, string> = {}) =>
  bench.call({ url: `/api/v1/series?${query}`, token: bench.tokens.viewer, headers });

describe('JSON', () => {
  test('points, exactly', async () => {
    add(NOW - 2 * MINUTE, 5.12);
    add(NOW - MINUTE, -0.5);
    add(NOW - MINUTE, 28, { metric: 'water_temperature', site: null });
    const answer = await get('device=dev-1');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.text).toBe(
      '{"items":[' +
        '{"device":"dev-1","site":"ao-1","kind":"pond-sensor","metric":"dissolved_oxygen",' +
        '"unit":"mg/L","columns":["time","value"],"rows":[' +
        '["2026-11-22T04:58:00.000Z",5.12],["2026-11-22T04:59:00.000Z",-0.5]]},' +
        '{"device":"dev-1","site":null,"kind":"pond-sensor","metric":"water_temperature",' +
        '"unit":"Cel","columns":["time","value"],"rows":[["2026-11-22T04:59:00.000Z",28]]}' +
        '],"next":null}',
    );
  });

  test('nothing is an empty list', async () => {
    expect((await get('device=dev-1')).text).toBe('{"items":[],"next":null}');
  });

  test('a series in many blocks is one item, however large', async () => {
    for (let row = 0; row < 5_000; row++) add(NOW - DAY + row * 1_000, row / 7);
    bench.series.blockRows = 37;
    const answer = await get(`device=dev-1&from=${NOW - DAY}&to=${NOW}`);
    expect(answer.body.items).toHaveLength(1);
    expect(answer.body.items[0]?.rows).toEqual(
      bench.series.points.map(({ time, value }) => [new Date(time).toISOString(), value]),
    );
  });

  test('functions are columns; a bucket without a value has null', async () => {
    add(NOW - HOUR, 4);
    add(NOW - HOUR + MINUTE, 6);
    const answer = await get('device=dev-1&every=1h&fn=mean,max&fn=count&fn=p95');
    const [item] = answer.body.items;
    expect(item?.columns).toEqual(['time', 'mean', 'max', 'count', 'p95']);
    expect(item?.rows).toEqual([['2026-11-22T04:00:00.000Z', 5, 6, 2, null]]);
  });

  test('a store that is down answers 503 with Retry-After', async () => {
    bench.series.failure = new AppError('SERIES_UNAVAILABLE', 'the store is down');
    for (const format of ['json', 'csv']) {
      const answer = await get(`device=dev-1&format=${format}`);
      expect([answer.status, answer.body.code]).toEqual([503, 'SERIES_UNAVAILABLE']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });
});

describe('CSV', () => {
  test('points, exactly', async () => {
    add(NOW - 2 * MINUTE, 5.12);
    add(NOW - MINUTE, -0.5);
    const answer = await get('device=dev-1&format=csv&metric=dissolved_oxygen');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="series.csv"');
    expect(answer.text).toBe(
      'time,device,metric,value,quality\r\n' +
        '2026-11-22T04:58:00.000Z,dev-1,dissolved_oxygen,5.12,good\r\n' +
        '2026-11-22T04:59:00.000Z,dev-1,dissolved_oxygen,-0.5,good\r\n',
    );
  });

  test('functions are columns; a missing value is an empty cell', async () => {
    add(NOW - HOUR, 4);
    const answer = await get('device=dev-1&format=csv&every=1d&fn=mean,p50');
    expect(answer.text).toBe(
      'time,device,metric,mean,p50\r\n2026-11-22T00:00:00.000Z,dev-1,dissolved_oxygen,4,\r\n',
    );
  });

  test('a long file arrives whole', async () => {
    for (let row = 0; row < 20_000; row++) add(NOW - DAY + row * 1_000, row);
    const answer = await get(`device=dev-1&format=csv&from=${NOW - DAY}`);
    expect(answer.text.split('\r\n')).toHaveLength(20_002);
  });

  test.each([
    ['ndjson', 'application/x-ndjson; charset=utf-8', '{"time":"'],
    ['parquet', 'application/vnd.apache.parquet', 'PAR1'],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'PK\x03\x04'],
  ])('%s is a file of its own type', async (format, type, start) => {
    add(NOW - MINUTE, 5.12);
    const answer = await get(`device=dev-1&format=${format}`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="series.${format}"`);
    expect(answer.text.startsWith(start)).toBe(true);
  });

  test('a store that is down answers 503 in every format', async () => {
    bench.series.failure = new AppError('SERIES_UNAVAILABLE', 'the store is down');
    for (const query of ['csv&bom=true', 'csv&shape=wide', 'ndjson', 'xlsx', 'parquet']) {
      const answer = await get(`device=dev-1&format=${query}`);
      expect([query, answer.status, answer.body?.code]).toEqual([query, 503, 'SERIES_UNAVAILABLE']);
    }
  });

  test('both values are of points', async () => {
    const answer = await get('device=dev-1&format=csv&values=both&every=1h');
    expect([answer.status, answer.body.field]).toEqual([400, 'values']);
  });

  test('a store that fails midway breaks the connection: a short file never looks complete', async () => {
    for (let row = 0; row < 20_000; row++) add(NOW - DAY + row * 1_000, row);
    bench.series.failAfterBlocks = 10;
    await bench.api.start(new AbortController().signal);
    const url = new URL('/api/v1/series?device=dev-1&format=csv', bench.api.address()?.url);
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${bench.tokens.viewer}` },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });
});

describe('what is asked of the store', () => {
  const asked = async (query: string) => {
    const answer = await get(query);
    expect(answer.status, answer.text).toBe(200);
    return bench.history.queries;
  };

  test('without more, the last 24 hours of every metric, within the caller’s cooperatives', async () => {
    const [query] = await asked('device=dev-1');
    expect(query).toEqual({
      kind: 'pond-sensor',
      metrics: ['dissolved_oxygen', 'water_temperature'],
      filter: { coops: ['binh-minh'], devices: ['dev-1'] },
      from: NOW + 5 * MINUTE - DAY,
      to: NOW + 5 * MINUTE,
      values: 'corrected',
      order: 'ascending',
    });
  });

  test('a site is asked of every kind, narrowed to those with the metric', async () => {
    expect((await asked('site=ao-1')).map(({ kind }) => kind)).toEqual([
      'pond-sensor',
      'insect-trap',
    ]);
    bench.history.queries = [];
    const [query, ...others] = await asked('site=ao-1&metric=air_temperature&order=desc&limit=3');
    expect(others).toEqual([]);
    expect(query).toMatchObject({
      kind: 'insect-trap',
      metrics: ['air_temperature'],
      filter: { coops: ['binh-minh'], sites: ['ao-1'] },
      order: 'descending',
      limit: 4,
    });
  });

  test('buckets are counted in the time zone asked for, or the instance’s', async () => {
    await asked('device=dev-1&every=1mo');
    await asked('device=dev-1&every=15m&fn=max&tz=Europe/Paris');
    expect(bench.history.queries.map(({ aggregate }) => aggregate)).toEqual([
      { every: { count: 1, unit: 'month' }, functions: ['mean'], timeZone: 'Asia/Ho_Chi_Minh' },
      { every: { count: 15, unit: 'minute' }, functions: ['max'], timeZone: 'Europe/Paris' },
    ]);
  });

  test('times are instants, dates in the time zone, local times or milliseconds', async () => {
    const midnight = Date.parse('2026-11-20T17:00:00Z');
    for (const [from, expected] of [
      ['2026-11-21', midnight],
      ['2026-11-21T00:00', midnight],
      ['2026-11-21T00:00:00%2B07:00', midnight],
      ['2026-11-21T00:00:00+07:00', midnight],
      ['2026-11-20T17:00:00Z', midnight],
      [String(midnight), midnight],
    ] as const) {
      bench.history.queries = [];
      const [query] = await asked(`device=dev-1&from=${from}&to=2026-11-22`);
      expect([from, query?.from]).toEqual([from, expected]);
    }
  });

  test('a span beyond what can exist is cut, not asked', async () => {
    const far = 'from=-8640000000000000&to=8640000000000000&every=1y';
    const [query] = await asked(`device=dev-1&${far}`);
    expect([query?.from, query?.to]).toEqual([0, NOW + DAY]);
    bench.history.queries = [];
    expect(await asked('device=dev-1&from=2200-01-01&to=2201-01-01')).toEqual([]);
  });
});

describe('what cannot be asked', () => {
  test.each([
    ['', 400, 'REQUEST_INVALID', 'device'],
    ['device=dev-1&evry=5m', 400, 'REQUEST_INVALID', 'evry'],
    ['device=dev-1&every=5x', 400, 'REQUEST_INVALID', 'every'],
    ['device=dev-1&every=0m', 400, 'REQUEST_INVALID', 'every'],
    ['device=dev-1&fn=mean', 400, 'REQUEST_INVALID', 'every'],
    ['device=dev-1&every=1h&fn=avg', 400, 'REQUEST_INVALID', 'fn.0'],
    ['device=dev-1&from=yesterday', 400, 'REQUEST_INVALID', 'from'],
    ['device=dev-1&from=2026-02-30', 400, 'REQUEST_INVALID', 'from'],
    ['device=dev-1&tz=Mars/Base', 400, 'REQUEST_INVALID', 'tz'],
    ['device=dev-1&format=pdf', 400, 'REQUEST_INVALID', 'format'],
    ['device=dev-1&limit=0', 400, 'REQUEST_INVALID', 'limit'],
    ['device=bad%20id', 400, 'REQUEST_INVALID', 'device.0'],
    ['device=dev-1&from=2026-11-22&to=2026-11-21', 400, 'RANGE_EMPTY', 'from'],
    ['device=dev-1&metric=disolved_oxygen', 400, 'METRIC_UNKNOWN', 'metric'],
    ['device=dev-1&every=1s&from=2025-01-01', 400, 'RANGE_TOO_LARGE', 'every'],
  ])('%s: %d %s names %s', async (query, status, code, field) => {
    const answer = await get(query);
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([status, code, field]);
  });

  test('a mistyped metric or parameter is recognised', async () => {
    expect((await get('device=dev-1&metric=disolved_oxygen')).body.detail).toContain(
      'did you mean "dissolved_oxygen"?',
    );
    expect((await get('device=dev-1&evry=5m')).body.detail).toContain('did you mean "every"?');
  });

  test('a range too large names a width that fits, and that width does fit', async () => {
    const range = 'device=dev-1&from=2025-11-22&to=2026-11-22';
    const refused = await get(`${range}&every=1s`);
    const every = /every=(\w+)/.exec(refused.body.detail)?.[1];
    expect(every).toBe('5m');
    expect((await get(`${range}&every=${every}`)).status).toBe(200);
    expect((await get(`${range}&every=1s&limit=1000`)).status).toBe(200);
  });

  test('a file may be of any size', async () => {
    const range = 'device=dev-1&from=2025-11-22&to=2026-11-22';
    expect((await get(`${range}&every=1s&format=csv`)).status).toBe(200);
  });

  test('a year of one metric in five-minute points is not too large', async () => {
    const query = 'device=dev-1&metric=dissolved_oxygen&from=2025-11-22&to=2026-11-22';
    expect((await get(query)).status).toBe(200);
  });
});

test('times are written as Date writes them', () => {
  const iso = isoWriter();
  const days = Array.from({ length: 800 }, (_, day) => Date.UTC(2027, 11, 30) + day * 86_400_000);
  const ends = days.flatMap((day) => [day, day + 86_399_999]);
  for (const time of [0, -1, -86_400_001, 999, NOW, ...ends, NOW, 253_402_300_799_999]) {
    expect(iso(time)).toBe(new Date(time).toISOString());
  }
});

test('local dates are resolved on both sides of a clock change', () => {
  for (const [date, expected] of [
    ['2026-03-29T00:00:00.000', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30T00:00:00.000', '2026-03-29T22:00:00.000Z'],
    ['2026-10-26T00:00:00.000', '2026-10-25T23:00:00.000Z'],
  ] as const) {
    expect(new Date(resolveInstant({ date }, 'Europe/Paris')).toISOString()).toBe(expected);
  }
});
