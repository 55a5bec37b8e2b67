import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommandJson } from '#schemas/command';
import { type Answer, type Bench, NOW, startBench } from './support/api.ts';
import { COMMAND_IDS, seedPlant, seedValve } from './support/plant.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
  await seedPlant(bench);
});
afterAll(() => bench.close());

type Caller = keyof Bench['tokens'];
const commandOf = (answer: Answer) => answer.body as unknown as CommandJson;

async function order(
  payload: object,
  how: { device?: string; caller?: Caller; language?: string } = {},
): Promise<Answer> {
  const { device = 'van-1', caller = 'agronomist', language = 'en' } = how;
  return bench.call({
    method: 'POST',
    url: `/api/v1/devices/${device}/commands`,
    payload,
    token: bench.tokens[caller],
    headers: { 'accept-language': language },
  });
}

const get = (path: string, caller: Caller = 'viewer') =>
  bench.call({ url: `/api/v1/${path}`, token: bench.tokens[caller] });

describe('one command', () => {
  test('is taken with 202 and where to follow it; the same id again is the same one', async () => {
    const id = '01934F00-0000-7000-8000-0000000000AA';
    const payload = { id, action: 'open', maxSeconds: 30, why: 'đất khô' };
    const first = await order(payload);
    const location = `/api/v1/commands/${id.toLowerCase()}`;
    expect([first.status, first.headers['location']]).toEqual([202, location]);
    expect(commandOf(first)).toMatchObject({
      ...{ id: id.toLowerCase(), device: 'van-1', state: 'queued', maxSeconds: 30 },
      ...{ owner: 'Chị Tư', why: 'đất khô', notAfter: new Date(NOW + 60_000).toISOString() },
      source: { type: 'person', name: 'Chị Tư', id: null },
    });
    const again = await order({ ...payload, maxSeconds: 20 });
    expect([again.status, again.text]).toEqual([200, first.text]);
    const shown = await bench.call({ url: location, token: bench.tokens.viewer });
    expect(shown.text).toBe(first.text);
    const asShouted = await get(`commands/${id}`);
    expect(asShouted.text).toBe(first.text);
  });

  test('gets a UUIDv7 of the server without an id, and is another each time', async () => {
    const one = commandOf(await order({ action: 'close' })).id;
    const other = commandOf(await order({ action: 'close' })).id;
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(one.slice(0, 8)).toBe(NOW.toString(16).padStart(12, '0').slice(0, 8));
    expect(other).not.toBe(one);
  });

  test('never answers with a command to another device under the same id', async () => {
    for (const id of [COMMAND_IDS.theirs, COMMAND_IDS.mine]) {
      const answer = await order({ id, action: 'close' }, { device: 'bom-1' });
      expect([answer.status, answer.body.code, answer.body.field]).toEqual([
        ...[409, 'COMMAND_EXISTS', 'id'],
      ]);
      expect(answer.text).not.toMatch(/van-|phu-my/);
    }
  });

  test('what starts takes the right to command, what ends the right to stop', async () => {
    const start = { action: 'open', maxSeconds: 30 };
    for (const [payload, caller, status] of [
      [start, 'viewer', 403],
      [start, 'farmer', 403],
      [start, 'agronomist', 202],
      [{ action: 'close' }, 'viewer', 403],
      [{ action: 'close' }, 'farmer', 202],
      // Nobody may do what does not exist, and everybody is told what does.
      [{ action: 'clos' }, 'farmer', 400],
    ] as const) {
      const answer = await order(payload, { caller });
      expect([payload, caller, answer.status]).toEqual([payload, caller, status]);
    }
  });
});

test('what the device says of it is seen as it says it', async () => {
  await seedValve(bench, 'van-3');
  bench.online.add('van-3');
  const { id } = commandOf(
    await order({ action: 'open', maxSeconds: 30, owner: 'ca đêm' }, { device: 'van-3' }),
  );
  await bench.commands.idle();
  expect(bench.line.sent).toMatchObject([{ device: 'van-3', id, action: 'open', sequence: 1 }]);
  expect(commandOf(await get(`commands/${id}`)).state).toBe('sent');
  const source = bench.state.registry.source('van-3');
  if (source === undefined) throw new Error('no van-3');
  const body = { id, state: 'running', grantedSeconds: 20 };
  await bench.commands.accept({
    ...{ from: 0, next: 1, observations: [], rejections: [], claims: [], statuses: [] },
    acks: [{ source, offset: 0, receivedAt: NOW, body }],
  });
  expect(commandOf(await get(`commands/${id}`))).toMatchObject({
    // It has no witness: what nothing shows is never called effective.
    ...{ state: 'unproven', grantedSeconds: 20, startedAt: new Date(NOW).toISOString() },
    timeline: [{ state: 'queued' }, { state: 'sent' }, { state: 'running' }, { state: 'unproven' }],
  });
  expect((await get('actuators/van-3')).body.state).toMatchObject({
    ...{ position: 'on', sequence: 1 },
    lease: { command: id, owner: 'ca đêm', until: new Date(NOW + 20_000).toISOString() },
  });
  const other = await order({ action: 'open', maxSeconds: 30 }, { device: 'van-3' });
  expect([other.status, other.body.code]).toEqual([409, 'ACTUATOR_OWNED']);
});

describe('a refusal', () => {
  test.each([
    [{ action: 'open' }, 400, 'COMMAND_NO_LEASE', 'maxSeconds'],
    [{ action: 'open', maxSeconds: 61 }, 400, 'COMMAND_OVER_CAP', 'maxSeconds'],
    [{ action: 'opne', maxSeconds: 30 }, 400, 'COMMAND_UNKNOWN_ACTION', 'action'],
    [{ action: 'open', maxSeconds: 0 }, 400, 'REQUEST_INVALID', 'maxSeconds'],
    [{ action: 'open', maxSeconds: 30.5 }, 400, 'REQUEST_INVALID', 'maxSeconds'],
    [{ action: 'open', maxSeconds: null }, 400, 'REQUEST_INVALID', 'maxSeconds'],
    [{ action: 'close', notAfter: 'now' }, 400, 'REQUEST_INVALID', 'notAfter'],
    [{ action: 'close', id: 'one' }, 400, 'REQUEST_INVALID', 'id'],
    [{ action: 'close', force: true }, 400, 'REQUEST_INVALID', 'force'],
    [{ action: 'close', why: 'x'.repeat(1_001) }, 400, 'REQUEST_INVALID', 'why'],
  ])('%j: %d %s names %s', async (payload, status, code, field) => {
    const answer = await order(payload);
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([status, code, field]);
  });

  test('says the fix in the language of the caller, with what exactly was wrong', async () => {
    const payload = { action: 'open', maxSeconds: 61 };
    const [vi, en, fr] = await Promise.all(
      ['vi', 'en', 'fr'].map((language) => order(payload, { language })),
    );
    expect(vi?.body).toMatchObject({ title: 'Chạy quá lâu' });
    expect(vi?.body.detail).toMatch(/^Hãy yêu cầu thời gian ngắn hơn.*At most 60 s/);
    expect(en?.body.detail).toMatch(/^61 s are more than van-1 may run. At most 60 s/);
    expect(fr?.body.detail).toMatch(/^Demandez moins de temps.*61 s/);
  });

  test('a device that is no actuator says how to declare it', async () => {
    const answer = await order({ action: 'close' }, { device: 'bom-1' });
    expect([answer.status, answer.body.code]).toEqual([404, 'ACTUATOR_NOT_FOUND']);
    expect(answer.body.detail).toMatch(/^bom-1 is no actuator. Say first what the device controls/);
  });

  test('stands in the audit', async () => {
    await order({ action: 'open', maxSeconds: 999 });
    const { items } = (await get('audit?subject=van-1&limit=1')).body;
    expect(items).toMatchObject([{ what: 'command.refused', who: 'Chị Tư', subject: 'van-1' }]);
  });
});

describe('several at once', () => {
  const bulk = (commands: object[], how: { caller?: Caller; confirmation?: string } = {}) => {
    const { caller = 'agronomist', confirmation } = how;
    return bench.call({
      method: 'POST',
      url: '/api/v1/commands/bulk',
      payload: { commands },
      token: bench.tokens[caller],
      ...(confirmation !== undefined && { headers: { confirmation } }),
    });
  };
  const both = [
    { device: 'van-1', action: 'open', maxSeconds: 30 },
    { device: 'van-2', action: 'close' },
  ];
  beforeAll(() => seedValve(bench, 'van-2'));

  test('asks for a confirmation first, and does nothing before it', async () => {
    const before = (await get('commands')).text;
    const asked = await bulk(both);
    expect([asked.status, asked.body.code]).toEqual([409, 'CONFIRMATION_NEEDED']);
    const { confirmation } = asked.body as unknown as { confirmation: string };
    expect(confirmation).toMatch(/^\S{20,}$/);
    expect((await get('commands')).text).toBe(before);
    expect((await bulk(both, { confirmation: `${confirmation}x` })).status).toBe(409);
    const done = await bulk(both, { confirmation });
    expect([done.status, done.body.items.length]).toEqual([202, 2]);
  });

  test('takes none when one is not the caller’s, starts without the right, or twice an id', async () => {
    const theirs = await bulk([both[1] ?? {}, { device: 'van-9', action: 'close' }]);
    expect([theirs.status, theirs.body.code]).toEqual([404, 'DEVICE_NOT_FOUND']);
    expect((await bulk(both, { caller: 'farmer' })).status).toBe(403);
    const id = '01934f00-0000-7000-8000-0000000000bb';
    const twice = await bulk([
      { id, device: 'van-1', action: 'close' },
      { id, device: 'bom-1', action: 'close' },
    ]);
    expect([twice.status, twice.body.code]).toEqual([409, 'COMMAND_EXISTS']);
    expect((await bulk([])).status).toBe(400);
    expect((await bulk(Array(201).fill(both[1]))).status).toBe(400);
  });
});

describe('the list', () => {
  let ids: string[];
  beforeEach(async () => {
    bench.clock.time += 1_000;
    const ordered = await Promise.all([1, 2, 3].map(() => order({ action: 'close' })));
    ids = ordered.map((answer) => commandOf(answer).id);
  });

  test('goes page by page, narrowed by device, site, state and source', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await get(`commands?device=van-1&limit=2${cursor}`);
      seen.push(...page.body.items.map(({ id }) => id));
      if (page.body.next === null) break;
      cursor = `&cursor=${page.body.next}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining([...ids, COMMAND_IDS.mine]));
    const count = async (query: string) => (await get(`commands?${query}`)).body.items.length;
    expect(await count('state=effective')).toBe(1);
    expect(await count('state=effective,queued')).toBeGreaterThanOrEqual(2);
    expect(await count('site=ao-1')).toBeGreaterThanOrEqual(seen.length);
    expect(await count('site=ao-2')).toBe(0);
    expect(await count('source=rule')).toBe(0);
    expect((await get('commands?state=done')).status).toBe(400);
    expect((await get('commands?cursor=x')).body.code).toBe('CURSOR_INVALID');
  });
});

describe('emergency stops', () => {
  const stop = (payload: object, caller: Caller = 'farmer') =>
    bench.call({
      ...{ method: 'POST', url: '/api/v1/emergency-stops', payload },
      token: bench.tokens[caller],
    });
  const release = (scope: string, caller: Caller, confirmation?: string) =>
    bench.call({
      method: 'DELETE',
      url: `/api/v1/emergency-stops/${encodeURIComponent(scope)}`,
      token: bench.tokens[caller],
      ...(confirmation !== undefined && { headers: { confirmation } }),
    });

  test('a farmer stops a site at once; starting again takes more, and a second word', async () => {
    const first = await stop({ scope: 'site:ao-1', why: 'vỡ ống' });
    expect([first.status, first.body]).toMatchObject([
      200,
      { scope: 'site:ao-1', coop: 'binh-minh', by: 'Anh Ba', why: 'vỡ ống' },
    ]);
    expect((await stop({ scope: 'site:ao-1' }, 'agronomist')).text).toBe(first.text);
    const refused = await order({ action: 'open', maxSeconds: 30 });
    expect([refused.status, refused.body.code]).toEqual([409, 'ACTUATOR_STOPPED']);
    expect((await order({ action: 'close' }, { caller: 'farmer' })).status).toBe(202);
    expect((await release('site:ao-1', 'farmer')).status).toBe(403);
    const asked = await release('site:ao-1', 'agronomist');
    expect([asked.status, asked.body.code]).toEqual([409, 'CONFIRMATION_NEEDED']);
    const { confirmation } = asked.body as unknown as { confirmation: string };
    expect((await release('site:ao-1', 'agronomist', confirmation)).status).toBe(204);
    const gone = await release('site:ao-1', 'agronomist', confirmation);
    expect([gone.status, gone.body.code]).toEqual([404, 'STOP_NOT_FOUND']);
  });

  test('are of places that the caller may see', async () => {
    for (const [scope, status] of [
      ['coop:phu-my', 404],
      ['site:ao-9', 404],
      ['device:van-9', 404],
      ['device:nowhere', 404],
      ['coop:*', 400],
      ['all', 400],
      ['coop:binh-minh:x', 400],
    ] as const) {
      expect([scope, (await stop({ scope })).status]).toEqual([scope, status]);
    }
    const listed = await get('emergency-stops');
    expect(listed.body.items).toMatchObject([{ scope: 'device:bom-1' }]);
    expect((await release('device:bom-9', 'agronomist')).status).toBe(404);
    expect((await bench.commands.stops({})).length).toBe(2);
  });
});
