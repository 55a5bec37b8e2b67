import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '#src/contracts/command';
import type { State } from '#src/contracts/state';
import { auditOf } from './examples-water.ts';
import type { StateStand } from './suite.ts';

type Filter = Parameters<State['audit']['list']>[0];

/** One line of everything that was done, for ever. */
export function auditCases({ open, createPlace }: StateStand): void {
  describe('the audit', () => {
    test('keeps each entry whole under a number that grows by one, over restarts', async () => {
      const place = createPlace();
      const state = await open(place);
      await state.audit.append([auditOf(), auditOf({ coop: null, why: 'sửa', after: [1, null] })]);
      await state.audit.append([]);
      await state.stop();
      const again = await open(place);
      await again.audit.append([auditOf({ before: undefined, after: undefined })]);
      const { items } = await again.audit.list({}, { limit: 9 });
      expect(items).toEqual([
        { number: 3, ...auditOf({ before: null, after: null }) },
        { number: 2, ...auditOf({ coop: null, why: 'sửa', after: [1, null] }) },
        { number: 1, ...auditOf() },
      ]);
    });

    test('has no gap where a transaction failed, and no number twice from many at once', async () => {
      const state = await open();
      const failing = state.transaction(async (tx) => {
        await tx.audit.append([auditOf(), auditOf()]);
        expect((await tx.audit.list({}, { limit: 9 })).items).toHaveLength(2);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          index % 2 === 0
            ? state.audit.append([auditOf(), auditOf()])
            : state.transaction((tx) => tx.audit.append([auditOf()])),
        ),
      );
      const { items } = await state.audit.list({}, { limit: 99 });
      const numbers = items.map(({ number }) => number);
      expect(numbers).toEqual(Array.from({ length: 45 }, (_, index) => 45 - index));
    });

    test('is listed newest first, narrowed by everything at once, page by page', async () => {
      const state = await open();
      const coops = ['an-binh', 'phu-my', 'nhon-hoa', null];
      const made = Array.from({ length: 90 }, (_, index) =>
        auditOf({
          // The clock went back in between: the number is the order, not the time.
          at: index < 60 ? index * 10 : (index - 40) * 10,
          coop: coops[index % 4] ?? null,
          who: `who-${index % 3}`,
          subject: `d-${index % 5}`,
        }),
      );
      await state.audit.append(made);
      const all = made.map((entry, index): AuditEntry => ({ number: index + 1, ...entry }));
      const filters: Filter[] = [
        {},
        { coops: ['phu-my'] },
        { coops: ['phu-my', 'an-binh', 'phu-my', 'nowhere'] },
        { coops: [] },
        { subject: 'd-2' },
        { subject: 'd-2', who: 'who-1', coops: ['an-binh', 'phu-my'] },
        { who: 'who-2', coops: ['nhon-hoa'] },
        { from: 200, to: 400 },
        { from: 250, coops: ['phu-my', 'nhon-hoa'] },
        { to: 210, who: 'who-0' },
      ];
      for (const filter of filters) {
        const expected = all
          .filter((entry) => matches(entry, filter))
          .map(({ number }) => number)
          .reverse();
        for (const limit of [1, 7, 100]) {
          expect(await numbersOf(state, filter, limit), JSON.stringify(filter)).toEqual(expected);
        }
      }
    });
  });
}

function matches(entry: AuditEntry, { coops, subject, who, from, to }: Filter): boolean {
  return (
    (coops === undefined || (entry.coop !== null && coops.includes(entry.coop))) &&
    (subject === undefined || subject === entry.subject) &&
    (who === undefined || who === entry.who) &&
    (from === undefined || entry.at >= from) &&
    (to === undefined || entry.at < to)
  );
}

async function numbersOf(state: State, filter: Filter, limit: number): Promise<number[]> {
  const numbers: number[] = [];
  let after: string | undefined;
  do {
    const page = await state.audit.list(filter, { limit, ...(after && { after }) });
    numbers.push(...page.items.map(({ number }) => number));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return numbers;
}
