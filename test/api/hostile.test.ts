import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aerationPlanOf, plotOf, programmeOf } from '../state/examples-water.ts';
import { runs } from '../support/random.ts';
import { type Bench, startBench } from './support/api.ts';
import { mismatch, type Operation, readOperations } from './support/operations.ts';
import { COMMAND_IDS, seedPlant } from './support/plant.ts';

let bench: Bench;
let operations: Operation[];

beforeAll(async () => {
  bench = await startBench();
  await seedPlant(bench);
  operations = (await readOperations(bench)).filter(({ path }) => !path.endsWith('/stream'));
});
afterAll(() => bench.close());

const NASTY = [
  '',
  ' ',
  '0',
  '-1',
  '1e400',
  'NaN',
  'null',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%00',
  '\u0000',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  'ao-1',
  'dev-1',
  'binh-minh',
  'oxygen.dev-1',
  '𝒜'.repeat(70),
  'a'.repeat(300),
  ','.repeat(500),
  '9'.repeat(20),
  '8640000000000001',
  '-8640000000000000',
  '2026-02-30',
  '2026-11-22T25:00:00Z',
  '+275760-09-13T00:00:00Z',
  'AAAA',
  Buffer.from('[1,2,3]').toString('base64url'),
  Buffer.from('[null]').toString('base64url'),
  '999999y',
  '0d',
  'Asia/Nowhere',
  'csv',
  'both',
  'linear',
  '2',
  '1e3',
  '31536001s',
  'P1M',
  Buffer.from('[0,1,"x"]').toString('base64url'),
  'fix.dev-1',
  'van-1',
  'tuoi-1',
  'device:van-1',
  COMMAND_IDS.mine,
  'effective',
];

const nasty = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 40 }));
const nastyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.dictionary(
    fc.constantFrom(
      'id',
      'coop',
      'site',
      'kind',
      'name',
      'secret',
      'location',
      'token',
      'role',
      'device',
      'metric',
      'from',
      'to',
      'at',
      'value',
      'flag',
      'calibration',
      'note',
      'action',
      'maxSeconds',
      'notAfter',
      'why',
      'scope',
      'enabled',
      'witness',
      'interlocks',
      'zones',
      'dose',
      'start',
      'commands',
    ),
    fc.oneof(nasty, fc.jsonValue({ maxDepth: 3 })),
  ),
);

/** Bodies JSON cannot make: torn, deep, poisoned, of another type. */
const rawBody = fc.constantFrom(
  '{',
  '"',
  '[]',
  'null',
  '['.repeat(60_000),
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"id":"\\ud800"}',
  `{"name":"${'x'.repeat(10_000)}"}`,
  '{"areaHa":1e400}',
);

/** Lone surrogates have no place in a URL; they become U+FFFD on the way. */
const encode = (text: string): string => encodeURIComponent(Buffer.from(text).toString());

function attack(operation: Operation) {
  const query = operation.parameters.filter((parameter) => parameter.in === 'query');
  const names = [...query.map(({ name }) => name), 'unknown', '__proto__'];
  return fc.record({
    id: nasty,
    query: fc.array(fc.tuple(fc.constantFrom(...names), nasty), { maxLength: 4 }),
    body: fc.oneof(
      nastyJson.map((value) => JSON.stringify(value)),
      rawBody,
    ),
    type: fc.constantFrom(
      'application/json',
      'application/json',
      'text/plain',
      'application/x-ndjson',
    ),
    language: fc.constantFrom('vi', 'en', 'fr', '*', 'x;q=9;;,'),
  });
}

test('no input gets a 5xx, and every answer is as documented', { timeout: 60_000 }, async () => {
  const { root } = bench.tokens;
  for (const operation of operations) {
    await fc.assert(
      fc.asyncProperty(attack(operation), async ({ id, query, body, type, language }) => {
        const search = query.map(([name, value]) => `${name}=${encode(value)}`).join('&');
        const path = operation.path.replace('{id}', encode(id));
        const answer = await bench.call({
          method: operation.method,
          url: `${path}?${search}`,
          token: root,
          headers: {
            'accept-language': language,
            ...(operation.method === 'GET' ? {} : { 'content-type': type }),
          },
          ...(operation.method === 'GET' ? {} : { payload: body }),
        });
        expect(answer.status, answer.text).toBeLessThan(500);
        expect(answer.text).not.toMatch(/INTERNAL_ERROR|SERIES_UNAVAILABLE/);
        // A path of another shape is another route, or none.
        if (!id.includes('/') && id !== '') expect(mismatch(operation, answer)).toBeNull();
        if (answer.status >= 400) expect(answer.headers['content-type']).toMatch(/problem\+json/);
      }),
      runs(25),
    );
  }
});

const zones = [{ device: 'van-1' }];
const {
  site: _site,
  coop: _of,
  ...plan
} = aerationPlanOf({ sensor: 'dev-1', aerators: ['bom-1'] });
const { site: _zone, coop: _coop, ...plot } = plotOf();
const actuator = {
  ...{ enabled: true, failSafe: 'off', maxSeconds: 60, witness: null, supply: null },
  interlocks: [
    { type: 'minimum-off', enabled: true, seconds: 60 },
    { type: 'tank-level', enabled: true, device: 'dev-1', metric: 'ph', lowPercent: 15 },
  ],
};
const order = { device: 'van-1', action: 'open', maxSeconds: 30, notAfter: '2026-11-22T05:01:00Z' };

/** Bodies that are right, by route: each is sent with one part of it, near or deep, gone wrong. */
const RIGHT: ReadonlyArray<readonly [method: 'POST' | 'PUT', path: string, body: object]> = [
  ['POST', 'devices/van-1/commands', { ...order, device: undefined }],
  ['POST', 'commands/bulk', { commands: [order, { ...order, action: 'close' }] }],
  ['PUT', 'actuators/van-1', actuator],
  ['POST', 'actuators/van-1/clear-fault', { why: 'rửa van' }],
  ['POST', 'emergency-stops', { scope: 'device:van-1', why: null }],
  ['POST', 'programmes', programmeOf({ coop: 'binh-minh', zones })],
  ['PUT', 'programmes/tuoi-1', programmeOf({ id: 'tuoi-1', coop: 'binh-minh', zones })],
  ['POST', 'programmes/preview', programmeOf({ coop: 'binh-minh', zones })],
  ['POST', 'programmes/tuoi-1/accept', { at: '2026-11-22T05:00:00Z' }],
  ['PUT', 'plots/ao-1', plot],
  ['PUT', 'aeration/ao-1', plan],
];

/** Every place within a value, by its path. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  const within = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [[...path], ...within.flatMap(([name, part]) => placesOf(part, [...path, name]))];
}

function changed(value: unknown, [name, ...rest]: readonly string[], to: unknown): unknown {
  if (name === undefined) return to;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const within = copy as unknown as Record<string, unknown>;
  within[name] = changed(within[name], rest, to);
  return copy;
}

test('a body with one part gone wrong gets no 5xx either', { timeout: 60_000 }, async () => {
  const { root } = bench.tokens;
  const attacks = fc.constantFrom(...RIGHT).chain(([method, path, body]) =>
    fc.record({
      method: fc.constant(method),
      path: fc.constant(path),
      payload: fc
        .tuple(
          fc.constantFrom(...placesOf(body)),
          fc.oneof(nasty, nastyJson, fc.double(), fc.constantFrom(null, undefined, -1, 1e308)),
        )
        .map(([place, to]) => JSON.stringify(changed(body, place, to)) ?? ''),
    }),
  );
  await fc.assert(
    fc.asyncProperty(attacks, async ({ method, path, payload }) => {
      const headers = { 'content-type': 'application/json' };
      const url = `/api/v1/${path}`;
      const answer = await bench.call({ method, url, payload, headers, token: root });
      expect(answer.status, answer.text).toBeLessThan(500);
      if (answer.status >= 400) expect(answer.headers['content-type']).toMatch(/problem\+json/);
    }),
    runs(1_500),
  );
});

test('headers that lie are refused, not served', async () => {
  for (const [headers, status] of [
    [{ authorization: 'Basic YTpi' }, 401],
    [{ authorization: `Bearer ${'x'.repeat(5_000)}` }, 401],
    [{ authorization: 'Bearer ' }, 401],
    [{ cookie: 'sluice_session=' }, 401],
    [{ cookie: `sluice_session=${'%00'.repeat(50)}` }, 401],
    [{ host: 'evil.example' }, 421],
  ] as const) {
    const answer = await bench.call({
      url: '/api/v1/kinds',
      headers: headers as unknown as Record<string, string>,
    });
    expect([headers, answer.status]).toEqual([headers, status]);
  }
});
