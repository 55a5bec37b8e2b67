import { expect, test } from 'vitest';
import { MINUTE, SECOND, Stand } from './stand.ts';

/** Nobody is sent to a part that does as it should, whatever its link does to the words. */
async function running(seconds = 600) {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  await stand.report(valve, { flow_rate: 0, valve_open: 0 });
  const start = await stand.open(valve, { maxSeconds: seconds });
  await stand.pass(30 * SECOND);
  await stand.ack(start, 'running');
  await stand.pass(20 * SECOND);
  await stand.report(valve, { flow_rate: 12, valve_open: 1 });
  const fault = async () => (await stand.desk.actuator(valve))?.state.fault?.code ?? null;
  return { stand, valve, start, fault };
}

test('a run that began before its word came may end before its lease', async () => {
  const { stand, valve, fault } = await running(300);
  await stand.pass(240 * SECOND, 5 * SECOND);
  await stand.report(valve, { flow_rate: 12, valve_open: 1 });
  // It was sent 290 s ago: by its own clock its 300 s are over in 10 s, by the lease in 30.
  await stand.pass(12 * SECOND);
  await stand.report(valve, { flow_rate: 9, valve_open: 0 });
  expect(await fault()).toBeNull();
});

test('a run that ended just now has its word on the way; one that stays shut has a fault', async () => {
  const { stand, valve, fault } = await running();
  await stand.pass(150 * SECOND, 5 * SECOND);
  // The valve lets go in mid-run; its report and its word cross.
  await stand.report(valve, { flow_rate: 12, valve_open: 0 });
  expect(await fault()).toBeNull();
  await stand.pass(110 * SECOND, 5 * SECOND);
  await stand.report(valve, { flow_rate: 12, valve_open: 0 });
  expect(await fault()).toBeNull();
  await stand.pass(15 * SECOND);
  await stand.report(valve, { flow_rate: 12, valve_open: 0 });
  expect(await fault()).toBe('stuck-valve');
});

test('a stop that was done without a word explains a valve that is shut', async () => {
  const { stand, valve, fault } = await running();
  await stand.close(valve);
  await stand.pass(61 * SECOND);
  await stand.report(valve, { flow_rate: 0, valve_open: 0 });
  await stand.pass(4 * MINUTE, 5 * SECOND);
  await stand.report(valve, { flow_rate: 0, valve_open: 0 });
  expect(await fault()).toBeNull();
});

test('what flows is judged by where the same report says that the valve stands', async () => {
  const { stand, valve, fault } = await running();
  // Long enough to be a blockage, had the valve stood open.
  for (let report = 0; report < 4; report++) {
    await stand.pass(MINUTE, 5 * SECOND);
    await stand.report(valve, { flow_rate: 12, valve_open: 1 });
  }
  await stand.close(valve, { notAfter: stand.clock.now() + 5 * SECOND });
  await stand.pass(2 * MINUTE, 5 * SECOND);
  await stand.report(valve, { flow_rate: 0, valve_open: 0 });
  await stand.pass(MINUTE, 5 * SECOND);
  await stand.report(valve, { flow_rate: 0, valve_open: 0 });
  expect(await fault()).toBeNull();
});

test('a device that is away while its water runs on has no answer; that is over once it stands', async () => {
  const { stand, valve, fault } = await running();
  const stop = await stand.close(valve, { notAfter: stand.clock.now() + 30 * SECOND });
  await stand.pass(40 * SECOND);
  stand.wire.online.delete(valve);
  await stand.pass(60 * SECOND);
  await stand.report(valve, { flow_rate: 12, valve_open: 1 });
  expect(await stand.get(stop.id)).toMatchObject({ state: 'contradicted' });
  expect(await fault()).toBe('no-answer');
  const { items: before } = await stand.state.audit.list({ subject: valve }, { limit: 50 });
  expect(before.some(({ what }) => what === 'actuator.fault')).toBe(true);
  stand.wire.connect(valve);
  await stand.desk.idle();
  const [again] = (await stand.desk.list({ source: 'compensation' }, { limit: 5 })).items;
  expect(again).toMatchObject({ to: 'off', state: 'sent' });
  if (again === undefined) return;
  await stand.ack(again, 'done');
  expect(await fault()).toBeNull();
  const { items } = await stand.state.audit.list({ subject: valve }, { limit: 50 });
  expect(items.some(({ what }) => what === 'actuator.fault-cleared')).toBe(true);
});

test('a start that nobody answered may hold its valve open until its time is over', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1', { witness: null });
  stand.wire.connect(valve);
  const first = await stand.open(valve, { maxSeconds: 60 });
  await stand.ack(first, 'running');
  await stand.ack(first, 'done');
  const fault = async () => (await stand.desk.actuator(valve))?.state.fault?.code ?? null;
  const silent = await stand.open(valve, { maxSeconds: 300 });
  await stand.pass(62 * SECOND);
  expect(await stand.get(silent.id)).toMatchObject({ state: 'unproven' });
  stand.wire.online.clear();
  await stand.pass(4 * MINUTE, 5 * SECOND);
  await stand.report(valve, { valve_open: 1 });
  expect(await fault()).toBeNull();
  await stand.pass(5 * MINUTE, 5 * SECOND);
  await stand.report(valve, { valve_open: 1 });
  expect(await fault()).toBe('stuck-valve');
});

test('a device that never answers again stands once its witness shows it at rest', async () => {
  const { stand, valve, fault } = await running();
  await stand.close(valve, { notAfter: stand.clock.now() + 30 * SECOND });
  await stand.pass(40 * SECOND);
  stand.wire.online.delete(valve);
  await stand.pass(60 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  expect(await fault()).toBe('no-answer');
  await stand.pass(MINUTE, 5 * SECOND);
  await stand.report(valve, { flow_rate: 0 }, { quality: 'clock' });
  expect(await fault()).toBe('no-answer');
  await stand.pass(MINUTE, 5 * SECOND);
  await stand.report(valve, { flow_rate: 0 });
  expect(await fault()).toBeNull();
});
