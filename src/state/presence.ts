import type { Presence, PresenceRepository } from '../contracts/state.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';

/** Ids in one query; more are asked for in turns. */
const IDS_PER_QUERY = 500;

type Row = Omit<Presence, 'online'> & { online: number };

export function createPresence(scope: Scope): PresenceRepository {
  const { db } = scope;
  // The join leaves out a device that was removed while its last message was under way.
  const presences = () =>
    db
      .selectFrom('presence')
      .innerJoin('devices', 'devices.id', 'presence.device')
      .select(['device', 'last_seen_at as lastSeenAt', 'online', 'firmware'])
      .orderBy('device');

  const everyPresence = () =>
    everyRow<Row>((limit, last) =>
      presences()
        .where('device', '>', last?.device ?? '')
        .limit(limit)
        .execute(),
    );

  async function presencesOf(devices: readonly string[]): Promise<Row[]> {
    const rows: Row[] = [];
    for (let start = 0; start < devices.length; start += IDS_PER_QUERY) {
      const ids = devices.slice(start, start + IDS_PER_QUERY);
      rows.push(...(await presences().where('device', 'in', ids).execute()));
    }
    return rows;
  }

  return {
    async list(devices) {
      const rows = devices === undefined ? await everyPresence() : await presencesOf(devices);
      return rows.map((row): Presence => ({ ...row, online: row.online !== 0 }));
    },

    save(changed) {
      const rows = lastOfEach(changed, ({ device }) => device).map((presence) => ({
        device: presence.device,
        last_seen_at: presence.lastSeenAt,
        online: presence.online ? 1 : 0,
        firmware: presence.firmware,
      }));
      return writeRows(scope, {
        name: 'presence',
        rows,
        build: (db, values) =>
          db
            .insertInto('presence')
            .values(values)
            .onConflict((conflict) =>
              conflict.column('device').doUpdateSet(({ ref }) => ({
                last_seen_at: ref('excluded.last_seen_at'),
                online: ref('excluded.online'),
                firmware: ref('excluded.firmware'),
              })),
            ),
      });
    },
  };
}
