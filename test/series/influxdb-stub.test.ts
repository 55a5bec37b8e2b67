import { describe, expect, onTestFinished, test } from 'vitest';
import type { AppError } from '#src/base/errors';
import type { SeriesServerOptions, SeriesStore } from '#src/contracts/series';
import { type Fault, InfluxStub } from '../support/influx-stub.ts';
import { Journalist, MINUTE, MONDAY, type Report } from './fixtures.ts';
import { createStore } from './influxdb-store.ts';
import { MemoryLedger } from './memory-ledger.ts';

const SILENCE_MS = 250;

interface Bench {
  stub: InfluxStub;
  store: SeriesStore;
  journal: Journalist;
  ledger: MemoryLedger;
}

async function bench(
  prepare: (stub: InfluxStub) => void = () => undefined,
  server: Partial<SeriesServerOptions> = { token: 'a-secret-token' },
): Promise<Bench> {
  const stub = new InfluxStub();
  const url = await stub.start();
  prepare(stub);
  const ledger = new MemoryLedger();
  const store = createStore({
    server: { url, bucket: 'farm', ...server },
    ledger,
    limits: { silenceMaxMs: SILENCE_MS, linesPerRequestMax: 64 },
  });
  await store.start(new AbortController().signal);
  onTestFinished(async () => {
    await store.stop();
    await stub.stop();
  });
  return { stub, store, journal: new Journalist(store), ledger };
}

const reports = (count: number): Report[] =>
  Array.from({ length: count }, (_, minute) => ({
    device: 'd',
    at: MONDAY + minute * MINUTE,
    values: { oxygen: minute, ph: 7 },
  }));

const failureOf = async (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => expect.unreachable('it should have failed'),
    (error: AppError) => error,
  );

const totals = async (store: SeriesStore) => {
  const counts = await store.counts('2000-01-01', '2100-01-01');
  const sum = (key: 'stored' | 'duplicate') => counts.reduce((all, one) => all + one[key], 0);
  return { stored: sum('stored'), duplicate: sum('duplicate') };
};

describe('a server that fails', () => {
  const faults: Array<[string, Fault]> = [
    ['503', { type: 'status', status: 503 }],
    ['500 with a page', { type: 'status', status: 500, body: '<html>oops</html>' }],
    ['a redirect', { type: 'status', status: 302, headers: { location: '/elsewhere' } }],
    ['a hang', { type: 'hang' }],
    ['a reset within the answer', { type: 'reset' }],
  ];
  test.each(faults)('%s is told, and the batch written again is there once', async (_, fault) => {
    const { stub, store, journal } = await bench();
    stub.faults.push(fault);
    const batch = journal.batch(...reports(5));
    const failure = await failureOf(store.write(batch));
    expect(failure.code).toBe('SERIES_UNAVAILABLE');
    expect(store.status()).toMatchObject({ available: false, cursor: 0 });
    expect(store.status().reason).not.toContain('a-secret-token');
    await store.write(batch);
    expect(store.status()).toMatchObject({ available: true, reason: null, cursor: 5 });
    expect(stub.lines.size).toBe(5);
    expect(await totals(store)).toEqual({ stored: 10, duplicate: 0 });
  });

  test('429 and 503 say when to come back', async () => {
    const { stub, store, journal } = await bench();
    for (const status of [429, 503]) {
      stub.faults.push({ type: 'status', status, headers: { 'retry-after': '7' } });
      const failure = await failureOf(store.write(journal.batch(...reports(1))));
      expect(failure.retryAfterMs).toBe(7_000);
    }
  });

  test('204, and then everything is lost: the journal is read again from the start', async () => {
    const { stub, store, journal, ledger } = await bench();
    const first = journal.batch(...reports(3));
    await store.write(first);
    const before = store.status().identity;
    const second = journal.batch({ device: 'e', at: MONDAY, values: { ph: 7 } });
    stub.faults.push({ type: 'forget' });
    await store.write(second);
    // It is noticed with the next failure, or within seconds; here by opening the store again.
    const again = createStore({ server: { url: stub.url, bucket: 'farm' }, ledger });
    await again.start(new AbortController().signal);
    onTestFinished(() => again.stop());
    expect(await again.cursor()).toBe(0);
    expect(again.status().identity).not.toBe(before);
    expect(again.status().repairs).toHaveLength(1);
    await again.write({
      from: 0,
      next: 4,
      observations: [...first.observations, ...second.observations],
    });
    expect(stub.lines.size).toBe(4);
    expect(await totals(again)).toEqual({ stored: 7, duplicate: 0 });
  });

  test.each([
    [401, 'SLUICE_INFLUX_TOKEN'],
    [403, 'ALL on the database'],
    [404, 'SLUICE_INFLUX_BUCKET'],
  ])('%i is a matter of settings, and says which', async (status, named) => {
    const { stub, store, journal } = await bench();
    stub.faults.push({ type: 'status', status });
    const failure = await failureOf(store.write(journal.batch(...reports(1))));
    expect(failure.retryAfterMs).toBeGreaterThanOrEqual(5_000);
    expect(store.status().reason).toContain(named);
    expect(store.status().reason).not.toContain('a-secret-token');
  });

  test('does not keep the store from starting, nor a server that is not there', async () => {
    const ledger = new MemoryLedger();
    const store = createStore({ server: { url: 'http://127.0.0.1:9', bucket: 'farm' }, ledger });
    await store.start(new AbortController().signal);
    expect(store.status()).toMatchObject({ available: false });
    expect(await store.cursor()).toBe(0);
    await store.stop();
    await store.stop();
  });
});

describe('lines the server refuses', () => {
  test('are found by halving; the good ones are stored, each is accounted once', async () => {
    const { stub, store, journal, ledger } = await bench((one) => {
      one.faults.push({ type: 'partial', refuses: /oxygen=(3|40|41),/ });
    });
    await journal.write(...reports(60));
    expect(
      [...ledger.rejections.values()].map(({ offset, metric, code }) => [offset, metric, code]),
    ).toEqual([3, 40, 41].map((offset) => [offset, 'oxygen', 'SERIES_REFUSED']));
    // Of the reports with a bad value the good one is kept.
    expect(stub.lines.size).toBe(60);
    expect(await totals(store)).toEqual({ stored: 117, duplicate: 0 });
    expect(stub.writes().length).toBeLessThan(50);
    expect(await store.cursor()).toBe(60);
  });

  test('all of a request are told in two requests when the server counts them', async () => {
    const { stub, store, journal, ledger } = await bench((one) => {
      one.faults.push({ type: 'partial', refuses: /oxygen=/ });
    });
    await journal.write(...reports(50));
    expect(ledger.rejections.size).toBe(50);
    expect(await totals(store)).toEqual({ stored: 50, duplicate: 0 });
    expect(stub.writes().length).toBeLessThan(20);
  });

  test('are bounded by two requests a line when it says nothing of use', async () => {
    const { stub, journal, ledger } = await bench((one) => {
      one.faults.push({ type: 'partial', refuses: /./, says: () => 'no' });
    });
    await journal.write(...reports(32));
    expect(ledger.rejections.size).toBe(64);
    expect(stub.writes().length).toBeLessThanOrEqual(2 * 32 + 2 * 32 * 2);
    expect(stub.lines.size).toBe(0);
  });

  test('do not hold up what comes after them, nor make it suspect', async () => {
    const { store, journal, ledger } = await bench((one) => {
      one.faults.push({ type: 'partial', refuses: / 9300000000000000$/ });
    });
    await journal.write({ device: 'd', at: 9.3e15, values: { oxygen: 1 } });
    await journal.write(...reports(2));
    expect(ledger.rejections.size).toBe(1);
    expect(await totals(store)).toEqual({ stored: 4, duplicate: 0 });
  });

  test('a name that no tag can hold is refused here, and others go on', async () => {
    const { stub, store, journal, ledger } = await bench();
    await journal.write({ device: 'd\\', at: MONDAY, values: { ph: 1 } }, ...reports(1));
    expect(ledger.rejections.size).toBe(1);
    expect(stub.lines.size).toBe(1);
    expect(await totals(store)).toEqual({ stored: 2, duplicate: 0 });
  });
});

describe('versions', () => {
  const bucket = { id: 'b1', orgID: 'o1', name: 'farm' };

  test('1.x: the database is made, lines go to /write', async () => {
    const { stub, journal } = await bench();
    await journal.write(...reports(1));
    const made = stub.seen.find(({ body }) => body.includes('CREATE'));
    expect(made).toMatchObject({ method: 'POST', path: '/query' });
    const write = stub.writes().at(-1);
    expect(write).toMatchObject({ method: 'POST', path: '/write' });
    expect(Object.fromEntries(write?.search ?? [])).toEqual({ db: 'farm', precision: 'ms' });
    expect(write?.body).toBe(
      `test-pond,coop=coop,device=d,site=site oxygen=0,ph=7,sluice-received-at=${MONDAY + 1_000}i ${MONDAY}`,
    );
  });

  test('1.x: user and password', async () => {
    const { stub } = await bench(() => undefined, { user: 'u', password: 'p' });
    const expected = `Basic ${Buffer.from('u:p').toString('base64')}`;
    expect(new Set(stub.seen.map(({ authorization }) => authorization))).toEqual(
      new Set([expected]),
    );
  });

  test('2.x: bucket and mapping that are there are used', async () => {
    const { stub, journal } = await bench((one) => {
      one.version = 'v2.7.11';
      one.routes.set('GET /api/v2/buckets', { status: 200, body: { buckets: [bucket] } });
      const mapping = { bucketID: 'b1', database: 'farm', retention_policy: 'autogen' };
      one.routes.set('GET /api/v2/dbrps', { status: 200, body: { content: [mapping] } });
    });
    await journal.write(...reports(1));
    const write = stub.writes().at(-1);
    expect(write).toMatchObject({
      method: 'POST',
      path: '/api/v2/write',
      authorization: 'Token a-secret-token',
    });
    expect(Object.fromEntries(write?.search ?? [])).toEqual({
      org: 'o1',
      bucket: 'farm',
      precision: 'ms',
    });
    expect(stub.seen.some(({ method, path }) => method === 'POST' && path.includes('dbrps'))).toBe(
      false,
    );
    const queries = stub.seen.filter(({ path }) => path === '/query');
    expect(queries.every(({ search }) => search.get('db') === 'farm')).toBe(true);
  });

  test('2.x: bucket and mapping are made when they are missing', async () => {
    const { stub, store } = await bench((one) => {
      one.version = 'v2.7.11';
      one.routes.set('GET /api/v2/buckets', { status: 404, body: { message: 'not found' } });
      one.routes.set('GET /api/v2/orgs', {
        status: 200,
        body: { orgs: [{ id: 'o1', name: 'o' }] },
      });
      one.routes.set('POST /api/v2/buckets', { status: 201, body: bucket });
      one.routes.set('GET /api/v2/dbrps', { status: 200, body: { content: [] } });
      one.routes.set('POST /api/v2/dbrps', { status: 201, body: {} });
    });
    expect(store.status()).toMatchObject({ available: true });
    const posted = stub.seen.filter(
      ({ method, path }) => method === 'POST' && /dbrps|buckets/.test(path),
    );
    expect(posted.map(({ body }) => JSON.parse(body))).toEqual([
      { orgID: 'o1', name: 'farm', retentionRules: [] },
      { bucketID: 'b1', orgID: 'o1', database: 'farm', retention_policy: 'autogen', default: true },
    ]);
  });

  test('2.x: without the right to make them it says what to do', async () => {
    const { store } = await bench((one) => {
      one.version = 'v2.7.11';
      one.routes.set('GET /api/v2/buckets', { status: 200, body: { buckets: [bucket] } });
      one.routes.set('GET /api/v2/dbrps', { status: 200, body: { content: [] } });
      one.routes.set('POST /api/v2/dbrps', { status: 403, body: { message: 'forbidden' } });
    });
    expect(store.status().reason).toContain('influx v1 dbrp create --db farm');
  });

  test('3: nothing is made, lines go to /api/v2/write, and data is not deleted by us', async () => {
    const { stub, store, journal } = await bench((one) => {
      one.version = '3.4.0';
    });
    await journal.write(...reports(1));
    expect(stub.writes().at(-1)).toMatchObject({ path: '/api/v2/write' });
    expect(stub.seen.some(({ body }) => /CREATE|DELETE/.test(body))).toBe(false);
    const failure = await failureOf(store.expire('raw', 'test-pond', MONDAY));
    expect(failure.code).toBe('SERIES_RETENTION_ELSEWHERE');
  });

  test('a version that is set is not asked for; one nobody knows is said', async () => {
    const { stub, store } = await bench(() => undefined, { version: '1' });
    expect(store.status().available).toBe(true);
    expect(stub.seen.some(({ path }) => path === '/ping')).toBe(false);
    const other = await bench((one) => {
      one.version = '9.1';
    });
    expect(other.store.status().reason).toContain('SLUICE_INFLUX_VERSION');
  });
});
