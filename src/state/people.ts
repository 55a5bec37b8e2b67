import { AppError } from '../base/errors.ts';
import type { Duty, Person, PersonRepository } from '../contracts/people.ts';
import { assertId } from './ids.ts';
import { emptyPage, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

/** A person is kept whole as JSON; beside it stand the cooperatives, which lists ask for. */
export function createPeople(scope: Scope): PersonRepository {
  const { db } = scope;
  return {
    async list({ within, coop }, page) {
      if (within?.length === 0) return emptyPage();
      const after = positionAfter(page, ['string']);
      let query = db.selectFrom('people').selectAll().orderBy('id').limit(rowsWanted(page));
      if (after !== undefined) query = query.where('id', '>', after[0]);
      if (coop !== undefined) {
        query = query.where('id', 'in', (eb) =>
          eb.selectFrom('person_coops').select('person').where('coop', '=', coop),
        );
      }
      if (within !== undefined) {
        query = query.where('id', 'not in', (eb) =>
          eb.selectFrom('person_coops').select('person').where('coop', 'not in', within),
        );
      }
      const rows = await query.execute();
      return toPage(rows, page, {
        itemOf: ({ body }) => JSON.parse(body) as Person,
        positionOf: ({ id }) => [id],
      });
    },

    async get(id) {
      const row = await db
        .selectFrom('people')
        .select('body')
        .where('id', '=', id)
        .executeTakeFirst();
      return row && (JSON.parse(row.body) as Person);
    },

    async save(person) {
      const { id, coops } = person;
      assertId(id);
      const body = JSON.stringify(person);
      await scope.atomically(async (inner) => {
        await inner.db
          .insertInto('people')
          .values({ id, body })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ body }))
          .execute();
        await inner.db.deleteFrom('person_coops').where('person', '=', id).execute();
        const rows = [...new Set(coops)].map((coop) => ({ person: id, coop }));
        if (rows.length > 0) await inner.db.insertInto('person_coops').values(rows).execute();
      });
    },

    remove(id) {
      return scope.atomically(async (inner) => {
        const duties = await inner.db.selectFrom('duties').select('body').execute();
        for (const { body } of duties) assertNotOnDuty(JSON.parse(body) as Duty, id);
        const removed = await inner.db
          .deleteFrom('people')
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst();
        return removed !== undefined;
      });
    },

    async duty(coop) {
      const row = await db
        .selectFrom('duties')
        .select('body')
        .where('coop', '=', coop)
        .executeTakeFirst();
      return row && (JSON.parse(row.body) as Duty);
    },

    async saveDuty(duty) {
      const body = JSON.stringify(duty);
      await db
        .insertInto('duties')
        .values({ coop: duty.coop, body })
        .onConflict((conflict) => conflict.column('coop').doUpdateSet({ body }))
        .execute();
    },
  };
}

function assertNotOnDuty({ coop, steps }: Duty, person: string): void {
  if (!steps.some(({ people }) => people.includes(person))) return;
  throw new AppError('PERSON_ON_DUTY', `${person} is called for the alerts of ${coop}`, {
    hint: 'Take them off the duty of the cooperative first.',
  });
}
