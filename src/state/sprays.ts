import type { Spray, SprayBaseline, SprayRepository } from '../contracts/survey.ts';
import { emptyPage, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

/** A spray is kept whole as JSON; the columns beside it are what lists are narrowed by. */
export function createSprays({ db }: Scope): SprayRepository {
  return {
    async list({ coops, site, from, to }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['number', 'string']);
      let query = db
        .selectFrom('sprays')
        .select(['done_at', 'id', 'body'])
        .orderBy('done_at', 'desc')
        .orderBy('id', 'desc')
        .limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (site !== undefined) query = query.where('site', '=', site);
      if (from !== undefined) query = query.where('done_at', '>=', from);
      if (to !== undefined) query = query.where('done_at', '<', to);
      if (after !== undefined) {
        query = query.where((eb) =>
          eb(eb.refTuple('done_at', 'id'), '<', eb.tuple(after[0], after[1])),
        );
      }
      return toPage(await query.execute(), page, {
        itemOf: ({ body }) => JSON.parse(body) as Spray,
        positionOf: ({ done_at, id }) => [done_at, id],
      });
    },

    async get(id) {
      const row = await db
        .selectFrom('sprays')
        .select('body')
        .where('id', '=', id)
        .executeTakeFirst();
      return row && (JSON.parse(row.body) as Spray);
    },

    async save(spray) {
      const { id, coop, site, at } = spray;
      await db
        .insertInto('sprays')
        .values({ id, coop, site, done_at: at, body: JSON.stringify(spray) })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet(({ ref }) => ({
            coop: ref('excluded.coop'),
            site: ref('excluded.site'),
            done_at: ref('excluded.done_at'),
            body: ref('excluded.body'),
          })),
        )
        .execute();
    },

    async remove(id) {
      const removed = await db
        .deleteFrom('sprays')
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return removed !== undefined;
    },

    async baselines({ coops, site }) {
      if (coops?.length === 0) return [];
      let query = db
        .selectFrom('spray_baselines')
        .select('body')
        .orderBy('site')
        .orderBy('from_day');
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (site !== undefined) query = query.where('site', '=', site);
      const rows = await query.execute();
      return rows.map(({ body }) => JSON.parse(body) as SprayBaseline);
    },

    async saveBaseline(baseline) {
      const { site, coop, from } = baseline;
      await db
        .insertInto('spray_baselines')
        .values({ site, from_day: from, coop, body: JSON.stringify(baseline) })
        .onConflict((conflict) =>
          conflict.columns(['site', 'from_day']).doUpdateSet(({ ref }) => ({
            coop: ref('excluded.coop'),
            body: ref('excluded.body'),
          })),
        )
        .execute();
    },
  };
}
