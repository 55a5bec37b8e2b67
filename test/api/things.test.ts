import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Bench, NOW, startBench } from './support/api.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
const call = (method: Method, route: string, payload?: object): Promise<Answer> =>
  bench.call({
    method,
    url: `/api/v1/${route}`,
    token: bench.tokens.root,
    ...(payload === undefined ? {} : { payload }),
  });

const SQUARE = [
  [105.1, 9.1],
  [105.2, 9.1],
  [105.2, 9.2],
  [105.1, 9.1],
];

describe('sites', () => {
  test('are made, read, changed and removed', async () => {
    const site = {
      id: 'ruong-1',
      coop: 'binh-minh',
      kind: 'field',
      name: 'Ruộng số 1',
      location: { type: 'Polygon', coordinates: [SQUARE] },
      areaHa: 1.5,
      crop: 'OM 5451',
    };
    const made = await call('POST', 'sites', site);
    expect([made.status, made.body]).toEqual([201, { ...site, species: null, startedOn: null }]);
    expect((await call('POST', 'sites', site)).body.code).toBe('SITE_EXISTS');
    expect((await call('GET', 'sites/ruong-1')).body).toEqual(made.body);
    const changed = await call('PATCH', 'sites/ruong-1', { crop: null, name: 'Ruộng A' });
    expect(changed.body).toEqual({ ...made.body, crop: null, name: 'Ruộng A' });
    expect((await call('GET', 'sites?kind=field')).body.items).toEqual([changed.body]);
    expect((await call('DELETE', 'sites/ruong-1')).status).toBe(204);
    expect((await call('DELETE', 'sites/ruong-1')).body.code).toBe('SITE_NOT_FOUND');
    expect((await call('DELETE', 'sites/ao-1')).body.code).toBe('SITE_IN_USE');
  });

  test.each([
    ['Point', [105.5, 9.8], true],
    ['Point', [105.5, 9.8, 2], true],
    ['Point', [181, 0], false],
    ['Point', [0, -90.1], false],
    ['Point', [105.5], false],
    ['Point', ['105', '9'], false],
    ['Polygon', [SQUARE], true],
    ['Polygon', [SQUARE.slice(0, 3)], false],
    ['Polygon', [[...SQUARE.slice(0, 3), [0, 0]]], false],
    ['Polygon', [], false],
    ['MultiPolygon', [[SQUARE]], true],
    ['LineString', SQUARE, true],
    ['LineString', [[1, 1]], false],
    ['Circle', [1, 1], false],
    ['GeometryCollection', [], false],
  ])('a %s at %j is valid: %s', async (type, coordinates, valid) => {
    const answer = await call('PATCH', 'sites/ao-1', { location: { type, coordinates } });
    expect(answer.status, answer.text).toBe(valid ? 200 : 400);
    if (!valid) expect(answer.body.field).toMatch(/^location/);
  });

  test('an open ring is named in the reader’s language', async () => {
    const answer = await bench.call({
      method: 'PATCH',
      url: '/api/v1/sites/ao-1',
      token: bench.tokens.root,
      payload: {
        location: { type: 'Polygon', coordinates: [[...SQUARE.slice(0, 3), [0, 0]]] },
      },
      headers: { 'accept-language': 'vi' },
    });
    expect(answer.body.detail).toContain('vòng chưa khép kín');
  });

  test('pages follow each other without a gap', async () => {
    for (let index = 0; index < 5; index++) {
      const site = { id: `page-${index}`, coop: 'phu-my', kind: 'zone', name: 'Z' };
      await call('POST', 'sites', site);
    }
    const ids: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
      const { body } = await call('GET', `sites?kind=zone&limit=2${after}`);
      ids.push(...body.items.map(({ id }: { id: string }) => id));
      next = body.next;
    }
    expect(ids).toEqual([0, 1, 2, 3, 4].map((index) => `page-${index}`));
    const bad = await call('GET', 'sites?cursor=nonsense');
    expect([bad.status, bad.body.code, bad.body.field]).toEqual([400, 'CURSOR_INVALID', 'cursor']);
  });
});

describe('devices', () => {
  test('get their credentials once, and can be given new ones', async () => {
    const body = { id: 'dev-5', coop: 'binh-minh', site: 'ao-1', kind: 'pond-sensor' };
    const made = await call('POST', 'devices', body);
    expect([made.status, made.headers['location']]).toEqual([201, '/api/v1/devices/dev-5']);
    expect(made.headers['cache-control']).toBe('no-store');
    const { credentials } = made.body;
    expect(credentials).toMatchObject({ clientId: 'dev-5', username: 'dev-5' });
    expect(Buffer.from(credentials.password, 'base64url')).toHaveLength(32);
    const works = (password: string): boolean =>
      bench.state.registry.authenticate('dev-5', Buffer.from(password)) !== undefined;
    expect(works(credentials.password)).toBe(true);
    const renewed = await call('POST', 'devices/dev-5/secret');
    const brought = 'k'.repeat(32);
    const again = await call('POST', 'devices/dev-5/secret', { secret: brought });
    expect(again.body.credentials.password).toBe(brought);
    expect([brought, renewed.body.credentials.password, credentials.password].map(works)).toEqual([
      true,
      true,
      false,
    ]);
    expect((await call('GET', 'devices/dev-5')).text).not.toContain(brought);
  });

  test('are refused with the field at fault', async () => {
    const body = { id: 'dev-6', coop: 'binh-minh', kind: 'pond-sensor' };
    for (const [change, status, code, field] of [
      [{ id: 'bad id' }, 400, 'REQUEST_INVALID', 'id'],
      [{ id: 'x'.repeat(64) }, 400, 'REQUEST_INVALID', 'id'],
      [{ secret: 'short' }, 400, 'REQUEST_INVALID', 'secret'],
      [{ intervalSeconds: 0 }, 400, 'REQUEST_INVALID', 'intervalSeconds'],
      [{ sites: 'ao-1' }, 400, 'REQUEST_INVALID', 'sites'],
      [{ coop: 'nowhere' }, 422, 'COOP_UNKNOWN', 'coop'],
      [{ site: 'nowhere' }, 422, 'SITE_UNKNOWN', 'site'],
      [{ kind: 'nothing' }, 422, 'KIND_UNKNOWN', 'kind'],
      [{ id: 'dev-1' }, 409, 'DEVICE_EXISTS', 'id'],
    ] as const) {
      const answer = await call('POST', 'devices', { ...body, ...change });
      expect([change, answer.status, answer.body.code, answer.body.field]).toEqual([
        change,
        status,
        code,
        field,
      ]);
    }
  });

  test('show whether they are connected and when they were last heard', async () => {
    bench.online.add('dev-1');
    await bench.state.presence.save([
      { device: 'dev-1', lastSeenAt: NOW - 5_000, online: true, firmware: '1.2.0' },
    ]);
    expect((await call('GET', 'devices/dev-1')).body).toMatchObject({
      online: true,
      lastSeenAt: '2026-11-22T04:59:55.000Z',
      firmware: '1.2.0',
    });
    const list = await call('GET', 'devices?coop=phu-my&kind=pond-sensor&site=ao-9');
    expect(list.body.items).toMatchObject([{ id: 'dev-9', online: false, lastSeenAt: null }]);
  });

  test('move to another site of their cooperative only', async () => {
    expect((await call('PATCH', 'devices/dev-1', { site: 'ao-9' })).body.code).toBe('SITE_UNKNOWN');
    expect((await call('PATCH', 'devices/dev-1', { coop: 'phu-my' })).status).toBe(400);
    expect((await call('PATCH', 'devices/dev-1', { site: null })).body.site).toBeNull();
    expect((await call('PATCH', 'devices/dev-1', { site: 'ao-1' })).body.site).toBe('ao-1');
  });
});

describe('alerts', () => {
  test('are answered by people, by name', async () => {
    const farmer = (action: string, payload?: object): Promise<Answer> =>
      bench.call({
        method: 'POST',
        url: `/api/v1/alerts/oxygen.dev-1/${action}`,
        token: bench.tokens.farmer,
        ...(payload === undefined ? {} : { payload }),
      });
    const acknowledged = await farmer('acknowledge');
    expect(acknowledged.body.state).toBe('acknowledged');
    expect(acknowledged.body.timeline.at(-1)).toEqual({
      at: '2026-11-22T05:00:00.000Z',
      event: 'acknowledged',
      who: 'Anh Ba',
      note: null,
    });
    expect((await farmer('comment', { note: ' Đã bật quạt ' })).body.timeline.at(-1)?.note).toBe(
      'Đã bật quạt',
    );
    expect((await farmer('comment', {})).body.field).toBe('note');
    expect((await farmer('resolve')).status).toBe(403);
    const resolved = await call('POST', 'alerts/oxygen.dev-1/resolve', { note: 'xong' });
    expect(resolved.body.state).toBe('resolved');
    const again = await call('POST', 'alerts/oxygen.dev-1/acknowledge', {});
    expect([again.status, again.body.code]).toEqual([409, 'ALERT_RESOLVED']);
  });

  test('are filtered', async () => {
    const ids = async (query: string): Promise<string[]> =>
      (await call('GET', `alerts?${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await ids('state=open')).toEqual(['oxygen.dev-9']);
    expect((await ids('state=open,resolved')).sort()).toEqual(['oxygen.dev-1', 'oxygen.dev-9']);
    expect(await ids('coop=phu-my&severity=critical&device=dev-9')).toEqual(['oxygen.dev-9']);
    expect(await ids('severity=info')).toEqual([]);
    expect(await ids('to=2026-11-22T05:00:00Z')).toEqual([]);
  });
});

describe('accounting', () => {
  test('balances what came in against what became of it', async () => {
    const count = { coop: 'binh-minh', device: 'dev-1' };
    await bench.state.ledger.count([
      { ...count, day: '2026-11-21', received: 100, rejected: 10, repeated: 5, clockFaults: 0 },
      { ...count, day: '2026-11-22', received: 50, rejected: 0, repeated: 0, clockFaults: 0 },
    ]);
    bench.series.storedCounts = [
      { ...count, day: '2026-11-21', stored: 80, duplicate: 5 },
      { ...count, day: '2026-11-22', stored: 40, duplicate: 0 },
    ];
    const { body } = await call('GET', 'accounting?device=dev-1');
    expect(body.items).toEqual([
      {
        ...count,
        day: '2026-11-22',
        received: 50,
        stored: 40,
        duplicate: 0,
        rejected: 0,
        pending: 10,
        balanced: false,
      },
      {
        ...count,
        day: '2026-11-21',
        received: 100,
        stored: 80,
        duplicate: 10,
        rejected: 10,
        pending: 0,
        balanced: true,
      },
    ]);
    const first = await call('GET', 'accounting?limit=1');
    const second = await call('GET', `accounting?limit=1&cursor=${first.body.next}`);
    expect([first.body.items[0]?.day, second.body.items[0]?.day, second.body.next]).toEqual([
      '2026-11-22',
      '2026-11-21',
      null,
    ]);
    const none = await call('GET', 'accounting?from=2026-11-01&to=2026-11-20');
    expect(none.body.items).toEqual([]);
    for (const [query, code] of [
      ['from=2026-11-22&to=2026-11-21', 'RANGE_EMPTY'],
      ['from=2020-01-01', 'RANGE_TOO_LARGE'],
      ['cursor=nonsense', 'CURSOR_INVALID'],
    ]) {
      expect((await call('GET', `accounting?${query}`)).body.code).toBe(code);
    }
  });

  test('rejections say what was refused and why', async () => {
    const { body } = await call('GET', 'rejections?coop=binh-minh&from=2026-11-22');
    expect(body.items).toEqual([
      {
        device: 'dev-1',
        site: 'ao-1',
        coop: 'binh-minh',
        kind: 'pond-sensor',
        receivedAt: '2026-11-22T04:59:59.000Z',
        metric: 'ph',
        code: 'VALUE_OUT_OF_RANGE',
        reason: 'ph 22 is above 14',
        sequence: 4,
        count: 1,
        excerpt: '{"values":{"ph":22}}',
      },
    ]);
  });
});
