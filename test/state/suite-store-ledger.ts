import { describe, expect, test } from 'vitest';
import type { StoreLedgerChange } from '#src/contracts/store-ledger';
import { rejectionOf } from './examples.ts';
import type { StateStand } from './suite.ts';

const ZONE = 'Asia/Ho_Chi_Minh';
const NOTHING: StoreLedgerChange = {
  cursor: 0,
  places: [],
  superseded: [],
  restored: [],
  counts: [],
  rejections: [],
  plan: null,
};

const place = (device: string, site: string | null, newest = 1_000) => {
  return { kind: 'pond-sensor', coop: 'an-binh', site, device, newest };
};
const value = (site: string | null, observedAt: number) => {
  return { kind: 'pond-sensor', coop: 'an-binh', site, device: 'd-1', metric: 'ph', observedAt };
};
const count = (stored: number, duplicate: number, day = '2026-01-01', coop = 'an-binh') => {
  return { coop, device: 'd-1', day, stored, duplicate };
};

/** What a series store on a server remembers here. */
export function storeLedgerCases({ open, createPlace }: StateStand): void {
  describe('store ledger', () => {
    test('knows nothing at first, and after a commit all of it, also when opened again', async () => {
      const where = createPlace();
      const state = await open(where);
      const ledger = state.storeLedger('one', ZONE);
      expect(await ledger.load()).toEqual({
        identity: null,
        cursor: 0,
        places: [],
        superseded: [],
        plan: null,
      });
      await ledger.reset('first');
      await ledger.prepare('a plan');
      expect(await ledger.load()).toMatchObject({ identity: 'first', plan: 'a plan', cursor: 0 });
      await ledger.commit({
        ...NOTHING,
        cursor: 2 ** 40,
        places: [place('d-1', 'ao-1'), place('d-1', null), place('d-2', 'ao-1')],
        superseded: [value('ao-1', 5), value(null, 5)],
      });
      await ledger.commit({
        ...NOTHING,
        cursor: 2 ** 40 + 1,
        places: [place('d-1', 'ao-1', 2_000)],
        restored: [value(null, 5)],
        plan: 'the rest',
      });
      await state.stop();
      const again = await open(where);
      const { places, ...rest } = await again.storeLedger('one', ZONE).load();
      expect(rest).toEqual({
        identity: 'first',
        cursor: 2 ** 40 + 1,
        superseded: [value('ao-1', 5)],
        plan: 'the rest',
      });
      expect(places).toHaveLength(3);
      expect(places).toContainEqual(place('d-1', 'ao-1', 2_000));
      expect(places).toContainEqual(place('d-1', null));
      expect((await again.storeLedger('other', ZONE).load()).cursor).toBe(0);
    });

    test('counts add up by cooperative, device and day', async () => {
      const ledger = (await open()).storeLedger('one', ZONE);
      await ledger.commit({ ...NOTHING, cursor: 1, counts: [count(2, 1), count(3, 0)] });
      const others = [count(1, 1), count(4, 4, '2026-01-02'), count(5, 0, '2026-01-01', 'phu-my')];
      await ledger.commit({ ...NOTHING, cursor: 2, counts: others });
      const all = await ledger.counts('2026-01-01', '2026-01-02', ['an-binh']);
      expect(all).toEqual([count(6, 2), count(4, 4, '2026-01-02')]);
      expect(await ledger.counts('2026-01-01', '2026-01-01')).toHaveLength(2);
      expect(await ledger.counts('2026-01-01', '2026-01-01', [])).toEqual([]);
    });

    test('a refusal is kept and counted once, and not as received again', async () => {
      const state = await open();
      const ledger = state.storeLedger('one', ZONE);
      const refused = rejectionOf({ code: 'SERIES_REFUSED', part: 1_000, receivedAt: 1_000 });
      await ledger.commit({ ...NOTHING, cursor: 1, rejections: [refused] });
      await ledger.commit({
        ...NOTHING,
        cursor: 2,
        rejections: [refused, { ...refused, offset: 1 }],
      });
      const kept = await state.ledger.rejections({}, { limit: 10 });
      expect(kept.items).toHaveLength(2);
      const [counted] = await state.ledger.counts('1970-01-01', '1970-01-01');
      expect(counted).toMatchObject({ received: 0, rejected: 2 });
    });

    test('commits as a whole or not at all', async () => {
      const state = await open();
      const ledger = state.storeLedger('one', ZONE);
      const broken = { ...count(1, 0), day: null as never };
      const change = { ...NOTHING, cursor: 9, places: [place('d-1', null)] };
      await expect(ledger.commit({ ...change, counts: [broken] })).rejects.toThrow();
      expect(await ledger.load()).toMatchObject({ cursor: 0, places: [] });
    });

    test('begins anew under another identity, without touching what others remember', async () => {
      const state = await open();
      const ledger = state.storeLedger('one', ZONE);
      const other = state.storeLedger('other', ZONE);
      const change = { ...NOTHING, cursor: 9, counts: [count(1, 0)], superseded: [value(null, 5)] };
      for (const one of [ledger, other]) {
        await one.commit({ ...change, places: [place('d-1', null)] });
      }
      await ledger.reset('second');
      expect(await ledger.load()).toEqual({
        identity: 'second',
        cursor: 0,
        places: [],
        superseded: [],
        plan: null,
      });
      expect(await ledger.counts('2026-01-01', '2026-01-02')).toEqual([]);
      expect((await other.load()).places).toHaveLength(1);
      expect(await other.counts('2026-01-01', '2026-01-02')).toHaveLength(1);
    });

    test('holds ten thousand devices', async () => {
      const ledger = (await open()).storeLedger('one', ZONE);
      const places = Array.from({ length: 10_007 }, (_, number) => place(`d-${number}`, null));
      await ledger.commit({ ...NOTHING, cursor: 1, places });
      expect((await ledger.load()).places).toHaveLength(10_007);
    });
  });
}
