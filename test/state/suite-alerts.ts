import { describe, expect, test } from 'vitest';
import type { AlertFilter } from '#src/contracts/state';
import { alertOf, ruleOf } from './examples.ts';
import type { StateStand } from './suite.ts';

/** Alerts, rules and what rules remember. */
export function alertCases({ open }: StateStand): void {
  describe('alerts and rules', () => {
    test('an alert comes back whole, and saving it again replaces it', async () => {
      const state = await open();
      await state.alerts.save([]);
      await state.alerts.save([alertOf(), alertOf({ revision: 1 })]);
      expect(await state.alerts.get('a-1')).toEqual(alertOf({ revision: 1 }));
      const resolved = alertOf({ revision: 2, state: 'resolved', end: 5_000 });
      await state.alerts.save([resolved]);
      const list = (states: AlertFilter['states'] = ['open']) =>
        state.alerts.list({ states }, { limit: 10 });
      expect((await list()).items).toEqual([]);
      expect((await list(['resolved'])).items).toEqual([resolved]);
      expect(await state.alerts.get('unknown')).toBeUndefined();
    });

    test('alerts are listed newest onset first, narrowed by each filter', async () => {
      const state = await open();
      const alerts = [
        alertOf({ id: 'a', onset: 100, end: 200, state: 'resolved', site: 's-1' }),
        alertOf({ id: 'b', onset: 300, device: 'd-2', severity: 'warning' }),
        alertOf({ id: 'c', onset: 300, coop: 'phu-my', rule: 'other' }),
      ];
      await state.alerts.save(alerts);
      const ids = async (filter: AlertFilter) =>
        (await state.alerts.list(filter, { limit: 10 })).items.map(({ id }) => id);
      expect(await ids({})).toEqual(['c', 'b', 'a']);
      expect(await ids({ coops: ['an-binh'] })).toEqual(['b', 'a']);
      expect(await ids({ coops: [] })).toEqual([]);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ states: ['open', 'acknowledged'] })).toEqual(['c', 'b']);
      expect(await ids({ site: 's-1' })).toEqual(['a']);
      expect(await ids({ device: 'd-2' })).toEqual(['b']);
      expect(await ids({ rule: 'other' })).toEqual(['c']);
      expect(await ids({ severity: 'warning' })).toEqual(['b']);
      // Lasting at some time in the window, whenever it began; `to` is excluded.
      expect(await ids({ from: 200, to: 300 })).toEqual(['a']);
      expect(await ids({ from: 201 })).toEqual(['c', 'b']);
      expect(await ids({ from: 1_000, to: 2_000 })).toEqual(['c', 'b']);
    });

    test('rules are kept by id, and what they remember by rule and device', async () => {
      const state = await open();
      await state.rules.save(ruleOf());
      await state.rules.save(ruleOf({ version: 2, enabled: false }));
      expect(await state.rules.list()).toEqual([ruleOf({ version: 2, enabled: false })]);
      expect(await state.rules.get('pond-oxygen-low')).toMatchObject({ version: 2 });
      const memory = (rule: string, device: string, body: string) => ({ rule, device, body });
      await state.rules.saveStates([memory('r', 'd-1', '1'), memory('r', 'd-2', '2')]);
      await state.rules.saveStates([memory('r', 'd-1', '3'), memory('q', 'd-1', '4')]);
      expect(await state.rules.states()).toEqual([
        memory('q', 'd-1', '4'),
        memory('r', 'd-1', '3'),
        memory('r', 'd-2', '2'),
      ]);
      await state.rules.removeStates('r', 'd-1');
      expect(await state.rules.states()).toHaveLength(2);
      await state.rules.removeStates('r');
      expect(await state.rules.states()).toEqual([memory('q', 'd-1', '4')]);
      expect(await state.rules.remove('pond-oxygen-low')).toBe(true);
      expect(await state.rules.remove('pond-oxygen-low')).toBe(false);
    });
  });
}
