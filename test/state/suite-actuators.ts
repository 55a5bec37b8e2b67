import { describe, expect, test } from 'vitest';
import { deviceOf, hashOf, settle, siteOf } from './examples.ts';
import { actuatorOf, actuatorStateOf, commandOf, stopOf } from './examples-water.ts';
import type { OpenState, StatePlace, StateStand } from './suite.ts';

/** What can be commanded, what is known of it, and where everything stands still. */
export function actuatorCases({ open, createPlace }: StateStand): void {
  describe('actuators', () => {
    test('are one for each device, kept whole, and there after a restart', async () => {
      const place = createPlace();
      const state = await plant(open, place);
      await state.actuators.save(actuatorOf());
      const second = actuatorOf({ failSafe: null, enabled: false, version: 2 });
      await state.actuators.save(second);
      const missing = actuatorOf({ device: 'nowhere' });
      await expect(state.actuators.save(missing)).rejects.toMatchObject({
        code: 'DEVICE_NOT_FOUND',
        field: 'device',
      });
      await state.stop();
      const again = await open(place);
      expect(await again.actuators.get('d-1')).toEqual(second);
      expect(await again.actuators.all()).toEqual([second]);
      expect(await again.actuators.get('d-2')).toBeUndefined();
    });

    test('are where their device stands, also after it moved', async () => {
      const state = await plant(open);
      // What the actuator itself says of its place does not count.
      await state.actuators.save(actuatorOf({ coop: 'phu-my', site: 'phu-my-site' }));
      await state.actuators.save(actuatorOf({ device: 'd-2' }));
      const ids = async (filter: { coops?: string[]; site?: string }) =>
        (await state.actuators.list(filter, { limit: 9 })).items.map(({ device }) => device);
      expect(await ids({ coops: ['phu-my'] })).toEqual([]);
      expect(await ids({ coops: ['an-binh'], site: 'an-binh-site' })).toEqual([]);
      await state.devices.update('d-1', { site: 'an-binh-site' });
      expect(await ids({ coops: ['an-binh'], site: 'an-binh-site' })).toEqual(['d-1']);
      expect(await state.actuators.get('d-1')).toMatchObject({
        coop: 'an-binh',
        site: 'an-binh-site',
      });
      expect(await ids({})).toEqual(['d-1', 'd-2']);
      expect(await ids({ coops: [] })).toEqual([]);
      const page = await state.actuators.list({}, { limit: 1 });
      const next = await state.actuators.list({}, { limit: 1, after: page.next ?? '' });
      expect([next.items[0]?.device, next.next]).toEqual(['d-2', null]);
    });

    test('what feeds another stays, as actuator and as device', async () => {
      const state = await plant(open);
      await state.actuators.save(actuatorOf({ device: 'd-2', role: 'pump' }));
      await state.actuators.save(actuatorOf({ supply: 'd-2' }));
      const refused = { code: 'ACTUATOR_IN_USE' };
      await expect(state.actuators.remove('d-2')).rejects.toMatchObject(refused);
      await expect(state.devices.remove('d-2')).rejects.toMatchObject(refused);
      expect(state.registry.find('d-2')).toBeDefined();
      await state.actuators.save(actuatorOf({ supply: null }));
      expect(await state.actuators.remove('d-2')).toBe(true);
      expect(await state.actuators.remove('d-2')).toBe(false);
      expect(await state.devices.remove('d-2')).toBe(true);
    });

    test('what is known outlives the actuator, and goes with the device', async () => {
      const state = await plant(open);
      await state.actuators.save(actuatorOf());
      await state.actuators.saveStates([actuatorStateOf({ sequence: 2 })]);
      const last = actuatorStateOf({ position: 'off', lease: null });
      await state.actuators.saveStates([
        actuatorStateOf(),
        actuatorStateOf({ device: 'd-2' }),
        last,
      ]);
      await state.actuators.remove('d-1');
      expect(await state.actuators.states()).toEqual([last, actuatorStateOf({ device: 'd-2' })]);
      await state.actuators.save(actuatorOf());
      await state.devices.remove('d-1');
      // A word of it that was still under way.
      await state.actuators.saveStates([last]);
      expect(await state.actuators.all()).toEqual([]);
      expect(await state.actuators.states()).toEqual([actuatorStateOf({ device: 'd-2' })]);
      await state.devices.create(deviceOf(), hashOf('s'));
      expect(await state.actuators.get('d-1')).toBeUndefined();
      expect(await state.actuators.states()).toHaveLength(1);
    });

    test('a sequence never begins again for the same id', async () => {
      const state = await plant(open);
      expect(await state.actuators.lastSequence('d-1')).toBe(0);
      await state.actuators.saveStates([actuatorStateOf({ sequence: 57 })]);
      await state.devices.remove('d-1');
      await state.devices.create(deviceOf(), hashOf('s'));
      expect(await state.actuators.lastSequence('d-1')).toBe(57);
      await state.actuators.saveStates([actuatorStateOf({ sequence: 3 })]);
      expect(await state.actuators.lastSequence('d-1')).toBe(57);
      await state.commands.save([commandOf({ sequence: 58 })]);
      expect(await state.actuators.lastSequence('d-1')).toBe(58);
      expect(await state.actuators.lastSequence('d-2')).toBe(0);
    });
  });

  describe('emergency stops', () => {
    test('are one for each place, and go with it', async () => {
      const place = createPlace();
      const state = await plant(open, place);
      await state.sites.create(siteOf({ id: 'empty' }));
      await state.coops.create({ id: 'alone', name: 'Một mình' });
      await state.actuators.saveStop(stopOf({ why: null }));
      await state.actuators.saveStop(stopOf());
      await state.actuators.saveStop(stopOf({ scope: 'site:empty' }));
      await state.actuators.saveStop(stopOf({ scope: 'coop:alone', coop: 'alone' }));
      await state.actuators.saveStop(stopOf({ scope: 'coop:an-binh' }));
      await state.stop();
      const again = await open(place);
      const scopes = async () => (await again.actuators.stops()).map(({ scope }) => scope);
      expect(await scopes()).toEqual(['coop:alone', 'coop:an-binh', 'device:d-1', 'site:empty']);
      expect((await again.actuators.stops())[2]).toEqual(stopOf());
      await again.sites.remove('empty');
      await again.coops.remove('alone');
      await again.devices.remove('d-1');
      expect(await scopes()).toEqual(['coop:an-binh']);
      expect(await again.actuators.removeStop('coop:an-binh')).toBe(true);
      expect(await again.actuators.removeStop('coop:an-binh')).toBe(false);
    });
  });
}

/** Two devices of a cooperative, on no site. */
async function plant(open: OpenState, place?: StatePlace) {
  const state = await open(place);
  await settle(state);
  for (const id of ['d-1', 'd-2']) await state.devices.create(deviceOf({ id }), hashOf('s'));
  return state;
}
