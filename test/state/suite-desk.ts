import { describe, expect, test } from 'vitest';
import type { Maintenance } from '#src/contracts/alert';
import type { StandingSilence } from '#src/contracts/state';
import { settle } from './examples.ts';
import type { StateStand } from './suite.ts';

function windowOf(change: Partial<Maintenance> = {}): Maintenance {
  const place = { id: 'm-1', coop: 'an-binh', site: null };
  return { ...place, from: 1_000, until: 2_000, reason: 'thay nước', who: 'Lan', ...change };
}

function silenceOf(change: Partial<StandingSilence> = {}): StandingSilence {
  const place = { alert: 's-1', coop: 'an-binh', device: 'd-1' };
  return { ...place, since: 100, onset: 700, whole: true, cause: null, ...change };
}

/** Maintenance, advice, and what the alert desk keeps. */
export function deskCases({ open, createPlace }: StateStand): void {
  describe('maintenance, advice and the desk', () => {
    test('windows are listed by their end, and found by an instant that lies in them', async () => {
      const state = await open();
      await settle(state);
      const first = windowOf();
      const second = windowOf({ id: 'm-2', site: 'an-binh-site', from: 1_500, until: 3_000 });
      const other = windowOf({ id: 'm-3', coop: 'phu-my' });
      for (const window of [second, other, first]) await state.maintenance.create(window);
      const list = async (filter: { coops?: string[]; endsAfter?: number }, after?: string) =>
        state.maintenance.list(filter, { limit: 2, ...(after !== undefined && { after }) });
      const page = await list({});
      expect(page.items).toEqual([first, other]);
      expect((await list({}, page.next ?? '')).items).toEqual([second]);
      expect((await list({ endsAfter: 2_000 })).items).toEqual([second]);
      expect((await list({ coops: ['phu-my'] })).items).toEqual([other]);
      expect((await list({ coops: [] })).items).toEqual([]);
      const at = async (time: number) =>
        (await state.maintenance.at('an-binh', time)).map(({ id }) => id);
      expect([await at(999), await at(1_000), await at(1_999), await at(2_000)]).toEqual([
        [],
        ['m-1'],
        ['m-1', 'm-2'],
        ['m-2'],
      ]);
      expect(await state.maintenance.get('m-1')).toEqual(first);
      expect([
        await state.maintenance.remove('m-1'),
        await state.maintenance.remove('m-1'),
      ]).toEqual([true, false]);
    });

    test('a window begins once, moves while it runs, and is forgotten', async () => {
      const place = createPlace();
      const state = await open(place);
      await settle(state);
      await state.maintenance.create(windowOf());
      await state.maintenance.create(windowOf({ id: 'm-2', until: 1_200 }));
      expect(await state.maintenance.beginning(999)).toEqual([]);
      expect(await state.maintenance.beginning(1_100)).toHaveLength(2);
      await state.maintenance.begin('m-1');
      await state.maintenance.begin('m-2');
      await state.maintenance.create(windowOf({ id: 'm-3' }));
      await state.maintenance.move(1_500, 7_000);
      await state.stop();
      const again = await open(place);
      const { items } = await again.maintenance.list({}, { limit: 9 });
      expect(items.map(({ id, from, until }) => [id, from, until])).toEqual([
        ['m-2', 1_000, 1_200],
        ['m-3', 1_000, 2_000],
        ['m-1', 8_000, 9_000],
      ]);
      expect((await again.maintenance.beginning(1_500)).map(({ id }) => id)).toEqual(['m-3']);
      await again.maintenance.expire(2_001);
      expect((await again.maintenance.list({}, { limit: 9 })).items).toHaveLength(1);
    });

    test('advice belongs to a cooperative and a rule, and goes with the cooperative', async () => {
      const state = await open();
      await state.coops.create({ id: 'nhon-hoa', name: 'Nhơn Hòa' });
      const advice = { vi: ['gọi'], en: ['call'], fr: ['appeler'] };
      await state.advice.save('nhon-hoa', 'low', { ...advice, vi: ['chờ'] });
      await state.advice.save('nhon-hoa', 'low', advice);
      expect(await state.advice.get('nhon-hoa', 'low')).toEqual(advice);
      expect(await state.advice.get('nhon-hoa', 'high')).toBeUndefined();
      expect(await state.advice.list('nhon-hoa')).toEqual([{ rule: 'low', advice }]);
      expect(await state.advice.remove('nhon-hoa', 'high')).toBe(false);
      await state.coops.remove('nhon-hoa');
      expect(await state.advice.list('nhon-hoa')).toEqual([]);
    });

    test('an alert has one reminder, and a silence one row', async () => {
      const state = await open();
      const { desk } = state;
      await desk.remind('a', 500);
      await desk.remind('b', 300);
      await desk.remind('a', 400);
      expect([await desk.due(299, 9), await desk.due(400, 9), await desk.due(400, 1)]).toEqual([
        [],
        ['b', 'a'],
        ['b'],
      ]);
      await desk.remind('b', null);
      expect(await desk.reminders()).toEqual([{ alert: 'a', at: 400 }]);
      await desk.saveSilence(silenceOf());
      await desk.saveSilence(silenceOf({ cause: 's-2', whole: false }));
      await desk.saveSilence(silenceOf({ alert: 's-3', coop: 'phu-my' }));
      expect(await desk.silences('an-binh')).toEqual([silenceOf({ cause: 's-2', whole: false })]);
      await desk.removeSilence('s-1');
      expect(await desk.silences('an-binh')).toEqual([]);
    });
  });
}
