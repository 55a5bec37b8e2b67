import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAlerts } from '#src/alerts/alerts';
import { alertOf } from './support/alerts.ts';
import { type Answer, type Bench, NOW, startBench } from './support/api.ts';

let bench: Bench;

/** The page's own actions over the bench's state: what the server runs. */
beforeAll(async () => {
  bench = await startBench();
  const { state, hub, clock } = bench;
  const alerts = createAlerts({ state, live: hub, clock });
  await state.alerts.save([alertOf({ id: 'care', device: 'dev-1' })]);
  shelve = (until) => alerts.shelve('care', { who: 'Lan', reason: 'r', until });
});
afterAll(() => bench.close());

let shelve: (until: number) => Promise<unknown>;

type Caller = keyof Bench['tokens'];
const call = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  route: string,
  payload?: object,
  caller: Caller = 'root',
): Promise<Answer> =>
  bench.call({
    method,
    url: `/api/v1/${route}`,
    token: bench.tokens[caller],
    ...(payload === undefined ? {} : { payload }),
  });

test('an alert is put aside for minutes or until a time, and taken back', async () => {
  const shelved = await call('POST', 'alerts/care/shelve', { minutes: 15, reason: 'lau đầu đo' });
  expect(shelved.body).toMatchObject({
    state: 'shelved',
    shelf: { reason: 'lau đầu đo', until: new Date(NOW + 900_000).toISOString() },
  });
  const until = new Date(NOW + 3_600_000).toISOString();
  expect((await call('POST', 'alerts/care/shelve', { until })).body).toMatchObject({
    shelf: { reason: '', until },
  });
  expect((await call('POST', 'alerts/care/unshelve')).body).toMatchObject({
    state: 'open',
    shelf: null,
  });
  for (const body of [{}, { minutes: 15, until }, { minutes: 0 }, { minutes: 99_999 }]) {
    expect((await call('POST', 'alerts/care/shelve', body)).status, JSON.stringify(body)).toBe(400);
  }
  await expect(shelve(NOW - 1)).rejects.toMatchObject({ code: 'ALERT_SHELF_INVALID' });
});

test('an alert is somebody’s to look after, and is seen', async () => {
  const mine = await call('POST', 'alerts/care/assign', undefined, 'farmer');
  expect(mine.body).toMatchObject({ assignee: mine.body.timeline.at(-1)?.who });
  const theirs = await call('POST', 'alerts/care/assign', { assignee: 'Minh' });
  expect(theirs.body).toMatchObject({ assignee: 'Minh' });
  expect((await call('POST', 'alerts/care/assign', { assignee: null })).body).toMatchObject({
    assignee: null,
  });
  const seen = await call('POST', 'alerts/care/see', undefined, 'viewer');
  expect(seen.body.timeline.at(-1)).toMatchObject({ event: 'seen' });
});

test('maintenance is planned for a place one may see, listed and taken back', async () => {
  const until = new Date(NOW + 3_600_000).toISOString();
  const body = { coop: 'binh-minh', site: 'ao-1', until, reason: 'thay nước' };
  const made = await call('POST', 'maintenance', body, 'operator');
  const { id } = made.body as unknown as { id: string };
  expect([made.status, made.headers['location']]).toEqual([201, `/api/v1/maintenance/${id}`]);
  expect(made.body).toMatchObject({ ...body, from: new Date(NOW).toISOString() });
  expect((await call('GET', 'maintenance', undefined, 'viewer')).body.items).toEqual([made.body]);
  expect((await call('GET', 'maintenance', undefined, 'stranger')).body.items).toEqual([]);
  expect((await call('DELETE', `maintenance/${id}`, undefined, 'stranger')).status).toBeOneOf([
    403, 404,
  ]);
  const wrong = async (change: object) =>
    (await call('POST', 'maintenance', { ...body, ...change }, 'operator')).body.code;
  expect(await wrong({ coop: 'phu-my', site: null })).toBe('COOP_UNKNOWN');
  expect(await wrong({ site: 'ao-9' })).toBe('SITE_UNKNOWN');
  expect(await wrong({ until: new Date(NOW - 1).toISOString() })).toBe('MAINTENANCE_INVALID');
  expect(await wrong({ until: new Date(NOW + 31 * 86_400_000).toISOString() })).toBe(
    'MAINTENANCE_INVALID',
  );
  expect((await call('DELETE', `maintenance/${id}`)).status).toBe(204);
  expect((await call('DELETE', `maintenance/${id}`)).body.code).toBe('MAINTENANCE_NOT_FOUND');
});

test('a cooperative puts its own advice in place of a rule’s', async () => {
  const rule = {
    id: 'own-rule',
    version: 1,
    enabled: true,
    kind: 'pond-sensor',
    title: { vi: 'a', en: 'a', fr: 'a' },
    severity: 'warning' as const,
    scope: {},
    condition: { type: 'absence' as const, afterSeconds: null },
    source: { text: 'a', evidence: 'D' as const },
    advice: { vi: ['chờ'], en: ['wait'], fr: ['attendre'] },
  };
  await bench.state.rules.save(rule);
  const route = 'coops/binh-minh/advice/own-rule';
  expect((await call('GET', route)).body).toMatchObject({ own: false, advice: rule.advice });
  const advice = { vi: ['gọi Lan'], en: ['call Lan'], fr: ['appeler Lan'] };
  expect((await call('PUT', route, advice, 'agronomist')).body).toMatchObject({
    own: true,
    advice,
  });
  expect((await call('GET', route)).body).toMatchObject({ own: true, advice });
  expect((await call('PUT', route, { ...advice, vi: ['1', '2', '3', '4'] })).status).toBe(400);
  expect((await call('DELETE', route)).status).toBe(204);
  expect((await call('DELETE', route)).body.code).toBe('ADVICE_NOT_FOUND');
  expect((await call('GET', 'coops/binh-minh/advice/none')).body.code).toBe('RULE_NOT_FOUND');
});
