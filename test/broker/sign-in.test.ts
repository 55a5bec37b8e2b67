import { afterEach, expect, test } from 'vitest';
import { AppError } from '#src/base/errors';
import { addressKey } from '#src/broker/address';
import type { BrokerLimits } from '#src/broker/broker';
import { DEFAULT_LIMITS } from '#src/broker/limits';
import { Lockout } from '#src/broker/lockout';
import {
  type ConnectFields,
  connectPacket,
  publishPacket,
  RawClient,
  SECRET,
  type Stand,
  startStand,
  subscribePacket,
  until,
} from './support.ts';

let stand: Stand | undefined;
async function start(limits: Partial<BrokerLimits> = {}): Promise<Stand> {
  stand = await startStand({ limits });
  return stand;
}
afterEach(async () => {
  await stand?.broker.stop();
});

/** The whole CONNACK, or null when the socket was closed without one. */
async function answerTo(port: number, bytes: Buffer): Promise<number[] | null> {
  const client = await RawClient.open(port);
  client.send(bytes);
  await until('an answer', () => client.closed || client.packets.length > 0);
  const [answer] = client.packets;
  if (answer !== undefined && answer.body[1] !== 0) await client.ended();
  client.destroy();
  return answer === undefined ? null : [answer.first, ...answer.body];
}

test.each<[string, ConnectFields, number[] | null]>([
  ['MQTT 3.1.1', {}, [0x20, 0, 0]],
  ['MQTT 3.1', { protocol: 'MQIsdp', level: 3 }, [0x20, 0, 0]],
  ['MQTT 5', { level: 5 }, [0x20, 0, 0x84, 0]],
  ['MQTT 6', { level: 6 }, [0x20, 0, 1]],
  ['the bridge bit', { level: 0x84 }, [0x20, 0, 1]],
  ['another protocol', { protocol: 'AMQP' }, null],
  ['no client id', { id: '', username: 'd-1' }, [0x20, 0, 2]],
  ['no client id, kept session', { id: '', username: 'd-1', clean: false }, [0x20, 0, 2]],
  ['__proto__', { id: '__proto__' }, [0x20, 0, 2]],
  ['constructor', { id: 'constructor' }, [0x20, 0, 4]],
  ['an id with a slash', { id: 'd-1/x' }, [0x20, 0, 2]],
  ['bad UTF-8 in the id', { id: Buffer.from([0x64, 0xff]) }, null],
  ['NUL in the id', { id: 'd-1\0' }, null],
  ['a wrong secret', { password: 'wrong' }, [0x20, 0, 4]],
  ['an empty secret', { password: '' }, [0x20, 0, 4]],
  ['an unknown device', { id: 'nobody' }, [0x20, 0, 4]],
  ['no credential', { username: null, password: null }, [0x20, 0, 4]],
  ['no secret', { password: null }, [0x20, 0, 4]],
  ['the name of another device', { username: 'd-2' }, [0x20, 0, 4]],
  ['a secret without a name', { username: null }, null],
])('%s', async (_name, fields, expected) => {
  const { port } = await start();
  expect(await answerTo(port, connectPacket(fields))).toEqual(expected);
});

test('what is no CONNECT is closed at once', async () => {
  const { port, refusals } = await start();
  expect(await answerTo(port, Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBeNull();
  expect(await answerTo(port, publishPacket('a', 'b'))).toBeNull();
  expect(await answerTo(port, Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))).toBeNull();
  expect(await answerTo(port, Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 1]))).toBeNull();
  expect(await refusals('not-mqtt')).toBe(2);
  expect(await refusals('too-large')).toBe(1);
  expect(await refusals('malformed')).toBe(1);
});

test('a second CONNECT ends the connection', async () => {
  const { port } = await start();
  const client = await RawClient.signIn(port);
  client.send(connectPacket());
  await client.ended();
});

test('what comes in one segment with the CONNECT is read after the welcome', async () => {
  const { port, journal } = await start();
  const client = await RawClient.open(port);
  const many = Array.from({ length: 60 }, (_, index) =>
    publishPacket('sluice/v1/coop-a/d-1/report', `${index}`, { id: index + 1 }),
  );
  client.send(connectPacket(), ...many);
  await until('all', () => client.acknowledged.length === 60);
  expect(client.packets[0]?.first).toBe(0x20);
  expect(journal.texts()).toEqual(many.map((_, index) => `${index}`));
});

test('presence follows the connection', async () => {
  const { port, broker, events } = await start();
  const client = await RawClient.signIn(port);
  await until('connected', () => broker.connected('d-1'));
  expect(broker.connections).toBe(1);
  client.destroy();
  await until('gone', () => !broker.connected('d-1'));
  expect(events.map((event) => event.data)).toMatchObject([
    { device: 'd-1', coop: 'coop-a', event: 'connected', online: true },
    { device: 'd-1', coop: 'coop-a', event: 'disconnected', online: false },
  ]);
});

test('the newer connection of a device takes over, with the right secret only', async () => {
  const { port, broker, events } = await start();
  const first = await RawClient.signIn(port);
  first.send(subscribePacket('sluice/v1/coop-a/d-1/command'));
  await first.next(9);
  await expect(RawClient.signIn(port, { password: 'wrong' })).rejects.toThrow('CONNACK 4');
  expect(first.closed).toBe(false);
  const second = await RawClient.signIn(port);
  await first.ended();
  second.send(publishPacket('sluice/v1/coop-a/d-1/report', 'x'));
  await second.next(4);
  expect(broker.connections).toBe(1);
  expect(broker.connected('d-1')).toBe(true);
  expect(events.map((event) => event.data)).toMatchObject([
    { event: 'connected' },
    { event: 'disconnected' },
    { event: 'connected' },
  ]);
});

test('many connections of one device at once end with exactly one', async () => {
  const { port, broker } = await start();
  const clients = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const client = await RawClient.open(port);
      client.send(connectPacket({ clean: index % 2 === 0 }));
      client.send(subscribePacket('sluice/v1/coop-a/d-1/command'));
      return client;
    }),
  );
  await until('one left', () => clients.filter((client) => !client.closed).length === 1);
  await until('it is known', () => broker.connections === 1);
  const last = clients.find((client) => !client.closed);
  last?.send(publishPacket('sluice/v1/coop-a/d-1/report', 'x'));
  await last?.next(4);
  last?.destroy();
  await until('none', () => broker.connections === 0);
});

test('a replaced secret and a removed device close the socket; a change of site does not', async () => {
  const { port, registry, journal, refusals } = await start();
  const replaced = await RawClient.signIn(port, { id: 'd-1' });
  const removed = await RawClient.signIn(port, {
    id: 'd-2',
    will: { topic: 'sluice/v1/coop-a/d-2/status', payload: 'gone' },
  });
  const moved = await RawClient.signIn(port, { id: 'd-3' });
  const stays = await RawClient.signIn(port, { id: 'd-4' });
  registry.put('d-1', 'another-secret-of-more-than-32-characters');
  registry.remove('d-2');
  registry.put('d-3', SECRET, { coop: 'coop-b' });
  registry.put('d-4', SECRET, { site: 'pond-7' });
  await Promise.all([replaced.ended(), removed.ended(), moved.ended()]);
  expect(await refusals('credential-revoked')).toBe(2);
  expect(await refusals('device-moved')).toBe(1);
  stays.send(publishPacket('sluice/v1/coop-a/d-4/report', 'x'));
  await stays.next(4);
  expect(journal.messages).toHaveLength(1);
  expect(journal.messages[0]?.source.site).toBe('pond-7');
});

test('nobody is let in while the journal refuses', async () => {
  const { port, journal, refusals } = await start();
  journal.failure = new AppError('JOURNAL_FULL', 'full');
  expect(await answerTo(port, connectPacket())).toEqual([0x20, 0, 3]);
  expect(await refusals('unavailable')).toBe(1);
  journal.failure = null;
  expect(await answerTo(port, connectPacket())).toEqual([0x20, 0, 0]);
});

test('five failed sign-ins lock that device out, and only that device', async () => {
  const { port, registry, refusals } = await start({ lockoutMs: 400 });
  for (let turn = 0; turn < 5; turn++) {
    expect(await answerTo(port, connectPacket({ password: 'wrong' }))).toEqual([0x20, 0, 4]);
  }
  const asked = registry.authentications;
  expect(await answerTo(port, connectPacket())).toEqual([0x20, 0, 5]);
  expect(registry.authentications).toBe(asked);
  expect(await refusals('locked-out')).toBe(1);
  expect(await answerTo(port, connectPacket({ id: 'd-2' }))).toEqual([0x20, 0, 0]);
  await new Promise((resolve) => setTimeout(resolve, 450));
  expect(await answerTo(port, connectPacket())).toEqual([0x20, 0, 0]);
});

test('a device that knocked too early gets in once it is registered', async () => {
  const { port, registry } = await start();
  const knock = (): Promise<number[] | null> => answerTo(port, connectPacket({ id: 'new-1' }));
  for (let turn = 0; turn < 5; turn++) expect(await knock()).toEqual([0x20, 0, 4]);
  expect(await knock()).toEqual([0x20, 0, 5]);
  registry.put('new-1', SECRET);
  expect(await knock()).toEqual([0x20, 0, 0]);
});

test('a lock-out is of one address, doubles up to its longest, and is forgotten', () => {
  const lockout = new Lockout(DEFAULT_LIMITS);
  let now = 0;
  const fail = (): void => {
    for (let turn = 0; turn < 5; turn++) lockout.failed('10.0.0.1', 'd-1', now);
  };
  for (const expected of [60, 120, 240, 480, 900, 900]) {
    fail();
    expect(lockout.isLocked('10.0.0.1', 'd-1', now + expected * 1_000 - 1)).toBe(true);
    expect(lockout.isLocked('10.0.0.1', 'd-1', now + expected * 1_000)).toBe(false);
    expect(lockout.isLocked('10.0.0.2', 'd-1', now)).toBe(false);
    now += expected * 1_000;
  }
  now += 900_000;
  fail();
  expect(lockout.isLocked('10.0.0.1', 'd-1', now + 60_000)).toBe(false);
  // Four in a minute, for ever, is no lock-out.
  const patient = new Lockout(DEFAULT_LIMITS);
  for (let turn = 0; turn < 100; turn++) patient.failed('a', 'd', turn * 15_001);
  expect(patient.isLocked('a', 'd', 100 * 15_001)).toBe(false);
});

test('the lock-out remembers a bounded number of pairs', () => {
  const lockout = new Lockout({ ...DEFAULT_LIMITS, lockoutEntriesMax: 100 });
  for (let index = 0; index < 1_000; index++) lockout.failed('10.0.0.1', `d-${index}`, index);
  expect(lockout.size).toBe(100);
});

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  [undefined, 'unknown'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
