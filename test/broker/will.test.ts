import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  connectPacket,
  DISCONNECT,
  publishPacket,
  RawClient,
  type Stand,
  startStand,
  until,
} from './support.ts';

let stand: Stand;
const STATUS = 'sluice/v1/coop-a/d-1/status';
const will = { topic: STATUS, payload: '{"online":false}', qos: 1, retain: true };

beforeEach(async () => {
  stand = await startStand();
});
afterEach(async () => {
  await stand.broker.stop();
});

const statuses = (): string[] => stand.journal.texts('status');

test('the Will of a connection that broke off is kept like a message', async () => {
  const client = await RawClient.signIn(stand.port, { will });
  client.destroy();
  await until('the Will', () => statuses().length === 1);
  expect(stand.journal.messages[0]).toMatchObject({ topic: 'status', source: { device: 'd-1' } });
  expect(statuses()).toEqual(['{"online":false}']);
});

test('a goodbye makes it void', async () => {
  const client = await RawClient.signIn(stand.port, { will });
  client.send(DISCONNECT);
  await client.ended();
  await until('the end', () => !stand.broker.connected('d-1'));
  expect(statuses()).toEqual([]);
});

test('a protocol error and silence let it speak', async () => {
  const client = await RawClient.signIn(stand.port, { will });
  client.send(Buffer.from([0xff, 0xff]));
  await until('the Will', () => statuses().length === 1);
  const silent = await RawClient.signIn(stand.port, { will, keepalive: 1 });
  await silent.ended(3_000);
  await until('the second Will', () => statuses().length === 2);
  expect(await stand.refusals('keepalive-timeout')).toBe(1);
});

test('at a takeover the old Will comes before the first word of the new connection', async () => {
  for (let turn = 0; turn < 10; turn++) {
    const first = await RawClient.signIn(stand.port, { will });
    const second = await RawClient.open(stand.port);
    second.send(connectPacket(), publishPacket(STATUS, '{"online":true}'));
    await second.next(4);
    await first.ended();
    expect(statuses()).toEqual(['{"online":false}', '{"online":true}']);
    stand.journal.messages.length = 0;
    second.send(DISCONNECT);
    await second.ended();
  }
});

test('our own stop is not the end of a device', async () => {
  await RawClient.signIn(stand.port, { will });
  await stand.broker.stop();
  expect(statuses()).toEqual([]);
});

test.each([
  ['of another device', { ...will, topic: 'sluice/v1/coop-a/d-2/status' }, 'CONNACK 5'],
  ['on the report topic', { ...will, topic: 'sluice/v1/coop-a/d-1/report' }, 'CONNACK 5'],
  ['with a wildcard', { ...will, topic: 'sluice/v1/+/d-1/status' }, 'CONNACK 5'],
  ['of 101 levels', { ...will, topic: 'a/'.repeat(100) }, 'CONNACK 5'],
  ['on $SYS', { ...will, topic: '$SYS/x' }, 'CONNACK 5'],
  ['of more than 1 KiB', { ...will, payload: Buffer.alloc(1_025) }, 'closed'],
  ['of QoS 3', { ...will, qos: 3 }, 'closed'],
  ['with NUL in its topic', { ...will, topic: `${STATUS}\0` }, 'closed'],
])('a Will %s is refused at the door', async (_name, refused, expected) => {
  await expect(RawClient.signIn(stand.port, { will: refused })).rejects.toThrow(expected);
  expect(stand.journal.messages).toEqual([]);
});

test('a Will that cannot be kept is counted', async () => {
  const client = await RawClient.signIn(stand.port, { will });
  stand.journal.answer = () => {
    throw new Error('thrown');
  };
  client.destroy();
  await until('the count', async () => (await stand.refusals('not-kept')) === 1);
});
