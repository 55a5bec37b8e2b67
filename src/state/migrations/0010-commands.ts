import { type Kysely, type Migration, sql } from 'kysely';

/** Commands and what they act on, the audit, and what irrigation and aeration plan by. */
const migration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createCommands(db);
    await createActuators(db);
    await createAudit(db);
    await createProgrammes(db);
    await createPlans(db);
  },
};

export default migration;

/** No reference to the device: what was ordered stays when the device has gone. */
async function createCommands(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('commands')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('coop', 'text', (column) => column.notNull())
    .addColumn('site', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('open', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  // The longest lists are sifted by what stands at the end of their index, without reading a body.
  const orders: ReadonlyArray<[name: string, columns: string[]]> = [
    ['commands_by_time', ['created_at', 'id', 'state', 'source']],
    ['commands_by_device', ['device', 'created_at', 'id']],
    ['commands_by_site', ['site', 'created_at', 'id']],
    ['commands_by_coop', ['coop', 'created_at', 'id', 'state', 'source']],
  ];
  for (const [name, columns] of orders) {
    await db.schema.createIndex(name).on('commands').columns(columns).execute();
  }
  // As long as what is open, not as what ever was: a start reads it from end to end.
  await db.schema
    .createIndex('commands_open')
    .on('commands')
    .columns(['created_at', 'id'])
    .where(sql.ref('open'), '=', sql.lit(1))
    .execute();
}

async function createActuators(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('actuators')
    .addColumn('device', 'text', (column) =>
      column.primaryKey().notNull().references('devices.id').onDelete('cascade'),
    )
    .addColumn('supply', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('actuators_by_supply').on('actuators').column('supply').execute();
  // Without a reference: a device's sequence outlives it; see `ActuatorRepository.lastSequence`.
  await db.schema
    .createTable('actuator_states')
    .addColumn('device', 'text', (column) => column.primaryKey().notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('body', 'text')
    .execute();
  await db.schema
    .createTable('emergency_stops')
    .addColumn('scope', 'text', (column) => column.primaryKey().notNull())
    .addColumn('coop', 'text', (column) => column.notNull())
    .addColumn('stopped_at', 'bigint', (column) => column.notNull())
    .addColumn('stopped_by', 'text', (column) => column.notNull())
    .addColumn('why', 'text')
    .execute();
}

/**
 * Who did what to the plant must stand as it was written, also against a slip of this program and
 * against a statement typed into the file by hand: the database itself refuses to change or remove
 * a line. An insert that replaces a row removes the old one without asking the trigger for
 * removals, so a number that is taken is refused before it comes to that.
 */
async function createAudit(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('number', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('coop', 'text')
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  // The time at the end of each lets a list narrowed by it pass over entries without reading them.
  const orders: ReadonlyArray<[name: string, columns: string[]]> = [
    ['audit_by_time', ['at', 'number']],
    ['audit_by_coop', ['coop', 'number', 'at']],
    ['audit_by_subject', ['subject', 'number', 'at']],
    ['audit_by_who', ['who', 'number', 'at']],
  ];
  for (const [name, columns] of orders) {
    await db.schema.createIndex(name).on('audit').columns(columns).execute();
  }
  const guards = [
    ['audit_never_changed', 'before update on audit'],
    ['audit_never_removed', 'before delete on audit'],
    [
      'audit_never_replaced',
      'before insert on audit when exists (select 1 from audit where number = new.number)',
    ],
  ] as const;
  for (const [name, event] of guards) {
    await sql`create trigger ${sql.ref(name)} ${sql.raw(event)}
      begin select raise(abort, 'the audit is append-only'); end`.execute(db);
  }
}

async function createProgrammes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('programmes')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('coop', 'text', (column) =>
      column.notNull().references('coops.id').onDelete('cascade'),
    )
    .addColumn('decided_at', 'bigint')
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('programmes_by_coop')
    .on('programmes')
    .columns(['coop', 'id'])
    .execute();
  await db.schema
    .createTable('programme_runs')
    .addColumn('programme', 'text', (column) =>
      column.notNull().references('programmes.id').onDelete('cascade'),
    )
    .addColumn('starts_at', 'bigint', (column) => column.notNull())
    .addColumn('open', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('programme_runs_key', ['programme', 'starts_at'])
    .execute();
  await db.schema
    .createIndex('programme_runs_by_time')
    .on('programme_runs')
    .column('starts_at')
    .execute();
  await db.schema
    .createIndex('programme_runs_open')
    .on('programme_runs')
    .columns(['programme', 'starts_at'])
    .where(sql.ref('open'), '=', sql.lit(1))
    .execute();
}

/** What belongs to a site goes with it. */
async function createPlans(db: Kysely<unknown>): Promise<void> {
  for (const table of ['plots', 'aeration_plans']) {
    await db.schema
      .createTable(table)
      .addColumn('site', 'text', (column) =>
        column.primaryKey().notNull().references('sites.id').onDelete('cascade'),
      )
      .addColumn('coop', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex(`${table}_by_coop`).on(table).columns(['coop', 'site']).execute();
  }
  await db.schema
    .createTable('balance_rows')
    .addColumn('site', 'text', (column) =>
      column.notNull().references('plots.site').onDelete('cascade'),
    )
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('balance_rows_key', ['site', 'day'])
    .execute();
  await db.schema
    .createTable('forecasts')
    .addColumn('site', 'text', (column) =>
      column.notNull().references('sites.id').onDelete('cascade'),
    )
    .addColumn('taken_at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('forecasts_key', ['site', 'taken_at'])
    .execute();
  await db.schema.createIndex('forecasts_by_time').on('forecasts').column('taken_at').execute();
}
