import { existsSync } from 'node:fs';
import { type AppOptions, buildStores } from './app.ts';
import { checkRestored, lockDataDir } from './base/data-dir.ts';
import { AppError } from './base/errors.ts';
import { stateFile } from './config.ts';
import type { Backup } from './contracts/backup.ts';
import { buildBackups } from './upkeep.ts';

/**
 * A backup of a data folder on which no server runs: the stores are opened as a server would, and
 * nothing else. Throws NOTHING_TO_BACK_UP, DATA_DIR_LOCKED and what the stores or the backup do.
 */
export async function backupOffline(
  options: AppOptions,
  onProgress: (backup: Backup) => void,
): Promise<Backup> {
  const { config } = options;
  if (!existsSync(stateFile(config))) {
    throw new AppError('NOTHING_TO_BACK_UP', `${config.dataDir} holds no data of a server`, {
      hint: 'Name the data folder with --data or SLUICE_DATA_DIR.',
    });
  }
  const unlock = lockDataDir(config.dataDir);
  const stopper = new AbortController();
  const stops: Array<() => Promise<void>> = [];
  try {
    checkRestored(config.dataDir);
    const stores = await buildStores(options);
    const { state, journal, series } = stores;
    for (const store of [state, journal, series]) {
      stops.unshift(() => store.stop());
      await store.start(stopper.signal);
    }
    const backups = buildBackups(options, stores, null);
    stops.unshift(() => backups.stop());
    return await backups.make(onProgress);
  } finally {
    for (const stop of stops) await stop();
    unlock();
  }
}
