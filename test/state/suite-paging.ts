import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Page, Paged } from '#src/contracts/state';
import { runs } from '../support/random.ts';
import { alertOf, deviceOf, hashOf, rejectionOf, settle } from './examples.ts';
import type { StateStand } from './suite.ts';

const PAGES_MAX = 1_000;

async function collect<T>(list: (page: Page) => Promise<Paged<T>>, limit: number): Promise<T[]> {
  const items: T[] = [];
  let page: Page = { limit };
  for (let turn = 0; turn < PAGES_MAX; turn++) {
    const { items: found, next } = await list(page);
    expect(found.length).toBeLessThanOrEqual(limit);
    items.push(...found);
    if (next === null) return items;
    expect(found).toHaveLength(limit);
    page = { limit, after: next };
  }
  throw new Error('the pages never end');
}

/** Pages of any size, put together, are the list. */
export function pagingCases({ open }: StateStand): void {
  describe('pages', () => {
    test('of any size make up the list: alerts that began together, and rejections', async () => {
      const state = await open();
      const alerts = Array.from({ length: 60 }, (_, index) =>
        alertOf({ id: `a-${index}`, onset: Math.floor(index / 7), coop: `c-${index % 2}` }),
      );
      await state.alerts.save(alerts);
      const rejections = Array.from({ length: 60 }, (_, index) =>
        rejectionOf({
          offset: Math.floor(index / 12),
          index: Math.floor(index / 4) % 3,
          part: index % 4,
        }),
      );
      await state.ledger.saveRejections(rejections);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.boolean(), async (limit, narrow) => {
          const filter = narrow ? { coops: ['c-1'] } : {};
          const found = await collect((page) => state.alerts.list(filter, page), limit);
          expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
          expect(found).toHaveLength(narrow ? 30 : 60);
          const onsets = found.map(({ onset }) => onset);
          expect(onsets).toEqual([...onsets].sort((left, right) => right - left));
          const refused = await collect((page) => state.ledger.rejections({}, page), limit);
          expect(refused).toEqual([...rejections].reverse());
        }),
        runs(25),
      );
    });

    test('stay in place while rows come and go around them', async () => {
      const state = await open();
      await settle(state);
      const ids = ['d-1', 'd-2', 'd-3', 'd-4'];
      for (const id of ids) await state.devices.create(deviceOf({ id }), hashOf('s'));
      const first = await state.devices.list({}, { limit: 2 });
      await state.devices.remove('d-2');
      await state.devices.create(deviceOf({ id: 'd-0' }), hashOf('s'));
      const second = await state.devices.list({}, { limit: 2, after: first.next ?? '' });
      expect(second.items.map(({ id }) => id)).toEqual(['d-3', 'd-4']);
      expect(second.next).toBeNull();
    });

    test('are narrowed like the list, for cooperatives, sites and devices', async () => {
      const state = await open();
      await settle(state);
      for (let index = 0; index < 7; index++) {
        const site = index % 2 === 0 ? 'an-binh-site' : null;
        await state.devices.create(deviceOf({ id: `d-${index}`, site }), hashOf('s'));
      }
      const standing = await collect(
        (page) => state.devices.list({ site: 'an-binh-site' }, page),
        3,
      );
      expect(standing.map(({ id }) => id)).toEqual(['d-0', 'd-2', 'd-4', 'd-6']);
      const kinds = await collect((page) => state.devices.list({ kind: 'insect-trap' }, page), 3);
      expect(kinds).toEqual([]);
      const coops = await collect((page) => state.coops.list({ coops: ['phu-my', 'no'] }, page), 1);
      expect(coops.map(({ id }) => id)).toEqual(['phu-my']);
      expect(await collect((page) => state.coops.list({}, page), 1)).toHaveLength(2);
      const ponds = await collect((page) => state.sites.list({ kind: 'pond' }, page), 1);
      expect(ponds).toHaveLength(2);
      for (const list of [state.coops, state.sites, state.devices]) {
        expect(await list.list({ coops: [] }, { limit: 5 })).toEqual({ items: [], next: null });
      }
    });

    test('have a bounded size and take no foreign cursor', async () => {
      const state = await open();
      await state.alerts.save(Array.from({ length: 1_001 }, (_, id) => alertOf({ id: `${id}` })));
      expect((await state.alerts.list({}, { limit: 1e9 })).items).toHaveLength(1_000);
      expect((await state.alerts.list({}, { limit: 0 })).items).toHaveLength(1);
      expect((await state.alerts.list({}, { limit: Number.NaN })).items).toHaveLength(1);
      const foreign = ['', 'x', '!', Buffer.from('["a",1]').toString('base64url'), 'W10', 'bnVsbA'];
      for (const after of foreign) {
        await expect(state.alerts.list({}, { limit: 5, after })).rejects.toMatchObject({
          code: 'CURSOR_INVALID',
        });
      }
    });
  });
}
