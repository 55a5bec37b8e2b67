import { expect, test } from 'vitest';
import { createAlertDesk } from '#src/alerts/desk';
import { uuidv7 } from '#src/base/uuid';
import type { Command } from '../../src/contracts/command.ts';
import { logger } from '../rules/harness.ts';
import { HAND, MINUTE, SECOND, Stand } from './stand.ts';

const HOUR = 3_600_000;

test('a restart goes on where it was: nothing is lost, sent late or moved back', async () => {
  const stand = await Stand.open();
  for (const id of ['v-1', 'v-2', 'v-3']) await stand.valve(id);
  stand.wire.connect('v-1');
  const running = await stand.open('v-1');
  await stand.ack(running, 'running');
  const waiting = await stand.open('v-2', { notAfter: stand.clock.now() + 5 * MINUTE });
  const late = await stand.open('v-3', { notAfter: stand.clock.now() + 30 * SECOND });
  await stand.restart(MINUTE);
  await stand.pass(SECOND);
  expect(await stand.get(late.id)).toMatchObject({ state: 'expired' });
  for (const id of ['v-2', 'v-3']) stand.wire.connect(id);
  await stand.desk.idle();
  expect(stand.wire.sent.map(({ id }) => id)).toEqual([running.id, waiting.id]);
  await stand.report('v-1', { flow_rate: 12 });
  expect(await stand.get(running.id)).toMatchObject({ state: 'effective', endedAt: null });
  await stand.pass(600 * SECOND, 5 * SECOND);
  expect(await stand.get(running.id)).toMatchObject({ endedAt: expect.any(Number) });
  const next = await stand.close('v-1');
  expect(next.sequence).toBe(2);
});

test('a clock set back ends starts that wait, keeps stops, and makes no lease longer', async () => {
  const stand = await Stand.open();
  for (const id of ['v-1', 'v-2', 'v-3']) await stand.valve(id);
  stand.wire.connect('v-1');
  const running = await stand.open('v-1');
  await stand.ack(running, 'running');
  const start = await stand.open('v-2');
  const stop = await stand.close('v-3');
  stand.clock.jump(-2 * HOUR);
  await stand.restart();
  expect(await stand.get(start.id)).toMatchObject({ state: 'expired' });
  stand.wire.connect('v-3');
  await stand.desk.idle();
  expect(await stand.get(stop.id)).toMatchObject({ state: 'sent' });
  await stand.pass(603 * SECOND, 9 * SECOND);
  expect(await stand.get(running.id)).toMatchObject({ endedAt: expect.any(Number) });
});

test('a clock that jumps in mid-run moves no lease, and sends nothing that waited', async () => {
  const stand = await Stand.open();
  for (const id of ['v-1', 'v-2']) await stand.valve(id);
  stand.wire.connect('v-1');
  const running = await stand.open('v-1');
  await stand.ack(running, 'running');
  const waiting = await stand.open('v-2', { notAfter: stand.clock.now() + HOUR });
  await stand.pass(10 * SECOND);
  stand.clock.jump(2 * HOUR);
  await stand.pass(2 * SECOND);
  expect(await stand.get(waiting.id)).toMatchObject({ state: 'expired' });
  expect(await stand.get(running.id)).toMatchObject({ state: 'running', endedAt: null });
  const other = { source: { type: 'programme' as const, name: 'morning', id: 'p' } };
  await expect(stand.open('v-1', other)).rejects.toMatchObject({ code: 'ACTUATOR_OWNED' });
  stand.clock.jump(-3 * HOUR);
  await stand.pass(580 * SECOND, 5 * SECOND);
  expect(await stand.get(running.id)).toMatchObject({ endedAt: null });
  await stand.pass(15 * SECOND);
  expect(await stand.get(running.id)).toMatchObject({ endedAt: expect.any(Number) });
});

test('a stop that nobody answers ends in its time, however far the clock was set back', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  const start = await stand.open(valve);
  await stand.ack(start, 'running');
  const stop = await stand.close(valve, { notAfter: stand.clock.now() + 10 * MINUTE });
  stand.wire.online.delete(valve);
  stand.clock.jump(-3 * HOUR);
  await stand.restart();
  await stand.pass(20 * MINUTE, 5 * SECOND);
  expect(await stand.get(stop.id)).toMatchObject({ state: 'unproven' });
  expect(await stand.state.commands.open()).toEqual([]);
});

test('a crash between the commit and the publishing leaves no command unsent and unknown', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  // It reaches the device, and nothing after it reaches the disk.
  stand.wire.send = () => new Promise(() => undefined);
  const order = stand.request(valve);
  await stand.desk.order(order);
  await stand.restart(2 * MINUTE);
  await stand.pass(SECOND);
  // Not `expired`: it may well have been taken.
  expect(await stand.get(order.id)).toMatchObject({ state: 'queued', attempts: 1 });
  await stand.report(valve, { flow_rate: 0 });
  await stand.pass(3 * MINUTE, 5 * SECOND);
  await stand.report(valve, { flow_rate: 0 });
  expect(await stand.get(order.id)).toMatchObject({ state: 'expired' });
});

test('ten thousand open commands are ready in two seconds', async () => {
  const stand = await Stand.open();
  const valves = 200;
  for (let n = 0; n < valves; n++) await stand.device(`v-${n}`);
  for (let n = 0; n < valves; n++) await stand.desk.saveActuator({ ...actuatorOf(n) }, HAND);
  const sample = await stand.close('v-0');
  const past = stand.clock.now() - HOUR;
  const open = Array.from({ length: 10_000 }, (_, n): Command => {
    const device = `v-${n % valves}`;
    const times = { createdAt: past, notAfter: past + MINUTE };
    return { ...sample, id: uuidv7(past), device, sequence: n + 2, ...times };
  });
  await stand.state.commands.save(open);
  const begun = performance.now();
  await stand.restart();
  const tookMs = performance.now() - begun;
  await stand.desk.tick();
  expect(tookMs).toBeLessThan(2_000);
  const { items } = await stand.desk.list({ states: ['queued'] }, { limit: 5 });
  expect(items.map(({ id }) => id)).toEqual([sample.id]);
});

test('a fault is an alert until somebody clears it', async () => {
  const stand = await Stand.open({
    alerts: (state) =>
      createAlertDesk({
        ...{ state, registry: state.registry, clock: { now: () => 0, monotonic: () => 0 }, logger },
        live: { publish: () => undefined },
      }),
  });
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  const start = await stand.open(valve);
  await stand.ack(start, 'failed', { reason: 'coil open' });
  const open = await stand.state.alerts.list({ device: valve }, { limit: 5 });
  expect(open.items).toMatchObject([
    { rule: 'actuator-fault', state: 'open', severity: 'critical', end: null, site: 'zone-a' },
  ]);
  await stand.desk.clearFault(valve, 'mended', HAND);
  const over = await stand.state.alerts.list({ device: valve }, { limit: 5 });
  expect(over.items).toMatchObject([{ state: 'resolved', end: expect.any(Number) }]);
  expect(stand.live.filter(({ type }) => type === 'alert')).toHaveLength(2);
});

function actuatorOf(n: number) {
  const witness = {
    ...{ device: null, metric: 'flow_rate', view: 'value' as const },
    ...{ on: { min: 5, max: null }, off: { min: null, max: 0.2 }, withinSeconds: 60 },
  };
  return {
    ...{ device: `v-${n}`, coop: 'coop', site: 'zone-a', role: 'irrigation-valve' as const },
    ...{ enabled: true, failSafe: 'off' as const, maxSeconds: 1_800, witness, supply: null },
    ...{ nominalFlow: null, interlocks: [] },
  };
}
