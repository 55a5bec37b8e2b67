import { afterEach, expect, test } from 'vitest';
import type { BrokerLimits } from '#src/broker/broker';
import {
  packet,
  publishPacket,
  RawClient,
  type Stand,
  startStand,
  subscribePacket,
  until,
} from './support.ts';

let stand: Stand;
const COMMAND = 'sluice/v1/coop-a/d-1/command';

async function start(limits: Partial<BrokerLimits> = {}): Promise<void> {
  stand = await startStand({ limits });
}
afterEach(async () => {
  await stand.broker.stop();
});

test('a command reaches the device that subscribed, at QoS 1 and not retained', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  expect(await stand.broker.send('d-1', 'command', 'early')).toBe(false);
  client.send(subscribePacket(COMMAND));
  await client.next(9);
  expect(await stand.broker.send('d-1', 'command', '{"action":"open"}')).toBe(true);
  expect(await stand.broker.send('d-1', 'rejected', '{}')).toBe(false);
  expect(await stand.broker.send('d-2', 'command', '{}')).toBe(false);
  const heard = await client.next(3);
  expect(heard.first).toBe(0x32);
  const topicEnd = 2 + COMMAND.length;
  expect(heard.body.toString('utf8', 2, topicEnd)).toBe(COMMAND);
  expect(heard.body.toString('utf8', topicEnd + 2)).toBe('{"action":"open"}');
  expect(client.of(3)).toHaveLength(1);
});

test('an end of the subscription ends the commands', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  client.send(subscribePacket(COMMAND));
  await client.next(9);
  client.send(
    packet(
      0xa2,
      Buffer.from([0, 8, COMMAND.length >> 8, COMMAND.length & 255]),
      Buffer.from(COMMAND),
    ),
  );
  await client.next(11);
  expect(await stand.broker.send('d-1', 'command', 'x')).toBe(false);
});

test('nothing waits for a device that is away, not even in a kept session', async () => {
  await start();
  const first = await RawClient.signIn(stand.port, { clean: false });
  first.send(subscribePacket(COMMAND));
  await first.next(9);
  // Heard and not acknowledged by the device: it must not come again either.
  expect(await stand.broker.send('d-1', 'command', 'unacknowledged')).toBe(true);
  await first.next(3);
  first.destroy();
  await until('it is away', () => !stand.broker.connected('d-1'));
  expect(await stand.broker.send('d-1', 'command', 'late')).toBe(false);
  const second = await RawClient.signIn(stand.port, { clean: false });
  expect((await second.next(2)).body[0]).toBe(1);
  // The session kept its subscription, and hears only what is sent from now on.
  await until('it hears', () => stand.broker.send('d-1', 'command', 'now'));
  const heard = await second.next(3);
  expect(heard.body.toString('utf8').endsWith('now')).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(second.of(3)).toHaveLength(1);
  // A clean session forgets.
  const third = await RawClient.signIn(stand.port);
  await second.ended();
  expect((await third.next(2)).body[0]).toBe(0);
  expect(await stand.broker.send('d-1', 'command', 'x')).toBe(false);
});

test('a device that does not read is dropped in time, and hurts nobody', async () => {
  await start({ drainTimeoutMs: 1_000 });
  const frozen = await RawClient.signIn(stand.port, { id: 'd-1' });
  frozen.send(subscribePacket(COMMAND));
  await frozen.next(9);
  frozen.socket.pause();
  const other = await RawClient.signIn(stand.port, { id: 'd-2' });
  const load = 'x'.repeat(60_000);
  let refused = 0;
  const sends: Promise<boolean>[] = [];
  for (let turn = 0; turn < 2_000 && refused === 0; turn++) {
    const sent = stand.broker.send('d-1', 'command', load);
    sends.push(sent);
    await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 2))]);
    if (sends.length % 10 === 0 && (await Promise.race([sent, Promise.resolve(null)])) === false) {
      refused++;
    }
  }
  const begin = performance.now();
  other.send(publishPacket('sluice/v1/coop-a/d-2/report', 'x'));
  await other.next(4);
  expect(performance.now() - begin).toBeLessThan(250);
  await until('the frozen one is out', () => !stand.broker.connected('d-1'), 6_000);
  expect(performance.now() - begin).toBeLessThan(6_000);
  expect(await stand.refusals('frozen')).toBe(1);
  await Promise.all(sends);
  expect(await stand.broker.send('d-1', 'command', load)).toBe(false);
});

test('a dropped device loses its connection at once, with what was still on its way', async () => {
  await start();
  const client = await RawClient.signIn(stand.port);
  const listening: string[] = [];
  const end = stand.broker.onListening((device) => void listening.push(device));
  client.send(subscribePacket(COMMAND));
  await client.next(9);
  expect(listening).toEqual(['d-1']);
  client.socket.pause();
  const load = 'x'.repeat(60_000);
  while (await Promise.race([stand.broker.send('d-1', 'command', load), false])) {}
  expect(stand.broker.drop('d-1')).toBe(true);
  expect(stand.broker.drop('d-1')).toBe(false);
  expect(stand.broker.drop('d-2')).toBe(false);
  expect(await stand.broker.send('d-1', 'command', 'late')).toBe(false);
  await until('it is out', () => !stand.broker.connected('d-1'));
  expect(await stand.refusals('unanswered')).toBe(1);
  // It may come back at once, and hears only what is new.
  const again = await RawClient.signIn(stand.port);
  again.send(subscribePacket(COMMAND));
  await again.next(9);
  expect(listening).toEqual(['d-1', 'd-1']);
  end();
  expect(await stand.broker.send('d-1', 'command', 'now')).toBe(true);
  expect((await again.next(3)).body.toString('utf8').endsWith('now')).toBe(true);
});

test('a kept session listens as soon as it is back', async () => {
  await start();
  const first = await RawClient.signIn(stand.port, { clean: false });
  first.send(subscribePacket(COMMAND));
  await first.next(9);
  first.destroy();
  await until('it is away', () => !stand.broker.connected('d-1'));
  const heard = new Promise<string>((resolve) => void stand.broker.onListening(resolve));
  await RawClient.signIn(stand.port, { clean: false });
  expect(await heard).toBe('d-1');
  expect(await stand.broker.send('d-1', 'command', 'x')).toBe(true);
});
