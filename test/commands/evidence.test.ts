import { expect, test } from 'vitest';
import type { Witness } from '../../src/contracts/actuator.ts';
import type { Command } from '../../src/contracts/command.ts';
import { HAND, MINUTE, SECOND, Stand, valveOf } from './stand.ts';

async function standWithValve(): Promise<{ stand: Stand; valve: string }> {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  return { stand, valve };
}

test('words that are repeated, late, contradictory, unknown or of others change nothing', async () => {
  const { stand, valve } = await standWithValve();
  const other = await stand.valve('v-2');
  const command = await stand.open(valve);
  await stand.ack({ ...command, device: other }, 'running');
  await stand.ack({ id: 'no such id', device: valve }, 'running');
  await stand.accept({ acks: [stand.ackFrame(valve, { id: command.id, state: 'flying' })] });
  expect(await stand.get(command.id)).toMatchObject({ state: 'sent' });
  await stand.ack(command, 'running', { grantedSeconds: 5_000 });
  const running = await stand.get(command.id);
  expect(running).toMatchObject({ state: 'running', grantedSeconds: 600 });
  for (const word of ['accepted', 'running', 'refused']) {
    await stand.pass(SECOND);
    expect(await stand.ack(command, word)).toEqual(running);
  }
  await stand.report(valve, { flow_rate: 12 });
  const proven = await stand.get(command.id);
  expect(proven.state).toBe('effective');
  for (const word of ['accepted', 'running', 'refused', 'failed']) {
    expect(await stand.ack(command, word)).toEqual(proven);
  }
  const stop = await stand.close(valve);
  await stand.ack(stop, 'done');
  await stand.pass(SECOND);
  await stand.report(valve, { flow_rate: 0 });
  const stopped = await stand.get(stop.id);
  expect(stopped.state).toBe('effective');
  for (const word of ['accepted', 'running', 'done', 'refused', 'failed']) {
    expect(await stand.ack(stop, word)).toEqual(stopped);
    expect(await stand.ack(command, word)).toMatchObject({ state: 'effective' });
  }
  expect((await stand.desk.actuator(valve))?.state).toMatchObject({ position: 'off', lease: null });
});

test('accepting a batch twice is accepting it once', async () => {
  const { stand, valve } = await standWithValve();
  const command = await stand.open(valve);
  const batch = await stand.accept({
    acks: [stand.ackFrame(valve, { id: command.id, state: 'running' })],
  });
  const once = [await stand.get(command.id), (await stand.desk.actuator(valve))?.state];
  await stand.desk.accept(batch);
  expect([await stand.get(command.id), (await stand.desk.actuator(valve))?.state]).toEqual(once);
  expect(await stand.state.cursors.get('commands')).toBe(batch.next);
});

test('a command nobody answers is sent twice, and its connection is closed at notAfter', async () => {
  const { stand, valve } = await standWithValve();
  const command = await stand.open(valve);
  await stand.pass(9 * SECOND);
  expect(stand.wire.sent).toHaveLength(1);
  await stand.pass(2 * SECOND);
  expect(stand.wire.sent).toHaveLength(2);
  expect(stand.wire.sent[1]).toMatchObject({ id: command.id, sequence: command.sequence });
  await stand.pass(30 * SECOND);
  expect(stand.wire.sent).toHaveLength(2);
  expect(stand.wire.dropped).toEqual([]);
  await stand.pass(20 * SECOND);
  expect(stand.wire.dropped).toEqual([valve]);
  stand.wire.connect(valve);
  await stand.desk.idle();
  expect(stand.wire.sent).toHaveLength(2);
  expect(await stand.get(command.id)).toMatchObject({ state: 'sent', attempts: 2 });
  // Nothing flows until long after it could have begun: nobody took it.
  await stand.pass(70 * SECOND);
  await stand.report(valve, { flow_rate: 0 });
  const expired = { state: 'expired', reason: 'COMMAND_UNANSWERED', startedAt: null };
  expect(await stand.get(command.id)).toMatchObject(expired);
});

test('a start nobody answered that is seen to run is effective, and its lease is watched', async () => {
  const { stand, valve } = await standWithValve();
  const command = await stand.open(valve, { maxSeconds: 300 });
  await stand.report(valve, { flow_rate: 0 });
  await stand.pass(65 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  const seen = await stand.get(command.id);
  expect(seen).toMatchObject({ state: 'effective', endedAt: null });
  const view = await stand.desk.actuator(valve);
  expect(view?.state).toMatchObject({ position: 'on', lease: { command: command.id } });
  // At the latest it began at its notAfter.
  expect(view?.state.lease?.until).toBe(command.notAfter + 300 * SECOND);
});

test('of two starts that a device was handed, flow alone proves neither', async () => {
  const { stand, valve } = await standWithValve();
  const silent = await stand.open(valve);
  await stand.report(valve, { flow_rate: 0 });
  await stand.pass(65 * SECOND);
  stand.wire.connect(valve);
  const other = await stand.open(valve);
  await stand.ack(other, 'accepted');
  await stand.pass(SECOND);
  await stand.report(valve, { flow_rate: 0, valve_open: 1 });
  await stand.pass(20 * SECOND);
  await stand.report(valve, { flow_rate: 12, valve_open: 1 });
  expect(await stand.get(silent.id)).toMatchObject({ state: 'sent' });
  await stand.ack(other, 'running');
  expect(await stand.get(silent.id)).toMatchObject({ state: 'unproven' });
  await stand.pass(20 * SECOND);
  await stand.report(valve, { flow_rate: 12, valve_open: 1 });
  expect(await stand.get(other.id)).toMatchObject({ state: 'effective' });
});

test('while a start that nobody answered may run, its flow proves no other', async () => {
  const { stand, valve } = await standWithValve();
  const first = await stand.open(valve, { maxSeconds: 900 });
  await stand.pass(10 * MINUTE, 5 * SECOND);
  expect(await stand.get(first.id)).toMatchObject({ state: 'unproven' });
  stand.wire.connect(valve);
  const [stop] = (await stand.desk.list({ source: 'compensation' }, { limit: 5 })).items;
  await stand.ack(stop as Command, 'refused');
  await stand.report(valve, { flow_rate: 0 });
  const second = await stand.open(valve);
  await stand.pass(65 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  expect(await stand.get(second.id)).toMatchObject({ state: 'sent' });
  await stand.pass(10 * MINUTE, 5 * SECOND);
  expect(await stand.get(second.id)).toMatchObject({ state: 'unproven' });
});

test('a stop that waits for its witness is not pushed aside by the end that it made', async () => {
  const { stand, valve } = await standWithValve();
  const start = await stand.open(valve);
  await stand.ack(start, 'running');
  await stand.pass(60 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  const stop = await stand.close(valve, { notAfter: stand.clock.now() + 30 * SECOND });
  await stand.pass(40 * SECOND);
  await stand.ack(start, 'done');
  expect(await stand.get(stop.id)).toMatchObject({ state: 'sent' });
  await stand.ack(stop, 'done');
  await stand.pass(61 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  expect(await stand.get(stop.id)).toMatchObject({ state: 'contradicted' });
});

test('a start whose fate nobody saw is stopped', async () => {
  const { stand, valve } = await standWithValve();
  const command = await stand.open(valve);
  await stand.pass(10 * MINUTE, 5 * SECOND);
  expect(await stand.get(command.id)).toMatchObject({ state: 'unproven' });
  const { items } = await stand.desk.list({ source: 'compensation' }, { limit: 5 });
  expect(items).toMatchObject([{ to: 'off', compensates: command.id }]);
});

test('nothing is sent after notAfter, and what waits for a device goes when it listens', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  const late = await stand.open(valve, { notAfter: stand.clock.now() + 5 * SECOND });
  stand.clock.advance(5 * SECOND);
  stand.wire.connect(valve);
  await stand.desk.idle();
  expect(stand.wire.sent).toEqual([]);
  await stand.pass(SECOND);
  expect(await stand.get(late.id)).toMatchObject({ state: 'expired', reason: 'COMMAND_EXPIRED' });
  stand.wire.online.clear();
  const waiting = await stand.open(valve);
  stand.wire.connect(valve);
  await stand.desk.idle();
  expect(await stand.get(waiting.id)).toMatchObject({ state: 'sent', attempts: 1 });
});

test('a stop takes the place of a start that waits, and does not wait for its device to be fit', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  const start = await stand.open(valve);
  const stop = await stand.close(valve);
  expect(await stand.get(start.id)).toMatchObject({
    state: 'refused',
    reason: 'COMMAND_SUPERSEDED',
  });
  stand.wire.connect(valve);
  await stand.desk.idle();
  expect(stand.wire.sent.map(({ id }) => id)).toEqual([stop.id]);
});

test('water that still flows after a close brings a second close, the pump, and an alert', async () => {
  const stand = await Stand.open();
  await stand.valve('pump', { role: 'pump', witness: null });
  const valve = await stand.valve('v-1', { supply: 'pump' });
  for (const id of [valve, 'pump']) stand.wire.connect(id);
  const runPump = await stand.open('pump');
  await stand.ack(runPump, 'running');
  const start = await stand.open(valve);
  await stand.ack(start, 'running');
  await stand.pass(65 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  expect(await stand.get(start.id)).toMatchObject({ state: 'effective' });
  const stop = await stand.close(valve);
  await stand.ack(stop, 'done');
  await stand.pass(90 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  await stand.pass(SECOND);
  expect(await stand.get(stop.id)).toMatchObject({
    state: 'contradicted',
    reason: 'WITNESS_CONTRADICTS',
  });
  const remedies = async () => {
    const { items } = await stand.desk.list({ source: 'compensation' }, { limit: 9 });
    return items.reverse();
  };
  const [again] = await remedies();
  expect(again).toMatchObject({ device: valve, to: 'off', compensates: stop.id });
  await stand.ack({ id: again?.id ?? '', device: valve }, 'done');
  await stand.pass(90 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  await stand.pass(SECOND);
  expect((await remedies()).map(({ device, to }) => [device, to])).toEqual([
    [valve, 'off'],
    ['pump', 'off'],
  ]);
  await stand.ack({ id: (await remedies())[1]?.id ?? '', device: 'pump' }, 'done');
  await stand.pass(2 * SECOND);
  const { fault } = (await stand.desk.actuator(valve))?.state ?? {};
  expect(fault).toMatchObject({ code: 'stuck-valve', command: stop.id });
  await expect(stand.open(valve)).rejects.toMatchObject({ code: 'ACTUATOR_FAULTY' });
  // A stop always passes, and somebody who looked ends the fault.
  await stand.close(valve);
  const cleared = await stand.desk.clearFault(valve, 'new membrane', HAND);
  expect(cleared?.state.fault).toBeNull();
  const { items } = await stand.state.audit.list({ subject: valve }, { limit: 3 });
  expect(items.map(({ what }) => what)).toContain('actuator.fault-cleared');
});

test('a device that runs on after its lease is closed', async () => {
  const { stand, valve } = await standWithValve();
  const start = await stand.open(valve, { maxSeconds: 120 });
  await stand.ack(start, 'running');
  await stand.pass(60 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  await stand.pass(140 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  await stand.pass(SECOND);
  const { items } = await stand.desk.list({ source: 'compensation' }, { limit: 5 });
  expect(items).toMatchObject([{ to: 'off', compensates: start.id }]);
  expect(await stand.get(start.id)).toMatchObject({ state: 'effective' });
});

test('a start that shows nothing is stopped, and its part has a fault', async () => {
  const { stand, valve } = await standWithValve();
  const start = await stand.open(valve);
  await stand.report(valve, { flow_rate: 0 });
  await stand.ack(start, 'running');
  await stand.pass(70 * SECOND);
  await stand.report(valve, { flow_rate: 0 });
  await stand.pass(SECOND);
  expect(await stand.get(start.id)).toMatchObject({ state: 'contradicted' });
  const { items } = await stand.desk.list({ source: 'compensation' }, { limit: 5 });
  expect(items).toMatchObject([{ to: 'off', compensates: start.id }]);
  expect((await stand.desk.actuator(valve))?.state.fault?.code).toBe('blockage');
});

test.each([
  ['more than a run has', 60, ['command.went-wrong']],
  ['as little as a valve that closes', 3, []],
])('while a stop is on its way, %s is judged by what it can explain', async (_, flow, told) => {
  const { stand } = await standWithValve();
  const witness = { ...valveOf('v-2').witness, on: { min: 5, max: 20 } } as Witness;
  const valve = await stand.valve('v-2', { witness, nominalFlow: 12 });
  stand.wire.connect(valve);
  const start = await stand.open(valve);
  await stand.ack(start, 'running');
  await stand.pass(20 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  expect(await stand.get(start.id)).toMatchObject({ state: 'effective' });
  await stand.pass(50 * SECOND);
  await stand.close(valve);
  await stand.pass(SECOND);
  await stand.report(valve, { flow_rate: flow });
  const { items } = await stand.state.audit.list({ subject: valve }, { limit: 50 });
  const wrong = items.filter(({ what }) => what === 'command.went-wrong');
  expect(wrong.map(({ what }) => what)).toEqual(told);
});

test('a start that was given up and runs all the same is owned, and stopped', async () => {
  const { stand, valve } = await standWithValve();
  const start = await stand.open(valve);
  await stand.pass(130 * SECOND);
  await stand.report(valve, { flow_rate: 0 });
  expect(await stand.get(start.id)).toMatchObject({ state: 'expired' });
  stand.wire.connect(valve);
  await stand.ack(start, 'running');
  expect(await stand.get(start.id)).toMatchObject({ state: 'expired', endedAt: null });
  const other = { source: { type: 'programme' as const, name: 'morning', id: 'p-1' } };
  await expect(stand.open(valve, other)).rejects.toMatchObject({ code: 'ACTUATOR_OWNED' });
  const { items } = await stand.desk.list({ source: 'compensation' }, { limit: 5 });
  expect(items).toMatchObject([{ to: 'off', compensates: start.id, state: 'sent' }]);
  await stand.ack(items[0] ?? start, 'done');
  expect(await stand.get(start.id)).toMatchObject({ endedAt: stand.clock.now() });
  expect((await stand.desk.actuator(valve))?.state.fault).toBeNull();
});

test('a device that closes early is free, and its timeline says so', async () => {
  const { stand, valve } = await standWithValve();
  const start = await stand.open(valve, { maxSeconds: 600 });
  await stand.ack(start, 'accepted', { grantedSeconds: 300 });
  await stand.ack(start, 'running');
  await stand.pass(100 * SECOND);
  await stand.ack(start, 'done');
  const ended = await stand.get(start.id);
  expect(ended).toMatchObject({ state: 'unproven', endedAt: stand.clock.now() });
  const notes = ended.timeline.map(({ note }) => note);
  expect(notes).toContain('granted 300 of 600 s');
  expect(notes).toContain('it closed 200 s before its end');
  const other = { source: { type: 'programme' as const, name: 'morning', id: 'p-1' } };
  await stand.open(valve, other);
  expect((await stand.desk.actuator(valve))?.state.use.seconds).toBe(100);
});

test('an interlock is asked when a start is ordered, when it is sent, and while it runs', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1', {
    role: 'pump',
    interlocks: [
      {
        ...{ type: 'tank-level', enabled: true, device: 'v-1', metric: 'tank_level' },
        lowPercent: 20,
      },
    ],
  });
  const low = { code: 'INTERLOCK_TANK_LEVEL' };
  await expect(stand.open(valve)).rejects.toMatchObject(low);
  await stand.report(valve, { tank_level: 50 });
  const waiting = await stand.open(valve);
  await stand.report(valve, { tank_level: 10 }, { at: stand.clock.now() + 1 });
  stand.wire.connect(valve);
  await stand.desk.idle();
  expect(await stand.get(waiting.id)).toMatchObject({ state: 'refused', reason: low.code });
  expect(stand.wire.sent).toEqual([]);
  await stand.pass(10 * SECOND);
  await stand.report(valve, { tank_level: 50 });
  const running = await stand.open(valve);
  await stand.ack(running, 'running');
  await stand.pass(10 * SECOND);
  await stand.report(valve, { tank_level: 10 });
  await stand.pass(2 * SECOND);
  const { items } = await stand.desk.list({ source: 'compensation' }, { limit: 5 });
  expect(items).toMatchObject([
    { to: 'off', state: 'sent', why: expect.stringContaining(low.code) },
  ]);
});
