import { mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../base/data-dir.ts';
import { siblingModule } from '../base/discovery.ts';
import { syncFolder, writeDurably } from '../base/durable.ts';
import { AppError } from '../base/errors.ts';
import { runThread } from '../base/thread.ts';
import type { BackupStep, JournalSnapshots, StateSnapshots } from '../contracts/backup.ts';
import type { Journal } from '../contracts/journal.ts';
import type { SeriesStore } from '../contracts/series.ts';
import { checkSpace, PARTIAL } from './copy.ts';
import { digestOf, type FileDigest, folderBytes } from './files.ts';
import {
  CONFIG_FILE,
  FORMAT,
  JOURNAL_FOLDER,
  MANIFEST,
  type Manifest,
  manifestText,
  SERIES_FOLDER,
  STATE_FILE,
  SUMS,
  sumsText,
} from './manifest.ts';
import type { SealMessage } from './sealer.ts';

/** What is backed up, and what is known about it. */
export interface BackupSources {
  state: StateSnapshots;
  series: Pick<SeriesStore, 'name' | 'snapshot' | 'status'>;
  journal: JournalSnapshots & Pick<Journal, 'status'>;
  /** Keeps the journal's frames until the returned function is called. */
  holdTrim(): () => void;
  /** Consumers of the journal that keep their cursors in the state and still run. */
  consumers(): readonly string[];
  /** About what the copies will take. */
  bytes(): number;
  version: string;
  timeZone: string;
  /** The settings in force as YAML, without secrets; see `Manifest` for the rest. */
  settings: { yaml: string } & Pick<Manifest, 'secrets' | 'outside'>;
}

export interface BackupTarget {
  /** Folder of all backups. */
  dir: string;
  id: string;
  createdAt: number;
  onStep(step: BackupStep): void;
  /** Bytes read back in the last step. */
  onSealed(bytes: number): void;
  /** Aborted when frames must not be held any longer. */
  signal: AbortSignal;
}

/** Where a backup is written until it is complete. */
export function partialFolder({ dir, id }: Pick<BackupTarget, 'dir' | 'id'>): string {
  return path.join(dir, `${PARTIAL}${id}`);
}

/**
 * Makes one backup, complete or not at all. The order is what makes it one: the journal is held,
 * then come the state and the series, each as it stands at a moment of its own, and the journal
 * last. Its copy so reaches from before the lowest of their cursors to beyond the highest, and
 * carries each of them forward to the same place when the copy is started.
 */
export async function makeBackup(sources: BackupSources, target: BackupTarget): Promise<Manifest> {
  const partial = partialFolder(target);
  try {
    makeFolder(target.dir);
    checkSpace(target.dir, sources.bytes());
    mkdirSync(partial, { mode: 0o700 });
    const copied = await copyStores(sources, target, partial);
    writeDurably(path.join(partial, CONFIG_FILE), sources.settings.yaml);
    target.onStep('checksums');
    const manifest: Manifest = {
      format: FORMAT,
      id: target.id,
      program: sources.version,
      createdAt: new Date(target.createdAt).toISOString(),
      timeZone: sources.timeZone,
      ...copied,
      secrets: sources.settings.secrets,
      outside: sources.settings.outside,
      files: await seal(partial, target),
    };
    await writeManifest(partial, manifest);
    renameSync(partial, path.join(target.dir, target.id));
    syncFolder(target.dir);
    return manifest;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

type Copied = Pick<Manifest, 'cursors' | 'series' | 'journal'>;

async function copyStores(
  { state, series, journal, holdTrim, consumers }: BackupSources,
  { onStep, signal }: BackupTarget,
  partial: string,
): Promise<Copied> {
  const release = holdTrim();
  signal.addEventListener('abort', release, { once: true });
  try {
    signal.throwIfAborted();
    onStep('state');
    const cursors = await state.snapshot(path.join(partial, STATE_FILE));
    signal.throwIfAborted();
    onStep('series');
    const cursor = series.status().cursor;
    const included = await snapshotSeries(series, path.join(partial, SERIES_FOLDER));
    signal.throwIfAborted();
    onStep('journal');
    const reach = await journal.snapshot(path.join(partial, JOURNAL_FOLDER));
    signal.throwIfAborted();
    checkReach({ ...cursors, ...(included ? { series: cursor } : {}) }, reach, [
      ...consumers(),
      'series',
    ]);
    return { cursors, series: { store: series.name, included, cursor }, journal: reach };
  } finally {
    signal.removeEventListener('abort', release);
    release();
  }
}

async function snapshotSeries(series: BackupSources['series'], dir: string): Promise<boolean> {
  mkdirSync(dir, { mode: 0o700 });
  const included = await series.snapshot(dir);
  if (!included) rmdirSync(dir);
  return included;
}

/**
 * A cursor of 0 is of a consumer that has not begun: it starts at the tail, wherever that is. One
 * that does not run any more may have stayed behind it.
 */
function checkReach(
  cursors: Readonly<Record<string, number>>,
  { tail, head }: { tail: number; head: number },
  running: readonly string[],
): void {
  for (const [consumer, cursor] of Object.entries(cursors)) {
    const needsTail = cursor > 0 && running.includes(consumer);
    if (cursor <= head && (cursor >= tail || !needsTail)) continue;
    throw new AppError(
      'BACKUP_FAILED',
      `the journal reaches from ${tail} to ${head} and ${consumer} stands at ${cursor}`,
    );
  }
}

async function seal(folder: string, target: BackupTarget): Promise<FileDigest[]> {
  const module = siblingModule(import.meta.url, 'sealer');
  const last = await runThread<SealMessage>(
    { module, name: 'backup-sealer', data: { folder } },
    (message) => {
      if (message.type === 'progress') target.onSealed(message.bytes);
    },
  );
  if (last.type === 'sealed') return last.files;
  const reason = last.type === 'failed' ? last.reason : 'its thread ended';
  throw new AppError('BACKUP_FAILED', `the backup could not be read back: ${reason}`);
}

async function writeManifest(partial: string, manifest: Manifest): Promise<void> {
  const file = path.join(partial, MANIFEST);
  writeDurably(file, manifestText(manifest));
  const { sha256 } = await digestOf(file);
  writeDurably(path.join(partial, SUMS), sumsText(sha256, manifest.files));
  syncFolder(partial);
}

/** Bytes written so far of a backup under way. */
export function writtenBytes(target: Pick<BackupTarget, 'dir' | 'id'>): number {
  return folderBytes(partialFolder(target));
}
