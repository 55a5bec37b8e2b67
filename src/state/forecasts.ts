import type { Forecast, ForecastRepository } from '../contracts/forecast.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';

export function createForecasts(scope: Scope): ForecastRepository {
  const { db } = scope;
  const ofSite = (site: string) =>
    db.selectFrom('forecasts').select(['taken_at', 'body']).where('site', '=', site);
  const toForecast = ({ body }: { body: string }): Forecast => JSON.parse(body) as Forecast;
  return {
    save(forecast) {
      const { site, takenAt } = forecast;
      const body = JSON.stringify(forecast);
      return scope.atomically(async ({ db }) => {
        const known = await db
          .selectFrom('sites')
          .select('id')
          .where('id', '=', site)
          .executeTakeFirst();
        // The site may have been removed while its provider was being asked.
        if (known === undefined) return;
        await db
          .insertInto('forecasts')
          .values({ site, taken_at: takenAt, body })
          .onConflict((conflict) => conflict.columns(['site', 'taken_at']).doUpdateSet({ body }))
          .execute();
      });
    },

    async newest(site) {
      const row = await ofSite(site).orderBy('taken_at', 'desc').limit(1).executeTakeFirst();
      return row && toForecast(row);
    },

    async since(site, from) {
      const rows = await everyRow<{ taken_at: number; body: string }>((limit, last) => {
        const query = ofSite(site).orderBy('taken_at').limit(limit);
        return last === undefined
          ? query.where('taken_at', '>=', from).execute()
          : query.where('taken_at', '>', last.taken_at).execute();
      });
      return rows.map(toForecast);
    },

    async expire(before) {
      await db.deleteFrom('forecasts').where('taken_at', '<', before).execute();
    },
  };
}
