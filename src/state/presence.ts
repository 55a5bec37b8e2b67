import type { LearnedInterval, Presence, PresenceRepository } from '../contracts/state.ts';
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

    ...learning(scope),
  };
}

/** Of a device that was removed while its last message was under way nothing is offered. */
function learning(scope: Scope): Pick<PresenceRepository, 'learned' | 'saveLearned'> {
  const { db } = scope;
  return {
    async learned() {
      const rows = await everyRow<LearnedInterval & { spacings: string | null }>((limit, last) =>
        db
          .selectFrom('presence')
          .innerJoin('devices', 'devices.id', 'presence.device')
          .select(['device', 'learned_seconds as seconds', 'spacings'])
          .$narrowType<{ spacings: string }>()
          .where('spacings', 'is not', null)
          .where('device', '>', last?.device ?? '')
          .orderBy('device')
          .limit(limit)
          .execute(),
      );
      return rows;
    },

    async saveLearned(learned) {
      if (learned.length === 0) return;
      const rows = lastOfEach(learned, ({ device }) => device);
      await scope.atomically(async (inner) => {
        await writeRows(inner, {
          name: 'learned',
          rows: rows.map(({ device, seconds, spacings }) => ({
            ...{ device, last_seen_at: null, online: 0, firmware: null },
            ...{ learned_seconds: seconds, spacings },
          })),
          build: (at, values) =>
            at
              .insertInto('presence')
              .values(values)
              .onConflict((conflict) =>
                conflict.column('device').doUpdateSet(({ ref }) => ({
                  learned_seconds: ref('excluded.learned_seconds'),
                  spacings: ref('excluded.spacings'),
                })),
              ),
        });
        inner.afterCommit(() => {
          for (const { device, seconds } of rows) inner.registry.learn(device, seconds);
        });
      });
    },
  };
}
