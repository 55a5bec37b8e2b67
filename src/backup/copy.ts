import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../base/data-dir.ts';
import { syncFolder } from '../base/durable.ts';
import { AppError } from '../base/errors.ts';
import { copyFile, digestOf, foldersBelow, freeBytes } from './files.ts';
import { MANIFEST, type Manifest, SUMS } from './manifest.ts';
import { checkDigest, type OnProgress, totalBytes, verifyBackup } from './verify.ts';

/** What file systems need besides the bytes of the files, and what others may write meanwhile. */
const SPARE_SHARE = 0.05;
const SPARE_BYTES = 16 * 1024 * 1024;

/** Throws DISK_TOO_SMALL unless that many bytes fit where the folder is or will be made. */
export function checkSpace(folder: string, bytes: number): void {
  const needed = Math.ceil(bytes * (1 + SPARE_SHARE)) + SPARE_BYTES;
  const free = freeBytes(folder);
  if (free >= needed) return;
  throw new AppError(
    'DISK_TOO_SMALL',
    `${megabytes(needed)} MB are needed in ${folder} and ${megabytes(free)} MB are free`,
    { hint: 'Free space there, or name a folder on a larger disk.' },
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/**
 * Copies the files a manifest names to where `place` puts them, comparing each with its checksum
 * as it is read and again as it then stands on the disk. Throws BACKUP_DAMAGED.
 */
export async function copyChecked(
  manifest: Manifest,
  source: string,
  { place, onProgress }: { place: (name: string) => string; onProgress: OnProgress },
): Promise<void> {
  // Each byte is written once and read back once.
  const total = 2 * totalBytes(manifest);
  let done = 0;
  const count = (bytes: number): void => {
    done += bytes;
    onProgress(done, total);
  };
  for (const file of manifest.files) {
    const target = place(file.path);
    checkDigest(file, await copyFile(path.join(source, file.path), target, count));
    checkDigest(file, await digestOf(target, count));
  }
}

/** Copies a whole backup into `<parent>/<id>`; it stands there complete or not at all. */
export async function copyBackup(
  source: string,
  parent: string,
  onProgress: OnProgress,
): Promise<string> {
  const manifest = await verifyBackup(source, () => undefined);
  const target = path.join(parent, manifest.id);
  if (existsSync(target)) {
    throw new AppError('BACKUP_EXISTS', `${target} is there already`, {
      hint: 'Name another folder.',
    });
  }
  makeFolder(parent);
  checkSpace(parent, totalBytes(manifest));
  const partial = path.join(parent, `${PARTIAL}${manifest.id}`);
  rmSync(partial, { recursive: true, force: true });
  try {
    mkdirSync(partial, { mode: 0o700 });
    const place = (name: string): string => path.join(partial, name);
    await copyChecked(manifest, source, { place, onProgress });
    for (const name of [MANIFEST, SUMS]) {
      await copyFile(path.join(source, name), place(name), () => undefined);
    }
    for (const folder of foldersBelow(partial)) syncFolder(folder);
    renameSync(partial, target);
    syncFolder(parent);
    return target;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

/** Begins the name of a folder that is not complete: of no worth to anybody. */
export const PARTIAL = '.partial-';
