import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#src/base/clock';
import { createLogger } from '#src/base/logger';
import { createMetrics } from '#src/base/metrics';
import { createBroker } from '#src/broker/broker';
import {
  AppendRecorder,
  connectPacket,
  publishPacket,
  RawClient,
  type Stand,
  startStand,
  TestRegistry,
  until,
} from './support.ts';

let folder: string;
let cert: string;
let key: string;
let stand: Stand | undefined;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-tls-'));
  const at = (name: string): string => path.join(folder, name);
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat(['-subj', '/CN=localhost', '-keyout', at('key.pem'), '-out', at('cert.pem')]),
    { stdio: 'ignore' },
  );
  cert = readFileSync(at('cert.pem'), 'utf8');
  key = readFileSync(at('key.pem'), 'utf8');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await stand?.broker.stop();
  stand = undefined;
});

function dial(port: number): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(new RawClient(socket)));
  });
}

test('a device reports over TLS', async () => {
  stand = await startStand({ tls: { port: 0, cert, key } });
  const client = await dial(stand.broker.addresses().mqtts?.port ?? 0);
  client.send(connectPacket(), publishPacket('sluice/v1/coop-a/d-1/report', 'secret', { id: 3 }));
  await client.next(4);
  expect(client.acknowledged).toEqual([3]);
  expect(stand.journal.texts()).toEqual(['secret']);
  expect(stand.broker.status().unauthenticated).toBe(0);
});

test('a handshake that never comes, or is none, is closed and counted', async () => {
  stand = await startStand({ tls: { port: 0, cert, key }, limits: { connectTimeoutMs: 300 } });
  const port = stand.broker.addresses().mqtts?.port ?? 0;
  const idle = await RawClient.open(port);
  const plain = await RawClient.open(port);
  plain.send(connectPacket());
  await Promise.all([idle.ended(3_000), plain.ended(3_000)]);
  expect(await stand.refusals('connect-timeout')).toBe(1);
  expect(await stand.refusals('tls')).toBeGreaterThanOrEqual(1);
  expect(stand.broker.status().unauthenticated).toBe(0);
});

test('two hundred devices come back over TLS at once', async () => {
  stand = await startStand({ tls: { port: 0, cert, key }, devices: 200 });
  const port = stand.broker.addresses().mqtts?.port ?? 0;
  const clients = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const client = await dial(port);
      client.send(connectPacket({ id: `d-${index + 1}` }));
      return client;
    }),
  );
  await until('all', () => stand?.broker.connections === 200);
  for (const client of clients) client.destroy();
});

function brokerWith(options: { port?: number; cert?: string; key?: string }) {
  const { port = 0, ...pair } = options;
  return createBroker({
    host: '127.0.0.1',
    port,
    registry: new TestRegistry(),
    journal: new AppendRecorder(),
    live: { publish: () => {} },
    clock: systemClock,
    logger: createLogger('silent'),
    metrics: createMetrics(),
    ...(pair.cert === undefined ? {} : { tls: { port: 0, cert: pair.cert, key: pair.key ?? '' } }),
  });
}

test('a wrong certificate is told before anything listens', async () => {
  const broker = brokerWith({ cert, key: 'nonsense' });
  const start = broker.start(new AbortController().signal);
  await expect(start).rejects.toMatchObject({ code: 'BROKER_TLS_INVALID' });
  expect(broker.addresses()).toEqual({ mqtt: null, mqtts: null });
  await broker.stop();
  await broker.stop();
});

test('a port that is taken is told with its number', async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const broker = brokerWith({ port });
  const start = broker.start(new AbortController().signal);
  await expect(start).rejects.toMatchObject({
    code: 'BROKER_LISTEN_FAILED',
    message: expect.stringContaining(String(port)),
  });
  await broker.stop();
  server.close();
});

test('a start that was called off does not listen', async () => {
  const broker = brokerWith({});
  await expect(broker.start(AbortSignal.abort())).rejects.toMatchObject({ code: 'BROKER_STOPPED' });
  expect(broker.addresses().mqtt).toBeNull();
});
