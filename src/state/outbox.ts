import type { Selectable } from 'kysely';
import type { Delivery, DeliveryState, Escalation, OutboxRepository } from '../contracts/notify.ts';
import type { Severity } from '../contracts/rule.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { emptyPage, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

type Row = Selectable<Tables['deliveries']>;

/** Those that reached a provider. */
const SENT: readonly DeliveryState[] = ['sent', 'delivered'];

export function createOutbox(scope: Scope): OutboxRepository {
  return { ...deliveries(scope), ...questions(scope), ...escalations(scope) };
}

type Questions = Pick<
  OutboxRepository,
  'told' | 'sentBetween' | 'counts' | 'channels' | 'waitingDigest'
>;
type Escalations = Pick<
  OutboxRepository,
  'saveEscalation' | 'removeEscalation' | 'dueEscalations' | 'moveDue'
>;

function deliveries(scope: Scope): Omit<OutboxRepository, keyof Questions | keyof Escalations> {
  const { db } = scope;
  const waiting = () => db.selectFrom('deliveries').selectAll().where('state', '=', 'waiting');
  return {
    async add(added) {
      await writeRows(scope, {
        name: 'new deliveries',
        rows: lastOfEach(added, ({ id }) => id).map(toRow),
        build: (inner, values) =>
          inner
            .insertInto('deliveries')
            .values(values)
            .onConflict((conflict) => conflict.doNothing()),
      });
    },

    async get(id) {
      const row = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row && toDelivery(row);
    },

    save(saved) {
      return scope.atomically(async (inner) => {
        for (const delivery of saved) {
          const { id, ...changes } = toRow(delivery);
          await inner.db
            .insertInto('deliveries')
            .values({ id, ...changes })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(changes))
            .execute();
        }
      });
    },

    async due(channel, at, most) {
      const rows = await waiting()
        .where('channel', '=', channel)
        .where('due_at', '<=', at)
        .where('digest', 'is', null)
        .orderBy(({ eb }) => eb('severity', '=', 'critical'), 'desc')
        .orderBy('due_at')
        .orderBy('id')
        .limit(most)
        .execute();
      return rows.map(toDelivery);
    },

    async waiting(alert) {
      const rows = await waiting().where('alert', '=', alert).orderBy('id').execute();
      return rows.map(toDelivery);
    },

    async carried(digest, state = 'waiting') {
      const rows = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('state', '=', state)
        .where('digest', '=', digest)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toDelivery);
    },

    async list({ coops, states, person, alert }, page) {
      if (coops?.length === 0 || states?.length === 0) return emptyPage();
      const after = positionAfter(page, ['number', 'string']);
      let query = db
        .selectFrom('deliveries')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (states !== undefined) query = query.where('state', 'in', states);
      if (person !== undefined) query = query.where('person', '=', person);
      if (alert !== undefined) query = query.where('alert', '=', alert);
      if (after !== undefined) {
        query = query.where((eb) =>
          eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(after[0], after[1])),
        );
      }
      const rows = await query.execute();
      return toPage(rows, page, {
        itemOf: toDelivery,
        positionOf: ({ created_at, id }) => [created_at, id],
      });
    },

    async expire(before, most) {
      const rows = await db
        .deleteFrom('deliveries')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('deliveries')
            .select('id')
            .where('finished_at', '<', before)
            .orderBy('finished_at')
            .limit(most),
        )
        .returning('id')
        .execute();
      return rows.length;
    },
  };
}

function questions({ db }: Scope): Questions {
  return {
    async channels() {
      const rows = await db
        .selectFrom('deliveries')
        .select('channel')
        .distinct()
        .where('state', '=', 'waiting')
        .orderBy('channel')
        .execute();
      return rows.map(({ channel }) => channel);
    },

    async waitingDigest(person, coop) {
      const row = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('person', '=', person)
        .where('state', '=', 'waiting')
        .where('event', '=', 'digest')
        .where('coop', '=', coop)
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst();
      return row && toDelivery(row);
    },

    async told(alert) {
      const rows = await db
        .selectFrom('deliveries')
        .select('person')
        .distinct()
        .where('alert', '=', alert)
        .where('state', 'in', SENT)
        .where('event', '<>', 'ended')
        .orderBy('person')
        .execute();
      return rows.map(({ person }) => person);
    },

    async sentBetween(person, since, until) {
      const rows = await db
        .selectFrom('deliveries')
        .select('finished_at')
        .where('person', '=', person)
        .where('state', 'in', SENT)
        .where('finished_at', '>', since)
        .where('finished_at', '<=', until)
        .where('severity', '<>', 'critical')
        .where('digest', 'is', null)
        .orderBy('finished_at')
        .execute();
      return rows.map(({ finished_at }) => finished_at ?? 0);
    },

    async counts() {
      const rows = await db
        .selectFrom('deliveries')
        .select(({ fn }) => ['channel', 'state', fn.countAll<number>().as('count')])
        .where('state', 'in', ['waiting', 'dead'])
        .groupBy(['channel', 'state'])
        .execute();
      return rows.map(({ channel, state, count }) => ({
        channel,
        state: state as DeliveryState,
        count: Number(count),
      }));
    },
  };
}

function escalations({ db, atomically }: Scope): Escalations {
  return {
    async saveEscalation({ alert, dueAt, ...rest }) {
      const changes = { ...rest, due_at: dueAt };
      await db
        .insertInto('escalations')
        .values({ alert, ...changes })
        .onConflict((conflict) => conflict.column('alert').doUpdateSet(changes))
        .execute();
    },

    async removeEscalation(alert) {
      await db.deleteFrom('escalations').where('alert', '=', alert).execute();
    },

    async dueEscalations(at, most) {
      const rows = await db
        .selectFrom('escalations')
        .selectAll()
        .where('due_at', '<=', at)
        .orderBy('due_at')
        .orderBy('alert')
        .limit(most)
        .execute();
      return rows.map(({ due_at, event, ...rest }) => ({
        ...rest,
        event: event as Escalation['event'],
        dueAt: due_at,
      }));
    },

    moveDue(byMs, latest) {
      return atomically(async (inner) => {
        await inner.db
          .updateTable('deliveries')
          .set(({ eb }) => ({ due_at: eb('due_at', '+', byMs) }))
          .where('state', '=', 'waiting')
          .where('held', '=', 0)
          .execute();
        await inner.db
          .updateTable('deliveries')
          .set({ due_at: latest })
          .where('state', '=', 'waiting')
          .where('held', '=', 0)
          .where('due_at', '>', latest)
          .execute();
        await inner.db
          .updateTable('escalations')
          .set(({ eb }) => ({ due_at: eb('due_at', '+', byMs) }))
          .execute();
        await inner.db
          .updateTable('escalations')
          .set({ due_at: latest })
          .where('due_at', '>', latest)
          .execute();
      });
    },
  };
}

function toRow(delivery: Delivery): Row {
  const { createdAt, dueAt, finishedAt, held, refused, ...same } = delivery;
  return {
    id: same.id,
    coop: same.coop,
    person: same.person,
    alert: same.alert,
    event: same.event,
    severity: same.severity,
    step: same.step,
    digest: same.digest,
    state: same.state,
    created_at: createdAt,
    due_at: dueAt,
    held: held ? 1 : 0,
    attempts: same.attempts,
    contact: same.contact,
    refused: JSON.stringify(refused),
    channel: same.channel,
    answer: same.answer,
    reason: same.reason,
    finished_at: finishedAt,
  };
}

function toDelivery(row: Row): Delivery {
  const { created_at, due_at, finished_at, held, refused, state, severity, ...same } = row;
  return {
    ...same,
    severity: severity as Severity,
    state: state as DeliveryState,
    createdAt: created_at,
    dueAt: due_at,
    held: held === 1,
    refused: JSON.parse(refused) as number[],
    finishedAt: finished_at,
  };
}
