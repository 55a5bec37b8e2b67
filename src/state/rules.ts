import type { Rule } from '../contracts/rule.ts';
import type { RuleRepository } from '../contracts/state.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';

export function createRules(scope: Scope): RuleRepository {
  const { db } = scope;
  return {
    async list() {
      const rows = await db.selectFrom('rules').select('body').orderBy('id').execute();
      return rows.map(({ body }) => JSON.parse(body) as Rule);
    },

    async get(id) {
      const row = await db
        .selectFrom('rules')
        .select('body')
        .where('id', '=', id)
        .executeTakeFirst();
      return row && (JSON.parse(row.body) as Rule);
    },

    async save(rule) {
      const body = JSON.stringify(rule);
      await db
        .insertInto('rules')
        .values({ id: rule.id, body })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ body }))
        .execute();
    },

    async remove(id) {
      const removed = await db
        .deleteFrom('rules')
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return removed !== undefined;
    },

    states() {
      return everyRow((limit, last) => {
        let query = db
          .selectFrom('rule_states')
          .selectAll()
          .orderBy('rule')
          .orderBy('device')
          .limit(limit);
        if (last !== undefined) {
          query = query.where((eb) =>
            eb(eb.refTuple('rule', 'device'), '>', eb.tuple(last.rule, last.device)),
          );
        }
        return query.execute();
      });
    },

    saveStates(states) {
      const rows = lastOfEach(states, ({ rule, device }) => JSON.stringify([rule, device]));
      return writeRows(scope, {
        name: 'rule_states',
        rows: rows.map(({ rule, device, body }) => ({ rule, device, body })),
        build: (db, values) =>
          db
            .insertInto('rule_states')
            .values(values)
            .onConflict((conflict) =>
              conflict
                .columns(['rule', 'device'])
                .doUpdateSet(({ ref }) => ({ body: ref('excluded.body') })),
            ),
      });
    },

    async removeStates(rule, device) {
      let query = db.deleteFrom('rule_states').where('rule', '=', rule);
      if (device !== undefined) query = query.where('device', '=', device);
      await query.execute();
    },
  };
}
