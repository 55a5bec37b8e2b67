import type { CreateTableBuilder, Kysely, Migration } from 'kysely';

const PLACE = ['store', 'kind', 'device', 'coop', 'site'] as const;

/** What a series store whose server knows no transactions must remember. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('store_ledgers')
      .addColumn('store', 'text', (column) => column.primaryKey())
      .addColumn('identity', 'text')
      .addColumn('cursor', 'bigint', (column) => column.notNull())
      .addColumn('plan', 'text')
      .execute();
    await withPlace(db.schema.createTable('store_places'))
      .addColumn('newest', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('store_places_key', [...PLACE])
      .execute();
    await withPlace(db.schema.createTable('store_superseded'))
      .addColumn('metric', 'text', (column) => column.notNull())
      .addColumn('observed_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('store_superseded_key', [...PLACE, 'metric', 'observed_at'])
      .execute();
    await db.schema
      .createTable('store_counts')
      .addColumn('store', 'text', (column) => column.notNull())
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('coop', 'text', (column) => column.notNull())
      .addColumn('stored', 'bigint', (column) => column.notNull())
      .addColumn('duplicate', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('store_counts_key', ['store', 'day', 'device', 'coop'])
      .execute();
  },
};

export default migration;

function withPlace(
  table: CreateTableBuilder<string, never>,
): CreateTableBuilder<string, (typeof PLACE)[number]> {
  return table
    .addColumn('store', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('coop', 'text', (column) => column.notNull())
    .addColumn('site', 'text', (column) => column.notNull());
}
