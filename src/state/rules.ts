import type { Rule } from '../contracts/rule.ts';
import type { RuleHand, RuleRepository } from '../contracts/state.ts';
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

    save(rule, hand) {
      const body = JSON.stringify(rule);
      return scope.atomically(async (inner) => {
        await inner.db
          .insertInto('rules')
          .values({ id: rule.id, body })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ body }))
          .execute();
        if (hand !== undefined) await keepVersion(inner, { id: rule.id, body, hand });
      });
    },

    remove(id, hand) {
      return scope.atomically(async (inner) => {
        const removed = await inner.db
          .deleteFrom('rules')
          .where('id', '=', id)
          .returning('body')
          .executeTakeFirst();
        if (removed === undefined) return false;
        if (hand !== undefined) {
          await keepVersion(inner, { id, body: removed.body, hand, removed: true });
        }
        return true;
      });
    },

    async versions(id) {
      const rows = await db
        .selectFrom('rule_versions')
        .selectAll()
        .where('rule', '=', id)
        .orderBy('place', 'desc')
        .execute();
      return rows.map(({ body, saved_at, saved_by, removed }) => ({
        rule: JSON.parse(body) as Rule,
        savedAt: saved_at,
        savedBy: saved_by,
        removed: removed === 1,
      }));
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

/** Appends one; nothing ever changes or takes away what stands there. */
async function keepVersion(
  scope: Scope,
  version: { id: string; body: string; hand: RuleHand; removed?: true },
): Promise<void> {
  const { id, body, hand, removed } = version;
  const { last } = await scope.db
    .selectFrom('rule_versions')
    .select(({ fn }) => fn.max('place').as('last'))
    .where('rule', '=', id)
    .executeTakeFirstOrThrow();
  await scope.db
    .insertInto('rule_versions')
    .values({
      rule: id,
      // Null while there is none, whatever the type says.
      place: (last ?? 0) + 1,
      saved_at: hand.at,
      saved_by: hand.by,
      removed: removed ? 1 : 0,
      body,
    })
    .execute();
}
