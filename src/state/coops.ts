import { AppError } from '../base/errors.ts';
import type { CoopRepository } from '../contracts/state.ts';
import { assertId } from './ids.ts';
import { emptyPage, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

export function createCoops(scope: Scope): CoopRepository {
  const { db } = scope;
  const get: CoopRepository['get'] = (id) =>
    db.selectFrom('coops').selectAll().where('id', '=', id).executeTakeFirst();

  return {
    get,

    async list({ coops }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['string']);
      let query = db.selectFrom('coops').selectAll().orderBy('id').limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('id', 'in', coops);
      if (after !== undefined) query = query.where('id', '>', after[0]);
      const rows = await query.execute();
      return toPage(rows, page, { itemOf: (row) => row, positionOf: ({ id }) => [id] });
    },

    async create({ id, name }) {
      assertId(id);
      const created = await db
        .insertInto('coops')
        .values({ id, name })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (created !== undefined) return;
      throw new AppError('COOP_EXISTS', `there is already a cooperative ${id}`, { field: 'id' });
    },

    async update(id, { name }) {
      if (name === undefined) return get(id);
      return db
        .updateTable('coops')
        .set({ name })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
    },

    remove(id) {
      return scope.atomically(async ({ db }) => {
        for (const table of ['sites', 'devices'] as const) {
          const user = await db
            .selectFrom(table)
            .select('id')
            .where('coop', '=', id)
            .limit(1)
            .executeTakeFirst();
          if (user === undefined) continue;
          throw new AppError('COOP_IN_USE', `cooperative ${id} still has ${table}`, {
            hint: 'Remove its devices and sites first.',
          });
        }
        const removed = await db
          .deleteFrom('coops')
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst();
        await db.deleteFrom('emergency_stops').where('coop', '=', id).execute();
        return removed !== undefined;
      });
    },
  };
}

/** Throws COOP_NOT_FOUND. */
export async function assertCoop({ db }: Scope, id: string): Promise<void> {
  const coop = await db.selectFrom('coops').select('id').where('id', '=', id).executeTakeFirst();
  if (coop !== undefined) return;
  throw new AppError('COOP_NOT_FOUND', `there is no cooperative ${id}`, { field: 'coop' });
}
