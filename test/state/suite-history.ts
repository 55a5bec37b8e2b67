import { describe, expect, test } from 'vitest';
import type { Correction } from '#src/contracts/history';
import type { StateStand } from './suite.ts';

const correctionOf = (change: Partial<Correction> = {}): Correction => ({
  id: 'c-1',
  version: 1,
  device: 'd-1',
  metric: 'ph',
  from: 1_000,
  to: null,
  work: { type: 'calibration', gain: 1.5, offset: -0.25 },
  note: 'đầu dò mới',
  by: 'mai',
  at: 5_000,
  removed: false,
  ...change,
});

/** Corrections with their versions, and the days whose rollups are stale. */
export function historyCases({ open, createPlace }: StateStand): void {
  describe('corrections', () => {
    test('keep every version; the newest counts, unless it takes the correction back', async () => {
      const state = await open();
      const first = correctionOf();
      const second = correctionOf({ version: 2, work: { type: 'flag', flag: 'invalid' }, at: 9 });
      const other = correctionOf({ id: 'b-2', device: 'd-2', at: 4_000, to: 2_000 });
      for (const one of [first, other, second]) await state.corrections.save(one);
      expect(await state.corrections.current()).toEqual([other, second]);
      expect(await state.corrections.versions('c-1')).toEqual([first, second]);
      const removed = { ...second, version: 3, removed: true };
      await state.corrections.save(removed);
      expect(await state.corrections.current()).toEqual([other]);
      expect(await state.corrections.versions('c-1')).toEqual([first, second, removed]);
      expect(await state.corrections.versions('nobody')).toEqual([]);
    });

    test('are narrowed by device and metric of the version that counts', async () => {
      const state = await open();
      await state.corrections.save(correctionOf());
      await state.corrections.save(correctionOf({ version: 2, device: 'd-9', metric: 'orp' }));
      const ids = async (filter: object) =>
        (await state.corrections.current(filter)).map(({ id }) => id);
      expect(await ids({ devices: ['d-9'], metrics: ['orp'] })).toEqual(['c-1']);
      expect(await ids({ devices: ['d-1'] })).toEqual([]);
      expect(await ids({ metrics: ['ph'] })).toEqual([]);
      expect(await ids({ devices: [] })).toEqual([]);
    });

    test('refuse a version that is there already, and list a thousand in order', async () => {
      const state = await open();
      await state.corrections.save(correctionOf());
      await expect(state.corrections.save(correctionOf())).rejects.toMatchObject({
        code: 'CORRECTION_CONFLICT',
      });
      await state.transaction(async (tx) => {
        for (let at = 1_000; at > 0; at--) {
          await tx.corrections.save(correctionOf({ id: `n-${at % 7}-${at}`, at: at >> 1 }));
        }
      });
      const all = await state.corrections.current();
      expect(all).toHaveLength(1_001);
      const order = all.map(({ at, id }) => `${String(at).padStart(6, '0')} ${id}`);
      expect(order).toEqual([...order].sort());
    });
  });

  describe('dirty days', () => {
    test('are marked once, cleared, and still there after a restart', async () => {
      const place = createPlace();
      const state = await open(place);
      const days = Array.from({ length: 400 }, (_, day) => ({
        kind: day % 2 === 0 ? 'pond' : 'trap',
        device: `d-${day % 5}`,
        day: new Date(day * 86_400_000).toISOString().slice(0, 10),
      }));
      await state.rollups.mark([...days, ...days]);
      await state.rollups.mark(days.slice(0, 3));
      expect(await state.rollups.dirty()).toHaveLength(400);
      await state.rollups.clear(days.slice(0, 150));
      await state.rollups.clear(days.slice(100, 151));
      await state.stop();
      const again = await open(place);
      const left = await again.rollups.dirty();
      const keys = (some: typeof days) =>
        some.map(({ kind, device, day }) => `${kind} ${device} ${day}`);
      expect(keys(left)).toEqual(keys(days.slice(151)).sort());
    });
  });
}
