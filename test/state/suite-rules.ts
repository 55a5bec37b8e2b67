import { describe, expect, test } from 'vitest';
import { ruleOf } from './examples.ts';
import type { StateStand } from './suite.ts';

const mai = { by: 'mai', at: 5_000 };

/** Saved rules with the hands that changed them. */
export function ruleCases({ open, createPlace }: StateStand): void {
  describe('versions of a rule', () => {
    test('hold every state that was saved or taken back, newest first, over a restart', async () => {
      const place = createPlace();
      const before = await open(place);
      const first = ruleOf();
      const second = ruleOf({ version: 2, enabled: false });
      await before.rules.save(first, mai);
      await before.rules.save(second, { by: 'ba', at: 6_000 });
      expect(await before.rules.remove(first.id, { by: 'tư', at: 7_000 })).toBe(true);
      await before.rules.save(ruleOf({ id: 'another' }), mai);
      await before.stop();
      const state = await open(place);
      expect(await state.rules.versions(first.id)).toEqual([
        { rule: second, savedAt: 7_000, savedBy: 'tư', removed: true },
        { rule: second, savedAt: 6_000, savedBy: 'ba', removed: false },
        { rule: first, savedAt: 5_000, savedBy: 'mai', removed: false },
      ]);
      expect(await state.rules.versions('nothing')).toEqual([]);
    });

    test('come and go with the transaction that saved them', async () => {
      const state = await open();
      const failed = state.transaction(async (tx) => {
        await tx.rules.save(ruleOf(), mai);
        throw new Error('called off');
      });
      await expect(failed).rejects.toThrow('called off');
      expect(await state.rules.list()).toEqual([]);
      expect(await state.rules.versions(ruleOf().id)).toEqual([]);
    });

    test('know nothing of a removal that removed nothing', async () => {
      const state = await open();
      expect(await state.rules.remove(ruleOf().id, mai)).toBe(false);
      expect(await state.rules.versions(ruleOf().id)).toEqual([]);
    });
  });
}
