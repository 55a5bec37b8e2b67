import type { Rule } from '../contracts/rule.ts';
import type { AdviceRepository } from '../contracts/state.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';

export function createAdvice({ db }: Scope): AdviceRepository {
  return {
    async get(coop, rule) {
      const row = await db
        .selectFrom('advice')
        .select('body')
        .where('coop', '=', coop)
        .where('rule', '=', rule)
        .executeTakeFirst();
      return row && (JSON.parse(row.body) as Rule['advice']);
    },

    async list(coop) {
      const rows = await everyRow<{ rule: string; body: string }>((limit, last) =>
        db
          .selectFrom('advice')
          .select(['rule', 'body'])
          .where('coop', '=', coop)
          .where('rule', '>', last?.rule ?? '')
          .orderBy('rule')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ rule, body }) => ({ rule, advice: JSON.parse(body) as Rule['advice'] }));
    },

    async save(coop, rule, advice) {
      await db
        .insertInto('advice')
        .values({ coop, rule, body: JSON.stringify(advice) })
        .onConflict((conflict) =>
          conflict.columns(['coop', 'rule']).doUpdateSet(({ ref }) => ({
            body: ref('excluded.body'),
          })),
        )
        .execute();
    },

    async remove(coop, rule) {
      const removed = await db
        .deleteFrom('advice')
        .where('coop', '=', coop)
        .where('rule', '=', rule)
        .returning('rule')
        .executeTakeFirst();
      return removed !== undefined;
    },
  };
}
