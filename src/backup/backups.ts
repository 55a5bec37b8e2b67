import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Clock, repeat, sleep } from '../base/clock.ts';
import { runAt } from '../base/cron.ts';
import { makeFolder } from '../base/data-dir.ts';
import { AppError, describeError, toAppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Service } from '../base/service.ts';
import type { Backup, Backups } from '../contracts/backup.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import { PARTIAL } from './copy.ts';
import { type BackupSources, makeBackup, writtenBytes } from './make.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { totalBytes } from './verify.ts';

/** The folder of a backup: its time in UTC, without the colons some file systems refuse. */
const ID = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;
const REMOVING = '.removing-';
/** Backups shown at most: a year of nights. */
const LISTED_MAX = 366;
const WATCH_MS = 1_000;
/** Of the 15 s a stop may take, what a copy under way gets to end by itself. */
const STOP_MS = 3_000;
/**
 * A backup holds the journal's frames. At three quarters of what it may hold the backup is given
 * up: reports come first, and the last quarter is left for stores that are behind.
 */
const JOURNAL_SHARE_MAX = 0.75;

export interface BackupOptions {
  /** Folder of all backups; made when it is missing. */
  dir: string;
  /** Complete backups kept; older ones are removed after a new one is complete. */
  keep: number;
  /** When to make one by itself, as cron text; null: never. */
  at: string | null;
  sources: BackupSources;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

export interface BackupRoom extends Backups, Service {
  readonly running: boolean;
  /** Makes one and waits for it. Throws BACKUP_RUNNING and why it failed. */
  make(onProgress?: (backup: Backup) => void): Promise<Backup>;
  readiness(): ReadinessCheck;
}

export function createBackups(options: BackupOptions): BackupRoom {
  return new BackupService(options);
}

class BackupService implements BackupRoom {
  readonly name = 'backups';
  readonly #options: BackupOptions;
  readonly #outcomes: ReturnType<Metrics['counter']>;
  #current: Backup | null = null;
  #failed: Backup | null = null;
  #lastCompleteAt = 0;
  #work: Promise<unknown> = Promise.resolve();
  #stopper = new AbortController();
  #stopSchedule: () => void = () => undefined;

  constructor(options: BackupOptions) {
    this.#options = options;
    const { metrics } = options;
    this.#outcomes = metrics.counter('sluice_backups_total', 'Backups by what became of them', [
      'outcome',
    ]);
    metrics.gauge(
      'sluice_backup_last_complete_seconds',
      'When the newest complete backup began, in seconds since 1970; 0 without one',
      () => Math.floor(this.#lastCompleteAt / 1_000),
    );
  }

  get running(): boolean {
    return this.#current !== null;
  }

  async start(): Promise<void> {
    const { dir, at, sources, logger } = this.#options;
    this.#removeRemains();
    this.#lastCompleteAt = this.#complete()[0]?.createdAt ?? 0;
    if (at === null) return;
    this.#stopSchedule = runAt(at, sources.timeZone, async () => {
      // What failed was logged where it failed.
      await this.make().catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'BACKUP_RUNNING') {
          logger.info({ dir }, 'a backup was being made already');
        }
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopSchedule();
    this.#stopper.abort(new AppError('BACKUP_FAILED', 'the server stopped'));
    // A large copy of a store ends with the store, which stops after this.
    await Promise.race([this.#work, sleep(STOP_MS)]);
  }

  begin(): Backup {
    const { backup, done } = this.#begin();
    done.catch(() => undefined);
    return backup;
  }

  async make(onProgress: (backup: Backup) => void = () => undefined): Promise<Backup> {
    const { backup, done } = this.#begin();
    const stopTelling = repeat(WATCH_MS, () => onProgress(this.get(backup.id) ?? backup));
    try {
      await done;
    } finally {
      stopTelling();
    }
    return this.get(backup.id) ?? backup;
  }

  list(): Backup[] {
    const known = [this.#current === null ? null : this.#view(this.#current), this.#failed];
    const all = [...known.filter((one) => one !== null), ...this.#complete()];
    return all
      .sort((left, right) => right.createdAt - left.createdAt)
      .map((backup) => ({ ...backup }));
  }

  get(id: string): Backup | undefined {
    return this.list().find((backup) => backup.id === id);
  }

  readiness(): ReadinessCheck {
    const said = [
      this.#lastCompleteAt === 0
        ? 'none was made yet'
        : `the newest is of ${new Date(this.#lastCompleteAt).toISOString()}`,
    ];
    if (this.#current !== null) said.push('one is being made');
    if (this.#failed !== null) said.push(`the last one failed: ${this.#failed.error}`);
    return { name: this.name, ok: true, detail: said.join('; ') };
  }

  #begin(): { backup: Backup; done: Promise<void> } {
    const { dir, clock, sources } = this.#options;
    if (this.#stopper.signal.aborted) {
      throw new AppError('BACKUP_FAILED', 'the server is stopping');
    }
    if (this.#current !== null) {
      throw new AppError('BACKUP_RUNNING', `the backup ${this.#current.id} is being made`, {
        hint: 'Wait until it is complete.',
      });
    }
    const createdAt = clock.now();
    const id = new Date(createdAt).toISOString().replaceAll(/[:.]/g, '-');
    const backup: Backup = {
      id,
      state: 'running',
      step: null,
      createdAt,
      bytes: 0,
      bytesExpected: sources.bytes(),
      version: sources.version,
      path: path.resolve(dir, id),
      error: null,
    };
    this.#current = backup;
    const done = this.#make(backup);
    this.#work = done.catch(() => undefined);
    return { backup: { ...backup }, done };
  }

  async #make(backup: Backup): Promise<void> {
    const { dir, sources, logger } = this.#options;
    const { id, createdAt } = backup;
    const watch = this.#watchJournal();
    logger.info({ id }, 'backup begins');
    try {
      await makeBackup(sources, {
        dir,
        id,
        createdAt,
        signal: watch.signal,
        onStep: (step) => {
          if (step === 'checksums') {
            backup.bytesExpected = writtenBytes({ dir, id });
            backup.bytes = 0;
          }
          backup.step = step;
        },
        onSealed: (bytes) => {
          backup.bytes = bytes;
        },
      });
      this.#lastCompleteAt = createdAt;
      this.#failed = null;
      this.#outcomes.add(1, { outcome: 'complete' });
      logger.info({ id }, 'backup complete');
      this.#removeOld();
    } catch (cause) {
      const error = toAppError(cause, 'BACKUP_FAILED', 'the backup failed');
      this.#failed = { ...backup, state: 'failed', step: null, error: describeError(error) };
      this.#outcomes.add(1, { outcome: 'failed' });
      logger.error({ id, error }, 'backup failed');
      throw error;
    } finally {
      watch.end();
      this.#current = null;
    }
  }

  /** Aborts at the stop, and when the frames that are held would fill the journal. */
  #watchJournal(): { signal: AbortSignal; end: () => void } {
    const full = new AbortController();
    const end = repeat(WATCH_MS, () => {
      const { bytes, bytesMax } = this.#options.sources.journal.status();
      if (bytes < bytesMax * JOURNAL_SHARE_MAX) return;
      full.abort(
        new AppError('BACKUP_FAILED', 'the journal fills up and cannot wait for the backup', {
          hint: 'See /health/ready for the store that is behind, or allow the journal more bytes.',
        }),
      );
    });
    return { signal: AbortSignal.any([full.signal, this.#stopper.signal]), end };
  }

  #view(backup: Backup): Backup {
    if (backup.step === 'checksums') return backup;
    return { ...backup, bytes: writtenBytes({ dir: this.#options.dir, id: backup.id }) };
  }

  #complete(): Backup[] {
    return this.#folders()
      .slice(0, LISTED_MAX)
      .flatMap((id) => {
        const found = this.#manifestOf(id);
        return found === undefined
          ? []
          : [completeBackup(path.resolve(this.#options.dir, id), found)];
      });
  }

  /** A folder that lost its manifest is not ours to judge: it is neither listed nor removed. */
  #manifestOf(id: string): Manifest | undefined {
    try {
      return readManifest(path.join(this.#options.dir, id));
    } catch {
      return undefined;
    }
  }

  /** Folders with the name of a backup, newest first. */
  #folders(): string[] {
    const { dir } = this.#options;
    if (!existsSync(dir)) return [];
    return readdirSync(dir)
      .filter((name) => ID.test(name))
      .sort()
      .reverse();
  }

  #removeOld(): void {
    const { keep, logger } = this.#options;
    const complete = this.#folders().filter((id) => this.#manifestOf(id) !== undefined);
    for (const id of complete.slice(keep)) {
      try {
        this.#remove(id);
        logger.info({ id }, 'old backup removed');
      } catch (error) {
        logger.warn({ id, error }, 'an old backup could not be removed');
      }
    }
  }

  /** Renamed first: cut off in the middle it does not look like a backup. */
  #remove(id: string): void {
    const { dir } = this.#options;
    const removing = path.join(dir, `${REMOVING}${id}`);
    renameSync(path.join(dir, id), removing);
    rmSync(removing, { recursive: true, force: true });
  }

  /** What a run that was killed left; only one server works on a data folder. */
  #removeRemains(): void {
    const { dir } = this.#options;
    try {
      makeFolder(dir);
      for (const name of readdirSync(dir)) {
        const remains = [PARTIAL, REMOVING].some((prefix) => name.startsWith(prefix));
        if (remains) rmSync(path.join(dir, name), { recursive: true, force: true });
      }
    } catch (error) {
      this.#options.logger.warn({ dir, error }, 'the folder of the backups cannot be used');
    }
  }
}

function completeBackup(folder: string, manifest: Manifest): Backup {
  const bytes = totalBytes(manifest);
  return {
    id: manifest.id,
    state: 'complete',
    step: null,
    createdAt: Date.parse(manifest.createdAt),
    bytes,
    bytesExpected: bytes,
    version: manifest.program,
    path: folder,
    error: null,
  };
}
