import type { Kysely, Migration } from 'kysely';

/** What rules ask of a place: tags and gateway of a device, start of a site's crop. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('devices')
      .addColumn('tags', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
    await db.schema.alterTable('devices').addColumn('gateway', 'text').execute();
    await db.schema.alterTable('sites').addColumn('started_on', 'text').execute();
  },
};

export default migration;
