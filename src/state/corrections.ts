import { AppError } from '../base/errors.ts';
import type { Correction } from '../contracts/history.ts';
import type { CorrectionRepository } from '../contracts/state.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';

export function createCorrections({ db }: Scope): CorrectionRepository {
  return {
    async current({ devices, metrics } = {}) {
      if (devices?.length === 0 || metrics?.length === 0) return [];
      const rows = await everyRow<{ id: string; first: number; body: string }>((limit, last) => {
        let query = db
          .selectFrom('corrections as newest')
          .innerJoin('corrections as oldest', (join) =>
            join.onRef('oldest.id', '=', 'newest.id').on('oldest.version', '=', 1),
          )
          .select(['newest.id as id', 'oldest.recorded_at as first', 'newest.body as body'])
          .where('newest.removed', '=', 0)
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('corrections as later')
                  .select('later.id')
                  .whereRef('later.id', '=', 'newest.id')
                  .whereRef('later.version', '>', 'newest.version'),
              ),
            ),
          )
          .orderBy('oldest.recorded_at')
          .orderBy('newest.id')
          .limit(limit);
        if (devices !== undefined) query = query.where('newest.device', 'in', devices);
        if (metrics !== undefined) query = query.where('newest.metric', 'in', metrics);
        if (last !== undefined) {
          query = query.where((eb) =>
            eb(eb.refTuple('oldest.recorded_at', 'newest.id'), '>', eb.tuple(last.first, last.id)),
          );
        }
        return query.execute();
      });
      return rows.map(({ body }) => JSON.parse(body) as Correction);
    },

    async versions(id) {
      const rows = await db
        .selectFrom('corrections')
        .select('body')
        .where('id', '=', id)
        .orderBy('version')
        .execute();
      return rows.map(({ body }) => JSON.parse(body) as Correction);
    },

    async save(correction) {
      const { id, version, device, metric, at, removed } = correction;
      const saved = await db
        .insertInto('corrections')
        .values({
          id,
          version,
          device,
          metric,
          recorded_at: at,
          removed: removed ? 1 : 0,
          body: JSON.stringify(correction),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (saved !== undefined) return;
      throw new AppError(
        'CORRECTION_CONFLICT',
        `correction ${id} has a version ${version} already`,
        {
          hint: 'Read it again: another person changed it meanwhile.',
        },
      );
    },
  };
}
