import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runs } from '../support/random.ts';
import { type Bench, type Item, NOW, startBench } from './support/api.ts';

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
  bench.series.blockRows = 1_000;
});

interface Place {
  device?: string;
  metric?: string;
  site?: string | null;
}

function add(time: number, value: number, change: Place = {}): void {
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

const ask = (path: string, language = 'en') =>
  bench.call({
    url: `/api/v1/${path}`,
    token: bench.tokens.viewer,
    headers: { 'accept-language': language },
  });
const get = (query: string, language?: string) => ask(`series?${query}`, language);

describe('what is passed on to history', () => {
  test.each([
    ['values=raw', { values: 'raw' }],
    ['values=both', { values: 'both' }],
    ['points=2', { points: 2, order: 'ascending' }],
    ['points=10000&values=both', { points: 10_000, values: 'both' }],
    ['every=1h&fill=null', { aggregate: { fill: 'null', functions: ['mean'] } }],
    ['every=1h&fill=previous&values=raw', { values: 'raw', aggregate: { fill: 'previous' } }],
    ['every=1d&fill=linear&fn=stddev', { aggregate: { fill: 'linear', functions: ['stddev'] } }],
    ['every=1s&limit=1', { aggregate: { every: { count: 1, unit: 'second' } }, limit: 1 }],
    ['every=31536000s', { aggregate: { every: { count: 31_536_000, unit: 'second' } } }],
    ['every=365d', { aggregate: { every: { count: 365, unit: 'day' } } }],
    ['every=52w', { aggregate: { every: { count: 52, unit: 'week' } } }],
    ['every=12mo', { aggregate: { every: { count: 12, unit: 'month' } } }],
    ['every=1y', { aggregate: { every: { count: 1, unit: 'year' } } }],
    ['every=1h&limit=7&order=desc', { limit: 7, order: 'descending' }],
  ])('%s', async (query, expected) => {
    const answer = await get(`device=dev-1&${query}`);
    expect(answer.status, answer.text).toBe(200);
    expect(bench.history.queries).toMatchObject([expected]);
  });

  test('by itself: corrected values, nothing filled, nothing thinned', async () => {
    await get('device=dev-1&every=1h');
    const [query] = bench.history.queries;
    expect(query?.values).toBe('corrected');
    expect(query?.aggregate).not.toHaveProperty('fill');
    expect(query).not.toHaveProperty('points');
  });

  test('a site by its own address is the site as a parameter', async () => {
    add(NOW - HOUR, 5);
    const range = 'metric=dissolved_oxygen&from=2026-11-21&every=1h&fn=max';
    const own = await ask(`sites/ao-1/series?${range}`);
    const [first] = bench.history.queries;
    const general = await get(`site=ao-1&${range}`);
    expect([own.status, own.text]).toEqual([200, general.text]);
    expect(first).toEqual(bench.history.queries[1]);
    expect(own.body.items).toHaveLength(1);
    const csv = await ask('sites/ao-1/series?format=csv');
    expect(csv.headers['content-type']).toMatch(/^text\/csv/);
  });
});

describe('both values side by side', () => {
  test('are two columns in JSON and one more in CSV', async () => {
    add(NOW - HOUR, 5);
    const json = await get('device=dev-1&values=both&metric=dissolved_oxygen');
    expect(json.body.items[0]?.columns).toEqual(['time', 'value', 'raw']);
    expect(json.body.items[0]?.rows).toEqual([['2026-11-22T04:00:00.000Z', 5, 5]]);
    const csv = await get('device=dev-1&values=both&format=csv');
    expect(csv.text).toBe(
      'time,device,metric,value,raw,quality\r\n' +
        '2026-11-22T04:00:00.000Z,dev-1,dissolved_oxygen,5,5,good\r\n',
    );
  });
});

describe('what is refused with what to do instead', () => {
  test.each([
    ['every=0', 'every', /1s or more/],
    ['every=0s', 'every', /1s or more/],
    ['every=00h', 'every', /1s or more/],
    ['every=2y', 'every', /use 1y or less/],
    ['every=13mo', 'every', /use 1y or less/],
    ['every=53w', 'every', /use 1y or less/],
    ['every=366d', 'every', /use 1y or less/],
    ['every=8761h', 'every', /use 1y or less/],
    ['every=31536001s', 'every', /use 1y or less/],
    ['every=999999999m', 'every', /use 1y or less/],
    ['every=1hour', 'every', /did you mean "1h"/],
    ['every=15%20minutes', 'every', /did you mean "15m"/],
    ['every=1M', 'every', /did you mean "1mo"/],
    ['every=3months', 'every', /did you mean "3mo"/],
    ['every=P1M', 'every', /did you mean "1mo"/],
    ['every=PT5M', 'every', /did you mean "5m"/],
    ['every=1Y', 'every', /did you mean "1y"/],
    ['every=-5m', 'every', /expected a width/],
    ['every=1.5h', 'every', /expected a width/],
    ['every=0.5h', 'every', /expected a width/],
    ['every=', 'every', /expected a width/],
    ['fill=null', 'every', /fill needs every/],
    ['every=1h&fill=zero', 'fill', /none/],
    ['points=1', 'points', /2/],
    ['points=10001', 'points', /10000/],
    ['points=2.5', 'points', /./],
    ['points=1e400', 'points', /./],
    ['points=100&every=1h', 'points', /either points or every/],
    ['points=100&order=desc', 'points', /leave order out/],
    ['points=100&limit=5', 'points', /leave limit out/],
    ['values=mended', 'values', /raw/],
    ['values=both&every=1h', 'values', /leave every out/],
    ['cursor=abc', 'limit', /cursor needs limit/],
    ['cursor=abc&limit=5&every=1h', 'cursor', /leave every or cursor out/],
    ['cursor=abc&limit=5&format=csv', 'cursor', /a file is sent whole/],
    ['limit=500001', 'limit', /500000/],
    ['tz=Asia/Saigo', 'tz', /an example is Asia\/Ho_Chi_Minh/],
  ])('%s names %s', async (query, field, message) => {
    const answer = await get(`device=dev-1&${query}`);
    expect([answer.status, answer.body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(answer.body.field).toBe(field);
    expect(answer.body.detail).toMatch(message);
    for (const language of ['vi', 'fr']) {
      const other = await get(`device=dev-1&${query}`, language);
      expect(other.body.detail).not.toBe('');
    }
    expect(bench.history.queries).toEqual([]);
  });

  test.each([
    ['metric=nitrate', 'METRIC_UNKNOWN', /use one of: dissolved_oxygen, water_temperature/],
    ['from=2026-11-22&to=2026-11-21', 'RANGE_EMPTY', /Swap the two/],
    ['from=2016-11-22&to=2026-11-22', 'RANGE_TOO_LARGE', /Use every=1h.*limit=10000.*points=1000/],
  ])('%s: %s, 400', async (query, code, message) => {
    const answer = await get(`device=dev-1&${query}`);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(answer.body.detail).toMatch(message);
  });

  test.each(['series/stats', 'sites/ao-1/series'])('%s likewise', async (path) => {
    const target = path === 'series/stats' ? 'device=dev-1&' : '';
    for (const [query, code] of [
      ['metric=nitrate', 'METRIC_UNKNOWN'],
      ['from=2026-11-22&to=2026-11-21', 'RANGE_EMPTY'],
      ['tz=Nowhere', 'REQUEST_INVALID'],
      ['from=soon', 'REQUEST_INVALID'],
      ['unknown=1', 'REQUEST_INVALID'],
    ]) {
      const answer = await ask(`${path}?${target}${query}`);
      expect([query, answer.status, answer.body.code]).toEqual([query, 400, code]);
    }
  });
});

describe('range and resolution', () => {
  test('what a refusal proposes does fit, for one device and for thousands', async () => {
    const { registry } = bench.state;
    const facts = { coop: 'binh-minh', site: null, kind: 'pond-sensor', name: null, createdAt: 0 };
    for (const [devices, intervalSeconds] of [
      [0, 300],
      [40, 1],
      [3_000, 60],
    ] as const) {
      const crowd = Array.from({ length: devices }, (_, index) => ({
        ...facts,
        id: `crowd-${index}`,
        intervalSeconds,
      }));
      const all = [...registry.all(), ...crowd];
      const crowded = await startBench({
        registry: Object.assign(Object.create(registry), {
          all: () => all,
          find: (id: string) => all.find((one) => one.id === id),
        }),
      });
      try {
        for (const years of [0.01, 0.1, 1, 3, 10, 50]) {
          for (const shape of ['', '&every=1s', '&every=7m', '&every=1d']) {
            const from = Math.round(NOW - years * 365 * DAY);
            const base = `/api/v1/series?coop=binh-minh&from=${from}&to=${NOW}`;
            const token = crowded.tokens.viewer;
            const refused = await crowded.call({ url: `${base}${shape}`, token });
            if (refused.status === 200) continue;
            expect(refused.body.code).toBe('RANGE_TOO_LARGE');
            const proposals =
              refused.body.detail.match(/\b(?:every|limit|points|format)=\w+/g) ?? [];
            for (const proposal of proposals) {
              const answer = await crowded.call({ url: `${base}&${proposal}`, token });
              expect([shape, years, devices, proposal, answer.status]).toEqual([
                shape,
                years,
                devices,
                proposal,
                200,
              ]);
            }
          }
        }
      } finally {
        await crowded.close();
      }
    }
  });

  test('the rows of a proposed width never pass the cap, wherever the range begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: NOW - DAY }),
        fc.constantFrom('1s', '5s', '1m', '5m', '15m', '1h'),
        async (from, every) => {
          const query = `device=dev-1&from=${from}&to=${NOW}`;
          const refused = await get(`${query}&every=${every}`);
          const [, proposal] = /every=(\d+)(\w+)/.exec(refused.body.detail ?? '') ?? [];
          if (proposal === undefined) return;
          const width = /every=(\w+)/.exec(refused.body.detail)?.[1] ?? '';
          const widths: Record<string, number> = { s: 1e3, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
          const unitMs = widths[width.replace(/\d+/, '')] ?? 28 * DAY;
          const buckets = Math.ceil((NOW - from) / (Number.parseInt(width, 10) * unitMs)) + 1;
          expect(buckets * 2).toBeLessThanOrEqual(500_000);
          expect((await get(`${query}&every=${width}`)).status).toBe(200);
        },
      ),
      runs(100),
    );
  });

  test('a file has no cap', async () => {
    expect((await get('device=dev-1&format=csv&from=1970-01-01&every=1s')).status).toBe(200);
  });

  test('a page that would hold too much says which limit fits', async () => {
    // Far more often than the registry knows: only the reading itself can notice.
    for (let row = 0; row < 260_000; row++) {
      add(NOW - HOUR + row * 10, 1);
      add(NOW - HOUR + row * 10, 1, { metric: 'water_temperature' });
    }
    const refused = await get('device=dev-1&limit=300000');
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([
      400,
      'RANGE_TOO_LARGE',
      'limit',
    ]);
    const fitting = /limit=(\d+)/.exec(refused.body.detail)?.[1];
    expect(fitting).toBe('250000');
    expect((await get(`device=dev-1&limit=${fitting}`)).status).toBe(200);
  });
});

/** Every page, following `next`; each with the limit the function gives. */
async function allPages(query: string, limitOf: () => number): Promise<Item[][]> {
  const pages: Item[][] = [];
  let cursor = '';
  for (let count = 0; count < 10_000; count++) {
    const answer = await get(`${query}&limit=${limitOf()}${cursor}`);
    expect(answer.status, answer.text).toBe(200);
    pages.push(answer.body.items);
    if (answer.body.next === null) return pages;
    expect(answer.body.next).toMatch(/^[\w-]+$/);
    cursor = `&cursor=${answer.body.next}`;
  }
  throw new Error('the pages never end');
}

const keyOf = (item: Item): string => `${item.device} ${item.site} ${item.metric}`;

describe('pages', () => {
  test('joined they are the whole answer, in both directions, whatever their length', async () => {
    const point = fc.record({
      device: fc.constantFrom('dev-1', 'dev-1', 'dev-2'),
      metric: fc.constantFrom('dissolved_oxygen', 'water_temperature'),
      site: fc.constantFrom('ao-1', null),
      minute: fc.integer({ min: 0, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(point, { maxLength: 120, size: '+1' }),
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('asc', 'desc'),
        fc.integer({ min: 1, max: 20 }),
        async (points, limits, order, blockRows) => {
          bench.series.points = [];
          bench.series.blockRows = blockRows;
          // A device's metric has one point per instant, wherever the device stands.
          const seen = new Map(
            points.map((one) => [`${one.device} ${one.metric} ${one.minute}`, one]),
          );
          const sorted = [...seen.values()].sort((one, other) => one.minute - other.minute);
          sorted.forEach(({ minute, ...place }, index) => {
            add(NOW - DAY / 2 + minute * MINUTE, index, place);
          });
          const query = `coop=binh-minh&order=${order}&from=${NOW - DAY}&to=${NOW}`;
          const whole = (await get(query)).body.items;
          let turn = 0;
          const pages = await allPages(query, () => limits[turn++ % limits.length] ?? 1);
          const joined = new Map<string, Item['rows']>();
          for (const item of pages.flat()) {
            expect(item.rows.length).toBeGreaterThan(0);
            joined.set(keyOf(item), [...(joined.get(keyOf(item)) ?? []), ...item.rows]);
          }
          expect(joined).toEqual(new Map(whole.map((item) => [keyOf(item), item.rows])));
        },
      ),
      runs(150),
    );
  });

  test('a series has at most as many rows as asked, and a page ends at one instant for all', async () => {
    for (let minute = 0; minute < 60; minute++) add(NOW - HOUR + minute * MINUTE, minute);
    for (const minute of [3, 30, 55]) {
      add(NOW - HOUR + minute * MINUTE, minute, { metric: 'water_temperature' });
    }
    const { items, next } = (await get('device=dev-1&limit=10&order=desc')).body;
    expect(items.map((item) => [item.metric, item.rows.length])).toEqual([
      ['dissolved_oxygen', 10],
      ['water_temperature', 1],
    ]);
    expect(next).not.toBeNull();
    expect((await get('device=dev-1&limit=60')).body.next).toBeNull();
    expect((await get('device=dev-1&limit=59')).body.next).not.toBeNull();
  });

  test('of a dense and a sparse series that both go on, the one that ends first decides', async () => {
    for (let minute = 0; minute < 60; minute++) {
      add(NOW - HOUR + minute * MINUTE, minute);
      if (minute % 10 === 0) {
        add(NOW - HOUR + minute * MINUTE, minute, { metric: 'water_temperature' });
      }
    }
    for (const [order, rows] of [
      ['asc', [4, 1]],
      ['desc', [4, 0]],
    ] as const) {
      const { items } = (await get(`device=dev-1&limit=4&order=${order}`)).body;
      expect(items.map((item) => item.rows.length)).toEqual(rows.filter((count) => count > 0));
    }
  });

  test('“now” and new points do not move what was begun', async () => {
    for (let minute = 0; minute < 30; minute++) add(NOW - HOUR + minute * MINUTE, minute);
    const first = (await get('device=dev-1&limit=20&order=desc')).body;
    const before = bench.clock.time;
    bench.clock.time += 23.9 * HOUR;
    add(bench.clock.time, 99);
    const { items, next } = (await get(`device=dev-1&limit=20&order=desc&cursor=${first.next}`))
      .body;
    bench.clock.time = before;
    expect([items[0]?.rows.length, next]).toEqual([10, null]);
  });

  test('a cursor belongs to its question', async () => {
    for (let minute = 0; minute < 30; minute++) add(NOW - HOUR + minute * MINUTE, minute);
    const { next } = (await get('device=dev-1&limit=5')).body;
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [from, to, mark] = JSON.parse(Buffer.from(String(next), 'base64url').toString());
    for (const query of [
      `device=dev-1&limit=5&order=desc&cursor=${next}`,
      `site=ao-1&limit=5&cursor=${next}`,
      `device=dev-1&metric=water_temperature&limit=5&cursor=${next}`,
      `device=dev-1&from=2026-11-20&limit=5&cursor=${next}`,
      `device=dev-1&values=raw&limit=5&cursor=${next}`,
      `device=dev-1&tz=Europe/Paris&limit=5&cursor=${next}`,
      ...['abc', '!', encode([]), encode([1, 2]), encode(null), encode({ from: 1 })]
        .concat([encode([to, from, mark]), encode([from + 0.5, to, mark]), encode([-1, to, mark])])
        .concat([encode(['1', to, mark]), encode([from, to, 'x'])])
        .map((cursor) => `device=dev-1&limit=5&cursor=${cursor}`),
    ]) {
      const answer = await get(query);
      expect([query, answer.status, answer.body.code, answer.body.field]).toEqual([
        query,
        400,
        'CURSOR_INVALID',
        'cursor',
      ]);
    }
    expect((await get(`device=dev-1&limit=7&cursor=${next}`)).status).toBe(200);
  });

  test('limits of buckets and files count rows of each series, and make no pages', async () => {
    for (let minute = 0; minute < 180; minute++) add(NOW - 3 * HOUR + minute * MINUTE, minute);
    for (const query of ['every=1h&limit=2', 'limit=2&format=csv']) {
      const answer = await get(`device=dev-1&${query}`);
      expect([answer.status, answer.body?.next ?? null]).toEqual([200, null]);
    }
    expect(bench.history.queries.map(({ limit }) => limit)).toEqual([2, 2]);
  });
});

describe('figures', () => {
  const stats = async (query: string) => {
    const answer = await ask(`series/stats?${query}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  };

  test('of one series, exactly', async () => {
    for (const [index, value] of [4, 6, 8].entries()) add(NOW - HOUR + index * MINUTE, value);
    const { items, next } = await stats('device=dev-1&from=2026-11-22T11:00&to=2026-11-22T12:00');
    expect(next).toBeNull();
    expect(items).toEqual([
      {
        device: 'dev-1',
        site: 'ao-1',
        kind: 'pond-sensor',
        metric: 'dissolved_oxygen',
        unit: 'mg/L',
        count: 3,
        firstAt: '2026-11-22T04:00:00.000Z',
        first: 4,
        lastAt: '2026-11-22T04:02:00.000Z',
        last: 8,
        min: 4,
        max: 8,
        mean: 6,
        stddev: null,
        p50: null,
        p95: null,
        sum: 18,
        expected: 12,
        completeness: 0.25,
      },
    ]);
    const [whole, first, last] = bench.history.queries;
    expect(whole?.aggregate).toMatchObject({ every: null, timeZone: 'Asia/Ho_Chi_Minh' });
    expect(whole?.aggregate?.functions).toContain('stddev');
    expect([first?.order, first?.limit, last?.order, last?.limit]).toEqual([
      'ascending',
      1,
      'descending',
      1,
    ]);
  });

  test('raw or corrected values, never both', async () => {
    add(NOW - HOUR, 5);
    await stats('device=dev-1&values=raw');
    expect(bench.history.queries.map(({ values }) => values)).toEqual(['raw', 'raw', 'raw']);
    expect((await ask('series/stats?device=dev-1&values=both')).status).toBe(400);
    expect((await ask('series/stats?values=raw')).body.field).toBe('device');
  });

  test('nothing is an empty list, and asks history once', async () => {
    expect((await stats('device=dev-1')).items).toEqual([]);
    expect(bench.history.queries).toHaveLength(1);
  });

  test('completeness is a share: never over one, unknown where it cannot be known', async () => {
    const share = async () =>
      (await stats(`device=dev-1,dev-1&from=${NOW - HOUR}&to=${NOW}`)).items.map((item) => [
        item.site,
        (item as unknown as { expected: number | null }).expected,
        (item as unknown as { completeness: number | null }).completeness,
      ]);
    for (let second = 0; second < 1_000; second++) add(NOW - HOUR + second * 1_000, 1);
    expect(await share()).toEqual([['ao-1', 12, 1]]);
    // Another place holds a part of what the device said.
    add(NOW - 2 * MINUTE, 1, { site: null });
    expect(await share()).toEqual([
      ['ao-1', null, null],
      [null, null, null],
    ]);
    bench.series.points = [];
    add(NOW - 2 * MINUTE, 1, { site: 'elsewhere' });
    expect(await share()).toEqual([['elsewhere', null, null]]);
  });

  test('what has not happened yet is not expected', async () => {
    add(NOW - 50 * MINUTE, 1);
    const { items } = await stats(`device=dev-1&from=${NOW - HOUR}&to=${NOW + HOUR}`);
    // Created at NOW; the first value, imported, is 50 minutes older.
    expect(items).toMatchObject([{ expected: 10, completeness: 0.1 }]);
  });
});
