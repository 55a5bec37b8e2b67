import type { Insertable, Selectable } from 'kysely';
import { AppError } from '../base/errors.ts';
import type { Role, Session, SessionRepository } from '../contracts/state.ts';
import { hashText } from './hashes.ts';
import { assertId } from './ids.ts';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

export function createSessions(scope: Scope): SessionRepository {
  const { db } = scope;
  return {
    async list() {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toSession);
    },

    async create(session, hash) {
      assertId(session.id);
      await scope.atomically(async (inner) => {
        if (session.token !== null) await assertToken(inner, session.token);
        await inner.db.insertInto('sessions').values(toRow(session, hash)).execute();
      });
    },

    async findByHash(hash) {
      const row = await db
        .selectFrom('sessions')
        .selectAll()
        .where('hash', '=', hashText(hash))
        .executeTakeFirst();
      return row && toSession(row);
    },

    async remove(id) {
      const removed = await db
        .deleteFrom('sessions')
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return removed !== undefined;
    },

    async touch(id, at, expiresAt) {
      await db
        .updateTable('sessions')
        .set({ last_used_at: at, expires_at: expiresAt })
        .where('id', '=', id)
        .execute();
    },

    async saveCode(hash, expiresAt) {
      await db
        .insertInto('sign_in_codes')
        .values({ hash: hashText(hash), expires_at: expiresAt })
        .execute();
    },

    async takeCode(hash, now) {
      const taken = await db
        .deleteFrom('sign_in_codes')
        .where('hash', '=', hashText(hash))
        .returning('expires_at')
        .executeTakeFirst();
      return taken !== undefined && taken.expires_at > now;
    },

    async removeExpired(now) {
      await scope.atomically(async ({ db }) => {
        await db.deleteFrom('sessions').where('expires_at', '<=', now).execute();
        await db.deleteFrom('sign_in_codes').where('expires_at', '<=', now).execute();
      });
    },
  };
}

async function assertToken({ db }: Scope, id: string): Promise<void> {
  const token = await db.selectFrom('tokens').select('id').where('id', '=', id).executeTakeFirst();
  if (token === undefined) throw new AppError('TOKEN_NOT_FOUND', 'the token was removed');
}

function toRow(session: Session, hash: Uint8Array): Insertable<Tables['sessions']> {
  return {
    id: session.id,
    hash: hashText(hash),
    name: session.name,
    role: session.role,
    coops: session.coops === null ? null : JSON.stringify(session.coops),
    token: session.token,
    created_at: session.createdAt,
    last_used_at: session.lastUsedAt,
    expires_at: session.expiresAt,
    ends_at: session.endsAt,
  };
}

function toSession(row: Selectable<Tables['sessions']>): Session {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    coops: row.coops === null ? null : (JSON.parse(row.coops) as string[]),
    token: row.token,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    endsAt: row.ends_at,
  };
}
