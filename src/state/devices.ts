import type { Selectable, Updateable } from 'kysely';
import { AppError } from '../base/errors.ts';
import type { Device, DeviceRepository } from '../contracts/state.ts';
import { assertFeedsNothing, forgetPart } from './actuators.ts';
import { assertCoop } from './coops.ts';
import { hashBytes, hashText } from './hashes.ts';
import { assertId } from './ids.ts';
import { emptyPage, everyRow, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';
import { assertSite } from './sites.ts';
import type { Tables } from './tables.ts';

/** Two: one in the device, one on its way into it. */
const SECRETS_VALID = 2;

export function createDevices(scope: Scope): DeviceRepository {
  const { db } = scope;
  const get: DeviceRepository['get'] = async (id) => {
    const row = await db.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toDevice(row);
  };

  return {
    get,

    async list({ coops, site, kind }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['string']);
      let query = db.selectFrom('devices').selectAll().orderBy('id').limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (site !== undefined) query = query.where('site', '=', site);
      if (kind !== undefined) query = query.where('kind', '=', kind);
      if (after !== undefined) query = query.where('id', '>', after[0]);
      const rows = await query.execute();
      return toPage(rows, page, { itemOf: toDevice, positionOf: ({ id }) => [id] });
    },

    async create(device, secretHash) {
      assertId(device.id);
      await scope.atomically((inner) => createDevice(inner, device, secretHash));
    },

    update(id, change) {
      const columns = toColumns(change);
      if (Object.keys(columns).length === 0) return get(id);
      return scope.atomically(async (inner) => {
        if (typeof change.site === 'string') {
          const before = await createDevices(inner).get(id);
          if (before !== undefined) await assertSite(inner, change.site, before.coop);
        }
        const row = await inner.db
          .updateTable('devices')
          .set(columns)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return undefined;
        const device = toDevice(row);
        inner.afterCommit(() => inner.registry.put(device));
        return device;
      });
    },

    addSecret(id, secretHash, at) {
      return scope.atomically((inner) => addSecret(inner, { id, secretHash, at }));
    },

    remove(id) {
      return scope.atomically(async (inner) => {
        const { db, registry, afterCommit } = inner;
        await assertFeedsNothing(inner, id);
        const removed = await db
          .deleteFrom('devices')
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst();
        await db.deleteFrom('presence').where('device', '=', id).execute();
        await db.deleteFrom('emergency_stops').where('scope', '=', `device:${id}`).execute();
        if (removed === undefined) return false;
        afterCommit(() => registry.delete(id));
        return true;
      });
    },

    async credentials() {
      const devices = await everyRow<Tables['devices']>((limit, last) =>
        db
          .selectFrom('devices')
          .selectAll()
          .where('id', '>', last?.id ?? '')
          .orderBy('id')
          .limit(limit)
          .execute(),
      );
      const hashes = await secretHashes(scope);
      return devices.map((row) => ({
        device: toDevice(row),
        secretHashes: hashes.get(row.id) ?? [],
      }));
    },
  };
}

async function createDevice(scope: Scope, device: Device, secretHash: Uint8Array): Promise<void> {
  const { db, registry, afterCommit } = scope;
  const { id, coop, site, kind, name, intervalSeconds, tags, gateway, createdAt } = device;
  await assertCoop(scope, coop);
  if (site !== null) await assertSite(scope, site, coop);
  const created = await db
    .insertInto('devices')
    .values({
      id,
      coop,
      site,
      kind,
      name,
      interval_seconds: intervalSeconds,
      tags: JSON.stringify(tags),
      gateway,
      created_at: createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (created === undefined) {
    throw new AppError('DEVICE_EXISTS', `there is already a device ${id}`, {
      field: 'id',
      hint: 'Device ids are unique in the whole instance: add the cooperative as a prefix.',
    });
  }
  await db
    .insertInto('device_secrets')
    .values({ device: id, generation: 1, hash: hashText(secretHash), created_at: createdAt })
    .execute();
  // What a device of this name left behind, or a message of it that was still under way.
  await db.deleteFrom('presence').where('device', '=', id).execute();
  await forgetPart(scope, id);
  afterCommit(() => registry.put(device, [secretHash]));
}

async function addSecret(
  scope: Scope,
  { id, secretHash, at }: { id: string; secretHash: Uint8Array; at: number },
): Promise<void> {
  const { db, registry, afterCommit } = scope;
  const device = await createDevices(scope).get(id);
  if (device === undefined) {
    throw new AppError('DEVICE_NOT_FOUND', `there is no device ${id}`, { field: 'id' });
  }
  const kept = await db
    .selectFrom('device_secrets')
    .select(['generation', 'hash'])
    .where('device', '=', id)
    .orderBy('generation', 'desc')
    .limit(SECRETS_VALID - 1)
    .execute();
  const generation = (kept[0]?.generation ?? 0) + 1;
  await db
    .insertInto('device_secrets')
    .values({ device: id, generation, hash: hashText(secretHash), created_at: at })
    .execute();
  await db
    .deleteFrom('device_secrets')
    .where('device', '=', id)
    .where('generation', '<=', generation - SECRETS_VALID)
    .execute();
  const hashes = [secretHash, ...kept.map(({ hash }) => hashBytes(hash))];
  afterCommit(() => registry.put(device, hashes));
}

/** The hashes of the valid secrets of every device, the newest first. */
async function secretHashes({ db }: Scope): Promise<Map<string, Uint8Array[]>> {
  const secrets = await everyRow<Tables['device_secrets']>((limit, last) => {
    let query = db
      .selectFrom('device_secrets')
      .selectAll()
      .orderBy('device')
      .orderBy('generation')
      .limit(limit);
    if (last !== undefined) {
      query = query.where((eb) =>
        eb(eb.refTuple('device', 'generation'), '>', eb.tuple(last.device, last.generation)),
      );
    }
    return query.execute();
  });
  const hashes = new Map<string, Uint8Array[]>();
  for (const { device, hash } of secrets) {
    const known = hashes.get(device);
    if (known === undefined) hashes.set(device, [hashBytes(hash)]);
    else known.unshift(hashBytes(hash));
  }
  return hashes;
}

function toColumns(
  change: Parameters<DeviceRepository['update']>[1],
): Updateable<Tables['devices']> {
  const { site, name, intervalSeconds, tags, gateway } = change;
  return {
    ...(site !== undefined && { site }),
    ...(name !== undefined && { name }),
    ...(intervalSeconds !== undefined && { interval_seconds: intervalSeconds }),
    ...(tags !== undefined && { tags: JSON.stringify(tags) }),
    ...(gateway !== undefined && { gateway }),
  };
}

function toDevice(row: Selectable<Tables['devices']>): Device {
  return {
    id: row.id,
    coop: row.coop,
    site: row.site,
    kind: row.kind,
    name: row.name,
    intervalSeconds: row.interval_seconds,
    tags: JSON.parse(row.tags) as string[],
    gateway: row.gateway,
    createdAt: row.created_at,
  };
}
