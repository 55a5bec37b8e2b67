import { afterEach, expect, test } from 'vitest';
import type { BrokerLimits } from '#src/broker/broker';
import {
  connectPacket,
  packet,
  publishPacket,
  RawClient,
  type Stand,
  startStand,
  until,
} from './support.ts';

let stand: Stand;
const uncaught: unknown[] = [];
const note = (error: unknown): void => {
  uncaught.push(error);
};
process.on('uncaughtException', note);
process.on('unhandledRejection', note);

async function start(limits: Partial<BrokerLimits> = {}, devices = 9): Promise<void> {
  stand = await startStand({ limits, devices });
}
afterEach(async () => {
  await stand.broker.stop();
  expect(uncaught).toEqual([]);
});

/** A device that reports all the while; answers with its 99th percentile of waiting (ms). */
async function bystander(work: () => Promise<void>): Promise<number> {
  const client = await RawClient.signIn(stand.port, { id: 'd-9' });
  const waits: number[] = [];
  let isOver = false;
  const reporting = (async () => {
    for (let id = 1; !isOver; id++) {
      const begin = performance.now();
      client.send(publishPacket('sluice/v1/coop-a/d-9/report', 'x', { id }));
      await until('its acknowledgement', () => client.acknowledged.at(-1) === id);
      waits.push(performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  await work();
  isOver = true;
  await reporting;
  client.destroy();
  waits.sort((left, right) => left - right);
  return waits[Math.floor(waits.length * 0.99)] ?? 0;
}

test('a CONNECT of 256 MB is refused at its length', async () => {
  await start();
  const p99 = await bystander(async () => {
    for (let turn = 0; turn < 20; turn++) {
      const client = await RawClient.open(stand.port);
      client.send(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(1_000_000));
      await client.ended();
    }
  });
  expect(await stand.refusals('too-large')).toBe(20);
  expect(p99).toBeLessThan(250);
});

test('a PUBLISH of 256 MB and a SUBSCRIBE of 1 MB are refused at their length', async () => {
  await start();
  for (const first of [0x32, 0x82]) {
    const client = await RawClient.signIn(stand.port);
    client.send(Buffer.from([first, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(100_000));
    await client.ended();
  }
  expect(await stand.refusals('too-large')).toBe(2);
});

test('a slow drip ends with the time for one packet', async () => {
  await start({ connectTimeoutMs: 400, packetTimeoutMs: 600 });
  const drip = (client: RawClient, bytes: Buffer): NodeJS.Timeout => {
    let at = 0;
    return setInterval(() => client.send(bytes.subarray(at, ++at)), 30);
  };
  const stranger = await RawClient.open(stand.port);
  const device = await RawClient.signIn(stand.port);
  const p99 = await bystander(async () => {
    const timers = [
      drip(stranger, connectPacket()),
      drip(device, publishPacket('sluice/v1/coop-a/d-1/report', Buffer.alloc(60_000))),
    ];
    await Promise.all([stranger.ended(3_000), device.ended(3_000)]);
    for (const timer of timers) clearInterval(timer);
  });
  expect(await stand.refusals('connect-timeout')).toBe(1);
  expect(await stand.refusals('packet-timeout')).toBe(1);
  expect(p99).toBeLessThan(250);
});

test('2,000 idle sockets of one address: bounded, then gone, others unaffected', async () => {
  await start({
    connectTimeoutMs: 1_500,
    crowdedConnectTimeoutMs: 300,
    crowdPerAddressMax: 1_000,
  });
  const idle: RawClient[] = [];
  let most = 0;
  const p99 = await bystander(async () => {
    for (let turn = 0; turn < 20; turn++) {
      idle.push(
        ...(await Promise.all(Array.from({ length: 100 }, () => RawClient.open(stand.port)))),
      );
      most = Math.max(most, stand.broker.status().unauthenticated);
      if (turn > 0) continue;
      await until('they are in', () => stand.broker.status().unauthenticated === 100);
      // The first twenty have their full time; who comes on top of them has less.
      await until('the crowd is gone', () => stand.broker.status().unauthenticated <= 20);
      expect(stand.broker.status().unauthenticated).toBe(20);
    }
    await until('all are gone', () => stand.broker.status().unauthenticated === 0);
  });
  expect(most).toBeLessThanOrEqual(1_000);
  await until('their ends', () => idle.every((client) => client.closed));
  expect(p99).toBeLessThan(250);
  const refused = await stand.refusals('too-many-unauthenticated');
  expect(refused + (await stand.refusals('connect-timeout'))).toBe(2_000);
});

test('500 devices of one address come back at once: all are let in', async () => {
  await start({}, 500);
  const clients = await Promise.all(
    Array.from({ length: 500 }, (_, index) =>
      RawClient.signIn(stand.port, { id: `d-${index + 1}` }),
    ),
  );
  expect(stand.broker.connections).toBe(500);
  for (const client of clients) client.destroy();
  await until('all gone', () => stand.broker.connections === 0);
});

test('a device that flaps is slowed down, and others are not', async () => {
  await start({ messagesPerSecond: 20, burst: 30 });
  const p99 = await bystander(async () => {
    for (let turn = 0; turn < 100; turn++) {
      const client = await RawClient.open(stand.port);
      client.send(connectPacket());
      await until('an answer', () => client.closed || client.packets.length > 0);
      client.destroy();
    }
  });
  expect(await stand.refusals('flapping')).toBeGreaterThan(20);
  expect(p99).toBeLessThan(250);
});

test('beyond the limit of connections nobody gets in, until somebody leaves', async () => {
  await start({ connectionsMax: 3 });
  const clients = await Promise.all(
    ['d-1', 'd-2', 'd-3'].map((id) => RawClient.signIn(stand.port, { id })),
  );
  const fourth = await RawClient.open(stand.port);
  await fourth.ended();
  expect(await stand.refusals('too-many-connections')).toBe(1);
  clients[0]?.destroy();
  await until('room', () => stand.broker.connections === 2);
  await RawClient.signIn(stand.port, { id: 'd-4' });
});

test.each([
  ['packet id 0 in PUBLISH', publishPacket('sluice/v1/coop-a/d-1/report', 'x', { id: 0 })],
  ['packet id 0 in SUBSCRIBE', packet(0x82, Buffer.from([0, 0, 0, 1, 0x61, 0]))],
  ['QoS 3', Buffer.from([0x36, 5, 0, 1, 0x61, 0, 1])],
  ['a reserved type', Buffer.from([0xf0, 0])],
  ['type 0', Buffer.from([0, 0])],
  ['what only a server sends', Buffer.from([0x20, 2, 0, 0])],
  ['wrong flags', Buffer.from([0x80, 6, 0, 1, 0, 1, 0x61, 0])],
  ['a length of five bytes', Buffer.from([0x32, 0xff, 0xff, 0xff, 0xff, 1])],
  ['a topic beyond its packet', Buffer.from([0x32, 4, 0, 200, 0x61, 0x61])],
  ['an id beyond its packet', Buffer.from([0x32, 4, 0, 1, 0x61, 1])],
  ['an empty topic', Buffer.from([0x32, 4, 0, 0, 0, 1])],
  ['a SUBSCRIBE without a filter', packet(0x82, Buffer.from([0, 1]))],
  ['a filter beyond its packet', packet(0x82, Buffer.from([0, 1, 0, 200, 0x61, 1]))],
  ['a subscription of QoS 3', packet(0x82, Buffer.from([0, 1, 0, 1, 0x61, 3]))],
])('%s ends the connection, and only that', async (_name, bytes) => {
  await start();
  const client = await RawClient.signIn(stand.port);
  client.send(bytes);
  await client.ended();
  expect(client.acknowledged).toEqual([]);
  expect(stand.journal.messages).toEqual([]);
  expect(await stand.refusals('malformed')).toBe(1);
  await RawClient.signIn(stand.port);
});

test('stopping answers what was read, closes everybody, and is safe twice', async () => {
  await start();
  stand.journal.answer = (done) => setTimeout(done, 150, null);
  const client = await RawClient.signIn(stand.port);
  const stranger = await RawClient.open(stand.port);
  client.send(publishPacket('sluice/v1/coop-a/d-1/report', 'x', { id: 5 }));
  await until('it was read', () => stand.journal.messages.length === 1);
  await Promise.all([stand.broker.stop(), stand.broker.stop()]);
  await Promise.all([client.ended(), stranger.ended()]);
  expect(client.acknowledged).toEqual([5]);
  expect(stand.broker.status()).toMatchObject({ listening: false, connections: 0, inFlight: 0 });
  await expect(RawClient.open(stand.port)).rejects.toThrow();
});

test('no secret is ever written to the log', async () => {
  await start();
  await RawClient.signIn(stand.port, { password: 'a-wrong-secret-nobody-may-read' }).catch(
    () => {},
  );
  await RawClient.signIn(stand.port, { id: 'd-1', username: 'd-2' }).catch(() => {});
  const log = stand.log.join('');
  expect(log).toContain('bad-credentials');
  expect(log).not.toContain('a-wrong-secret');
  expect(log).not.toContain('a-secret-of');
});
