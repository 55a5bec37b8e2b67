import type { DirtyDay, RollupRepository } from '../contracts/state.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';

export function createRollups(scope: Scope): RollupRepository {
  const { db } = scope;
  const rowsOf = (days: readonly DirtyDay[]): DirtyDay[] => {
    const rows = days.map(({ kind, device, day }) => ({ kind, device, day }));
    return lastOfEach(rows, ({ kind, device, day }) => JSON.stringify([kind, device, day]));
  };
  return {
    dirty() {
      return everyRow<DirtyDay>((limit, last) => {
        let query = db
          .selectFrom('dirty_days')
          .selectAll()
          .orderBy('kind')
          .orderBy('device')
          .orderBy('day')
          .limit(limit);
        if (last !== undefined) {
          query = query.where((eb) =>
            eb(
              eb.refTuple('kind', 'device', 'day'),
              '>',
              eb.tuple(last.kind, last.device, last.day),
            ),
          );
        }
        return query.execute();
      });
    },

    mark(days) {
      return writeRows(scope, {
        name: 'dirty_days',
        rows: rowsOf(days),
        build: (db, values) =>
          db
            .insertInto('dirty_days')
            .values(values)
            .onConflict((conflict) => conflict.doNothing()),
      });
    },

    clear(days) {
      return writeRows(scope, {
        name: 'dirty_days removed',
        rows: rowsOf(days),
        build: (db, values) =>
          db
            .deleteFrom('dirty_days')
            .where((eb) =>
              eb.or(
                values.map(({ kind, device, day }) =>
                  eb.and([eb('kind', '=', kind), eb('device', '=', device), eb('day', '=', day)]),
                ),
              ),
            ),
      });
    },
  };
}
