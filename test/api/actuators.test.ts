import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readYaml, writeYaml } from '#src/base/yaml';
import { actuatorStateOf } from '../state/examples-water.ts';
import { type Bench, startBench } from './support/api.ts';
import { seedPlant } from './support/plant.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
  await seedPlant(bench);
});
afterAll(() => bench.close());

const WITNESS = {
  ...{ device: 'dev-1', metric: 'dissolved_oxygen', view: 'slope' },
  ...{ on: { min: 1, max: null }, off: { min: null, max: 0.5 }, withinSeconds: 1_200 },
};
const INTERLOCKS = [
  { type: 'minimum-off', enabled: true, seconds: 60 },
  { type: 'daily-seconds', enabled: true, most: 9_000 },
  { type: 'stale', enabled: true, intervals: 3 },
];
const RAIN = { type: 'rain', enabled: true, metric: 'rain', mostMm: 12.5 };
/** The valve as it was seeded, as it is put. */
const VALVE = { enabled: true, failSafe: 'off', interlocks: INTERLOCKS.slice(0, 1) };

async function put(
  payload: object | string,
  { id = 'van-1', caller = 'operator', headers = {} as Record<string, string> } = {},
) {
  return bench.call({
    method: 'PUT',
    url: `/api/v1/actuators/${id}`,
    payload,
    token: bench.tokens[caller as keyof Bench['tokens']],
    headers,
  });
}

test('what is left out is as the kind of device has it', async () => {
  const saved = await put({ enabled: false }, { id: 'bom-1' });
  expect([saved.status, saved.headers['etag'], saved.body]).toEqual([
    200,
    '"1"',
    {
      ...{ device: 'bom-1', coop: 'binh-minh', site: 'ao-1', role: 'irrigation-valve' },
      ...{ enabled: false, failSafe: null, maxSeconds: 60, witness: null, supply: null },
      ...{ nominalFlow: null, interlocks: [], version: 1 },
    },
  ]);
});

test('everything that can be said comes back as it was said, also as YAML', async () => {
  expect((await put({ enabled: false, role: 'pump' }, { id: 'bom-1' })).status).toBe(200);
  const whole = {
    ...{ role: 'irrigation-valve', enabled: true, failSafe: 'off', maxSeconds: 45 },
    ...{ witness: WITNESS, supply: 'bom-1', nominalFlow: 18.5, interlocks: INTERLOCKS },
  };
  const yaml = writeYaml(whole);
  const saved = await put(yaml, { headers: { 'content-type': 'application/yaml' } });
  expect([saved.status, saved.body]).toMatchObject([200, readYaml(yaml) as object]);
  const shown = await bench.call({ url: '/api/v1/actuators/van-1', token: bench.tokens.viewer });
  expect(shown.body).toMatchObject({
    actuator: whole,
    state: { position: 'unknown', fault: null },
    ...{ connected: false, reliability: null },
    blocked: [{ code: expect.stringMatching(/^INTERLOCK_/), text: expect.any(String) }],
  });
  expect(shown.headers['etag']).toBe('"2"');
});

test('is refused when somebody changed it meanwhile, by header or in the body', async () => {
  for (const [body, headers] of [
    [{ ...VALVE, version: 1 }, {}],
    [VALVE, { 'if-match': '"1"' }],
    [{ ...VALVE, version: 2 }, { 'if-match': '"1"' }],
  ] as const) {
    const late = await put(body, { headers });
    expect([late.status, late.body.code]).toEqual([409, 'ACTUATOR_CONFLICT']);
  }
  expect((await put(VALVE, { headers: { 'if-match': '2' } })).status).toBe(400);
});

test('of two who saved from the same version one is refused', async () => {
  const body = { role: 'pump', enabled: false, maxSeconds: 30, version: 2 };
  const answers = await Promise.all([body, body].map((one) => put(one, { id: 'bom-1' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('raising a cap needs the word given back by the same hand', async () => {
  const body = { role: 'pump', enabled: false, maxSeconds: 50 };
  const raise = (how: { caller?: string; headers?: Record<string, string> } = {}) =>
    put(body, { id: 'bom-1', ...how });
  const asked = await raise();
  expect([asked.status, asked.body.code]).toEqual([409, 'CONFIRMATION_NEEDED']);
  const { confirmation } = asked.body as unknown as { confirmation: string };
  const vi = await raise({ headers: { 'accept-language': 'vi' } });
  expect(vi.body.detail).toMatch(/^Nếu đúng ý bạn, hãy gửi lại trong hai phút/);
  const other = await raise({ caller: 'administrator', headers: { confirmation } });
  expect(other.status).toBe(409);
  expect((await raise({ headers: { confirmation } })).status).toBe(200);
  // Given back it was for that version of that actuator: it is spent.
  expect(
    (await put({ ...body, maxSeconds: 55 }, { id: 'bom-1', headers: { confirmation } })).status,
  ).toBe(409);
});

test('what cannot be is refused, with the field', async () => {
  for (const [change, status, code, field] of [
    [{ enabled: undefined }, 400, 'REQUEST_INVALID', 'enabled'],
    [{ failsafe: 'off' }, 400, 'REQUEST_INVALID', 'failsafe'],
    [{ failSafe: null }, 400, 'ACTUATOR_INVALID', 'failSafe'],
    [{ maxSeconds: 604_801 }, 400, 'REQUEST_INVALID', 'maxSeconds'],
    [{ maxSeconds: 61 }, 400, 'ACTUATOR_INVALID', 'maxSeconds'],
    [{ device: 'bom-1' }, 400, 'REQUEST_INVALID', 'device'],
    [{ supply: 'van-1' }, 400, 'ACTUATOR_INVALID', 'supply'],
    [{ supply: 'van-9' }, 422, 'DEVICE_UNKNOWN', 'supply'],
    [{ supply: 'nowhere' }, 422, 'DEVICE_UNKNOWN', 'supply'],
    [{ witness: { ...WITNESS, device: 'dev-9' } }, 422, 'DEVICE_UNKNOWN', 'witness.device'],
    [{ witness: { ...WITNESS, metric: 'ph' } }, 400, 'ACTUATOR_INVALID', 'witness.metric'],
    [
      { interlocks: [{ ...RAIN, device: 'dev-9' }] },
      ...([422, 'DEVICE_UNKNOWN', 'interlocks.0.device'] as const),
    ],
    [
      { interlocks: [{ type: 'moon', enabled: true }] },
      ...([400, 'REQUEST_INVALID', 'interlocks.0.type'] as const),
    ],
    [
      { interlocks: [{ ...INTERLOCKS[0], minutes: 3 }] },
      ...([400, 'REQUEST_INVALID', 'interlocks.0.minutes'] as const),
    ],
  ] as const) {
    const answer = await put({ ...VALVE, ...change });
    expect([change, answer.status, answer.body.code, answer.body.field]).toEqual([
      ...[change, status, code, field],
    ]);
  }
  const sensor = await put({ enabled: true }, { id: 'dev-1' });
  expect([sensor.status, sensor.body.code]).toEqual([400, 'ACTUATOR_INVALID']);
  expect((await put({ enabled: true }, { id: 'van-9' })).body.code).toBe('DEVICE_NOT_FOUND');
});

test('a fault is cleared with what was found, by who may manage it', async () => {
  const own = await startBench();
  onTestFinished(() => own.close());
  await seedPlant(own);
  const text = { vi: 'Van kẹt', en: 'Stuck valve', fr: 'Vanne bloquée' };
  const fault = { code: 'stuck-valve', at: 1_000, command: null, text };
  await own.state.actuators.saveStates([actuatorStateOf({ device: 'van-1', lease: null, fault })]);
  const clear = (payload: object, caller: keyof Bench['tokens']) =>
    own.call({
      ...{ method: 'POST', url: '/api/v1/actuators/van-1/clear-fault', payload },
      token: own.tokens[caller],
    });
  const shown = await own.call({ url: '/api/v1/actuators/van-1', token: own.tokens.viewer });
  expect(shown.body.state).toMatchObject({ fault: { code: 'stuck-valve', text } });
  const start = await own.call({
    ...{ method: 'POST', url: '/api/v1/devices/van-1/commands' },
    ...{ payload: { action: 'open', maxSeconds: 30 }, token: own.tokens.agronomist },
    headers: { 'accept-language': 'fr' },
  });
  expect([start.status, start.body.code]).toEqual([409, 'ACTUATOR_FAULTY']);
  expect(start.body.detail).toMatch(/^Allez voir, réparez/);
  expect((await clear({ why: 'rửa van' }, 'agronomist')).status).toBe(403);
  expect((await clear({}, 'operator')).status).toBe(400);
  const cleared = await clear({ why: 'rửa van' }, 'operator');
  expect([cleared.status, cleared.body.state]).toMatchObject([200, { fault: null }]);
});

test('is listed by site, page by page, and forgotten when it feeds nothing', async () => {
  const list = (query: string) =>
    bench.call({ url: `/api/v1/actuators?${query}`, token: bench.tokens.viewer });
  const first = await list('site=ao-1&limit=1');
  expect(first.body.items).toMatchObject([{ actuator: { device: 'bom-1' } }]);
  const second = await list(`site=ao-1&limit=1&cursor=${first.body.next}`);
  expect(second.body).toMatchObject({ items: [{ actuator: { device: 'van-1' } }], next: null });
  expect((await list('site=elsewhere')).body.items).toEqual([]);
  const forget = (device: string) =>
    bench.call({
      ...{ method: 'DELETE', url: `/api/v1/actuators/${device}` },
      token: bench.tokens.operator,
    });
  expect((await forget('bom-1')).body.code).toBe('ACTUATOR_IN_USE');
  expect((await forget('van-1')).status).toBe(204);
  expect((await forget('bom-1')).status).toBe(204);
  expect((await forget('bom-1')).body.code).toBe('ACTUATOR_NOT_FOUND');
});
