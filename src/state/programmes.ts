import type { Programme, ProgrammeRepository, ProgrammeRun } from '../contracts/irrigation.ts';
import { assertCoop } from './coops.ts';
import { assertId } from './ids.ts';
import { emptyPage, everyRow, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

const OPEN_STATES: ReadonlyArray<ProgrammeRun['state']> = ['proposed', 'waiting', 'running'];

export function createProgrammes(scope: Scope): ProgrammeRepository {
  return { ...programmes(scope), ...runs(scope) };
}

type Runs = Pick<ProgrammeRepository, 'runs' | 'openRuns' | 'saveRun' | 'expireRuns'>;

function programmes(scope: Scope): Omit<ProgrammeRepository, keyof Runs> {
  const { db } = scope;
  const bodies = () => db.selectFrom('programmes').select(['id', 'body']);
  return {
    async list({ coops }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['string']);
      let query = bodies().orderBy('id').limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (after !== undefined) query = query.where('id', '>', after[0]);
      const rows = await query.execute();
      return toPage(rows, page, { itemOf: toProgramme, positionOf: ({ id }) => [id] });
    },

    async all() {
      const rows = await everyRow<{ id: string; body: string }>((limit, last) =>
        bodies()
          .where('id', '>', last?.id ?? '')
          .orderBy('id')
          .limit(limit)
          .execute(),
      );
      return rows.map(toProgramme);
    },

    async get(id) {
      const row = await bodies().where('id', '=', id).executeTakeFirst();
      return row && toProgramme(row);
    },

    async save(programme) {
      const { id, coop } = programme;
      assertId(id);
      const columns = { coop, body: JSON.stringify(programme) };
      await scope.atomically(async (inner) => {
        await assertCoop(inner, coop);
        await inner.db
          .insertInto('programmes')
          .values({ id, ...columns })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
          .execute();
      });
    },

    async remove(id) {
      const removed = await db
        .deleteFrom('programmes')
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return removed !== undefined;
    },

    async decided(programme) {
      const row = await db
        .selectFrom('programmes')
        .select('decided_at')
        .where('id', '=', programme)
        .executeTakeFirst();
      return row?.decided_at ?? null;
    },

    async saveDecided(programme, at) {
      await db
        .updateTable('programmes')
        .set({ decided_at: at })
        .where('id', '=', programme)
        .execute();
    },
  };
}

function runs(scope: Scope): Runs {
  const { db } = scope;
  const toRun = ({ body }: { body: string }): ProgrammeRun => JSON.parse(body) as ProgrammeRun;
  return {
    async runs(programme, page) {
      const after = positionAfter(page, ['number']);
      let query = db
        .selectFrom('programme_runs')
        .select(['starts_at', 'body'])
        .where('programme', '=', programme)
        .orderBy('starts_at', 'desc')
        .limit(rowsWanted(page));
      if (after !== undefined) query = query.where('starts_at', '<', after[0]);
      const rows = await query.execute();
      return toPage(rows, page, { itemOf: toRun, positionOf: ({ starts_at }) => [starts_at] });
    },

    async openRuns() {
      type Row = { programme: string; starts_at: number; body: string };
      const rows = await everyRow<Row>((limit, last) => {
        let query = db
          .selectFrom('programme_runs')
          .select(['programme', 'starts_at', 'body'])
          // As a literal: a plan made for any value could not use the index of open rows.
          .where('open', '=', ({ lit }) => lit(1))
          .orderBy('programme')
          .orderBy('starts_at')
          .limit(limit);
        if (last !== undefined) {
          query = query.where((eb) =>
            eb(
              eb.refTuple('programme', 'starts_at'),
              '>',
              eb.tuple(last.programme, last.starts_at),
            ),
          );
        }
        return query.execute();
      });
      return rows.map(toRun);
    },

    saveRun(run) {
      const { programme, at, state } = run;
      const columns = { open: OPEN_STATES.includes(state) ? 1 : 0, body: JSON.stringify(run) };
      return scope.atomically(async (inner) => {
        if ((await createProgrammes(inner).get(programme)) === undefined) return;
        await inner.db
          .insertInto('programme_runs')
          .values({ programme, starts_at: at, ...columns })
          .onConflict((conflict) =>
            conflict.columns(['programme', 'starts_at']).doUpdateSet(columns),
          )
          .execute();
      });
    },

    async expireRuns(before) {
      await db
        .deleteFrom('programme_runs')
        .where('starts_at', '<', before)
        .where('open', '=', 0)
        .execute();
    },
  };
}

function toProgramme({ body }: { body: string }): Programme {
  return JSON.parse(body) as Programme;
}
