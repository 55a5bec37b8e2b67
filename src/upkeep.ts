import { existsSync, statSync } from 'node:fs';
import type { AppOptions } from './app.ts';
import { type BackupRoom, createBackups } from './backup/backups.ts';
import { folderBytes } from './backup/files.ts';
import type { Clock } from './base/clock.ts';
import { seriesFolder } from './base/data-dir.ts';
import type { Metrics } from './base/metrics.ts';
import { backupFolder, copySettings, dataFile, stateFile } from './config.ts';
import type { KindRegistry } from './contracts/device-kind.ts';
import type { SeriesStore } from './contracts/series.ts';
import type { JournalRoom } from './journal/journal.ts';
import { expiring } from './series/history/expiring.ts';
import type { RollupLedger } from './series/history/rollup-ledger.ts';
import { createRetention, type Retention } from './series/retention.ts';
import { parseRetention } from './series/retention-rules.ts';
import type { StateService } from './state/state.ts';

/** Frames the series store may be behind while old data are removed: a second's worth. */
const BEHIND_FRAMES_MAX = 5_000;

export interface Kept {
  kinds: KindRegistry;
  common: { clock: Clock; metrics: Metrics };
  state: StateService;
  journal: JournalRoom;
  series: SeriesStore;
}

/** Who reads the journal, as far as upkeep has to know; absent while no server runs. */
export interface Readers {
  holdTrim(): () => void;
  backlogs(): Record<string, number>;
}

/** Backups of what is kept, with a server around it or without. */
export function buildBackups(
  { config, version, logger }: AppOptions,
  { common, state, journal, series }: Kept,
  readers: Readers | null,
): BackupRoom {
  const database = stateFile(config);
  return createBackups({
    dir: backupFolder(config),
    keep: config.backupKeep,
    at: config.backupAt ?? null,
    sources: {
      state,
      series,
      journal,
      version,
      timeZone: config.timeZone,
      settings: copySettings(config),
      // Without readers nothing trims the journal.
      holdTrim: () => readers?.holdTrim() ?? (() => undefined),
      consumers: () => Object.keys(readers?.backlogs() ?? {}),
      bytes: () =>
        bytesOf(database) +
        bytesOf(`${database}-wal`) +
        journal.status().bytes +
        folderBytes(dataFile(config, seriesFolder(config.series))),
    },
    logger: logger.child({ name: 'backups' }),
    ...common,
  });
}

/** Retention gives way to backups and to a store that is behind. */
export function buildRetention(
  { config, logger }: AppOptions,
  { kinds, common, state, series }: Kept,
  { backups, readers, rollups }: { backups: BackupRoom; readers: Readers; rollups: RollupLedger },
): Retention {
  return createRetention({
    rules: parseRetention(config.retention, series),
    series: expiring({ store: series, rollups, keepsArchive: series.keepsArchive }),
    state,
    kinds,
    timeZone: config.timeZone,
    busy: () => backups.running || (readers.backlogs()['series'] ?? 0) > BEHIND_FRAMES_MAX,
    logger: logger.child({ name: 'retention' }),
    ...common,
  });
}

function bytesOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
