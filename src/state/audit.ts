import type { AuditEntry, AuditRepository } from '../contracts/command.ts';
import { emptyPage, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

/** Only ever added to; the database refuses the rest. */
export function createAudit(scope: Scope): AuditRepository {
  const { db } = scope;
  return {
    async list({ coops, subject, who, from, to }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['number']);
      // Numbers alone, from an index: entries of other times are passed over unread.
      let numbers = db
        .selectFrom('audit')
        .select('number')
        .orderBy('number', 'desc')
        .limit(rowsWanted(page));
      if (coops !== undefined) numbers = numbers.where('coop', 'in', coops);
      if (subject !== undefined) numbers = numbers.where('subject', '=', subject);
      if (who !== undefined) numbers = numbers.where('who', '=', who);
      if (from !== undefined) numbers = numbers.where('at', '>=', from);
      if (to !== undefined) numbers = numbers.where('at', '<', to);
      if (after !== undefined) numbers = numbers.where('number', '<', after[0]);
      const rows = await db
        .selectFrom('audit')
        .select(['number', 'body'])
        .where('number', 'in', numbers)
        .orderBy('number', 'desc')
        .execute();
      return toPage(rows, page, {
        itemOf: ({ number, body }) => {
          const entry = JSON.parse(body) as Omit<AuditEntry, 'number'>;
          return { number, ...entry };
        },
        positionOf: ({ number }) => [number],
      });
    },

    append(entries) {
      return scope.atomically(async ({ db }) => {
        for (const { at, coop, who, what, subject, why, before, after } of entries) {
          const change = { before: before ?? null, after: after ?? null };
          const entry = { at, coop, who, what, subject, why, ...change };
          await db
            .insertInto('audit')
            .values((eb) => ({
              // Writers take turns, so nobody else takes the number between this and the commit.
              number: eb
                .selectFrom('audit')
                .select((last) =>
                  last(last.fn.coalesce(last.fn.max('number'), last.lit(0)), '+', last.lit(1)).as(
                    'next',
                  ),
                ),
              ...{ at, coop, who, subject },
              body: JSON.stringify(entry),
            }))
            .execute();
        }
      });
    },
  };
}
