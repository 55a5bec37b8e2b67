import { describe, expect, test } from 'vitest';
import { rejectionOf, settle, siteOf } from './examples.ts';
import type { StateStand } from './suite.ts';

/** All or nothing, one after the other, and nobody looks inside. */
export function transactionCases({ open, createPlace }: StateStand): void {
  describe('transactions', () => {
    test('commit as a whole', async () => {
      const place = createPlace();
      const state = await open(place);
      const result = await state.transaction(async (tx) => {
        await tx.cursors.set('ledger', 10);
        await tx.ledger.saveRejections([rejectionOf()]);
        expect(await tx.cursors.get('ledger')).toBe(10);
        return 'done';
      });
      expect(result).toBe('done');
      await state.stop();
      expect(await (await open(place)).cursors.get('ledger')).toBe(10);
    });

    test('leave nothing when the work throws, early or late', async () => {
      const state = await open();
      const attempt = (size: number) =>
        state.transaction(async (tx) => {
          await tx.cursors.set('ledger', 99);
          await tx.ledger.saveRejections(
            Array.from({ length: size }, (_, offset) => rejectionOf({ offset })),
          );
          throw new Error('no');
        });
      for (const size of [1, 3_000]) await expect(attempt(size)).rejects.toThrow('no');
      expect(await state.cursors.get('ledger')).toBe(0);
      expect((await state.ledger.rejections({}, { limit: 1 })).items).toEqual([]);
      await state.cursors.set('ledger', 1);
      expect(await state.cursors.get('ledger')).toBe(1);
    });

    test('leave nothing when a statement that was held back fails', async () => {
      const state = await open();
      const work = state.transaction(async (tx) => {
        await tx.cursors.set('ledger', 99);
        await tx.settings.set('name', null as never);
        await tx.cursors.set('rules', 99);
      });
      await expect(work).rejects.toThrow();
      expect(await state.cursors.get('ledger')).toBe(0);
      expect(await state.cursors.get('rules')).toBe(0);
    });

    test('go on after a refusal inside that the work takes in its stride', async () => {
      const state = await open();
      await settle(state);
      await state.transaction(async (tx) => {
        const again = tx.sites.create(siteOf({ id: 'an-binh-site' }));
        await expect(again).rejects.toMatchObject({ code: 'SITE_EXISTS' });
        await tx.sites.create(siteOf({ id: 'new-site' }));
      });
      expect(await state.sites.get('new-site')).toBeDefined();
    });

    test('take turns: a hundred read-and-add at once lose nothing', async () => {
      const state = await open();
      await Promise.all(
        Array.from({ length: 100 }, () =>
          state.transaction(async (tx) => {
            const before = await tx.cursors.get('sum');
            await new Promise((resolve) => setImmediate(resolve));
            await tx.cursors.set('sum', before + 1);
          }),
        ),
      );
      expect(await state.cursors.get('sum')).toBe(100);
    });

    test('are not seen from outside before they commit, nor joined by other writes', async () => {
      const state = await open();
      let inside = (): void => {};
      const entered = new Promise<void>((resolve) => {
        inside = resolve;
      });
      let leave = (): void => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      const failing = state.transaction(async (tx) => {
        await tx.cursors.set('ledger', 5);
        expect(await tx.cursors.get('ledger')).toBe(5);
        inside();
        await left;
        throw new Error('no');
      });
      await entered;
      expect(await state.cursors.get('ledger')).toBe(0);
      const outside = state.settings.set('name', 'kept');
      expect(await state.settings.get('name')).toBeUndefined();
      leave();
      await expect(failing).rejects.toThrow('no');
      await outside;
      expect(await state.settings.get('name')).toBe('kept');
    });

    test('are refused before the start and after the stop', async () => {
      const state = createPlace().open();
      const refused = { code: 'STATE_UNAVAILABLE' };
      await expect(state.cursors.get('ledger')).rejects.toMatchObject(refused);
      await state.stop();
      await state.start(new AbortController().signal);
      await state.stop();
      await state.stop();
      await expect(state.cursors.set('ledger', 1)).rejects.toMatchObject(refused);
      await expect(state.transaction((tx) => tx.cursors.set('x', 1))).rejects.toMatchObject(
        refused,
      );
    });
  });
}
