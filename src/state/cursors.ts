import type { CursorRepository } from '../contracts/state.ts';
import { writeRows } from './bulk.ts';
import type { Scope } from './scope.ts';

export function createCursors(scope: Scope): CursorRepository {
  return {
    async get(consumer) {
      const row = await scope.db
        .selectFrom('cursors')
        .select('frame_offset')
        .where('consumer', '=', consumer)
        .executeTakeFirst();
      return row?.frame_offset ?? 0;
    },

    // Each batch of each consumer ends here, which makes a compiled statement worth its while.
    set(consumer, offset) {
      return writeRows(scope, {
        name: 'cursors',
        rows: [{ consumer, frame_offset: offset }],
        build: (db, values) =>
          db
            .insertInto('cursors')
            .values(values)
            .onConflict((conflict) =>
              conflict
                .column('consumer')
                .doUpdateSet(({ ref }) => ({ frame_offset: ref('excluded.frame_offset') })),
            ),
      });
    },
  };
}
