import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { lockDataDir, RESTORING, seriesFolder } from '../base/data-dir.ts';
import { syncFolder } from '../base/durable.ts';
import { AppError } from '../base/errors.ts';
import { checkSpace, copyChecked } from './copy.ts';
import { foldersBelow } from './files.ts';
import { type Manifest, readManifest, SERIES_FOLDER } from './manifest.ts';
import { type OnProgress, totalBytes, verifyBackup } from './verify.ts';

/** What a disk, a lock or a restore cut off leaves in a folder that is empty all the same. */
const NOTHING: ReadonlySet<string> = new Set(['lost+found', 'lock.db', RESTORING]);

/**
 * Makes a data folder of a backup: every checksum compared before anything is written, as each
 * file is copied, and as it then stands. A restore that is cut off leaves a folder no server
 * starts on. Throws DATA_DIR_NOT_EMPTY, BACKUP_DAMAGED, BACKUP_TOO_NEW and what `lockDataDir` does.
 */
export async function restoreBackup(
  backup: string,
  dataDir: string,
  onProgress: OnProgress,
): Promise<Manifest> {
  readManifest(backup);
  checkEmpty(dataDir);
  const manifest = await verifyBackup(backup, onProgress);
  checkSpace(dataDir, totalBytes(manifest));
  rmSync(path.join(dataDir, RESTORING), { recursive: true, force: true });
  const unlock = lockDataDir(dataDir);
  try {
    await copyInto(dataDir, { backup, manifest, onProgress });
  } finally {
    unlock();
  }
  return manifest;
}

function checkEmpty(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const found = readdirSync(dataDir).filter((name) => !NOTHING.has(name));
  if (found.length === 0) return;
  throw new AppError('DATA_DIR_NOT_EMPTY', `${dataDir} holds ${found.slice(0, 3).join(', ')}`, {
    hint: 'Name a folder that is empty or not there yet; a restore never overwrites anything.',
  });
}

async function copyInto(
  dataDir: string,
  what: { backup: string; manifest: Manifest; onProgress: OnProgress },
): Promise<void> {
  const { backup, manifest, onProgress } = what;
  const restoring = path.join(dataDir, RESTORING);
  mkdirSync(restoring, { mode: 0o700 });
  syncFolder(dataDir);
  const place = (name: string): string => path.join(restoring, placeOf(name, manifest));
  try {
    await copyChecked(manifest, backup, { place, onProgress });
  } catch (error) {
    rmSync(restoring, { recursive: true, force: true });
    throw error;
  }
  for (const folder of foldersBelow(restoring)) syncFolder(folder);
  // While the folder of this name is there, no server starts: the last to go.
  for (const name of readdirSync(restoring)) {
    renameSync(path.join(restoring, name), path.join(dataDir, name));
  }
  syncFolder(dataDir);
  rmdirSync(restoring);
  syncFolder(dataDir);
}

/** Where a file of the backup stands in a data folder. */
function placeOf(name: string, { series }: Manifest): string {
  const [first, ...rest] = name.split('/');
  return first === SERIES_FOLDER ? path.join(seriesFolder(series.store), ...rest) : name;
}
