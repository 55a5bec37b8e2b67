import { describe, expect, test } from 'vitest';
import type { Spray, SprayBaseline } from '#src/contracts/survey';
import type { StateStand } from './suite.ts';

const sprayOf = (change: Partial<Spray> = {}): Spray => ({
  id: 'p-1',
  coop: 'an-binh',
  site: 'ruong-1',
  at: 5_000,
  product: 'Chess 50WG',
  activeKgHa: 0.15,
  costPerHa: 650_000,
  alert: null,
  note: 'phun buổi chiều',
  who: 'mai',
  recordedAt: 6_000,
  ...change,
});

const baselineOf = (change: Partial<SprayBaseline> = {}): SprayBaseline => ({
  site: 'ruong-1',
  coop: 'an-binh',
  from: '2026-11-01',
  to: '2027-02-15',
  sprays: 5,
  costPerHa: 650_000,
  activeKgHa: null,
  source: 'own last season',
  fields: 1,
  who: 'mai',
  recordedAt: 6_000,
  ...change,
});

/** What was sprayed, and what was usual. */
export function sprayCases({ open, createPlace }: StateStand): void {
  describe('sprays', () => {
    test('are kept whole, replaced by id, removed once, and there after a restart', async () => {
      const place = createPlace();
      const state = await open(place);
      await state.sprays.save(sprayOf());
      await state.sprays.save(sprayOf({ note: null, costPerHa: null }));
      expect(await state.sprays.get('p-1')).toEqual(sprayOf({ note: null, costPerHa: null }));
      await state.stop();
      const again = await open(place);
      const { items } = await again.sprays.list({}, { limit: 10 });
      expect(items).toEqual([sprayOf({ note: null, costPerHa: null })]);
      expect(await again.sprays.remove('p-1')).toBe(true);
      expect(await again.sprays.remove('p-1')).toBe(false);
      expect(await again.sprays.get('p-1')).toBeUndefined();
    });

    test('are listed newest first, page by page, and narrowed', async () => {
      const state = await open();
      for (let number = 0; number < 25; number++) {
        const other = number % 2 === 0 ? {} : { site: 'ruong-2', coop: 'phu-my' };
        await state.sprays.save(
          sprayOf({ id: `p-${number}`, at: 1_000 * (number >> 1), ...other }),
        );
      }
      const seen: Spray[] = [];
      let after: string | undefined;
      do {
        const page = await state.sprays.list({}, { limit: 4, ...(after && { after }) });
        seen.push(...page.items);
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(25);
      const times = seen.map(({ at }) => at);
      expect(times).toEqual([...times].sort((left, right) => right - left));
      const ids = async (filter: object) =>
        (await state.sprays.list(filter, { limit: 100 })).items.length;
      expect(await ids({ coops: ['phu-my'] })).toBe(12);
      expect(await ids({ coops: [] })).toBe(0);
      expect(await ids({ site: 'ruong-1' })).toBe(13);
      // The first instant belongs, the last does not.
      expect(await ids({ from: 2_000, to: 3_000 })).toBe(2);
    });

    test('baselines are one for each site and first day', async () => {
      const state = await open();
      await state.sprays.saveBaseline(baselineOf());
      await state.sprays.saveBaseline(baselineOf({ site: 'a', coop: 'phu-my' }));
      await state.sprays.saveBaseline(baselineOf({ from: '2026-05-01', to: '2026-08-15' }));
      await state.sprays.saveBaseline(baselineOf({ sprays: 0, activeKgHa: 0.2 }));
      const all = await state.sprays.baselines({});
      expect(all.map(({ site, from, sprays }) => [site, from, sprays])).toEqual([
        ['a', '2026-11-01', 5],
        ['ruong-1', '2026-05-01', 5],
        ['ruong-1', '2026-11-01', 0],
      ]);
      expect(await state.sprays.baselines({ site: 'a' })).toHaveLength(1);
      expect(await state.sprays.baselines({ coops: ['an-binh'] })).toHaveLength(2);
      expect(await state.sprays.baselines({ coops: [] })).toEqual([]);
    });
  });
}
