import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isDeviceId, Rights } from '#src/broker/rights';
import { publishPacket, RawClient, type Stand, startStand, subscribePacket } from './support.ts';

const rights = new Rights({ coop: 'coop-a', device: 'd-1' });

describe('the table of rights', () => {
  test.each([
    ['sluice/v1/coop-a/d-1/report', 'report'],
    ['sluice/v1/coop-a/d-1/status', 'status'],
    ['sluice/v1/coop-a/d-1/ack', 'ack'],
    ['sluice/v1/coop-a/d-1/import', undefined],
    ['sluice/v1/coop-a/d-1/command', undefined],
    ['sluice/v1/coop-a/d-1/rejected', undefined],
    ['sluice/v1/coop-a/d-2/report', undefined],
    ['sluice/v1/coop-b/d-1/report', undefined],
    ['sluice/v2/coop-a/d-1/report', undefined],
    ['sluice/v1/coop-a/d-1/report/', undefined],
    ['/sluice/v1/coop-a/d-1/report', undefined],
    ['sluice/v1/coop-a/d-1/Report', undefined],
    ['sluice/v1/coop-a/d-1/report/extra', undefined],
    ['sluice/v1/coop-a/d-1', undefined],
    ['$SYS/broker/uptime', undefined],
    ['', undefined],
  ])('publish to %s: %s', (topic, expected) => {
    expect(rights.publishes(topic)).toBe(expected);
  });

  test.each([
    ['sluice/v1/coop-a/d-1/command', 'command'],
    ['sluice/v1/coop-a/d-1/rejected', 'rejected'],
    ['sluice/v1/coop-a/d-1/report', undefined],
    ['sluice/v1/coop-a/d-2/command', undefined],
    ['sluice/v1/coop-b/d-1/command', undefined],
    ['sluice/v1/coop-a/d-1/#', undefined],
    ['sluice/v1/coop-a/+/command', undefined],
    ['#', undefined],
    ['+/+/+/+/command', undefined],
    ['$SYS/#', undefined],
    ['$share/group/sluice/v1/coop-a/d-1/command', undefined],
    ['sluice/v1/coop-a/d-1/command\0', undefined],
  ])('subscribe to %s: %s', (filter, expected) => {
    expect(rights.subscribes(filter)).toBe(expected);
  });

  test.each(['a/b', 'a+', '#', '$SYS', '', 'a\0b'])(
    'a name that is no segment has no rights: %j',
    (coop) => {
      const none = new Rights({ coop, device: 'd-1' });
      expect(none.publishes(`sluice/v1/${coop}/d-1/report`)).toBeUndefined();
      expect(none.subscribes(`sluice/v1/${coop}/d-1/command`)).toBeUndefined();
    },
  );

  test.each([
    ['ao-1', true],
    ['A', true],
    ['a'.repeat(63), true],
    ['a'.repeat(64), false],
    ['', false],
    ['-a', false],
    ['_a', false],
    ['a b', false],
    ['a/b', false],
    ['ao-1\n', false],
    ['__proto__', false],
    ['constructor', true],
  ])('device id %j: %s', (id, expected) => {
    expect(isDeviceId(id)).toBe(expected);
  });
});

describe('on the wire', () => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await startStand();
  });
  afterEach(async () => {
    await stand.broker.stop();
  });

  test.each([
    ['another device', 'sluice/v1/coop-a/d-2/report', 'forbidden-topic'],
    ['another cooperative', 'sluice/v1/coop-b/d-1/report', 'forbidden-topic'],
    ['a command to itself', 'sluice/v1/coop-a/d-1/command', 'forbidden-topic'],
    ['the system', '$SYS/x', 'forbidden-topic'],
    ['a topic of 101 levels', 'a/'.repeat(100), 'malformed'],
    ['a wildcard', 'sluice/v1/coop-a/+/report', 'malformed'],
    ['bad UTF-8', Buffer.from('sluice/v1/coop-a/d-1/rep\xffort', 'latin1'), 'bad-text'],
    ['NUL', 'sluice/v1/coop-a/d-1/report\0', 'bad-text'],
    ['an overlong topic', 'a'.repeat(300), 'too-large'],
  ])('a message to %s ends the connection', async (_name, topic, reason) => {
    const client = await RawClient.signIn(stand.port);
    client.send(publishPacket(topic, '{}'));
    await client.ended();
    expect(client.acknowledged).toEqual([]);
    expect(stand.journal.messages).toEqual([]);
    expect(await stand.refusals(reason)).toBe(1);
  });

  test('a subscription of its own is granted, any other is answered with 0x80', async () => {
    const client = await RawClient.signIn(stand.port);
    const asked = [
      'sluice/v1/coop-a/d-1/command',
      'sluice/v1/coop-a/d-1/rejected',
      'sluice/v1/coop-a/d-2/command',
      '#',
      '$SYS/#',
      '$share/g/sluice/v1/coop-a/d-1/command',
      'sluice/v1/coop-a/d-1/+',
    ];
    const answers: number[] = [];
    for (const filter of asked) {
      const before = client.of(9).length;
      client.send(subscribePacket(filter));
      while (client.of(9).length === before) await new Promise((resolve) => setTimeout(resolve, 1));
      answers.push(client.of(9).at(-1)?.body[2] ?? -1);
    }
    expect(answers).toEqual([1, 1, 128, 128, 128, 128, 128]);
    expect(await stand.refusals('forbidden-subscription')).toBe(5);
    expect(client.closed).toBe(false);
  });

  test('what a device says reaches no other device, retained or not', async () => {
    const listener = await RawClient.signIn(stand.port, { id: 'd-2' });
    for (const filter of ['sluice/v1/coop-a/d-1/report', '#'])
      listener.send(subscribePacket(filter));
    await listener.next(9);
    const speaker = await RawClient.signIn(stand.port);
    speaker.send(publishPacket('sluice/v1/coop-a/d-1/report', 'x', { retain: true }));
    await speaker.next(4);
    const late = await RawClient.signIn(stand.port, { id: 'd-3' });
    late.send(subscribePacket('#'));
    await late.next(9);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(listener.of(3)).toEqual([]);
    expect(late.of(3)).toEqual([]);
  });

  test('repeated refusals write one line', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const client = await RawClient.signIn(stand.port);
      client.send(publishPacket('elsewhere', '{}'));
      await client.ended();
    }
    expect(await stand.refusals('forbidden-topic')).toBe(5);
    const lines = stand.log.filter((line) => line.includes('forbidden-topic'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ device: 'd-1', address: '127.0.0.1' });
  });
});
