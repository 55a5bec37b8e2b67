import { describe, expect, test } from 'vitest';
import { rejectionOf } from './examples.ts';
import type { StateStand } from './suite.ts';

/** Counts, rejections, repeats and cursors: what consumers commit with each batch. */
export function ledgerCases({ open }: StateStand): void {
  describe('ledger', () => {
    test('counts add up by cooperative, device and day', async () => {
      const state = await open();
      const count = (device: string, day: string, received: number, coop = 'an-binh') => ({
        coop,
        device,
        day,
        received,
        rejected: 1,
        repeated: 2,
        clockFaults: 4,
      });
      await state.ledger.count([count('d-1', '2026-01-01', 5), count('d-1', '2026-01-01', 6)]);
      await state.ledger.count([count('d-1', '2026-01-01', 7), count('d-1', '2026-01-02', 1)]);
      await state.ledger.count([count('d-2', '2026-01-03', 1, 'phu-my')]);
      const sum = { ...count('d-1', '2026-01-01', 18), rejected: 3, repeated: 6, clockFaults: 12 };
      const next = count('d-1', '2026-01-02', 1);
      expect(await state.ledger.counts('2026-01-01', '2026-01-02')).toEqual([sum, next]);
      expect(await state.ledger.counts('2026-01-01', '2026-01-01')).toEqual([sum]);
      const all = ['2026-01-01', '2026-12-31'] as const;
      expect(await state.ledger.counts(...all, ['phu-my'])).toHaveLength(1);
      expect(await state.ledger.counts(...all, [])).toEqual([]);
      const asked = Array.from({ length: 600 }, (_, at) => `x-${at}`);
      expect(await state.ledger.countsOf([...asked, 'd-1', 'd-2'], '2026-01-02')).toEqual([next]);
      expect(await state.ledger.countsOf([], '2026-01-02')).toEqual([]);
    });

    test('a rejection is kept once by its place, newest first, narrowed by each filter', async () => {
      const state = await open();
      const first = rejectionOf({ offset: 1 });
      const second = rejectionOf({ offset: 2, part: 1, metric: null, receivedAt: 2_000 });
      const other = rejectionOf({
        offset: 2,
        receivedAt: 2_000,
        source: { coop: 'phu-my', site: 's', device: 'd-2', kind: 'insect-trap' },
      });
      await state.ledger.saveRejections([first, second]);
      await state.ledger.saveRejections([{ ...first, reason: 'again' }, other]);
      const list = async (filter: Parameters<typeof state.ledger.rejections>[0]) =>
        (await state.ledger.rejections(filter, { limit: 10 })).items;
      expect(await list({})).toEqual([second, other, first]);
      expect(await list({ coops: ['an-binh'] })).toEqual([second, first]);
      expect(await list({ coops: [] })).toEqual([]);
      expect(await list({ device: 'd-2' })).toEqual([other]);
      expect(await list({ from: 2_000 })).toEqual([second, other]);
      expect(await list({ to: 2_000 })).toEqual([first]);
    });

    test('ten thousand rejections at once arrive whole', async () => {
      const state = await open();
      const many = Array.from({ length: 10_007 }, (_, offset) => rejectionOf({ offset }));
      await state.ledger.saveRejections(many);
      const page = await state.ledger.rejections({}, { limit: 3 });
      expect(page.items.map(({ offset }) => offset)).toEqual([10_006, 10_005, 10_004]);
      const [last] = (await state.ledger.rejections({ to: 1_001 }, { limit: 1 })).items;
      expect(last).toEqual(rejectionOf({ offset: 10_006 }));
    });

    test('sequence windows, repeats and cursors', async () => {
      const state = await open();
      await state.ledger.saveSequenceWindows([{ device: 'd-1', keys: ['a:1'] }]);
      await state.ledger.saveSequenceWindows([{ device: 'd-1', keys: ['a:1', 'a:2'] }]);
      expect(await state.ledger.sequenceWindows()).toEqual([
        { device: 'd-1', keys: ['a:1', 'a:2'] },
      ]);
      const place = (offset: number, index: number) => ({ offset, index });
      await state.ledger.saveRepeats([place(9, 1), place(9, 0), place(3, 0)]);
      await state.ledger.saveRepeats([place(9, 1)]);
      expect(await state.ledger.repeats()).toEqual([place(3, 0), place(9, 0), place(9, 1)]);
      await state.ledger.trimRepeats(9);
      expect(await state.ledger.repeats()).toEqual([place(9, 0), place(9, 1)]);
      expect(await state.cursors.get('rules')).toBe(0);
      await state.cursors.set('rules', 7);
      await state.cursors.set('rules', 2 ** 40);
      expect(await state.cursors.get('rules')).toBe(2 ** 40);
    });
  });
}
