import type { BalanceRow, Plot, PlotRepository } from '../contracts/irrigation.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';
import { createSitePlans } from './site-plans.ts';

export function createPlots(scope: Scope): PlotRepository {
  const { db } = scope;
  const { list, get, save, remove } = createSitePlans<Plot>(scope, 'plots');
  return {
    ...{ list, get, save, remove },

    async rows(site, from) {
      const rows = await everyRow<{ day: string; body: string }>((limit, last) =>
        db
          .selectFrom('balance_rows')
          .select(['day', 'body'])
          .where('site', '=', site)
          .where('day', '>=', from)
          .where('day', '>', last?.day ?? '')
          .orderBy('day')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ body }) => JSON.parse(body) as BalanceRow);
    },

    saveRows(site, saved) {
      return scope.atomically(async (inner) => {
        if ((await createPlots(inner).get(site)) === undefined) return;
        await writeRows(inner, {
          name: 'balance rows',
          rows: lastOfEach(saved, ({ day }) => day).map((row) => ({
            site,
            day: row.day,
            body: JSON.stringify(row),
          })),
          build: (db, values) =>
            db
              .insertInto('balance_rows')
              .values(values)
              .onConflict((conflict) =>
                conflict
                  .columns(['site', 'day'])
                  .doUpdateSet(({ ref }) => ({ body: ref('excluded.body') })),
              ),
        });
      });
    },
  };
}
