import type { DeskRepository, StandingSilence } from '../contracts/state.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';

export function createDesk({ db }: Scope): DeskRepository {
  return {
    async remind(alert, at) {
      if (at === null) {
        await db.deleteFrom('alert_reminders').where('alert', '=', alert).execute();
        return;
      }
      await db
        .insertInto('alert_reminders')
        .values({ alert, due_at: at })
        .onConflict((conflict) => conflict.column('alert').doUpdateSet({ due_at: at }))
        .execute();
    },

    async due(at, most) {
      const rows = await db
        .selectFrom('alert_reminders')
        .select('alert')
        .where('due_at', '<=', at)
        .orderBy('due_at')
        .orderBy('alert')
        .limit(most)
        .execute();
      return rows.map(({ alert }) => alert);
    },

    reminders() {
      return everyRow<{ alert: string; at: number }>((limit, last) =>
        db
          .selectFrom('alert_reminders')
          .select(['alert', 'due_at as at'])
          .where('alert', '>', last?.alert ?? '')
          .orderBy('alert')
          .limit(limit)
          .execute(),
      );
    },

    async saveSilence({ whole, ...silence }) {
      const row = { ...silence, whole: whole ? 1 : 0 };
      const { alert: _, ...rest } = row;
      await db
        .insertInto('alert_silences')
        .values(row)
        .onConflict((conflict) => conflict.column('alert').doUpdateSet(rest))
        .execute();
    },

    async removeSilence(alert) {
      await db.deleteFrom('alert_silences').where('alert', '=', alert).execute();
    },

    async silences(coop) {
      type Row = Omit<StandingSilence, 'whole'> & { whole: number };
      const rows = await everyRow<Row>((limit, last) =>
        db
          .selectFrom('alert_silences')
          .selectAll()
          .where('coop', '=', coop)
          .where('alert', '>', last?.alert ?? '')
          .orderBy('alert')
          .limit(limit)
          .execute(),
      );
      return rows.map((row) => ({ ...row, whole: row.whole === 1 }));
    },
  };
}
