import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Correction } from '#src/contracts/history';
import { type Bench, startBench } from './support/api.ts';
import { mismatch, type Operation, readOperations } from './support/operations.ts';

let bench: Bench;
let operations: Operation[];

beforeAll(async () => {
  bench = await startBench();
  operations = await readOperations(bench);
});
afterAll(() => bench.close());

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

async function call(method: Method, path: string, payload?: object, token?: string) {
  const answer = await bench.call({
    method,
    url: `/api/v1/corrections${path}`,
    token: token ?? bench.tokens.agronomist,
    ...(payload === undefined ? {} : { payload }),
  });
  const route = `/api/v1/corrections${/^\/[^?]/.test(path) ? '/{id}' : ''}`;
  const operation = operations.find((one) => one.method === method && one.path === route);
  expect(operation && mismatch(operation, answer)).toBeNull();
  return { ...answer, correction: answer.body as unknown as Record<string, unknown> };
}

const sensor = { device: 'dev-1', metric: 'water_temperature' };
const from = '2026-11-01T00:00:00.000Z';
const to = '2026-11-08T00:00:00.000Z';
const work = { calibration: { gain: 1.02, offset: -0.3 } };

/** Corrections of the test's own metric; the seeded ones are of another. */
const listed = async () => (await call('GET', '?metric=water_temperature')).body.items;

describe('recording', () => {
  test.each([
    ['an open calibration', { from, ...work }, { from, to: null, ...work }],
    ['with an end', { from, to, ...work }, { from, to, ...work }],
    ['with an open end in so many words', { from, to: null, ...work }, { from, to: null, ...work }],
    ['a flag', { from, to, flag: 'invalid' }, { from, to, flag: 'invalid' }],
    ['a flag on one instant', { at: from, flag: 'suspect' }, { from, flag: 'suspect' }],
    ['a value at an instant', { at: from, value: 0 }, { from, value: 0 }],
    ['a value from its instant', { from, value: 28.5 }, { from, value: 28.5 }],
    ['a value over a span', { from, to, value: 28.5 }, { from, to, value: 28.5 }],
    ['another zone', { from: '2026-11-01T07:00:00+07:00', ...work }, { from, to: null, ...work }],
  ])('%s', async (_, body, expected) => {
    const note = 'probe cleaned, compared with a Winkler titration';
    const made = await call('POST', '', { ...sensor, ...body, note });
    expect(made.status, made.text).toBe(201);
    const end = 'to' in expected ? {} : { to: '2026-11-01T00:00:00.001Z' };
    const id = made.correction['id'];
    expect(made.correction).toEqual({
      id,
      version: 1,
      ...sensor,
      ...expected,
      ...end,
      note,
      by: 'Chị Tư',
      recordedAt: '2026-11-22T05:00:00.000Z',
      removed: false,
    });
    expect(made.headers['location']).toBe(`/api/v1/corrections/${id}`);
    const got = await call('GET', `/${id}`);
    expect(got.correction).toEqual({ ...made.correction, versions: [made.correction] });
    expect((await call('DELETE', `/${id}`)).status).toBe(204);
  });

  test.each([
    [{ from }, 'calibration', /exactly one/],
    [{ from, flag: 'invalid', value: 3 }, 'value', /exactly one/],
    [{ from, flag: 'suspect', ...work }, 'flag', /exactly one/],
    [{ ...work }, 'from', /expected from, or at/],
    [{ to, ...work }, 'from', /expected from, or at/],
    [{ at: from, from, ...work }, 'at', /use one of the two/],
    [{ at: from, to, ...work }, 'at', /use one of the two/],
    [{ from: to, to: from, ...work }, 'to', /from must be before to/],
    [{ from, to: from, ...work }, 'to', /from must be before to/],
    [{ from: '2026-11-01', ...work }, 'from', /ISO/],
    [{ from: 5, ...work }, 'from', /./],
    [{ from, flag: 'odd' }, 'flag', /suspect/],
    [{ from, value: 'x' }, 'value', /number/],
    [{ from, value: 1e10 }, 'value', /./],
    [{ from, calibration: { gain: 0, offset: 1 } }, 'calibration.gain', /use value/],
    [{ from, calibration: { gain: 1 } }, 'calibration.offset', /./],
    [{ from, calibration: { gain: 1, offset: 0, slope: 2 } }, 'calibration.slope', /no such field/],
    [{ from, ...work, note: 'x'.repeat(1_001) }, 'note', /1000/],
    [{ from, ...work, note: '  ' }, 'note', /./],
    [{ from, ...work, flags: 'invalid' }, 'flags', /did you mean "flag"/],
    [{ from, ...work, device: 'bad id' }, 'device', /./],
  ])('%j is refused at %s', async (body, field, message) => {
    const answer = await call('POST', '', { ...sensor, ...body });
    expect([answer.status, answer.body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(answer.body.field).toBe(field);
    expect(answer.body.detail).toMatch(message);
    expect(await listed()).toEqual([]);
  });

  test('a device that is not there, or not of that metric', async () => {
    const missing = await call('POST', '', { ...sensor, device: 'dev-0', from, ...work });
    expect([missing.status, missing.body.code]).toEqual([404, 'DEVICE_NOT_FOUND']);
    const odd = await call('POST', '', { ...sensor, metric: 'water_temprature', from, ...work });
    expect([odd.status, odd.body.code, odd.body.field]).toEqual([400, 'METRIC_UNKNOWN', 'metric']);
    expect(odd.body.detail).toContain('did you mean "water_temperature"?');
    const trap = await call('POST', '', { ...sensor, metric: 'count_NILALU', from, ...work });
    expect(trap.body.code).toBe('METRIC_UNKNOWN');
  });
});

describe('changing', () => {
  test('each change is a version; taking back is one too', async () => {
    const made = await call('POST', '', { ...sensor, from, ...work });
    const path = `/${made.correction['id']}`;
    const next = { ...sensor, from, to, flag: 'invalid', note: null };
    const replaced = await call('PUT', path, next);
    expect(replaced.correction).toMatchObject({ version: 2, flag: 'invalid', to });
    expect(replaced.correction).not.toHaveProperty('calibration');
    expect(await listed()).toMatchObject([{ version: 2 }]);
    expect((await call('DELETE', path)).status).toBe(204);
    expect(await listed()).toEqual([]);
    const whole = await call('GET', path);
    expect(whole.correction).toMatchObject({ version: 3, removed: true });
    expect(whole.correction['versions']).toMatchObject([
      { version: 1, ...work, removed: false },
      { version: 2, removed: false },
      { version: 3, removed: true },
    ]);
    for (const [method, body] of [['PUT', next] as const, ['DELETE', undefined] as const]) {
      const again = await call(method, path, body);
      expect([again.status, again.body.code]).toEqual([404, 'CORRECTION_NOT_FOUND']);
    }
  });

  test('a correction stays with its device', async () => {
    const { root } = bench.tokens;
    const body = { device: 'dev-9', metric: 'water_temperature', from, ...work };
    const moved = await call('PUT', '/fix.dev-1', body, root);
    expect([moved.status, moved.body.field]).toEqual([400, 'device']);
    expect(await bench.corrections.versions('fix.dev-1')).toHaveLength(1);
  });

  test('what another changed at the same moment answers 409', async () => {
    const { AppError } = await import('#src/base/errors');
    const conflicting = await startBench({
      corrections: {
        list: async () => [],
        versions: (id) => bench.corrections.versions(id),
        create: () => Promise.reject(new Error('not asked')),
        replace: () => Promise.reject(new AppError('CORRECTION_CONFLICT', 'it has just changed')),
        remove: async () => false,
      },
    });
    const answer = await conflicting.call({
      method: 'PUT',
      url: '/api/v1/corrections/fix.dev-1',
      payload: { ...sensor, from, ...work },
      token: conflicting.tokens.agronomist,
    });
    await conflicting.close();
    expect([answer.status, answer.body.code]).toEqual([409, 'CORRECTION_CONFLICT']);
  });
});

describe('limits', () => {
  test('a device has 1,000 corrections, a correction 500 versions', async () => {
    const own = await startBench();
    const { corrections, tokens } = own;
    const body = { ...sensor, from, ...work };
    const post = (payload: object, token = tokens.agronomist) =>
      own.call({ method: 'POST', url: '/api/v1/corrections', payload, token });
    const added = { ...sensor, from: 0, to: null, work: { type: 'value', value: 1 } as const };
    // The seeded one is the thousandth.
    for (let count = 0; count < 998; count++)
      await corrections.create({ ...added, note: null }, 'x');
    expect((await post(body)).status).toBe(201);
    const full = await post(body);
    expect([full.status, full.body.code]).toEqual([409, 'CORRECTIONS_FULL']);
    expect((await post({ ...body, device: 'dev-9' }, tokens.root)).status).toBe(201);
    for (let count = 0; count < 499; count++) {
      await corrections.replace('fix.dev-1', { ...added, note: null }, 'x');
    }
    const put = () =>
      own.call({
        method: 'PUT',
        url: '/api/v1/corrections/fix.dev-1',
        payload: body,
        token: tokens.agronomist,
      });
    expect([(await put()).status, (await corrections.versions('fix.dev-1')).length]).toEqual([
      409, 500,
    ]);
    await own.close();
  });
});

describe('listing', () => {
  test('by device, site and metric, in pages that are the whole list', async () => {
    const own = await startBench();
    const spans: Array<Pick<Correction, 'device' | 'metric' | 'from'>> = [];
    for (const device of ['dev-1', 'dev-9']) {
      for (const metric of ['dissolved_oxygen', 'water_temperature']) {
        for (const day of [5, 2, 9]) spans.push({ device, metric, from: day * 86_400_000 });
      }
    }
    for (const span of spans) {
      const flag = { type: 'flag', flag: 'suspect' } as const;
      await own.corrections.create({ ...span, to: null, work: flag, note: null }, 'x');
    }
    const list = async (query: string, token = own.tokens.root) =>
      (await own.call({ url: `/api/v1/corrections?${query}`, token })).body;
    const whole = (await list('')).items;
    expect(whole).toHaveLength(14);
    for (const limit of [1, 3, 13, 14]) {
      const joined = [];
      let cursor = '';
      do {
        const page = await list(`limit=${limit}${cursor}`);
        joined.push(...page.items);
        cursor = page.next === null ? '' : `&cursor=${page.next}`;
      } while (cursor !== '');
      expect(joined).toEqual(whole);
    }
    const { viewer, stranger } = own.tokens;
    expect((await list('', viewer)).items.every(({ device }) => device === 'dev-1')).toBe(true);
    expect((await list('', stranger)).items).toHaveLength(7);
    expect((await list('device=dev-1&metric=water_temperature')).items).toHaveLength(3);
    expect((await list('site=ao-1', viewer)).items).toHaveLength(7);
    expect((await list('cursor=W10')).code).toBe('CURSOR_INVALID');
    await own.close();
  });

  test('corrections of a device that is gone are for those alone who see everything', async () => {
    const own = await startBench();
    const flag = { type: 'flag', flag: 'invalid' } as const;
    const span = { device: 'gone', metric: 'water_temperature', from: 0, to: 1 };
    await own.corrections.create({ ...span, work: flag, note: null }, 'x', 'old');
    for (const [token, status, count] of [
      [own.tokens.administrator, 404, 1],
      [own.tokens.root, 200, 3],
    ] as const) {
      const one = await own.call({ url: '/api/v1/corrections/old', token });
      const all = await own.call({ url: '/api/v1/corrections', token });
      expect([one.status, all.body.items.length]).toEqual([status, count]);
    }
    await own.close();
  });
});
