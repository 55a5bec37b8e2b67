import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Alert } from '#src/contracts/alert';
import type { SprayLedgerLine } from '#src/contracts/survey';
import { alertOf } from './support/alerts.ts';
import { type Bench, startBench } from './support/api.ts';
import { mismatch, type Operation, readOperations } from './support/operations.ts';

let bench: Bench;
let operations: Operation[];

beforeAll(async () => {
  bench = await startBench();
  operations = await readOperations(bench);
});
afterAll(() => bench.close());

type Method = 'GET' | 'POST' | 'DELETE';

async function call(method: Method, path: string, payload?: object, token?: string) {
  const answer = await bench.call({
    method,
    url: `/api/v1/sprays${path}`,
    token: token ?? bench.tokens.farmer,
    ...(payload === undefined ? {} : { payload }),
  });
  const route = `/api/v1/sprays${path.replace(/\?.*/, '')}`;
  const found = operations.find((one) => one.method === method && one.path === route);
  const operation = found ?? operations.find(({ path }) => path === '/api/v1/sprays/{id}');
  expect(operation && mismatch(operation, answer)).toBeNull();
  return { ...answer, json: answer.body as unknown as Record<string, unknown> };
}

async function createField(id: string): Promise<void> {
  const facts = { location: null, areaHa: 1, crop: 'Lúa', species: null, startedOn: null };
  await bench.state.sites.create({ id, coop: 'binh-minh', kind: 'field', name: id, ...facts });
}

const ledger = async (query: string): Promise<SprayLedgerLine[]> =>
  (await call('GET', `/ledger?${query}`)).body.items as unknown as SprayLedgerLine[];

const product = { product: 'Chess 50WG', activeKgHa: 0.15, costPerHa: 640_000 };
const season = { from: '2026-08-01', to: '2026-11-15' };
const baseline = { ...season, source: 'own last season', fields: 1 };

describe('sprays', () => {
  test('are recorded, sent again without counting twice, listed and taken back', async () => {
    await createField('s-1');
    const body = { id: 'p-1', site: 's-1', at: '2026-09-10T09:00:00+07:00', ...product };
    const made = await call('POST', '', body);
    expect(made.status, made.text).toBe(201);
    const kept = {
      ...{ ...body, at: '2026-09-10T02:00:00.000Z', coop: 'binh-minh', alert: null, note: null },
      ...{ who: 'Anh Ba', recordedAt: '2026-11-22T05:00:00.000Z' },
    };
    expect(made.json).toEqual(kept);
    expect((await call('POST', '', body)).status).toBe(201);
    const { id: _, ...unnamed } = body;
    const second = await call('POST', '', { ...unnamed, at: '2026-09-20T02:00:00Z' });
    const all = await call('GET', '?site=s-1');
    expect(all.body.items).toEqual([second.json, kept]);
    const early = await call('GET', '?site=s-1&to=2026-09-15');
    expect(early.body.items).toEqual([kept]);
    expect((await call('DELETE', `/${second.json['id']}`)).status).toBe(204);
    expect((await call('DELETE', `/${second.json['id']}`)).body.code).toBe('SPRAY_NOT_FOUND');
  });

  test.each([
    [{ at: '2027-01-01T00:00:00Z' }, 400, 'REQUEST_INVALID', 'at'],
    [{ costPerHa: -1 }, 400, 'REQUEST_INVALID', 'costPerHa'],
    [{ activeKgHa: -0.1 }, 400, 'REQUEST_INVALID', 'activeKgHa'],
    [{ product: ' ' }, 400, 'REQUEST_INVALID', 'product'],
    [{ site: 'nowhere' }, 422, 'SITE_UNKNOWN', 'site'],
    [{ alert: 'oxygen.dev-9' }, 422, 'ALERT_UNKNOWN', 'alert'],
    [{ id: 'spray-dev-9' }, 409, 'SPRAY_EXISTS', 'id'],
  ])('%j is refused', async (change, status, code, field) => {
    const body = { site: 'ao-1', at: '2026-09-10T02:00:00Z', ...product, ...change };
    const answer = await call('POST', '', body);
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([status, code, field]);
  });
});

describe('baselines', () => {
  test('are declared, changed by their first day, and never share days', async () => {
    await createField('s-2');
    const body = { site: 's-2', ...baseline, sprays: 5, costPerHa: 650_000 };
    const made = await call('POST', '/baselines', body);
    expect(made.status, made.text).toBe(201);
    expect(made.json).toMatchObject({ ...body, coop: 'binh-minh', activeKgHa: null });
    expect((await call('POST', '/baselines', { ...body, sprays: 6 })).status).toBe(201);
    const beside = { ...body, from: '2026-11-15', to: '2027-02-01' };
    const refused = await call('POST', '/baselines', beside);
    expect([refused.status, refused.body.code]).toEqual([409, 'BASELINE_OVERLAPS']);
    expect(refused.body.detail).toContain('2026-08-01 to 2026-11-15');
    const next = await call('POST', '/baselines', { ...beside, from: '2026-11-16' });
    expect(next.status).toBe(201);
    const first = await call('GET', '/baselines?site=s-2&limit=1');
    expect(first.body.items).toMatchObject([{ from: '2026-08-01', sprays: 6 }]);
    const second = await call('GET', `/baselines?site=s-2&cursor=${first.body.next}`);
    expect(second.body.items).toMatchObject([{ from: '2026-11-16' }]);
    expect(second.body.next).toBeNull();
  });

  test.each([
    [{ from: '2026-12-01' }, 'to', /not be before/],
    [{ sprays: -1 }, 'sprays', /./],
    [{ fields: 0 }, 'fields', /./],
    [{ source: '' }, 'source', /./],
  ])('%j is refused', async (change, field, message) => {
    const body = { site: 'ao-1', ...baseline, sprays: 5, costPerHa: 1, ...change };
    const answer = await call('POST', '/baselines', body);
    expect([answer.status, answer.body.field]).toEqual([400, field]);
    expect(answer.body.detail).toMatch(message);
  });
});

describe('the ledger', () => {
  test.each([
    [5, 2, 650_000, 1_950_000, 60],
    [8, 3, 900_000, 4_500_000, 62.5],
    [4, 4, 500_000, 0, 0],
    [3, 5, 600_000, -1_200_000, -66.667],
    [6, 0, 700_000, 4_200_000, 100],
    [0, 1, 500_000, -500_000, null],
  ])('a baseline of %d and %d done at %d VND saves %d', async (...vector) => {
    const [usual, done, costPerHa, saved, percent] = vector;
    const site = `v-${usual}-${done}`;
    await createField(site);
    const declared = { site, ...baseline, sprays: usual, costPerHa, activeKgHa: 0.5 };
    expect((await call('POST', '/baselines', declared)).status).toBe(201);
    for (let day = 1; day <= done; day++) {
      const at = `2026-09-0${day}T02:00:00Z`;
      expect((await call('POST', '', { site, at, ...product })).status).toBe(201);
    }
    const [line, ...more] = await ledger(`site=${site}`);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ site, ...season, done, avoided: usual - done, savedPerHa: saved });
    if (percent === null) expect(line?.savedPercent).toBeNull();
    else expect(line?.savedPercent).toBeCloseTo(percent, 3);
    expect(line?.activeKgHa).toBeCloseTo(0.15 * done, 9);
    expect(line?.savedActiveKgHa).toBeCloseTo(0.5 * (usual - done), 9);
  });

  test('counts by local day, and only what advised somebody to treat', async () => {
    await createField('s-3');
    const declared = { site: 's-3', ...baseline, sprays: 3, costPerHa: 500_000 };
    await call('POST', '/baselines', declared);
    // The season's first minute in Hà Nội is 17:00 UTC of the day before; its last is 16:59.
    for (const [at, active] of [
      ['2026-07-31T17:00:00Z', 0.1],
      ['2026-11-15T16:59:59Z', null],
      ['2026-07-31T16:59:59Z', 0.1],
      ['2026-11-15T17:00:00Z', 0.1],
    ] as const) {
      await call('POST', '', { site: 's-3', at, ...product, activeKgHa: active });
    }
    const onset = Date.parse('2026-09-05T02:00:00Z');
    const advice = (id: string, change: Partial<Alert>): Alert =>
      alertOf({ id, site: 's-3', device: 'd', advises: 'treat', onset, ...change });
    const recorded = [{ at: onset, event: 'recorded', who: null, note: null }] as const;
    await bench.state.alerts.save([
      advice('lasting', {}),
      advice('over', { end: onset + 1, state: 'resolved' }),
      advice('trap', { advises: 'scout' }),
      advice('withdrawn', { end: onset, state: 'resolved' }),
      advice('too-late', { timeline: [...recorded] }),
      advice('elsewhere', { site: 's-2' }),
      advice('before', { onset: Date.parse('2026-07-31T16:59:59Z') }),
    ]);
    const [line, rest, ...more] = await ledger('site=s-3');
    expect(more).toEqual([]);
    expect(line).toMatchObject({ ...season, advised: 2, done: 2, avoided: 1, activeKgHa: null });
    expect(line?.baseline).toMatchObject({ sprays: 3, source: 'own last season', fields: 1 });
    // What lies outside every declared season has nothing to be held against, and is told.
    expect(rest).toMatchObject({
      ...{ from: '2025-11-22', to: '2026-11-22', advised: 1, done: 2, activeKgHa: 0.2 },
      ...{ baseline: null, avoided: null, savedPerHa: null, savedPercent: null },
    });
    expect(await ledger('site=s-3&from=2026-11-16')).toMatchObject([{ baseline: null, done: 1 }]);
  });

  test('goes site by site, of the caller’s cooperatives alone', async () => {
    const sites = new Set((await ledger('coop=binh-minh&limit=1000')).map(({ site }) => site));
    expect(sites).toContain('s-3');
    expect(sites).not.toContain('ao-9');
    const pages: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = await call('GET', `/ledger?limit=2${query}`);
      pages.push(...page.body.items.map(({ site }) => String(site)));
      cursor = page.body.next;
    } while (cursor !== null);
    expect(new Set(pages)).toEqual(sites);
    const wrong = await call('GET', '/ledger?from=2026-11-02&to=2026-11-01');
    expect([wrong.status, wrong.body.field]).toEqual([400, 'to']);
  });
});
