import type { Kysely, Migration } from 'kysely';

/** Maintenance, advice of cooperatives, and what the desk keeps beside the alerts. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('maintenance')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('coop', 'text', (column) =>
        column.notNull().references('coops.id').onDelete('cascade'),
      )
      .addColumn('site', 'text')
      .addColumn('starts_at', 'bigint', (column) => column.notNull())
      .addColumn('ends_at', 'bigint', (column) => column.notNull())
      .addColumn('begun', 'integer', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('who', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('advice')
      .addColumn('coop', 'text', (column) =>
        column.notNull().references('coops.id').onDelete('cascade'),
      )
      .addColumn('rule', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('advice_key', ['coop', 'rule'])
      .execute();
    await db.schema
      .createTable('alert_reminders')
      .addColumn('alert', 'text', (column) => column.primaryKey())
      .addColumn('due_at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('alert_silences')
      .addColumn('alert', 'text', (column) => column.primaryKey())
      .addColumn('coop', 'text', (column) => column.notNull())
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addColumn('onset', 'bigint', (column) => column.notNull())
      .addColumn('whole', 'integer', (column) => column.notNull())
      .addColumn('cause', 'text')
      .execute();
    const orders = [
      ['maintenance_by_coop', 'maintenance', ['coop', 'ends_at']],
      ['maintenance_by_end', 'maintenance', ['ends_at', 'id']],
      ['alert_reminders_by_time', 'alert_reminders', ['due_at', 'alert']],
      ['alert_silences_by_coop', 'alert_silences', ['coop', 'alert']],
    ] as const;
    for (const [name, table, columns] of orders) {
      await db.schema
        .createIndex(name)
        .on(table)
        .columns([...columns])
        .execute();
    }
  },
};

export default migration;
