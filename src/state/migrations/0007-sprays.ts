import type { Kysely, Migration } from 'kysely';

/** What people sprayed, and how much was usual before. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('sprays')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('coop', 'text', (column) => column.notNull())
      .addColumn('site', 'text', (column) => column.notNull())
      .addColumn('done_at', 'bigint', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('sprays_by_site')
      .on('sprays')
      .columns(['site', 'done_at', 'id'])
      .execute();
    await db.schema
      .createTable('spray_baselines')
      .addColumn('site', 'text', (column) => column.notNull())
      .addColumn('from_day', 'text', (column) => column.notNull())
      .addColumn('coop', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('spray_baselines_key', ['site', 'from_day'])
      .execute();
  },
};

export default migration;
