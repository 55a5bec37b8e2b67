import type { SettingRepository } from '../contracts/state.ts';
import type { Scope } from './scope.ts';

export function createSettings({ db }: Scope): SettingRepository {
  return {
    async get(key) {
      const row = await db
        .selectFrom('settings')
        .select('value')
        .where('name', '=', key)
        .executeTakeFirst();
      return row?.value;
    },

    async set(key, value) {
      await db
        .insertInto('settings')
        .values({ name: key, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    },
  };
}
