import type { Selectable } from 'kysely';
import { AppError } from '../base/errors.ts';
import type { ApiToken, Role, TokenRepository } from '../contracts/state.ts';
import { hashText } from './hashes.ts';
import { assertId } from './ids.ts';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

export function createTokens({ db }: Scope): TokenRepository {
  return {
    async list() {
      const rows = await db
        .selectFrom('tokens')
        .selectAll()
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toToken);
    },

    async create(token, hash) {
      assertId(token.id);
      const created = await db
        .insertInto('tokens')
        .values({
          id: token.id,
          hash: hashText(hash),
          name: token.name,
          role: token.role,
          coops: token.coops === null ? null : JSON.stringify(token.coops),
          created_at: token.createdAt,
          expires_at: token.expiresAt,
          last_used_at: token.lastUsedAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (created !== undefined) return;
      throw new AppError('TOKEN_EXISTS', 'there is already a token with this id or this text');
    },

    async findByHash(hash) {
      const row = await db
        .selectFrom('tokens')
        .selectAll()
        .where('hash', '=', hashText(hash))
        .executeTakeFirst();
      return row && toToken(row);
    },

    async remove(id) {
      const removed = await db
        .deleteFrom('tokens')
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return removed !== undefined;
    },

    async touch(id, at) {
      await db.updateTable('tokens').set({ last_used_at: at }).where('id', '=', id).execute();
    },
  };
}

function toToken(row: Selectable<Tables['tokens']>): ApiToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    coops: row.coops === null ? null : (JSON.parse(row.coops) as string[]),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
