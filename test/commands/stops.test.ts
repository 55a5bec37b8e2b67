import { expect, test } from 'vitest';
import { HAND, MINUTE, SECOND, Stand, valveOf } from './stand.ts';

test('an emergency stop reaches what runs and what waits, twice is once, and holds', async () => {
  const stand = await Stand.open();
  for (const id of ['v-1', 'v-2']) await stand.valve(id);
  await stand.valve('v-3', { site: 'zone-b' });
  stand.wire.connect('v-1');
  const running = await stand.open('v-1');
  await stand.ack(running, 'running');
  const waiting = await stand.open('v-2');
  const elsewhere = await stand.open('v-3');
  const stop = await stand.desk.emergencyStop('site:zone-a', 'pipe burst', HAND);
  expect(stop).toMatchObject({ scope: 'site:zone-a', coop: 'coop', by: 'Lan' });
  await stand.desk.idle();
  expect(await stand.get(waiting.id)).toMatchObject({
    state: 'refused',
    reason: 'ACTUATOR_STOPPED',
  });
  expect(await stand.get(elsewhere.id)).toMatchObject({ state: 'queued' });
  const ordered = async () =>
    (await stand.desk.list({ source: 'emergency-stop' }, { limit: 9 })).items.map(
      ({ device, state }) => `${device} ${state}`,
    );
  expect((await ordered()).sort()).toEqual(['v-1 sent', 'v-2 queued']);
  expect(await stand.desk.emergencyStop('site:zone-a', 'again', { by: 'Minh' })).toEqual(stop);
  expect(await ordered()).toHaveLength(2);
  await expect(stand.open('v-1')).rejects.toMatchObject({ code: 'ACTUATOR_STOPPED' });
  await stand.restart();
  await expect(stand.open('v-2')).rejects.toMatchObject({ code: 'ACTUATOR_STOPPED' });
  // A stop is never refused.
  await stand.close('v-2');
  const asked = await stand.desk.release('site:zone-a', HAND).catch((error: unknown) => error);
  expect(asked).toMatchObject({ code: 'CONFIRMATION_NEEDED' });
  const { confirmation } = asked as { confirmation: string };
  expect(await stand.desk.release('site:zone-a', { ...HAND, confirmation })).toBe(true);
  expect(await stand.desk.release('site:zone-a', HAND)).toBe(false);
  expect(await stand.desk.stops({})).toEqual([]);
  await stand.pass(2 * SECOND);
  const { items } = await stand.desk.list({ states: ['queued', 'sent'] }, { limit: 9 });
  expect(items.filter(({ to, id }) => to === 'on' && id !== elsewhere.id)).toEqual([]);
});

test('an emergency stop that nobody answers keeps no later stop from its end', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  stand.wire.connect(valve);
  await stand.ack(await stand.open(valve), 'running');
  await stand.desk.emergencyStop(`device:${valve}`, null, HAND);
  await stand.pass(15 * SECOND);
  const stop = await stand.close(valve, { notAfter: stand.clock.now() + MINUTE });
  await stand.pass(15 * SECOND);
  expect(await stand.get(stop.id)).toMatchObject({ state: 'sent', attempts: 2 });
  stand.wire.online.delete(valve);
  await stand.pass(30 * MINUTE, 5 * SECOND);
  expect(await stand.get(stop.id)).toMatchObject({ state: 'unproven' });
});

test('aerators go on unless they are named', async () => {
  const stand = await Stand.open();
  await stand.valve('aerator', { role: 'aerator', failSafe: 'on' });
  stand.wire.connect('aerator');
  const running = await stand.open('aerator');
  await stand.ack(running, 'running');
  await stand.desk.emergencyStop('coop:coop', null, HAND);
  expect((await stand.desk.list({ source: 'emergency-stop' }, { limit: 9 })).items).toEqual([]);
  await stand.desk.emergencyStop('device:aerator', null, HAND);
  const { items } = await stand.desk.list({ source: 'emergency-stop' }, { limit: 9 });
  expect(items).toMatchObject([{ device: 'aerator', to: 'off' }]);
  for (const scope of ['device:none', 'site:none', 'pond', 'site:']) {
    const refused = expect(stand.desk.emergencyStop(scope, null, HAND), scope).rejects;
    await refused.toMatchObject({ code: 'STOP_SCOPE_INVALID', field: 'scope' });
  }
});

test('an actuator that cannot be is refused; a higher cap needs a second word', async () => {
  const stand = await Stand.open();
  const valve = await stand.valve('v-1');
  const wrong = stand.desk.saveActuator({ ...valveOf(valve), supply: valve }, HAND);
  await expect(wrong).rejects.toMatchObject({ code: 'ACTUATOR_INVALID', field: 'supply' });
  const higher = { ...valveOf(valve), maxSeconds: 3_600 };
  const asked = await stand.desk.saveActuator(higher, HAND).catch((error: unknown) => error);
  expect(asked).toMatchObject({ code: 'CONFIRMATION_NEEDED' });
  const { confirmation } = asked as { confirmation: string };
  const saved = await stand.desk.saveActuator(higher, { ...HAND, confirmation });
  expect(saved).toMatchObject({ maxSeconds: 3_600, version: 2 });
  await stand.desk.emergencyStop(`device:${valve}`, null, HAND);
  const view = await stand.desk.actuator(valve);
  expect(view?.blocked).toMatchObject([{ code: 'ACTUATOR_STOPPED' }]);
  expect(view?.state).not.toHaveProperty('witness');
  const { items } = await stand.desk.actuators({ coops: ['coop'] }, { limit: 5 });
  expect(items).toEqual([view]);
  expect(await stand.desk.removeActuator(valve, HAND)).toBe(true);
  await expect(stand.open(valve)).rejects.toMatchObject({ code: 'ACTUATOR_NOT_FOUND' });
});
