import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, startBench } from './support/api.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const person = {
  id: 'chi-tu',
  name: 'Chị Tư',
  coops: ['binh-minh'],
  contacts: [{ channel: 'console', address: '' }],
};

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: object) {
  const url = `/api/v1${path}`;
  const token = bench.tokens.operator;
  const answer = await bench.call({
    method,
    url,
    token,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.status, body: answer.body as never as Record<string, unknown> };
}

describe('people', () => {
  test('are added with a policy that lets them sleep, changed and removed', async () => {
    const made = await call('POST', '/people', person);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      language: 'vi',
      active: true,
      policy: { minimum: 'warning', quietHours: { from: '22:00', to: '05:00' } },
    });
    expect((await call('POST', '/people', person)).body).toMatchObject({ code: 'PERSON_EXISTS' });
    const { id, ...rest } = person;
    const changed = await call('PUT', `/people/${id}`, { ...rest, name: 'Chị Tư Lớn' });
    expect(changed.body).toMatchObject({ name: 'Chị Tư Lớn', createdAt: made.body['createdAt'] });
    const tested = await call('POST', `/people/${id}/test`);
    expect(tested.body).toEqual({
      items: [{ channel: 'console', state: 'delivered', answer: 'printed', reason: null }],
    });
    expect((await call('DELETE', `/people/${id}`)).status).toBe(204);
    expect((await call('GET', `/people/${id}`)).status).toBe(404);
  });

  test.each([
    [{ coops: ['phu-my'] }, 422, 'COOP_UNKNOWN', 'coops'],
    [{ coops: [] }, 400, 'REQUEST_INVALID', 'coops'],
    [{ contacts: [{ channel: 'consle', address: 'x' }] }, 400, 'CONTACT_INVALID', 'contacts.0'],
    [{ policy: { ...policy(), sites: ['ao-9'] } }, 422, 'SITE_UNKNOWN', 'policy.sites'],
    [{ policy: { ...policy(), perHour: 0 } }, 400, 'REQUEST_INVALID', 'policy.perHour'],
    [{ policy: { ...policy(), digestAt: '24:00' } }, 400, 'REQUEST_INVALID', 'policy.digestAt'],
    [
      { policy: { ...policy(), quietHours: { from: '05:00', to: '05:00' } } },
      400,
      'REQUEST_INVALID',
      'policy.quietHours.to',
    ],
  ])('with %j are refused', async (change, status, code, field) => {
    const answer = await call('POST', '/people', { ...person, id: 'x', ...change });
    expect([answer.status, answer.body['code'], answer.body['field']]).toEqual([
      status,
      code,
      field,
    ]);
  });

  test('are called as the duty says; without one everybody is', async () => {
    const before = await call('GET', '/coops/binh-minh/duty');
    expect(before.body).toMatchObject({ saved: false, steps: [{ people: ['person-dev-1'] }] });
    const steps = [{ people: ['person-dev-1'], waitSeconds: 300 }];
    const saved = await call('PUT', '/coops/binh-minh/duty', { steps });
    expect(saved.body).toMatchObject({ saved: true, steps, escalateFrom: 'critical' });
    const wrong = [{ people: ['person-dev-9'], waitSeconds: 300 }];
    const refused = await call('PUT', '/coops/binh-minh/duty', { steps: wrong });
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { code: 'PERSON_UNKNOWN', field: 'steps.0.people' },
    ]);
    const held = await call('DELETE', '/people/person-dev-1');
    expect([held.status, held.body['code']]).toEqual([409, 'PERSON_ON_DUTY']);
  });
});

describe('notifications', () => {
  test('are listed by state, person and alert', async () => {
    const all = await call('GET', '/notifications?state=sent,dead&person=person-dev-1');
    expect(all.body).toMatchObject({ items: [{ id: 'told.dev-1', channel: 'console' }] });
    expect((await call('GET', '/notifications?alert=other')).body).toMatchObject({ items: [] });
    const retried = await call('POST', '/notifications/told.dev-1/retry');
    expect([retried.status, retried.body['code']]).toEqual([409, 'DELIVERY_OVER']);
  });

  test('channels say what they are and answer a test in their own words', async () => {
    const channels = await call('GET', '/channels');
    expect(channels.body['items']).toContainEqual(
      expect.objectContaining({ name: 'console', ready: true, missing: [], lastAnswer: null }),
    );
    const tested = await call('POST', '/channels/console/test', { address: 'screen' });
    expect(tested.body).toMatchObject({ state: 'delivered', answer: 'printed' });
    const unknown = await call('POST', '/channels/consle/test', { address: 'screen' });
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'CHANNEL_NOT_FOUND']);
    expect(unknown.body['detail']).toContain('did you mean console?');
    const key = await bench.call({ url: '/api/v1/push/key', token: bench.tokens.viewer });
    expect(key.status).toBe(200);
  });
});

function policy() {
  return { minimum: 'warning', sites: null, quietHours: null, digestAt: null, perHour: 5 };
}
