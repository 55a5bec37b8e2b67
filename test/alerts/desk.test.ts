import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StateService } from '../../src/state/state.ts';
import { MINUTE, openState } from '../rules/harness.ts';
import { Stand } from './stand.ts';

const HOUR = 60 * MINUTE;

let state: StateService;
let close: () => Promise<void>;
let stand: Stand;

beforeAll(async () => {
  ({ state, close } = await openState());
});
afterAll(() => close());
beforeEach(async () => {
  stand = await Stand.over(state);
});

describe('what calls', () => {
  test('an alert calls when it is raised, and is told once when it ends', async () => {
    const { id } = await stand.raise(stand.begun('a'));
    expect(stand.heard()).toEqual([`raised ${id}`]);
    await stand.wait(10);
    await stand.end(id);
    expect(stand.heard()).toEqual([`ended ${id}`]);
    expect(await stand.events(id)).toEqual(['raised', 'resolved']);
  });

  test('what is recorded calls nobody, over or not; raised later it does', async () => {
    const timeline = [{ at: 0, event: 'recorded' as const, who: null, note: null }];
    const { id } = await stand.raise(stand.begun('a', { timeline }));
    const over = stand.begun('b', { timeline, end: 1, state: 'resolved' });
    await stand.raise(over);
    expect(stand.heard()).toEqual([]);
    const before = await stand.get(id);
    const raised = { at: stand.clock.now(), event: 'raised' as const, who: null, note: null };
    const after = { ...before, revision: 2, timeline: [...before.timeline, raised] };
    await stand.settle({ before, after });
    expect(stand.heard()).toEqual([`raised ${id}`]);
  });

  test('settling the same change twice adds nothing', async () => {
    const work = { site: null, from: 0, until: stand.clock.now() + HOUR };
    await stand.maintenance.plan({
      ...work,
      from: stand.clock.now(),
      coop: stand.coop,
      reason: 'r',
      who: 'w',
    });
    const after = stand.begun('a');
    await stand.settle({ after });
    const once = await stand.get(after.id);
    await stand.settle({ after });
    expect(await stand.get(after.id)).toEqual(once);
    const clear = await Stand.over(state);
    const other = clear.begun('a');
    await clear.settle({ after: other });
    await clear.settle({ after: other });
    expect(clear.heard()).toEqual([`raised ${other.id}`]);
  });

  test('nothing of a decision remains when its transaction fails', async () => {
    const after = stand.begun('a');
    const failing = state.transaction(async (tx) => {
      await tx.alerts.save(await stand.desk.settle(tx, [{ after }]));
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await state.alerts.get(after.id)).toBeUndefined();
    stand.heard();
    await stand.raise(after);
    expect(stand.heard()).toEqual([`raised ${after.id}`]);
  });

  test('a new level calls again, also when it was acknowledged; the same within the hour does not', async () => {
    const { id } = await stand.raise(stand.begun('a', { severity: 'warning' }));
    await stand.actions.acknowledge(id, { who: 'Lan' });
    stand.heard();
    await stand.wait(5);
    expect((await stand.level(id, 'critical')).state).toBe('open');
    expect(stand.heard()).toEqual([`escalated ${id}`]);
    await stand.actions.acknowledge(id, { who: 'Lan' });
    stand.heard();
    await stand.wait(5);
    await stand.level(id, 'warning');
    await stand.wait(5);
    expect((await stand.level(id, 'critical')).state).toBe('acknowledged');
    expect(stand.heard()).toEqual([]);
    await stand.level(id, 'warning');
    await stand.wait(61);
    await stand.level(id, 'critical');
    expect(stand.heard()).toEqual([`escalated ${id}`]);
  });

  test('what a person ended stays so until its interval ends; the next one calls', async () => {
    const { id } = await stand.raise(stand.begun('a'));
    await stand.actions.resolve(id, { who: 'Lan' });
    expect(stand.heard()).toEqual([`raised ${id}`, `ended ${id}`]);
    await stand.wait(5);
    await stand.level(id, 'warning');
    await stand.end(id);
    const back = await stand.change(id, { end: null, state: 'open' }, 'reopened');
    expect([stand.heard(), back.state]).toEqual([[], 'resolved']);
    await stand.end(id);
    await stand.wait(5);
    const next = await stand.raise(stand.begun('b'));
    expect(stand.heard()).toEqual([`raised ${next.id}`]);
  });

  test('the advice of a cooperative stands in an alert from its first day', async () => {
    const own = { vi: ['gọi Lan'], en: ['call Lan'], fr: ['appeler Lan'] };
    await state.advice.save(stand.coop, 'low-oxygen', own);
    const alert = await stand.raise(stand.begun('a'));
    expect(alert.advice).toEqual(own);
    await state.advice.remove(stand.coop, 'low-oxygen');
    expect((await stand.end(alert.id)).advice).toEqual(own);
  });
});

describe('shelf', () => {
  test('it calls nobody until its time, then says that it still stands', async () => {
    const { id } = await stand.raise(stand.begun('a'));
    stand.heard();
    const until = stand.clock.now() + 15 * MINUTE;
    await stand.actions.shelve(id, { who: 'Lan', reason: 'cleaning', until });
    expect(stand.heard()).toEqual([`shelved ${id}`]);
    stand.restart();
    await stand.wait(14);
    expect([stand.heard(), (await stand.get(id)).state]).toEqual([[], 'shelved']);
    await stand.wait(1);
    expect(stand.heard()).toEqual([`unquieted ${id}`]);
    expect(await stand.get(id)).toMatchObject({ state: 'open', shelf: null });
    await stand.wait(5);
    expect(stand.heard()).toEqual([]);
  });

  test('it calls when it gets graver, and says nothing after its end', async () => {
    const graver = await stand.raise(stand.begun('a', { severity: 'warning' }));
    const over = await stand.raise(stand.begun('b', { rule: 'other' }));
    const until = stand.clock.now() + 15 * MINUTE;
    for (const { id } of [graver, over]) {
      await stand.actions.shelve(id, { who: 'Lan', reason: 'r', until });
    }
    stand.heard();
    await stand.level(graver.id, 'critical');
    expect(stand.heard()).toEqual([`escalated ${graver.id}`]);
    expect(await stand.get(graver.id)).toMatchObject({ state: 'open', shelf: null });
    await stand.end(over.id);
    stand.heard();
    await stand.wait(20);
    expect(stand.heard()).toEqual([]);
  });
});

describe('maintenance', () => {
  const work = (minutes: number, site: string | null = null) => ({
    coop: stand.coop,
    site,
    from: stand.clock.now(),
    until: stand.clock.now() + minutes * MINUTE,
    reason: 'draining',
    who: 'Minh',
  });

  test('what begins meanwhile is kept quietly, and calls afterwards if it still stands', async () => {
    await stand.maintenance.plan(work(60));
    const stays = await stand.raise(stand.begun('a'));
    const passes = await stand.raise(stand.begun('b', { rule: 'other' }));
    expect(stays.quiet).toMatchObject({ reason: 'maintenance' });
    await stand.wait(30);
    stand.restart();
    await stand.end(passes.id);
    expect(stand.heard()).toEqual([]);
    await stand.wait(30);
    expect(stand.heard()).toEqual([`unquieted ${stays.id}`]);
    expect(await stand.events(stays.id)).toEqual([
      'raised',
      'quieted (maintenance)',
      'unquieted (maintenance)',
    ]);
  });

  test('it is of its site alone, and what stands already becomes quiet when it begins', async () => {
    const here = await stand.raise(stand.begun('a', { site: 'ao-1' }));
    const there = await stand.raise(stand.begun('b', { site: 'ao-2', rule: 'other' }));
    stand.heard();
    const { id } = await stand.maintenance.plan(work(60, 'ao-1'));
    await stand.wait(1);
    expect((await stand.get(here.id)).quiet?.reason).toBe('maintenance');
    expect((await stand.get(there.id)).quiet).toBeNull();
    await stand.maintenance.cancel(id);
    await stand.wait(1);
    expect(stand.heard()).toEqual([`unquieted ${here.id}`]);
  });

  test('a window that follows another keeps it quiet', async () => {
    await stand.maintenance.plan(work(30));
    const { id } = await stand.raise(stand.begun('a'));
    await stand.wait(20);
    await stand.maintenance.plan(work(30));
    await stand.wait(25);
    expect([stand.heard(), (await stand.get(id)).quiet?.reason]).toEqual([[], 'maintenance']);
    await stand.wait(5);
    expect(stand.heard()).toEqual([`unquieted ${id}`]);
  });

  test('windows have their bounds', async () => {
    const now = stand.clock.now();
    const invalid = { code: 'MAINTENANCE_INVALID', field: 'until' };
    for (const [from, until] of [
      [now, now],
      [now - HOUR, now - 1],
      [now, now + 31 * 24 * HOUR],
      [now + 367 * 24 * HOUR, now + 368 * 24 * HOUR],
    ] as const) {
      await expect(stand.maintenance.plan({ ...work(1), from, until })).rejects.toMatchObject(
        invalid,
      );
    }
    for (let count = 0; count < 100; count++) await stand.maintenance.plan(work(60));
    await expect(stand.maintenance.plan(work(60))).rejects.toMatchObject({
      code: 'MAINTENANCE_FULL',
    });
    expect(await stand.maintenance.cancel('none')).toBe(false);
  });
});

describe('flapping', () => {
  async function flap(name: string, severity: 'critical' | 'warning' = 'warning'): Promise<string> {
    const { id } = await stand.raise(stand.begun(name, { severity }));
    await stand.wait(3);
    await stand.end(id);
    await stand.wait(3);
    return id;
  }

  test('the fourth within an hour says so once; those that follow are quiet', async () => {
    for (const name of ['a', 'b', 'c']) await flap(name);
    expect(stand.heard()).toHaveLength(6);
    const fourth = stand.begun('d', { severity: 'warning' });
    await flap('d');
    expect(stand.news.map(({ alert }) => alert.quiet?.reason)).toEqual(['flapping']);
    expect(stand.heard()).toEqual([`raised ${fourth.id}`]);
    for (const name of ['e', 'f']) await flap(name);
    stand.restart();
    const last = await stand.raise(stand.begun('g', { severity: 'warning' }));
    expect([stand.heard(), last.quiet?.reason]).toEqual([[], 'flapping']);
    await stand.wait(29);
    expect(stand.heard()).toEqual([]);
    await stand.wait(1);
    expect(stand.heard()).toEqual([`unquieted ${last.id}`]);
    await stand.end(last.id);
    await stand.wait(30);
    stand.heard();
    const calm = await stand.raise(stand.begun('h', { severity: 'warning' }));
    expect(stand.heard()).toEqual([`raised ${calm.id}`]);
  });

  test('what is graver calls all the same', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await flap(name);
    stand.heard();
    const { id } = await stand.raise(stand.begun('e', { severity: 'critical' }));
    expect(stand.heard()).toEqual([`raised ${id}`]);
    const again = await Stand.over(state);
    stand = again;
    for (const name of ['a', 'b', 'c', 'd']) await flap(name);
    const damped = await stand.raise(stand.begun('e', { severity: 'warning' }));
    stand.heard();
    await stand.level(damped.id, 'critical');
    expect(stand.heard()).toEqual([`escalated ${damped.id}`]);
    expect((await stand.get(damped.id)).quiet).toBeNull();
  });

  test('what was over for less than two minutes calls only when it stays', async () => {
    const { id } = await stand.raise(stand.begun('a'));
    await stand.wait(5);
    await stand.end(id);
    await stand.wait(1);
    stand.heard();
    const back = await stand.raise(stand.begun('b'));
    expect(stand.heard()).toEqual([]);
    await stand.wait(2);
    expect(stand.heard()).toEqual([`unquieted ${back.id}`]);
  });
});

describe('clocks that jump', () => {
  test.each([2 * HOUR, -2 * HOUR])('by %i ms: neither a flood nor silence', async (jump) => {
    const until = stand.clock.now() + 60 * MINUTE;
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) {
      const { id } = await stand.raise(stand.begun(`s${index}`, { rule: `r${index}` }));
      await stand.actions.shelve(id, { who: 'Lan', reason: 'r', until });
      ids.push(id);
    }
    const from = stand.clock.now();
    await stand.maintenance.plan({
      coop: stand.coop,
      site: null,
      from,
      until,
      reason: 'r',
      who: 'w',
    });
    await stand.wait(1);
    const hushed = await stand.raise(stand.begun('m', { rule: 'm' }));
    stand.heard();
    stand.clock.wall += jump;
    await stand.desk.tick();
    await stand.wait(57);
    expect(stand.heard()).toEqual([]);
    await stand.wait(4);
    const calls = [...ids, hushed.id].map((id) => `unquieted ${id}`);
    expect(stand.heard().sort()).toEqual(calls.sort());
  });

  test('the end of 32-bit time changes nothing', async () => {
    stand.clock.wall = Date.UTC(2038, 0, 19, 3, 14, 0);
    stand.restart();
    const { id } = await stand.raise(stand.begun('a'));
    const until = stand.clock.now() + 15 * MINUTE;
    await stand.actions.shelve(id, { who: 'Lan', reason: 'r', until });
    stand.heard();
    await stand.wait(14);
    expect(stand.heard()).toEqual([]);
    await stand.wait(1);
    expect(stand.heard()).toEqual([`unquieted ${id}`]);
  });
});
