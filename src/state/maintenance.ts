import type { Selectable } from 'kysely';
import type { Maintenance } from '../contracts/alert.ts';
import type { MaintenanceRepository } from '../contracts/state.ts';
import { emptyPage, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

export function createMaintenance({ db }: Scope): MaintenanceRepository {
  const windows = () => db.selectFrom('maintenance').selectAll();
  return {
    async list({ coops, endsAfter }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['number', 'string']);
      let query = windows().orderBy('ends_at').orderBy('id').limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (endsAfter !== undefined) query = query.where('ends_at', '>', endsAfter);
      if (after !== undefined) {
        query = query.where((eb) =>
          eb(eb.refTuple('ends_at', 'id'), '>', eb.tuple(after[0], after[1])),
        );
      }
      const rows = await query.execute();
      return toPage(rows, page, {
        itemOf: toWindow,
        positionOf: ({ ends_at, id }) => [ends_at, id],
      });
    },

    async get(id) {
      const row = await windows().where('id', '=', id).executeTakeFirst();
      return row && toWindow(row);
    },

    async create({ id, coop, site, from, until, reason, who }) {
      const times = { starts_at: from, ends_at: until, begun: 0 };
      await db
        .insertInto('maintenance')
        .values({ id, coop, site, ...times, reason, who })
        .execute();
    },

    async remove(id) {
      const removed = await db
        .deleteFrom('maintenance')
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return removed !== undefined;
    },

    async at(coop, time) {
      const rows = await windows()
        .where('coop', '=', coop)
        .where('ends_at', '>', time)
        .where('starts_at', '<=', time)
        .orderBy('id')
        .execute();
      return rows.map(toWindow);
    },

    async beginning(time) {
      const rows = await windows()
        .where('ends_at', '>', time)
        .where('starts_at', '<=', time)
        .where('begun', '=', 0)
        .orderBy('id')
        .execute();
      return rows.map(toWindow);
    },

    async begin(id) {
      await db.updateTable('maintenance').set({ begun: 1 }).where('id', '=', id).execute();
    },

    async move(running, byMs) {
      await db
        .updateTable('maintenance')
        .set((eb) => ({
          starts_at: eb('starts_at', '+', byMs),
          ends_at: eb('ends_at', '+', byMs),
        }))
        .where('begun', '=', 1)
        .where('ends_at', '>', running)
        .execute();
    },

    async expire(before) {
      await db.deleteFrom('maintenance').where('ends_at', '<', before).execute();
    },
  };
}

function toWindow(row: Selectable<Tables['maintenance']>): Maintenance {
  const { id, coop, site, starts_at: from, ends_at: until, reason, who } = row;
  return { id, coop, site, from, until, reason, who };
}
