import { expect, test } from 'vitest';
import { HAND, MINUTE, SECOND, Stand, valveOf } from './stand.ts';

test('a command is on disk before it is published, once, with its sequence', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  const order = stand.request(valve);
  let kept: unknown;
  stand.wire.take = () => true;
  const send = stand.wire.send.bind(stand.wire);
  stand.wire.send = async (...args) => {
    kept = await stand.state.commands.get(order.id);
    return send(...args);
  };
  const command = await stand.desk.order(order);
  expect(command).toMatchObject({ state: 'queued', sequence: 1, before: 'unknown', to: 'on' });
  await stand.desk.idle();
  expect(kept).toMatchObject({ id: order.id, attempts: 1 });
  expect(await stand.get(order.id)).toMatchObject({ state: 'sent', attempts: 1 });
  expect(stand.wire.sent).toEqual([
    {
      ...{ id: order.id, device: valve, action: 'open', maxSeconds: 600, sequence: 1 },
      ...{ at: stand.clock.now(), monotonic: 0, notAfter: stand.clock.now() + MINUTE },
    },
  ]);
  const { items } = await stand.state.audit.list({ subject: valve }, { limit: 1 });
  expect(items).toMatchObject([{ what: 'command.ordered', who: 'Lan', after: { id: order.id } }]);
});

test('the same id is the same command, whatever else it says, also after a restart', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  const order = stand.request(valve);
  const first = await stand.open(valve, order);
  expect(await stand.desk.order({ ...order, action: 'close' })).toEqual(first);
  await stand.restart();
  expect(await stand.desk.order(order)).toMatchObject({ id: order.id, sequence: 1 });
  expect(stand.wire.sent).toHaveLength(1);
});

test('the way from sent to effective and to the end of the lease', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  const command = await stand.open(valve, { maxSeconds: 300 });
  await stand.pass(SECOND);
  expect(await stand.ack(command, 'accepted', { grantedSeconds: 240 })).toMatchObject({
    state: 'acknowledged',
    grantedSeconds: 240,
  });
  await stand.pass(SECOND);
  const startedAt = stand.clock.now();
  expect(await stand.ack(command, 'running')).toMatchObject({ state: 'running', startedAt });
  expect((await stand.desk.actuator(valve))?.state).toMatchObject({
    position: 'on',
    lease: { command: command.id, from: startedAt, until: startedAt + 240 * SECOND, owner: 'Lan' },
  });
  await stand.pass(30 * SECOND);
  await stand.report(valve, { flow_rate: 12 });
  expect(await stand.get(command.id)).toMatchObject({
    state: 'effective',
    proof: { metric: 'flow_rate', value: 12 },
    endedAt: null,
  });
  await stand.pass(209 * SECOND);
  expect(await stand.get(command.id)).toMatchObject({ endedAt: null });
  await stand.pass(4 * SECOND);
  expect(await stand.get(command.id)).toMatchObject({
    state: 'effective',
    endedAt: startedAt + 240 * SECOND,
  });
  await stand.pass(10 * SECOND);
  await stand.report(valve, { flow_rate: 0 });
  const { state } = (await stand.desk.actuator(valve)) ?? {};
  expect(state).toMatchObject({ position: 'off', lease: null, use: { seconds: 240 } });
  expect(state?.verdicts).toEqual({ effective: 1, contradicted: 0, unproven: 0, failed: 0 });
  expect((await stand.get(command.id)).timeline.map((step) => step.state)).toContain('sent');
});

test('what is refused has a code, a field, a fix and a line in the audit', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  const now = stand.clock.now();
  await stand.device('p-1', 'zone-a', 'pond-sensor');
  const cases: Array<[Parameters<Stand['request']>[1], string, string]> = [
    [{ id: '0190-x' }, 'COMMAND_INVALID', 'id'],
    [{ device: 'nowhere' }, 'ACTUATOR_NOT_FOUND', 'device'],
    [{ device: 'p-1' }, 'COMMAND_UNKNOWN_ACTION', 'device'],
    [{ action: 'opne' }, 'COMMAND_UNKNOWN_ACTION', 'action'],
    [{ maxSeconds: 1_801 }, 'COMMAND_OVER_CAP', 'maxSeconds'],
    [{ maxSeconds: 0 }, 'COMMAND_INVALID', 'maxSeconds'],
    [{ maxSeconds: Number.NaN }, 'COMMAND_INVALID', 'maxSeconds'],
    [{ action: 'close', maxSeconds: 60 }, 'COMMAND_INVALID', 'maxSeconds'],
    [{ notAfter: now }, 'COMMAND_OFFLINE', 'notAfter'],
    [{ notAfter: now + 8 * 86_400_000 }, 'COMMAND_INVALID', 'notAfter'],
  ];
  for (const [more, code, field] of cases) {
    const request = stand.request(valve, more);
    const refused = expect(stand.desk.order(request), JSON.stringify(more)).rejects;
    await refused.toMatchObject({ code, field, hint: expect.any(String) });
  }
  const { maxSeconds: _, ...endless } = stand.request(valve);
  const refused = expect(stand.desk.order(endless)).rejects;
  await refused.toMatchObject({ code: 'COMMAND_NO_LEASE', field: 'maxSeconds' });
  stand.wire.connect(valve);
  const late = stand.desk.order(stand.request(valve, { notAfter: now - 1 }));
  await expect(late).rejects.toMatchObject({ code: 'COMMAND_TOO_LATE' });
  const { items } = await stand.state.audit.list({}, { limit: 100 });
  const refusals = items.filter(({ what }) => what === 'command.refused');
  expect(refusals.map(({ after }) => (after as { code: string }).code).reverse()).toEqual([
    ...cases.map(([, code]) => code),
    'COMMAND_NO_LEASE',
    'COMMAND_TOO_LATE',
  ]);
  expect(stand.wire.sent).toEqual([]);
});

test('a refused start stays refused under its id, and is kept', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1', { enabled: false });
  const order = stand.request(valve);
  for (const _ of [1, 2]) {
    await expect(stand.desk.order(order)).rejects.toMatchObject({ code: 'ACTUATOR_DISABLED' });
  }
  const kept = { state: 'refused', reason: 'ACTUATOR_DISABLED', sequence: 0 };
  expect(await stand.get(order.id)).toMatchObject(kept);
  // A stop passes all the same.
  expect(await stand.close(valve)).toMatchObject({ state: 'queued', sequence: 1 });
  expect(await stand.desk.check(stand.request(valve))).toMatchObject({ code: 'ACTUATOR_DISABLED' });
});

test('a second owner is refused while one runs or is on the way; the owner extends', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  const first = await stand.open(valve);
  const other = { source: { type: 'programme' as const, name: 'morning', id: 'p-1' } };
  const owned = { code: 'ACTUATOR_OWNED' };
  await expect(stand.open(valve, other)).rejects.toMatchObject(owned);
  await stand.ack(first, 'running');
  await expect(stand.open(valve, other)).rejects.toMatchObject(owned);
  const second = await stand.open(valve, { maxSeconds: 900 });
  await stand.pass(SECOND);
  await stand.ack(second, 'running', { grantedSeconds: 900 });
  expect(await stand.get(first.id)).toMatchObject({ endedAt: stand.clock.now() });
  expect((await stand.desk.actuator(valve))?.state.lease).toMatchObject({ command: second.id });
  const stop = await stand.close(valve, { source: other.source });
  await stand.ack(stop, 'done');
  await stand.open(valve, other);
});

test('several at once need a second word, and pass all or none', async () => {
  const stand = await Stand.open();
  for (const id of ['v-1', 'v-2']) stand.wire.connect(await stand.valve(id));
  const orders = ['v-1', 'v-2'].map((id) => stand.request(id));
  const asked = await stand.desk.orderAll(orders, HAND).catch((error: unknown) => error);
  expect(asked).toMatchObject({ code: 'CONFIRMATION_NEEDED', confirmation: expect.any(String) });
  const { confirmation } = asked as { confirmation: string };
  const foreign = stand.desk.orderAll(orders, { by: 'Minh', confirmation });
  await expect(foreign).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' });
  const more = [...orders, stand.request('v-1', { action: 'close' })];
  const other = stand.desk.orderAll(more, { ...HAND, confirmation });
  await expect(other).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' });
  expect(await stand.desk.orderAll(orders, { ...HAND, confirmation })).toHaveLength(2);
  stand.clock.advance(121 * SECOND);
  const old = stand.desk.orderAll(orders, { ...HAND, confirmation });
  await expect(old).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' });
  await stand.desk.saveActuator({ ...valveOf('v-2'), enabled: false }, HAND);
  const halves = ['v-1', 'v-2'].map((id) => stand.request(id));
  const again = await stand.desk.orderAll(halves, HAND).catch((error: unknown) => error);
  const hand = { ...HAND, confirmation: (again as { confirmation: string }).confirmation };
  const refused = stand.desk.orderAll(halves, hand);
  await expect(refused).rejects.toMatchObject({ code: 'ACTUATOR_DISABLED' });
  expect(await stand.desk.get(halves[0]?.id ?? '')).toBeUndefined();
});

test('a device that knows a higher number is told one above it the next time', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  const refused = await stand.open(valve);
  expect(refused.sequence).toBe(1);
  expect(await stand.ack(refused, 'refused', { reason: 'older' })).toMatchObject({
    state: 'refused',
    reason: 'older',
  });
  const next = await stand.open(valve);
  expect(next.sequence).toBe(Math.floor(stand.clock.now() / 1_000) + 1);
  await stand.restart();
  expect((await stand.close(valve)).sequence).toBe(next.sequence + 1);
});
