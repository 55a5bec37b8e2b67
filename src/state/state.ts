import { Kysely } from 'kysely';
import type { Clock } from '../base/clock.ts';
import { AppError, describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Service } from '../base/service.ts';
import type { StateSnapshots } from '../contracts/backup.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import type { Registry } from '../contracts/registry.ts';
import type { State } from '../contracts/state.ts';
import type { StoreLedger } from '../contracts/store-ledger.ts';
import { createDevices } from './devices.ts';
import { migrate } from './migrate.ts';
import { createPresence } from './presence.ts';
import { createRegistry } from './registry.ts';
import { createRepositories } from './repositories.ts';
import { createScope } from './scope.ts';
import { allSites } from './sites.ts';
import type { SalvagedTable } from './sqlite/salvage.ts';
import { snapshotStateFile } from './sqlite/snapshot.ts';
import { type Opening, SqliteClient } from './sqlite/sqlite-client.ts';
import { createSqliteDialect } from './sqlite/sqlite-dialect.ts';
import { createStoreLedger } from './store-ledger.ts';
import { TABLE_ORDER, type Tables } from './tables.ts';

export interface StateOptions {
  /** The SQLite file; its folder is made when it is missing. */
  file: string;
  clock: Clock;
  logger: Logger;
}

export interface StateService extends State, StateSnapshots, Service {
  readonly registry: Registry;
  /** Damage that was set aside since the start, one line each, for the operator. */
  readonly repairs: readonly string[];
  readiness(): ReadinessCheck;
  /** What the series store of this name remembers here; days are local to the time zone. */
  storeLedger(store: string, timeZone: string): StoreLedger;
}

/** The state over an SQLite file; see `StateService.repairs` for what a start had to mend. */
export function createState({ file, clock, logger }: StateOptions): StateService {
  const registry = createRegistry(logger);
  const client = new SqliteClient({ file, clock, logger, onRestart: loadRegistry });
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(client) });
  const scope = createScope(db, registry);
  const repositories = createRepositories(scope);
  const repairs: string[] = [];

  /** In a transaction, so that no change can commit between the reading and the loading. */
  function loadRegistry(): Promise<void> {
    return scope.atomically(async (inner) => {
      const devices = await createDevices(inner).credentials();
      const sites = await allSites(inner);
      const learned = await createPresence(inner).learned();
      inner.afterCommit(() => registry.load({ devices, sites, learned }));
    });
  }

  async function bringOver({ setAside, reason }: Opening): Promise<void> {
    if (setAside === null) return;
    const saved = await client.salvage(setAside, TABLE_ORDER).catch((error: unknown) => {
      logger.error({ error }, 'nothing could be brought over from the damaged state');
      return [];
    });
    const rows = (saved as SalvagedTable[]).map(({ table, rows }) => `${rows} ${table}`);
    const kept = rows.length === 0 ? 'nothing could be read from it' : `kept ${rows.join(', ')}`;
    repairs.push(`the state file was damaged (${reason}) and moved to ${setAside}; ${kept}`);
    logger.error({ reason, setAside, saved }, 'the state file was damaged and has been set aside');
  }

  return {
    name: 'state',
    registry,
    repairs,
    ...repositories,

    storeLedger(store, timeZone) {
      return createStoreLedger(scope, { store, timeZone });
    },

    transaction(work) {
      return scope.atomically((inner) => work(createRepositories(inner)));
    },

    async snapshot(target) {
      return (await snapshotStateFile({ file, target })).cursors;
    },

    async start(signal) {
      try {
        const opening = await client.start();
        await migrate(db);
        await bringOver(opening);
        await loadRegistry();
        if (signal.aborted) throw new AppError('STATE_UNAVAILABLE', 'the start was given up');
      } catch (error) {
        await client.stop();
        throw error;
      }
    },

    stop() {
      return client.stop();
    },

    readiness() {
      const { failure } = client;
      return failure === null
        ? { name: 'state', ok: true, detail: 'the state is open' }
        : { name: 'state', ok: false, detail: describeError(failure) };
    },
  };
}
