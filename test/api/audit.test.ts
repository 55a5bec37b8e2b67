import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditOf } from '../state/examples-water.ts';
import { type Bench, NOW, startBench } from './support/api.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
  const minute = (count: number) => NOW + count * 60_000;
  await bench.state.audit.append([
    auditOf({ coop: 'binh-minh', at: minute(0), who: 'Anh Ba', subject: 'van-1' }),
    auditOf({ coop: 'phu-my', at: minute(1), who: 'Chị Năm', subject: 'van-9' }),
    auditOf({ coop: null, at: minute(2), who: 'Root', subject: 'all' }),
    auditOf({
      ...{ coop: 'binh-minh', at: minute(3), who: 'Chị Tư', what: 'stop.set' },
      ...{ subject: 'site:ao-1', why: '=HYPERLINK("x"), gấp', before: null, after: { on: true } },
    }),
  ]);
});
afterAll(() => bench.close());

const get = (query: string, caller: keyof Bench['tokens'] = 'viewer') =>
  bench.call({ url: `/api/v1/audit?${query}`, token: bench.tokens[caller] });
const who = async (query: string, caller?: keyof Bench['tokens']) =>
  (await get(query, caller)).body.items.map((item) => (item as unknown as { who: string }).who);

test('is newest first, of the caller’s cooperatives; what has none is for who sees all', async () => {
  expect(await who('')).toEqual(['Chị Tư', 'Anh Ba']);
  expect(await who('', 'stranger')).toEqual(['Chị Năm']);
  expect(await who('', 'root')).toEqual(['Chị Tư', 'Root', 'Chị Năm', 'Anh Ba']);
  expect((await get('limit=1')).body.items).toEqual([
    {
      ...{ number: 4, at: new Date(NOW + 180_000).toISOString(), coop: 'binh-minh' },
      ...{ who: 'Chị Tư', what: 'stop.set', subject: 'site:ao-1', why: '=HYPERLINK("x"), gấp' },
      ...{ before: null, after: { on: true } },
    },
  ]);
});

test('is narrowed by subject, person and time, and read page by page', async () => {
  expect(await who('subject=van-1')).toEqual(['Anh Ba']);
  expect(await who('who=Anh%20Ba')).toEqual(['Anh Ba']);
  expect(await who(`from=${NOW + 1}`)).toEqual(['Chị Tư']);
  expect(await who(`to=${NOW + 1}`)).toEqual(['Anh Ba']);
  const first = await get('limit=1');
  expect(await who(`limit=1&cursor=${first.body.next}`)).toEqual(['Anh Ba']);
  expect((await get('cursor=x')).body.code).toBe('CURSOR_INVALID');
});

test('comes as CSV, whole, with nothing that a spreadsheet would run', async () => {
  const answer = await get('format=csv&limit=1');
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
  expect(answer.text.split('\r\n')).toEqual([
    'number,at,coop,who,what,subject,why,before,after',
    '4,2026-11-22T05:03:00.000Z,binh-minh,Chị Tư,stop.set,site:ao-1,"\'=HYPERLINK(""x""), gấp",,"{""on"":true}"',
    '1,2026-11-22T05:00:00.000Z,binh-minh,Anh Ba,actuator.changed,van-1,,"{""maxSeconds"":600}",',
    '',
  ]);
});

test('a file longer than a page is whole too', async () => {
  const entries = Array.from({ length: 1_201 }, (_, at) =>
    auditOf({ coop: 'phu-my', at: NOW - at, subject: 'van-8' }),
  );
  await bench.state.audit.append(entries);
  const { text } = await get('format=csv&subject=van-8', 'stranger');
  expect(text.trimEnd().split('\r\n').length).toBe(1_202);
});

test('nothing changes it', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const answer = await bench.call({ method, url: '/api/v1/audit', token: bench.tokens.root });
    expect([method, answer.status]).toEqual([method, 405]);
  }
});
