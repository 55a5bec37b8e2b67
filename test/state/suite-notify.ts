import { describe, expect, test } from 'vitest';
import type { DeliveryFilter } from '#src/contracts/notify';
import type { Duty } from '#src/contracts/people';
import { deliveryOf, personOf } from './examples.ts';
import type { StateStand } from './suite.ts';

const waitingOf = (change: Parameters<typeof deliveryOf>[0]) =>
  deliveryOf({ state: 'waiting', finishedAt: null, attempts: 0, answer: null, ...change });

/** People, duty, and messages on their way. */
export function notifyCases({ open, createPlace }: StateStand): void {
  describe('people', () => {
    test('come back whole after a restart, listed by the cooperatives a caller sees', async () => {
      const place = createPlace();
      const state = await open(place);
      await state.people.save(personOf());
      await state.people.save(personOf({ id: 'tu', coops: ['an-binh', 'phu-my'] }));
      await state.people.save(personOf({ id: 'nam', coops: ['phu-my'] }));
      await state.people.save(personOf({ name: 'Anh Ba mới' }));
      await state.stop();
      const again = await open(place);
      expect(await again.people.get('ba')).toEqual(personOf({ name: 'Anh Ba mới' }));
      expect(await again.people.get('nobody')).toBeUndefined();
      const ids = async (filter: Parameters<typeof again.people.list>[0]) =>
        (await again.people.list(filter, { limit: 10 })).items.map(({ id }) => id);
      expect(await ids({})).toEqual(['ba', 'nam', 'tu']);
      expect(await ids({ coop: 'an-binh' })).toEqual(['ba', 'tu']);
      expect(await ids({ within: ['an-binh'] })).toEqual(['ba']);
      expect(await ids({ within: ['an-binh', 'phu-my'] })).toEqual(['ba', 'nam', 'tu']);
      expect(await ids({ within: [] })).toEqual([]);
      const page = await again.people.list({}, { limit: 2 });
      const next = await again.people.list({}, { limit: 2, after: page.next ?? '' });
      expect(next.items.map(({ id }) => id)).toEqual(['tu']);
    });

    test('on duty are not removed', async () => {
      const state = await open();
      await state.people.save(personOf());
      expect(await state.people.duty('an-binh')).toBeUndefined();
      const steps = [{ people: ['ba'], waitSeconds: 600 }];
      const duty: Duty = { coop: 'an-binh', steps, escalateFrom: 'critical' };
      await state.people.saveDuty(duty);
      expect(await state.people.duty('an-binh')).toEqual(duty);
      await expect(state.people.remove('ba')).rejects.toMatchObject({ code: 'PERSON_ON_DUTY' });
      await state.people.saveDuty({ ...duty, steps: [] });
      expect(await state.people.remove('ba')).toBe(true);
      expect(await state.people.remove('ba')).toBe(false);
      expect((await state.people.list({ coop: 'an-binh' }, { limit: 10 })).items).toEqual([]);
    });
  });

  describe('the outbox', () => {
    test('keeps each message once, whole', async () => {
      const place = createPlace();
      const state = await open(place);
      const whole = deliveryOf({ refused: [0, 2], held: true, digest: 'd', reason: 'why' });
      await state.outbox.add([whole]);
      await state.outbox.add([deliveryOf({ state: 'waiting' })]);
      await state.stop();
      const again = await open(place);
      expect(await again.outbox.get('m-1')).toEqual(whole);
      await again.outbox.save([deliveryOf()]);
      expect(await again.outbox.get('m-1')).toEqual(deliveryOf());
      expect(await again.outbox.get('x')).toBeUndefined();
    });

    test('gives what is due of a channel: critical first, then the oldest', async () => {
      const { outbox } = await open();
      await outbox.add([
        waitingOf({ id: 'late', dueAt: 30, severity: 'warning' }),
        waitingOf({ id: 'early', dueAt: 10, severity: 'info' }),
        waitingOf({ id: 'grave', dueAt: 40 }),
        waitingOf({ id: 'not-yet', dueAt: 60 }),
        waitingOf({ id: 'other', dueAt: 10, channel: 'email' }),
        waitingOf({ id: 'item', dueAt: 10, digest: 'digest' }),
        deliveryOf({ id: 'done', dueAt: 10 }),
      ]);
      const ids = async (channel: string, at: number, most: number) =>
        (await outbox.due(channel, at, most)).map(({ id }) => id);
      expect(await ids('console', 50, 10)).toEqual(['grave', 'early', 'late']);
      expect(await ids('console', 50, 2)).toEqual(['grave', 'early']);
      expect(await ids('email', 50, 10)).toEqual(['other']);
      expect(await outbox.channels()).toEqual(['console', 'email']);
      expect((await outbox.carried('digest')).map(({ id }) => id)).toEqual(['item']);
      expect(await outbox.carried('digest', 'dead')).toEqual([]);
      expect((await outbox.waiting('a-1')).map(({ id }) => id)).toEqual(
        ['late', 'early', 'grave', 'not-yet', 'other', 'item'].sort(),
      );
    });

    test('tells who was told and how often, and finds the digest that waits', async () => {
      const { outbox } = await open();
      const mild = { severity: 'warning' } as const;
      await outbox.add([
        deliveryOf({ id: 'm-1', ...mild, finishedAt: 100 }),
        deliveryOf({ id: 'm-2', ...mild, finishedAt: 50, state: 'delivered' }),
        deliveryOf({ id: 'm-3', finishedAt: 60 }),
        deliveryOf({ id: 'm-4', ...mild, finishedAt: 70, state: 'dead', person: 'tu' }),
        deliveryOf({ id: 'm-5', ...mild, finishedAt: 80, digest: 'd' }),
        deliveryOf({ id: 'm-6', event: 'ended', person: 'nam' }),
        waitingOf({ id: 'd', event: 'digest', alert: null }),
      ]);
      expect(await outbox.told('a-1')).toEqual(['ba']);
      expect(await outbox.sentBetween('ba', 50, 100)).toEqual([100]);
      expect(await outbox.sentBetween('ba', 49, 99)).toEqual([50]);
      expect((await outbox.waitingDigest('ba', 'an-binh'))?.id).toBe('d');
      expect(await outbox.waitingDigest('ba', 'phu-my')).toBeUndefined();
      expect(await outbox.counts()).toEqual(
        expect.arrayContaining([
          { channel: 'console', state: 'waiting', count: 1 },
          { channel: 'console', state: 'dead', count: 1 },
        ]),
      );
    });

    test('is listed newest first, page by page, and forgets what is old', async () => {
      const { outbox } = await open();
      await outbox.add([
        deliveryOf({ id: 'a', createdAt: 10, finishedAt: 20 }),
        deliveryOf({ id: 'b', createdAt: 30, person: 'tu', state: 'dead', finishedAt: 40 }),
        waitingOf({ id: 'c', createdAt: 30, coop: 'phu-my', alert: 'a-2' }),
      ]);
      const ids = async (filter: DeliveryFilter) =>
        (await outbox.list(filter, { limit: 10 })).items.map(({ id }) => id);
      expect(await ids({})).toEqual(['c', 'b', 'a']);
      expect(await ids({ coops: ['an-binh'] })).toEqual(['b', 'a']);
      expect(await ids({ coops: [] })).toEqual([]);
      expect(await ids({ states: ['dead', 'waiting'] })).toEqual(['c', 'b']);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ person: 'tu' })).toEqual(['b']);
      expect(await ids({ alert: 'a-2' })).toEqual(['c']);
      const first = await outbox.list({}, { limit: 2 });
      const rest = await outbox.list({}, { limit: 2, after: first.next ?? '' });
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(['c', 'b', 'a']);
      expect(await outbox.expire(30, 10)).toBe(1);
      expect(await ids({})).toEqual(['c', 'b']);
    });

    test('ladders are due in order; a moved clock moves what waits for a span', async () => {
      const { outbox } = await open();
      const ladder = { coop: 'an-binh', event: 'raised', since: 1, step: 0 } as const;
      for (const [alert, dueAt] of [
        ['a', 200],
        ['b', 100],
        ['c', 900],
      ] as const) {
        await outbox.saveEscalation({ ...ladder, alert, dueAt });
      }
      await outbox.saveEscalation({ ...ladder, alert: 'a', dueAt: 300, step: 1 });
      expect(await outbox.dueEscalations(300, 10)).toEqual([
        { ...ladder, alert: 'b', dueAt: 100 },
        { ...ladder, alert: 'a', dueAt: 300, step: 1 },
      ]);
      await outbox.removeEscalation('b');
      await outbox.add([
        waitingOf({ id: 'retry', dueAt: 100 }),
        waitingOf({ id: 'far', dueAt: 5_000 }),
        waitingOf({ id: 'held', dueAt: 100, held: true }),
      ]);
      await outbox.moveDue(50, 800);
      expect((await outbox.dueEscalations(1_000, 10)).map(({ dueAt }) => dueAt)).toEqual([
        350, 800,
      ]);
      const due = await Promise.all(['retry', 'far', 'held'].map((id) => outbox.get(id)));
      expect(due.map((one) => one?.dueAt)).toEqual([150, 800, 100]);
    });
  });
}
