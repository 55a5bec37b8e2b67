import { describe, expect, test } from 'vitest';
import { type CommandFilter, isOpen } from '#src/contracts/command';
import type { State } from '#src/contracts/state';
import { deviceOf, hashOf, settle } from './examples.ts';
import { commandOf } from './examples-water.ts';
import type { StateStand } from './suite.ts';

/** What was ordered, and what is still open of it. */
export function commandCases({ open, createPlace }: StateStand): void {
  describe('commands', () => {
    test('are kept whole, replaced by id, the last of one batch, and there after a restart', async () => {
      const place = createPlace();
      const state = await open(place);
      await state.commands.save([commandOf()]);
      const sent = commandOf({ state: 'sent', sentAt: 1_005, attempts: 1 });
      const acknowledged = commandOf({ ...sent, state: 'acknowledged', grantedSeconds: 300 });
      await state.commands.save([sent, commandOf({ id: 'c-2' }), acknowledged]);
      await state.commands.save([]);
      await state.stop();
      const again = await open(place);
      expect(await again.commands.get('c-1')).toEqual(acknowledged);
      expect(await again.commands.get('c-3')).toBeUndefined();
      expect((await again.commands.list({}, { limit: 9 })).items).toHaveLength(2);
    });

    test('belong to the transaction they are saved in, with all that goes with them', async () => {
      const state = await open();
      const failing = state.transaction(async (tx) => {
        await tx.commands.save([commandOf()]);
        expect(await tx.commands.open()).toHaveLength(1);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await state.commands.open()).toEqual([]);
      await state.transaction((tx) => tx.commands.save([commandOf()]));
      expect(await state.commands.open()).toEqual([commandOf()]);
    });

    test('are open until they end, and while the time they were granted lasts', async () => {
      const state = await open();
      const running = { startedAt: 2_000, grantedSeconds: 600 };
      const commands = [
        commandOf({ id: 'waits' }),
        commandOf({ id: 'proven', state: 'effective', ...running }),
        commandOf({ id: 'over', state: 'effective', ...running, endedAt: 9_000 }),
        commandOf({ id: 'never', state: 'expired' }),
        commandOf({ id: 'stop', state: 'effective', maxSeconds: null, startedAt: 2_000 }),
        commandOf({ id: 'doubt', state: 'unproven', ...running, createdAt: 500 }),
      ];
      await state.commands.save(commands);
      const found = (await state.commands.open()).map(({ id }) => id);
      expect(found).toEqual(['doubt', 'proven', 'waits']);
      const named = commands.filter(isOpen).map(({ id }) => id);
      expect(named.sort()).toEqual(found);
      // A command that ends leaves the open ones with the same write.
      await state.commands.save([commandOf({ id: 'doubt', state: 'failed', createdAt: 500 })]);
      expect((await state.commands.open()).map(({ id }) => id)).toEqual(['proven', 'waits']);
    });

    test('all open ones are found, whatever their number', async () => {
      const state = await open();
      const many = Array.from({ length: 1_203 }, (_, index) =>
        commandOf({ id: `c-${index}`, createdAt: index >> 3 }),
      );
      await state.commands.save(many);
      const found = await state.commands.open();
      expect(new Set(found.map(({ id }) => id)).size).toBe(1_203);
    });

    test('are forgotten when they are old and over, some at a time, the oldest first', async () => {
      const state = await open();
      const ended = { state: 'refused' } as const;
      await state.commands.save([
        commandOf({ id: 'old-open', createdAt: 1 }),
        commandOf({ id: 'runs', createdAt: 2, state: 'effective', startedAt: 5 }),
        commandOf({ id: 'third', createdAt: 30, ...ended }),
        commandOf({ id: 'first', createdAt: 10, ...ended }),
        commandOf({ id: 'second', createdAt: 20, ...ended }),
        commandOf({ id: 'young', createdAt: 40, ...ended }),
      ]);
      expect(await state.commands.expire(40, 2)).toBe(2);
      expect(await state.commands.get('third')).toBeDefined();
      expect(await state.commands.expire(40, 2)).toBe(1);
      expect(await state.commands.expire(40, 2)).toBe(0);
      expect((await idsOf(state, {})).sort()).toEqual(['old-open', 'runs', 'young']);
    });

    test('stay when their device goes', async () => {
      const state = await open();
      await settle(state);
      await state.devices.create(deviceOf(), hashOf('s'));
      await state.commands.save([commandOf({ state: 'failed' })]);
      await state.devices.remove('d-1');
      expect(await idsOf(state, { device: 'd-1' })).toEqual(['c-1']);
    });
  });

  describe('lists of commands', () => {
    test('are the newest first, narrowed by everything at once, page by page', async () => {
      const state = await open();
      const states = ['queued', 'running', 'effective', 'failed'] as const;
      const all = Array.from({ length: 120 }, (_, index) =>
        commandOf({
          id: `c-${String(index).padStart(3, '0')}`,
          // Several in one millisecond, so that the id decides.
          createdAt: index >> 2,
          coop: `coop-${index % 3}`,
          device: `d-${index % 5}`,
          site: index % 7 === 0 ? null : `site-${index % 2}`,
          state: states[index % 4] ?? 'queued',
          source: { type: index % 2 === 0 ? 'person' : 'rule', name: 'x', id: null },
        }),
      );
      await state.commands.save(all);
      const filters: CommandFilter[] = [
        {},
        { coops: ['coop-1'] },
        { coops: ['coop-2', 'coop-0', 'coop-2', 'nowhere'] },
        { coops: Array.from({ length: 150 }, (_, index) => `coop-${index + 1}`) },
        { device: 'd-3' },
        { device: 'd-3', coops: ['coop-0', 'coop-1'], site: 'site-1' },
        { site: 'site-0', coops: ['coop-1'] },
        { states: ['queued', 'running'] },
        { states: ['queued'], coops: ['coop-0', 'coop-1'], device: 'd-4', site: 'site-0' },
        { states: ['queued', 'failed'], coops: ['coop-0', 'coop-1'], source: 'rule' },
        { coops: [] },
        { states: [] },
      ];
      for (const filter of filters) {
        const expected = all
          .filter((command) => matches(command, filter))
          .map(({ id }) => id)
          .reverse();
        for (const limit of [1, 7, 200]) {
          expect(await idsOf(state, filter, limit), JSON.stringify(filter)).toEqual(expected);
        }
      }
    });

    test('go on where they were while commands come and change', async () => {
      const state = await open();
      const made = (id: string, createdAt: number) => commandOf({ id, createdAt });
      await state.commands.save([made('a', 1), made('b', 2), made('c', 2), made('d', 3)]);
      const filter = { coops: ['an-binh', 'phu-my'] };
      const first = await state.commands.list(filter, { limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(['d', 'c']);
      await state.commands.save([made('e', 4), { ...made('c', 2), state: 'failed' }]);
      const second = await state.commands.list(filter, { limit: 2, after: first.next ?? '' });
      expect(second.items.map(({ id }) => id)).toEqual(['b', 'a']);
      expect(second.next).toBeNull();
      await expect(state.commands.list({}, { limit: 2, after: 'x' })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
    });
  });
}

function matches(command: ReturnType<typeof commandOf>, filter: CommandFilter): boolean {
  const { coops, device, site, states, source } = filter;
  return (
    (coops === undefined || coops.includes(command.coop)) &&
    (device === undefined || device === command.device) &&
    (site === undefined || site === command.site) &&
    (states === undefined || states.includes(command.state)) &&
    (source === undefined || source === command.source.type)
  );
}

async function idsOf(state: State, filter: CommandFilter, limit = 100): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await state.commands.list(filter, { limit, ...(after && { after }) });
    ids.push(...page.items.map(({ id }) => id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return ids;
}
