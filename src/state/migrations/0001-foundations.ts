import type { CreateTableBuilder, Kysely, Migration } from 'kysely';

/** The tables of the first version; `tables.ts` says what stands in them. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createPlaces(db);
    await createAccess(db);
    await createAlerts(db);
    await createLedger(db);
    await db.schema
      .createTable('settings')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
  },
};

export default migration;

async function createPlaces(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('coops')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('sites')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('coop', 'text', (column) => column.notNull().references('coops.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('location', 'text')
    .addColumn('area_ha', 'double precision')
    .addColumn('crop', 'text')
    .addColumn('species', 'text')
    .execute();
  await db.schema.createIndex('sites_by_coop').on('sites').columns(['coop', 'id']).execute();
  await db.schema
    .createTable('devices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('coop', 'text', (column) => column.notNull().references('coops.id'))
    .addColumn('site', 'text', (column) => column.references('sites.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text')
    .addColumn('interval_seconds', 'integer')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('devices_by_coop').on('devices').columns(['coop', 'id']).execute();
  await db.schema.createIndex('devices_by_site').on('devices').columns(['site', 'id']).execute();
  await db.schema
    .createTable('device_secrets')
    .addColumn('device', 'text', (column) =>
      column.notNull().references('devices.id').onDelete('cascade'),
    )
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('device_secrets_key', ['device', 'generation'])
    .execute();
  await db.schema
    .createTable('presence')
    .addColumn('device', 'text', (column) => column.primaryKey())
    .addColumn('last_seen_at', 'bigint')
    .addColumn('online', 'integer', (column) => column.notNull())
    .addColumn('firmware', 'text')
    .execute();
}

async function createAccess(db: Kysely<unknown>): Promise<void> {
  await withPrincipal(db.schema.createTable('tokens'))
    .addColumn('expires_at', 'bigint')
    .addColumn('last_used_at', 'bigint')
    .execute();
  await withPrincipal(db.schema.createTable('sessions'))
    .addColumn('token', 'text', (column) => column.references('tokens.id').onDelete('cascade'))
    .addColumn('last_used_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('ends_at', 'bigint')
    .execute();
  await db.schema.createIndex('sessions_by_token').on('sessions').column('token').execute();
  await db.schema
    .createTable('sign_in_codes')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
}

function withPrincipal<T extends string>(
  table: CreateTableBuilder<T, never>,
): CreateTableBuilder<T, string> {
  return table
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('coops', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull());
}

async function createAlerts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alerts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('coop', 'text', (column) => column.notNull())
    .addColumn('site', 'text')
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('severity', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('onset', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  const orders: Array<[name: string, columns: string[]]> = [
    ['alerts_by_onset', ['onset', 'id']],
    ['alerts_by_coop', ['coop', 'onset', 'id']],
    ['alerts_by_device', ['device', 'onset', 'id']],
    ['alerts_by_state', ['state', 'onset', 'id']],
  ];
  for (const [name, columns] of orders) {
    await db.schema.createIndex(name).on('alerts').columns(columns).execute();
  }
  await db.schema
    .createTable('rules')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('rule_states')
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('rule_states_key', ['rule', 'device'])
    .execute();
}

async function createLedger(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('received_counts')
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('coop', 'text', (column) => column.notNull())
    .addColumn('received', 'bigint', (column) => column.notNull())
    .addColumn('rejected', 'bigint', (column) => column.notNull())
    .addColumn('repeated', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('received_counts_key', ['day', 'device', 'coop'])
    .execute();
  await db.schema
    .createTable('rejections')
    .addColumn('frame_offset', 'bigint', (column) => column.notNull())
    .addColumn('report_index', 'integer', (column) => column.notNull())
    .addColumn('part', 'integer', (column) => column.notNull())
    .addColumn('coop', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('rejections_key', ['frame_offset', 'report_index', 'part'])
    .execute();
  for (const owner of ['coop', 'device']) {
    await db.schema
      .createIndex(`rejections_by_${owner}`)
      .on('rejections')
      .columns([owner, 'frame_offset', 'report_index', 'part'])
      .execute();
  }
  await db.schema
    .createTable('sequence_windows')
    .addColumn('device', 'text', (column) => column.primaryKey())
    .addColumn('keys', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('repeats')
    .addColumn('frame_offset', 'bigint', (column) => column.notNull())
    .addColumn('report_index', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('repeats_key', ['frame_offset', 'report_index'])
    .execute();
  await db.schema
    .createTable('cursors')
    .addColumn('consumer', 'text', (column) => column.primaryKey())
    .addColumn('frame_offset', 'bigint', (column) => column.notNull())
    .execute();
}
