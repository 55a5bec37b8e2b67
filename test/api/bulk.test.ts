import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLines } from '#src/api/lines';
import { type Answer, type Bench, startBench } from './support/api.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const post = (payload: string, type = 'application/x-ndjson'): Promise<Answer> =>
  bench.call({
    method: 'POST',
    url: '/api/v1/devices/bulk',
    payload,
    token: bench.tokens.operator,
    headers: { 'content-type': type },
  });

interface Result {
  line: number;
  ok: boolean;
  id?: string;
  device?: { id: string };
  credentials?: { clientId: string; username: string; password: string };
  error?: { code: string; field?: string };
}

const linesOf = (answer: Answer): Result[] =>
  answer.text
    .split('\n')
    .filter((line) => line !== '')
    .map((text) => JSON.parse(text) as Result);

const line = (id: string, change: object = {}): string =>
  JSON.stringify({ id, coop: 'binh-minh', kind: 'pond-sensor', ...change });

test('each line gets its result; a bad one costs only itself', async () => {
  const secret = 'an-existing-secret-of-the-fleet-0123456789';
  const answer = await post(
    [
      line('b-1', { site: 'ao-1', name: 'Ao số 1', secret }),
      '{"id":"b-2",',
      '',
      line('b-3', { kind: 'pond-sensr' }),
      line('b-4', { coop: 'phu-my' }),
      line('b-5', { secret: 'short' }),
      line('b-6', { interval: 5 }),
      line('b-1'),
      line('b-7'),
    ].join('\r\n'),
  );
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
  const results = linesOf(answer);
  expect(
    results.map(({ line: number, ok, id, device, error }) => [
      number,
      ok,
      id ?? device?.id,
      error?.code,
      error?.field,
    ]),
  ).toEqual([
    [1, true, 'b-1', undefined, undefined],
    [2, false, undefined, 'BODY_INVALID', undefined],
    [4, false, 'b-3', 'KIND_UNKNOWN', 'kind'],
    [5, false, 'b-4', 'COOP_UNKNOWN', 'coop'],
    [6, false, 'b-5', 'REQUEST_INVALID', 'secret'],
    [7, false, 'b-6', 'REQUEST_INVALID', 'interval'],
    [8, false, 'b-1', 'DEVICE_EXISTS', 'id'],
    [9, true, 'b-7', undefined, undefined],
  ]);
  expect(results[0]?.credentials).toEqual({ clientId: 'b-1', username: 'b-1', password: secret });
  const made = new TextEncoder().encode(results[7]?.credentials?.password);
  expect(bench.state.registry.authenticate('b-7', made)?.coop).toBe('binh-minh');
});

test('a line too long or of wrong bytes gets a word, and what follows is still read', async () => {
  const long = linesOf(await post(`${line('c-1')}\n${'x'.repeat(20_000)}\n${line('c-2')}\n`));
  expect(long.map(({ ok, error }) => error?.code ?? ok)).toEqual([true, 'BODY_TOO_LARGE', true]);
  await bench.api.start(new AbortController().signal);
  const response = await fetch(new URL('/api/v1/devices/bulk', bench.api.address()?.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bench.tokens.operator}`,
      'content-type': 'application/x-ndjson',
    },
    body: Buffer.concat([
      Buffer.from(`${line('c-3')}\n`),
      Uint8Array.of(0xff, 0xfe, 0x0a),
      Buffer.from(line('c-4')),
    ]),
  });
  const results = (await response.text()).trim().split('\n');
  expect(results.map((text) => JSON.parse(text).error?.code)).toEqual([
    undefined,
    'BODY_INVALID',
    undefined,
  ]);
  const endless = linesOf(await post('x'.repeat(2_000_000)));
  expect(endless.map(({ error }) => error?.code)).toEqual(['BODY_TOO_LARGE']);
});

test('more than one body’s worth streams through', async () => {
  const count = 400;
  const name = 'n'.repeat(190);
  const lines = Array.from({ length: count }, (_, index) =>
    line(`many-${index}`, { name, secret: 's'.repeat(250), site: 'ao-1', intervalSeconds: 60 }),
  );
  expect(lines.join('\n').length).toBeGreaterThan(200_000);
  const results = linesOf(await post(lines.join('\n')));
  expect(results.filter(({ ok }) => ok)).toHaveLength(count);
});

test('another type of body is refused with a word on how to send it', async () => {
  for (const type of ['application/json', 'text/plain']) {
    const answer = await post('{}', type);
    expect([type, answer.status, answer.body.code]).toEqual([type, 415, 'MEDIA_TYPE_UNSUPPORTED']);
  }
});

test('a line without end is given up before it fills the memory', async () => {
  let chunks = 0;
  const endless = Readable.from(
    (function* () {
      while (chunks++ < 2_000) yield Buffer.alloc(1_024, 'x');
    })(),
  );
  const lines: unknown[] = [];
  for await (const text of readLines(endless)) lines.push(text);
  expect(lines).toMatchObject([{ code: 'BODY_TOO_LARGE' }]);
  expect(chunks).toBeLessThan(100);
});
