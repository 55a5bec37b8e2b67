import { fileURLToPath } from 'node:url';
import { type Kysely, type Migration, Migrator } from 'kysely';
import { discoverFiles } from '../base/discovery.ts';
import { AppError } from '../base/errors.ts';
import type { Tables } from './tables.ts';

const MIGRATIONS_DIR = fileURLToPath(new URL('./migrations', import.meta.url));
/** Kysely's own record of what has run. */
const RECORD_TABLE = 'kysely_migration';

/** Brings the tables to this program's version. Throws STATE_TOO_NEW for a later one's. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrations = await discoverFiles<Migration>(MIGRATIONS_DIR);
  const done = await migrationsDone(db);
  const unknown = done.filter((name) => !migrations.has(name));
  if (unknown.length > 0) {
    throw new AppError('STATE_TOO_NEW', `the state was written by a later version (${unknown})`, {
      hint: 'Start the version of the program that wrote it, or restore an older backup.',
    });
  }
  if (done.length === migrations.size) return;
  const provider = { getMigrations: async () => Object.fromEntries(migrations) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return;
  throw error instanceof AppError
    ? error
    : new AppError('STATE_UNAVAILABLE', 'the state could not be brought to this version', {
        cause: error,
      });
}

async function migrationsDone(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === RECORD_TABLE)) return [];
  const record = db.withTables<{ [RECORD_TABLE]: { name: string } }>();
  const rows = await record.selectFrom(RECORD_TABLE).select('name').execute();
  return rows.map(({ name }) => name);
}
