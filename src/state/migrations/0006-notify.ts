import type { Kysely, Migration } from 'kysely';

/** People and who is on duty; messages on their way to them, and what ladders have still to do. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createPeople(db);
    await createDeliveries(db);
    await db.schema
      .createTable('escalations')
      .addColumn('alert', 'text', (column) => column.primaryKey())
      .addColumn('coop', 'text', (column) => column.notNull())
      .addColumn('event', 'text', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addColumn('step', 'integer', (column) => column.notNull())
      .addColumn('due_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('escalations_due').on('escalations').column('due_at').execute();
  },
};

export default migration;

async function createPeople(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('people')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('person_coops')
    .addColumn('person', 'text', (column) =>
      column.notNull().references('people.id').onDelete('cascade'),
    )
    .addColumn('coop', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('person_coops_key', ['coop', 'person'])
    .execute();
  await db.schema
    .createIndex('person_coops_by_person')
    .on('person_coops')
    .column('person')
    .execute();
  await db.schema
    .createTable('duties')
    .addColumn('coop', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
}

async function createDeliveries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('coop', 'text', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('alert', 'text')
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('severity', 'text', (column) => column.notNull())
    .addColumn('step', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('held', 'integer', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('contact', 'integer', (column) => column.notNull())
    .addColumn('refused', 'text', (column) => column.notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('answer', 'text')
    .addColumn('reason', 'text')
    .addColumn('finished_at', 'bigint')
    .execute();
  const indexes: ReadonlyArray<[name: string, columns: string[]]> = [
    ['deliveries_due', ['state', 'channel', 'due_at']],
    ['deliveries_by_alert', ['alert', 'state']],
    ['deliveries_by_digest', ['digest', 'state']],
    ['deliveries_by_person', ['person', 'state', 'finished_at']],
    ['deliveries_by_time', ['created_at', 'id']],
    ['deliveries_by_end', ['finished_at']],
  ];
  for (const [name, columns] of indexes) {
    await db.schema.createIndex(name).on('deliveries').columns(columns).execute();
  }
}
