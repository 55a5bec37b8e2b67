import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { LiveEvent } from '#src/contracts/live';
import { commandOf } from '../state/examples-water.ts';
import { alertOf } from './support/alerts.ts';
import { type Bench, startBench } from './support/api.ts';

let bench: Bench;
let sockets: Socket[] = [];

beforeAll(async () => {
  bench = await startBench();
  await bench.api.start(new AbortController().signal);
});
afterAll(() => bench.close());
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await expect.poll(() => bench.hub.subscribers).toBe(0);
});

interface Listener {
  socket: Socket;
  text(): string;
  events(): Array<{ id: string; name: string; data: { device?: string; id?: string } }>;
  closed: boolean;
}

/** A reader on a real socket, as a browser's EventSource asks. */
async function listen(query = '', headers: Record<string, string> = {}): Promise<Listener> {
  const address = bench.api.address();
  const socket = connect({ host: '127.0.0.1', port: address?.port ?? 0 });
  sockets.push(socket);
  let text = '';
  const listener: Listener = {
    socket,
    closed: false,
    text: () => text,
    events: () =>
      [...text.matchAll(/id: (.*)\nevent: (.*)\ndata: (.*)\n\n/g)].map(
        ([, id = '', name = '', data = '']) => ({ id, name, data: JSON.parse(data) }),
      ),
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk.replace(/(^|\r\n)[0-9a-f]+\r\n/g, '');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    listener.closed = true;
  });
  const all = { authorization: `Bearer ${bench.tokens.viewer}`, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /api/v1/stream${query} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}\r\n`);
  await expect.poll(() => text).toContain('retry: ');
  return listener;
}

function observation(device: string, coop: string, time = 1): LiveEvent {
  const data = { device, coop, site: null, kind: 'pond-sensor', quality: 'good' as const };
  return { type: 'observation', coop, data: { ...data, time, values: { ph: time } } };
}

test('events arrive as server-sent events, of the caller’s cooperatives alone', async () => {
  const listener = await listen();
  bench.hub.publish(observation('dev-9', 'phu-my'));
  bench.hub.publish(observation('dev-1', 'binh-minh'));
  bench.hub.publish({ type: 'alert', coop: 'binh-minh', data: alertOf() });
  await expect.poll(() => listener.events().length).toBe(2);
  expect(listener.text()).toMatch(/content-type: text\/event-stream; charset=utf-8/i);
  expect(listener.text()).toMatch(/content-security-policy/i);
  expect(listener.text()).not.toMatch(/content-encoding/i);
  expect(listener.events().map(({ name, data }) => [name, data.device])).toEqual([
    ['observation', 'dev-1'],
    ['alert', 'dev-1'],
  ]);
  expect(listener.text()).not.toContain('dev-9');
});

test('a command is told with its times as the API writes them', async () => {
  const listener = await listen('?type=command&device=dev-1');
  const of = (device: string) => commandOf({ device, coop: 'binh-minh', createdAt: 1_000 });
  bench.hub.publish(observation('dev-1', 'binh-minh'));
  for (const device of ['dev-2', 'dev-1']) {
    bench.hub.publish({ type: 'command', coop: 'binh-minh', data: of(device) });
  }
  await expect.poll(() => listener.events().length).toBe(1);
  expect(listener.events()).toMatchObject([
    {
      name: 'command',
      data: { device: 'dev-1', state: 'queued', createdAt: '1970-01-01T00:00:01.000Z' },
    },
  ]);
});

test('filters by type, and a new device is announced', async () => {
  const listener = await listen('?type=device,alert');
  bench.hub.publish(observation('dev-1', 'binh-minh'));
  const payload = { id: 'dev-2', coop: 'binh-minh', kind: 'pond-sensor' };
  const token = bench.tokens.operator;
  await bench.call({ method: 'POST', url: '/api/v1/devices', payload, token });
  await bench.call({ method: 'PATCH', url: '/api/v1/devices/dev-2', payload: {}, token });
  await bench.call({ method: 'DELETE', url: '/api/v1/devices/dev-2', token });
  await expect.poll(() => listener.events().length).toBe(3);
  expect(listener.events().map(({ name, data }) => [name, data])).toEqual(
    ['created', 'changed', 'removed'].map((event) => [
      'device',
      { device: 'dev-2', coop: 'binh-minh', site: null, event, online: false },
    ]),
  );
});

test('a reader that comes back with its last id misses nothing and gets nothing twice', async () => {
  const first = await listen();
  bench.hub.publish(observation('dev-1', 'binh-minh', 1));
  bench.hub.publish(observation('dev-1', 'binh-minh', 2));
  await expect.poll(() => first.events().length).toBe(2);
  first.socket.destroy();
  bench.hub.publish(observation('dev-1', 'binh-minh', 3));
  const back = await listen('', { 'last-event-id': first.events()[0]?.id ?? '' });
  bench.hub.publish(observation('dev-1', 'binh-minh', 4));
  await expect.poll(() => back.events().length).toBe(3);
  expect([...back.text().matchAll(/"ph":(\d)/g)].map(([, value]) => value)).toEqual([
    '2',
    '3',
    '4',
  ]);
});

test('an id nobody knows gets a resync first', async () => {
  const back = await listen('', { 'last-event-id': 'ffffffffffff-7' });
  bench.hub.publish(observation('dev-1', 'binh-minh'));
  await expect.poll(() => back.events().map(({ name }) => name)).toEqual(['resync', 'observation']);
});

test('a reader that stops reading is closed within seconds; the others notice nothing', async () => {
  const frozen = await listen();
  const fine = await listen();
  frozen.socket.pause();
  const startedAt = performance.now();
  let sent = 0;
  const values = Object.fromEntries(
    Array.from({ length: 100 }, (_, metric) => [`metric_number_${metric}`, metric]),
  );
  const data = { device: 'dev-1', coop: 'binh-minh', site: null, kind: 'pond-sensor' };
  while (bench.hub.subscribers > 1 && performance.now() - startedAt < 12_000) {
    for (let count = 0; count < 50; count++) {
      const event = { ...data, time: sent++, quality: 'good' as const, values };
      bench.hub.publish({ type: 'observation', coop: 'binh-minh', data: event });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(bench.hub.subscribers).toBe(1);
  await expect
    .poll(() => fine.text().includes(`"time":"${new Date(sent - 1).toISOString()}"`))
    .toBe(true);
  expect(fine.closed).toBe(false);
}, 20_000);

test('HEAD does not open a stream, and a bad filter is a problem', async () => {
  const { viewer: token } = bench.tokens;
  expect((await bench.call({ method: 'HEAD', url: '/api/v1/stream', token })).status).toBe(405);
  const answer = await bench.call({ url: '/api/v1/stream?type=observations', token });
  expect([answer.status, answer.body.field]).toEqual([400, 'type.0']);
});

test('stopping the server ends every stream at once', async () => {
  const own = await startBench();
  await own.api.start(new AbortController().signal);
  const url = new URL('/api/v1/stream', own.api.address()?.url);
  const headers = { authorization: `Bearer ${own.tokens.viewer}` };
  const response = await fetch(url, { headers });
  const reading = response.text();
  const startedAt = performance.now();
  await own.api.stop();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(await reading).toContain('retry:');
  await own.close();
});
