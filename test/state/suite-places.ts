import { describe, expect, test } from 'vitest';
import { settle, siteOf } from './examples.ts';
import type { StateStand } from './suite.ts';

/** Cooperatives, sites and settings. */
export function placeCases({ open, createPlace }: StateStand): void {
  describe('places', () => {
    test('what was written is there after a restart', async () => {
      const place = createPlace();
      const state = await open(place);
      await settle(state);
      await state.settings.set('time-zone', 'Asia/Ho_Chi_Minh');
      await state.settings.set('time-zone', 'Europe/Paris');
      await state.stop();
      const again = await open(place);
      expect(await again.coops.get('an-binh')).toEqual({
        id: 'an-binh',
        name: 'Hợp tác xã an-binh',
      });
      expect(await again.sites.get('an-binh-site')).toEqual(siteOf({ id: 'an-binh-site' }));
      expect(await again.settings.get('time-zone')).toBe('Europe/Paris');
      expect(await again.settings.get('unknown')).toBeUndefined();
      expect(again.repairs).toEqual([]);
    });

    test('a cooperative has one id, a name that may change, and stays while it is used', async () => {
      const state = await open();
      await settle(state);
      await expect(state.coops.create({ id: 'an-binh', name: 'B' })).rejects.toMatchObject({
        code: 'COOP_EXISTS',
        field: 'id',
      });
      expect(await state.coops.update('an-binh', { name: 'Mới' })).toEqual({
        id: 'an-binh',
        name: 'Mới',
      });
      expect(await state.coops.update('nowhere', { name: 'Mới' })).toBeUndefined();
      await expect(state.coops.remove('an-binh')).rejects.toMatchObject({ code: 'COOP_IN_USE' });
      await state.sites.remove('an-binh-site');
      expect(await state.coops.remove('an-binh')).toBe(true);
      expect(await state.coops.remove('an-binh')).toBe(false);
    });

    test.each(['', '-a', 'a b', 'a/b', 'ă', 'a'.repeat(64), '../x'])(
      '%j is not an id',
      async (id) => {
        const state = await open();
        const code = { code: 'ID_INVALID', field: 'id' };
        await expect(state.coops.create({ id, name: 'A' })).rejects.toMatchObject(code);
      },
    );

    test('a site belongs to a cooperative, and each of its facts may change', async () => {
      const state = await open();
      await settle(state);
      await expect(state.sites.create(siteOf({ coop: 'nowhere' }))).rejects.toMatchObject({
        code: 'COOP_NOT_FOUND',
        field: 'coop',
      });
      await expect(state.sites.create(siteOf({ id: 'an-binh-site' }))).rejects.toMatchObject({
        code: 'SITE_EXISTS',
      });
      const change = { location: null, areaHa: null, crop: 'lúa', name: 'Ruộng', species: null };
      const changed = await state.sites.update('an-binh-site', { ...change, kind: 'field' });
      expect(changed).toEqual(siteOf({ id: 'an-binh-site', kind: 'field', ...change }));
      expect(await state.sites.get('an-binh-site')).toEqual(changed);
      expect(await state.sites.update('an-binh-site', {})).toEqual(changed);
      expect(await state.sites.update('unknown', { name: 'X' })).toBeUndefined();
      expect(await state.sites.remove('unknown')).toBe(false);
    });
  });
}
