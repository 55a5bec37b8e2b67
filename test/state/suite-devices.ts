import { describe, expect, test } from 'vitest';
import { bytesOf, deviceOf, hashOf, settle, siteOf } from './examples.ts';
import type { StateStand } from './suite.ts';

/** Devices, their secrets and presence, and the registry that follows them. */
export function deviceCases(stand: StateStand): void {
  describe('devices', () => repositoryCases(stand));
  describe('registry', () => registryCases(stand));
}

function repositoryCases({ open, createPlace }: StateStand): void {
  test('a device keeps what it was created with', async () => {
    const place = createPlace();
    const state = await open(place);
    await settle(state);
    const device = deviceOf({ site: 'an-binh-site', name: 'Máy đo', intervalSeconds: 300 });
    await state.devices.create(device, hashOf('first'));
    await state.stop();
    const again = await open(place);
    expect(await again.devices.get('d-1')).toEqual(device);
    expect(again.registry.find('d-1')).toEqual(device);
    expect(await again.devices.credentials()).toEqual([
      { device, secretHashes: [hashOf('first')] },
    ]);
  });

  test('ids are unique in the instance; cooperative and site must exist and fit', async () => {
    const state = await open();
    await settle(state);
    await state.devices.create(deviceOf(), hashOf('s'));
    const refused = (change: Parameters<typeof deviceOf>[0]) =>
      expect(state.devices.create(deviceOf(change), hashOf('s'))).rejects;
    await refused({ coop: 'phu-my' }).toMatchObject({ code: 'DEVICE_EXISTS', field: 'id' });
    await refused({ id: 'x', coop: 'no' }).toMatchObject({ code: 'COOP_NOT_FOUND' });
    await refused({ id: 'x', site: 'no' }).toMatchObject({ code: 'SITE_NOT_FOUND', field: 'site' });
    await refused({ id: 'x', site: 'phu-my-site' }).toMatchObject({ code: 'SITE_NOT_FOUND' });
    await refused({ id: 'x/y' }).toMatchObject({ code: 'ID_INVALID' });
    await expect(state.devices.update('d-1', { site: 'phu-my-site' })).rejects.toMatchObject({
      code: 'SITE_NOT_FOUND',
    });
    expect(state.registry.size).toBe(1);
    expect(await state.devices.update('unknown', { site: 'an-binh-site' })).toBeUndefined();
  });

  test('a site stays while devices stand on it', async () => {
    const state = await open();
    await settle(state);
    await state.sites.create(siteOf({ id: 'other' }));
    await state.devices.create(deviceOf({ site: 'an-binh-site' }), hashOf('s'));
    await expect(state.sites.remove('an-binh-site')).rejects.toMatchObject({ code: 'SITE_IN_USE' });
    await state.devices.update('d-1', { site: 'other' });
    expect(await state.sites.remove('an-binh-site')).toBe(true);
  });

  test('presence follows the devices: the last word counts, a removed device has none', async () => {
    const state = await open();
    await settle(state);
    await state.devices.create(deviceOf(), hashOf('s'));
    const seen = { device: 'd-1', lastSeenAt: 5, online: true, firmware: '1.2.0' };
    const later = { ...seen, lastSeenAt: 9, online: false };
    await state.presence.save([seen, { ...seen, device: 'never-created' }, later]);
    expect(await state.presence.list()).toEqual([later]);
    expect(await state.presence.list(['d-1', 'd-2'])).toEqual([later]);
    expect(await state.presence.list([])).toEqual([]);
    await state.devices.remove('d-1');
    await state.presence.save([seen]);
    expect(await state.presence.list()).toEqual([]);
    await state.devices.create(deviceOf(), hashOf('s'));
    expect(await state.presence.list()).toEqual([]);
  });
}

function registryCases({ open }: StateStand): void {
  test('the two newest secrets are valid, older ones and others are not', async () => {
    const state = await open();
    await settle(state);
    await state.devices.create(deviceOf(), hashOf('first'));
    const knows = (secret: string) =>
      state.registry.authenticate('d-1', bytesOf(secret)) !== undefined;
    expect([knows('first'), knows('second'), knows('')]).toEqual([true, false, false]);
    // In the same millisecond, as a script would do it.
    await state.devices.addSecret('d-1', hashOf('second'), 2_000);
    expect([knows('first'), knows('second')]).toEqual([true, true]);
    await state.devices.addSecret('d-1', hashOf('third'), 2_000);
    expect([knows('first'), knows('second'), knows('third')]).toEqual([false, true, true]);
    const [credential] = await state.devices.credentials();
    expect(credential?.secretHashes).toEqual([hashOf('third'), hashOf('second')]);
    await expect(state.devices.addSecret('no', hashOf('x'), 1)).rejects.toMatchObject({
      code: 'DEVICE_NOT_FOUND',
    });
    expect(state.registry.authenticate('no', bytesOf('third'))).toBeUndefined();
  });

  test('a source is one frozen object until what it says changes', async () => {
    const state = await open();
    await settle(state);
    await state.devices.create(deviceOf(), hashOf('s'));
    const source = state.registry.source('d-1');
    expect(source).toEqual({ coop: 'an-binh', site: null, device: 'd-1', kind: 'pond-sensor' });
    expect(Object.isFrozen(source)).toBe(true);
    expect(Object.isFrozen(state.registry.find('d-1'))).toBe(true);
    expect(state.registry.authenticate('d-1', bytesOf('s'))).toBe(source);
    await state.devices.addSecret('d-1', hashOf('t'), 1);
    await state.devices.update('d-1', { name: 'Tên' });
    expect(state.registry.find('d-1')?.name).toBe('Tên');
    expect(state.registry.source('d-1')).toBe(source);
    await state.devices.update('d-1', { site: 'an-binh-site' });
    expect(state.registry.source('d-1')).toEqual({ ...source, site: 'an-binh-site' });
    expect(state.registry.source('unknown')).toBeUndefined();
  });

  test('it learns of a change when the commit is certain, and tells its listeners', async () => {
    const state = await open();
    await settle(state);
    const told: string[] = [];
    const stop = state.registry.onChange((device) => told.push(device));
    await state.transaction(async (tx) => {
      await tx.devices.create(deviceOf(), hashOf('s'));
      await tx.devices.create(deviceOf({ id: 'd-2' }), hashOf('s'));
      expect(state.registry.size).toBe(0);
    });
    expect(told).toEqual(['d-1', 'd-2']);
    expect([...state.registry.all()].map(({ id }) => id)).toEqual(['d-1', 'd-2']);
    const failed = state.transaction(async (tx) => {
      await tx.devices.remove('d-1');
      await tx.devices.update('d-2', { name: 'X' });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(state.registry.find('d-1')).toEqual(deviceOf());
    expect(state.registry.find('d-2')?.name).toBeNull();
    await state.devices.remove('d-1');
    expect(state.registry.find('d-1')).toBeUndefined();
    expect(state.registry.authenticate('d-1', bytesOf('s'))).toBeUndefined();
    expect(told).toEqual(['d-1', 'd-2', 'd-1']);
    stop();
    await state.devices.remove('d-2');
    expect(told).toHaveLength(3);
  });

  test('a listener that throws stops nobody', async () => {
    const state = await open();
    await settle(state);
    const told: string[] = [];
    state.registry.onChange(() => {
      throw new Error('a bad listener');
    });
    state.registry.onChange((device) => told.push(device));
    await state.devices.create(deviceOf(), hashOf('s'));
    expect(told).toEqual(['d-1']);
  });

  test('an unknown id costs the same time as a wrong secret', async () => {
    const state = await open();
    await settle(state);
    await state.devices.create(deviceOf(), hashOf('s'));
    const secret = bytesOf('x'.repeat(64));
    const batch = (id: string): number => {
      const start = performance.now();
      for (let turn = 0; turn < 500; turn++) state.registry.authenticate(id, secret);
      return performance.now() - start;
    };
    // The least of many turns is the work itself, without what the machine did besides.
    const least = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY };
    for (let turn = 0; turn < 40; turn++) {
      least.known = Math.min(least.known, batch('d-1'));
      least.unknown = Math.min(least.unknown, batch('d-2'));
    }
    expect(least.unknown / least.known).toBeGreaterThan(0.5);
    expect(least.unknown / least.known).toBeLessThan(2);
  });
}
