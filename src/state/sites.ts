import type { Selectable, Updateable } from 'kysely';
import { AppError } from '../base/errors.ts';
import type { Geometry, Site, SiteKind, SiteRepository } from '../contracts/state.ts';
import { assertCoop } from './coops.ts';
import { assertId } from './ids.ts';
import { emptyPage, everyRow, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

export function createSites(scope: Scope): SiteRepository {
  const { db } = scope;
  const get: SiteRepository['get'] = async (id) => {
    const row = await db.selectFrom('sites').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toSite(row);
  };

  return {
    get,

    async list({ coops, kind }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['string']);
      let query = db.selectFrom('sites').selectAll().orderBy('id').limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (kind !== undefined) query = query.where('kind', '=', kind);
      if (after !== undefined) query = query.where('id', '>', after[0]);
      const rows = await query.execute();
      return toPage(rows, page, { itemOf: toSite, positionOf: ({ id }) => [id] });
    },

    async create(site) {
      assertId(site.id);
      await scope.atomically(async (inner) => {
        await assertCoop(inner, site.coop);
        const { id, coop, kind, name, location, areaHa, crop, species, startedOn } = site;
        const created = await inner.db
          .insertInto('sites')
          .values({
            id,
            coop,
            kind,
            name,
            location: toJson(location),
            area_ha: areaHa,
            crop,
            species,
            started_on: startedOn,
          })
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst();
        if (created === undefined) {
          throw new AppError('SITE_EXISTS', `there is already a site ${id}`, { field: 'id' });
        }
        inner.afterCommit(() => inner.registry.putSite(site));
      });
    },

    async update(id, change) {
      const columns = toColumns(change);
      if (Object.keys(columns).length === 0) return get(id);
      return scope.atomically(async (inner) => {
        const row = await inner.db
          .updateTable('sites')
          .set(columns)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return undefined;
        const site = toSite(row);
        inner.afterCommit(() => inner.registry.putSite(site));
        return site;
      });
    },

    remove(id) {
      return scope.atomically(async ({ db, registry, afterCommit }) => {
        const device = await db
          .selectFrom('devices')
          .select('id')
          .where('site', '=', id)
          .limit(1)
          .executeTakeFirst();
        if (device !== undefined) {
          throw new AppError('SITE_IN_USE', `device ${device.id} still stands on site ${id}`, {
            hint: 'Move or remove its devices first.',
          });
        }
        const removed = await db
          .deleteFrom('sites')
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst();
        if (removed === undefined) return false;
        await db.deleteFrom('emergency_stops').where('scope', '=', `site:${id}`).execute();
        afterCommit(() => registry.deleteSite(id));
        return true;
      });
    },
  };
}

/** Every site, for the registry. */
export async function allSites({ db }: Scope): Promise<Site[]> {
  const rows = await everyRow<Tables['sites']>((limit, last) =>
    db
      .selectFrom('sites')
      .selectAll()
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(limit)
      .execute(),
  );
  return rows.map(toSite);
}

/** Throws SITE_NOT_FOUND, also for a site of another cooperative: its existence is not our word. */
export async function assertSite({ db }: Scope, id: string, coop: string): Promise<void> {
  const site = await db.selectFrom('sites').select('coop').where('id', '=', id).executeTakeFirst();
  if (site?.coop === coop) return;
  throw new AppError('SITE_NOT_FOUND', `cooperative ${coop} has no site ${id}`, { field: 'site' });
}

function toColumns(change: Partial<Omit<Site, 'id' | 'coop'>>): Updateable<Tables['sites']> {
  const { kind, name, location, areaHa, crop, species, startedOn } = change;
  return {
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(location !== undefined && { location: toJson(location) }),
    ...(areaHa !== undefined && { area_ha: areaHa }),
    ...(crop !== undefined && { crop }),
    ...(species !== undefined && { species }),
    ...(startedOn !== undefined && { started_on: startedOn }),
  };
}

function toSite(row: Selectable<Tables['sites']>): Site {
  return {
    id: row.id,
    coop: row.coop,
    kind: row.kind as SiteKind,
    name: row.name,
    location: row.location === null ? null : (JSON.parse(row.location) as Geometry),
    areaHa: row.area_ha,
    crop: row.crop,
    species: row.species,
    startedOn: row.started_on,
  };
}

function toJson(location: Geometry | null): string | null {
  return location === null ? null : JSON.stringify(location);
}
