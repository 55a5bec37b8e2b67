import type { Kysely, Migration } from 'kysely';

/** What a device's reports taught of their own spacing, and how many came with a wrong clock. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('presence').addColumn('learned_seconds', 'integer').execute();
    await db.schema.alterTable('presence').addColumn('spacings', 'text').execute();
    await db.schema
      .alterTable('received_counts')
      .addColumn('clock_faults', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};

export default migration;
