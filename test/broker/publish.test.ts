import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '#src/base/errors';
import type { BrokerLimits } from '#src/broker/broker';
import type { AppendDone } from '#src/contracts/journal';
import {
  DISCONNECT,
  PINGREQ,
  packet,
  publishPacket,
  RawClient,
  type Stand,
  startStand,
  until,
} from './support.ts';

let stand: Stand;
const REPORT = 'sluice/v1/coop-a/d-1/report';

async function start(limits: Partial<BrokerLimits> = {}): Promise<void> {
  stand = await startStand({ limits });
}
afterEach(async () => {
  await stand.broker.stop();
});

function reports(count: number, topic = REPORT, qos = 1): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    publishPacket(topic, `m-${index}`, { id: index + 1, qos }),
  );
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

test('a report is kept under its source, then acknowledged', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  const before = Date.now();
  client.send(publishPacket(REPORT, '{"values":{"ph":7.9}}', { id: 42 }));
  await client.next(4);
  expect(client.acknowledged).toEqual([42]);
  const [message] = stand.journal.messages;
  expect(message?.source).toEqual({
    coop: 'coop-a',
    site: null,
    device: 'd-1',
    kind: 'pond-sensor',
  });
  expect(message?.topic).toBe('report');
  expect(stand.journal.texts()).toEqual(['{"values":{"ph":7.9}}']);
  expect(message?.receivedAt).toBeGreaterThanOrEqual(before);
  expect(message?.receivedAt).toBeLessThanOrEqual(Date.now());
});

test('no acknowledgement before the message is kept', async () => {
  await start();
  const waiting: AppendDone[] = [];
  stand.journal.answer = (done) => waiting.push(done);
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(3), PINGREQ);
  await client.next(13);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(waiting).toHaveLength(3);
  expect(client.acknowledged).toEqual([]);
  for (const done of waiting) done(null);
  await until('all acknowledgements', () => client.acknowledged.length === 3);
});

test('acknowledgements leave in the order of the messages, whatever the order of keeping', async () => {
  await start({ messagesPerSecond: 0 });
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const delays = fc.sample(fc.integer({ min: 0, max: 12 }), { numRuns: 600, seed });
  stand.journal.answer = (done, index) => setTimeout(done, delays[index] ?? 0, null);
  const clients = await Promise.all(
    ['d-1', 'd-2', 'd-3'].map((id) => RawClient.signIn(stand.port, { id })),
  );
  clients.forEach((client, index) => {
    client.send(...reports(200, `sluice/v1/coop-a/d-${index + 1}/report`));
  });
  for (const client of clients) {
    await until(`200 acknowledgements (SEED=${seed})`, () => client.acknowledged.length === 200);
    expect(client.acknowledged, `SEED=${seed}`).toEqual(upTo(200));
  }
});

test('when a message is not kept, neither it nor any later one is acknowledged', async () => {
  await start();
  stand.journal.answer = (done, index) =>
    setImmediate(done, index < 2 ? null : new AppError('JOURNAL_FULL', 'full'));
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(6));
  await client.ended();
  expect(client.acknowledged).toEqual([1, 2]);
  expect(await stand.refusals('not-kept')).toBe(1);
  expect(stand.broker.status().inFlight).toBe(0);
});

test('a journal that throws closes the connection and nothing else', async () => {
  await start();
  stand.journal.answer = () => {
    throw new Error('thrown');
  };
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(1));
  await client.ended();
  expect(client.acknowledged).toEqual([]);
  stand.journal.answer = (done) => setImmediate(done, null);
  const second = await RawClient.signIn(stand.port);
  second.send(...reports(1));
  await second.next(4);
});

test('a journal that never answers costs the connection, not the broker', async () => {
  await start({ keepTimeoutMs: 300 });
  stand.journal.answer = () => {};
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(1));
  await client.ended(3_000);
  expect(client.acknowledged).toEqual([]);
  expect(await stand.refusals('not-kept')).toBe(1);
  expect(stand.broker.status()).toMatchObject({ inFlight: 0, inFlightBytes: 0 });
});

test('an answer that comes after the connection is gone is ignored', async () => {
  await start({ keepTimeoutMs: 300 });
  const waiting: AppendDone[] = [];
  stand.journal.answer = (done) => waiting.push(done);
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(3));
  await until('all three', () => waiting.length === 3);
  client.destroy();
  await until('the end', () => !stand.broker.connected('d-1'));
  for (const done of waiting) done(null);
  expect(stand.broker.status()).toMatchObject({ inFlight: 0, inFlightBytes: 0 });
});

test('a socket is not read while too many of its messages are on their way', async () => {
  await start({ messagesPerSecond: 0, inFlightPerDevice: 8 });
  const waiting: AppendDone[] = [];
  stand.journal.answer = (done) => waiting.push(done);
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(100));
  await until('the bound', () => waiting.length === 8);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(waiting).toHaveLength(8);
  expect(stand.broker.status().inFlight).toBe(8);
  stand.journal.answer = (done) => setImmediate(done, null);
  for (const done of waiting) done(null);
  await until('all acknowledgements', () => client.acknowledged.length === 100);
  expect(client.acknowledged).toEqual(upTo(100));
});

test('what is held back is left to the sender, not piled up here', async () => {
  await start({ messagesPerSecond: 0, inFlightPerDevice: 4 });
  stand.journal.answer = (done) => setTimeout(done, 1, null);
  const client = await RawClient.signIn(stand.port);
  const batch = Buffer.concat(reports(500));
  const end = performance.now() + 1_200;
  while (performance.now() < end) {
    if (!client.socket.writableNeedDrain) client.socket.write(batch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The kernel's own buffers hold up to 6 MB on each side; a pile here grew by 60 MB a second.
  expect(client.socket.bytesWritten).toBeLessThan(16_000_000);
  client.destroy();
});

test('the bound for all devices together holds, and everybody gets on', async () => {
  await start({ messagesPerSecond: 0, inFlightMax: 10 });
  let open = 0;
  let openMax = 0;
  stand.journal.answer = (done) => {
    openMax = Math.max(openMax, ++open);
    setTimeout(() => {
      open--;
      done(null);
    }, 2);
  };
  const clients = await Promise.all(
    upTo(5).map((number) => RawClient.signIn(stand.port, { id: `d-${number}` })),
  );
  clients.forEach((client, index) => {
    client.send(...reports(40, `sluice/v1/coop-a/d-${index + 1}/report`));
  });
  for (const client of clients) {
    await until('40 acknowledgements', () => client.acknowledged.length === 40);
  }
  expect(openMax).toBeLessThanOrEqual(10);
  expect(stand.broker.status()).toMatchObject({ inFlight: 0, inFlightBytes: 0 });
});

test('who sends too fast is read slower: nothing lost, nobody disconnected', async () => {
  await start({ messagesPerSecond: 50, burst: 10 });
  const client = await RawClient.signIn(stand.port);
  const begin = performance.now();
  client.send(...reports(35));
  await until('all acknowledgements', () => client.acknowledged.length === 35);
  expect(performance.now() - begin).toBeGreaterThan(450);
  expect(client.acknowledged).toEqual(upTo(35));
  // A new connection of the same device does not bring a new burst.
  const again = await RawClient.signIn(stand.port);
  const second = performance.now();
  again.send(...reports(10));
  await until('ten more', () => again.acknowledged.length === 10);
  expect(performance.now() - second).toBeGreaterThan(100);
});

test('pings and subscriptions do not go round the rate', async () => {
  await start({ messagesPerSecond: 20, burst: 5 });
  const client = await RawClient.signIn(stand.port);
  client.send(Buffer.concat(Array.from({ length: 5_000 }, () => PINGREQ)));
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(client.of(13).length).toBeLessThan(20);
  expect(client.closed).toBe(false);
});

test('QoS 0 is kept, and QoS 2 is kept once however often it is repeated', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  client.send(publishPacket(REPORT, 'zero', { qos: 0 }));
  client.send(publishPacket(REPORT, 'two', { qos: 2, id: 9 }));
  await client.next(5);
  client.send(publishPacket(REPORT, 'two', { qos: 2, id: 9, dup: true }));
  await until('a second PUBREC', () => client.of(5).length === 2);
  client.send(packet(0x62, Buffer.from([0, 9])));
  await client.next(7);
  expect(stand.journal.texts()).toEqual(['zero', 'two']);
  // Released: the identifier is free for another message.
  client.send(publishPacket(REPORT, 'three', { qos: 2, id: 9 }));
  await until('the third', () => client.of(5).length === 3);
  expect(stand.journal.texts()).toEqual(['zero', 'two', 'three']);
});

test('a QoS 2 message is known again after a reconnection of the same session', async () => {
  await start();
  const first = await RawClient.signIn(stand.port, { clean: false });
  first.send(publishPacket(REPORT, 'two', { qos: 2, id: 9 }));
  await first.next(5);
  first.destroy();
  const second = await RawClient.signIn(stand.port, { clean: false });
  second.send(publishPacket(REPORT, 'two', { qos: 2, id: 9, dup: true }));
  await second.next(5);
  expect(stand.journal.texts()).toEqual(['two']);
});

test('a device that never releases its QoS 2 messages is bounded', async () => {
  await start({ unreleasedPerDevice: 4, messagesPerSecond: 0 });
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(6, REPORT, 2));
  await client.ended();
  expect(client.of(5).length).toBeLessThanOrEqual(4);
});

test('a message and a goodbye in one segment: the message is kept', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  client.send(publishPacket(REPORT, 'last words', { qos: 1 }), DISCONNECT);
  await client.ended();
  await until('the message', () => stand.journal.texts().length === 1);
  expect(stand.journal.texts()).toEqual(['last words']);
});

test('packets cut at every byte, and the largest message allowed', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  for (const byte of Buffer.concat(reports(3))) {
    client.socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('three', () => client.acknowledged.length === 3);
  client.send(publishPacket(REPORT, Buffer.alloc(65_536, 'x'), { id: 4 }));
  await until('four', () => client.acknowledged.length === 4);
  expect(stand.journal.messages[3]?.payload).toHaveLength(65_536);
  client.send(publishPacket(REPORT, Buffer.alloc(65_537, 'x'), { id: 5 }));
  await client.ended();
  expect(await stand.refusals('too-large')).toBe(1);
});

test('messages are counted by topic and their latency is measured', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  client.send(...reports(3), publishPacket('sluice/v1/coop-a/d-1/status', '{}', { id: 4 }));
  await until('four', () => client.acknowledged.length === 4);
  await stand.broker.stop();
  expect(await stand.count('sluice_broker_messages_total', '{topic="report"}')).toBe(3);
  expect(await stand.count('sluice_broker_messages_total', '{topic="status"}')).toBe(1);
  expect(await stand.count('sluice_broker_puback_milliseconds_count')).toBe(4);
});
