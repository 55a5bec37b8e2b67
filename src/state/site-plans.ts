import type { CoopFilter, Page, Paged } from '../contracts/state.ts';
import { emptyPage, everyRow, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';
import { assertSite } from './sites.ts';

interface SitePlans<Plan> {
  list(filter: CoopFilter, page: Page): Promise<Paged<Plan>>;
  all(): Promise<Plan[]>;
  get(site: string): Promise<Plan | undefined>;
  save(plan: Plan): Promise<void>;
  remove(site: string): Promise<boolean>;
}

/** One plan for each site, kept whole as JSON; it goes with its site. */
export function createSitePlans<Plan extends { site: string; coop: string }>(
  scope: Scope,
  table: 'plots' | 'aeration_plans',
): SitePlans<Plan> {
  const { db } = scope;
  const toPlan = ({ body }: { body: string }): Plan => JSON.parse(body) as Plan;
  const plans = () => db.selectFrom(table).select(['site', 'body']);
  return {
    async list({ coops }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['string']);
      let query = plans().orderBy('site').limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (after !== undefined) query = query.where('site', '>', after[0]);
      const rows = await query.execute();
      return toPage(rows, page, { itemOf: toPlan, positionOf: ({ site }) => [site] });
    },

    async all() {
      const rows = await everyRow<{ site: string; body: string }>((limit, last) =>
        plans()
          .where('site', '>', last?.site ?? '')
          .orderBy('site')
          .limit(limit)
          .execute(),
      );
      return rows.map(toPlan);
    },

    async get(site) {
      const row = await plans().where('site', '=', site).executeTakeFirst();
      return row && toPlan(row);
    },

    save(plan) {
      const { site, coop } = plan;
      const columns = { coop, body: JSON.stringify(plan) };
      return scope.atomically(async (inner) => {
        await assertSite(inner, site, coop);
        await inner.db
          .insertInto(table)
          .values({ site, ...columns })
          .onConflict((conflict) => conflict.column('site').doUpdateSet(columns))
          .execute();
      });
    },

    async remove(site) {
      const removed = await db
        .deleteFrom(table)
        .where('site', '=', site)
        .returning('site')
        .executeTakeFirst();
      return removed !== undefined;
    },
  };
}
