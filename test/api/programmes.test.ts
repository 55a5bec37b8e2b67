import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeYaml } from '#src/base/yaml';
import { programmeOf, runOf } from '../state/examples-water.ts';
import { type Bench, NOW, startBench } from './support/api.ts';
import { seedPlant } from './support/plant.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
  await seedPlant(bench);
});
afterAll(() => bench.close());

type Caller = keyof Bench['tokens'];
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

function call(
  method: Method,
  path: string,
  how: { payload?: object | string; caller?: Caller; headers?: Record<string, string> } = {},
) {
  const { payload, caller = 'agronomist', headers } = how;
  return bench.call({
    method,
    url: `/api/v1/${path}`,
    token: bench.tokens[caller],
    ...(payload !== undefined && { payload }),
    ...(headers !== undefined && { headers }),
  });
}

const { version: _, ...PROGRAMME } = programmeOf({
  id: 'tuoi-dem',
  coop: 'binh-minh',
  zones: [{ device: 'van-1', dose: { type: 'litres', litres: 400 } }],
  cycle: { runMinutes: 10, soakMinutes: 20 },
  conditions: { skipAfterRain: 8, scaleByEt0: { reference: 4, least: 0.5, most: 1.5 } },
  missed: { policy: 'once', withinMinutes: 90 },
  budget: { litres: 5_000, seconds: 7_200 },
});

test('is saved, read, changed by versions and removed', async () => {
  const made = await call('POST', 'programmes', { payload: PROGRAMME });
  expect([made.status, made.headers['location'], made.headers['etag']]).toEqual([
    ...[201, '/api/v1/programmes/tuoi-dem', '"1"'],
  ]);
  expect(made.body).toEqual({ ...PROGRAMME, version: 1 });
  const again = await call('POST', 'programmes', { payload: PROGRAMME });
  expect([again.status, again.body.code]).toEqual([409, 'PROGRAMME_EXISTS']);
  const yaml = writeYaml({ ...PROGRAMME, version: 1, name: 'Tưới đêm' });
  const headers = { 'content-type': 'application/yaml' };
  const changed = await call('PUT', 'programmes/tuoi-dem', { payload: yaml, headers });
  expect([changed.status, changed.body.name, changed.headers['etag']]).toEqual([
    ...[200, 'Tưới đêm', '"2"'],
  ]);
  const late = await call('PUT', 'programmes/tuoi-dem', { payload: yaml, headers });
  expect([late.status, late.body.code, late.body.field]).toEqual([
    ...[409, 'PROGRAMME_CONFLICT', 'version'],
  ]);
  const lateToo = await call('PUT', 'programmes/tuoi-dem', {
    payload: PROGRAMME,
    headers: { 'if-match': '"1"' },
  });
  expect(lateToo.status).toBe(409);
  expect((await call('GET', 'programmes/tuoi-dem')).text).toBe(changed.text);
  expect((await call('DELETE', 'programmes/tuoi-dem')).status).toBe(204);
  expect((await call('DELETE', 'programmes/tuoi-dem')).body.code).toBe('PROGRAMME_NOT_FOUND');
});

test('of two who make or change it at once one is refused', async () => {
  const payload = { ...PROGRAMME, id: 'hai-nguoi' };
  const both = (method: Method, path: string, body: object) =>
    Promise.all([1, 2].map(() => call(method, path, { payload: body })));
  const made = await both('POST', 'programmes', payload);
  expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
  const changed = await both('PUT', 'programmes/hai-nguoi', { ...payload, version: 1 });
  expect(changed.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('what cannot be is refused, with the field', async () => {
  const faults: ReadonlyArray<readonly [object, number, string, string]> = [
    [{ zones: [] }, 400, 'REQUEST_INVALID', 'zones'],
    [{ zones: [{ device: 'van-9' }] }, 422, 'DEVICE_UNKNOWN', 'zones.0.device'],
    [{ zones: [{ device: 'van-1' }, { device: 'x' }] }, 422, 'DEVICE_UNKNOWN', 'zones.1.device'],
    [{ coop: 'phu-my' }, 422, 'COOP_UNKNOWN', 'coop'],
    [{ start: { type: 'times', at: ['24:00'] } }, 400, 'REQUEST_INVALID', 'start.at.0'],
    [
      { start: { type: 'times', at: ['05:00'], days: [7] } },
      400,
      'REQUEST_INVALID',
      'start.days.0',
    ],
    [{ dose: { type: 'minutes', minutes: 0 } }, 400, 'REQUEST_INVALID', 'dose.minutes'],
    [{ dose: { type: 'buckets', buckets: 3 } }, 400, 'REQUEST_INVALID', 'dose.type'],
    [{ missed: { policy: 'all' } }, 400, 'REQUEST_INVALID', 'missed.policy'],
    [{ budget: { litres: null, seconds: 600 } }, 400, 'PROGRAMME_INVALID', 'budget.seconds'],
    [{ colour: 'green' }, 400, 'REQUEST_INVALID', 'colour'],
  ];
  for (const [change, status, code, field] of faults) {
    const answer = await call('POST', 'programmes', {
      payload: { ...PROGRAMME, id: 'sai', ...change },
    });
    expect([change, answer.status, answer.body.code, answer.body.field]).toEqual([
      ...[change, status, code, field],
    ]);
  }
  const other = await call('PUT', 'programmes/tuoi-1', { payload: { ...PROGRAMME, id: 'sai' } });
  expect([other.status, other.body.field]).toEqual([400, 'id']);
});

test('shows the days to come, saved or not', async () => {
  const saved = await call('GET', 'programmes/tuoi-1/preview?days=3', { caller: 'viewer' });
  expect(saved.body.items).toMatchObject([
    {
      ...{ at: new Date(NOW).toISOString(), decision: 'run', state: 'planned' },
      reasons: [{ code: 'DOSE', values: { minutes: 20, moisture: null } }],
      pieces: [{ device: 'van-1', from: new Date(NOW).toISOString(), command: null }],
    },
    {},
    {},
  ]);
  const all = await call('GET', 'programmes/tuoi-1/preview', { caller: 'viewer' });
  expect(all.body.items.length).toBe(14);
  const from = '2026-12-01';
  const tried = await call('POST', `programmes/preview?days=1&from=${from}`, {
    ...{ payload: PROGRAMME, caller: 'viewer' },
  });
  // Midnight in the instance's time zone.
  expect(tried.body.items).toMatchObject([
    { programme: 'tuoi-dem', at: '2026-11-30T17:00:00.000Z' },
  ]);
  expect((await call('GET', 'programmes/tuoi-dem')).status).toBe(404);
  for (const from of ['2020-01-01', '+275760-09-13T00:00:00Z', '8640000000000000']) {
    const far = await call('GET', `programmes/tuoi-1/preview?from=${encodeURIComponent(from)}`);
    expect([from, far.status, far.body.field]).toEqual([from, 400, 'from']);
  }
  for (const days of ['0', '15', 'x']) {
    expect((await call('GET', `programmes/tuoi-1/preview?days=${days}`)).status).toBe(400);
  }
  const theirs = { ...PROGRAMME, zones: [{ device: 'van-9' }] };
  expect((await call('POST', 'programmes/preview', { payload: theirs })).status).toBe(422);
});

test('a proposed run is accepted once, by who may command', async () => {
  const at = NOW + 3_600_000;
  const proposed = { programme: 'tuoi-1', at, decision: 'propose', state: 'proposed' } as const;
  await bench.state.programmes.saveRun(runOf(proposed));
  const payload = { at: new Date(at).toISOString() };
  const path = 'programmes/tuoi-1/accept';
  expect((await call('POST', path, { payload, caller: 'farmer' })).status).toBe(403);
  const accepted = await call('POST', path, { payload });
  expect([accepted.status, accepted.body.state]).toEqual([200, 'running']);
  const twice = await call('POST', path, { payload, headers: { 'accept-language': 'vi' } });
  expect([twice.status, twice.body.code]).toEqual([409, 'PROGRAMME_NOT_PROPOSED']);
  expect(twice.body.detail).toMatch(/^Đề xuất đã được nhận/);
  expect((await call('POST', path, { payload: {} })).status).toBe(400);
});

test('runs now, and a farmer may stop it', async () => {
  const began = await call('POST', 'programmes/tuoi-1/run');
  expect([began.status, began.body.state]).toEqual([200, 'running']);
  const stop = () => call('POST', 'programmes/tuoi-1/stop', { caller: 'farmer' });
  expect((await stop()).status).toBe(204);
  const idle = await stop();
  expect([idle.status, idle.body.code]).toEqual([409, 'PROGRAMME_IDLE']);
  const runs = await call('GET', 'programmes/tuoi-1/runs?limit=2', { caller: 'viewer' });
  expect(runs.body.items.map((run) => (run as unknown as { state: string }).state)).toEqual([
    ...['stopped', 'stopped'],
  ]);
  const rest = await call('GET', `programmes/tuoi-1/runs?cursor=${runs.body.next}`);
  expect(rest.body.items).toMatchObject([{ state: 'done' }]);
});

test('comes as a calendar of the caller’s programmes', async () => {
  const answer = await call('GET', 'programmes.ics', { caller: 'viewer' });
  expect(answer.headers['content-type']).toBe('text/calendar; charset=utf-8');
  expect(answer.text).toMatch(/^BEGIN:VCALENDAR\r\n.*SUMMARY:Tưới sáng\r\n.*END:VCALENDAR\r\n$/s);
  // In the words of who asks: by name, or as their program says.
  for (const [path, header, language] of [
    ['programmes.ics', 'fr-FR,fr;q=0.9,en;q=0.5', 'fr'],
    ['programmes.ics?language=vi', 'fr', 'vi'],
  ] as const) {
    const said = await call('GET', path, { headers: { 'accept-language': header } });
    expect(said.headers['content-language']).toBe(language);
    expect(said.text).toContain(`X-IN:${language}\r\n`);
  }
  const other = await call('GET', 'programmes.ics?language=de');
  expect([other.status, other.body.field]).toEqual([400, 'language']);
});
