import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppError } from './errors.ts';
import { openDatabase } from './sqlite.ts';

/** In the data folder while a restore fills it: what stands beside it is not whole. */
export const RESTORING = 'restoring';

/** Folder of a series store in the data folder. */
export function seriesFolder(store: string): string {
  return `series-${store}`;
}

/** Throws DATA_DIR_UNFINISHED when a restore into the folder was cut off. */
export function checkRestored(dir: string): void {
  if (!existsSync(path.join(dir, RESTORING))) return;
  throw new AppError('DATA_DIR_UNFINISHED', `a restore into ${dir} was not finished`, {
    hint: 'Empty the folder and run "sluice restore" again.',
  });
}

/**
 * Creates the data folder and makes this process its only owner. The lock is a SQLite file lock:
 * the kernel lets go of it however the process ends. Returns the function that releases it.
 * Throws DATA_DIR_UNUSABLE or DATA_DIR_LOCKED.
 */
export function lockDataDir(dir: string): () => void {
  try {
    makeFolder(path.resolve(dir));
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new AppError('DATA_DIR_UNUSABLE', `the data folder ${dir} cannot be used`, {
      cause,
      hint: 'Set SLUICE_DATA_DIR to a folder this user may write to.',
    });
  }
  const file = path.join(dir, 'lock.db');
  try {
    return lockFile(file);
  } catch (cause) {
    if (/locked|busy/i.test(String(cause))) {
      throw new AppError('DATA_DIR_LOCKED', `another Sluice is running on ${dir}`, {
        hint: 'Stop it first, or give this one its own SLUICE_DATA_DIR.',
      });
    }
  }
  try {
    // It holds nothing: whatever damaged it, a new one serves as well.
    rmSync(file, { force: true });
    return lockFile(file);
  } catch (cause) {
    throw new AppError('DATA_DIR_UNUSABLE', `${dir} cannot be locked`, { cause });
  }
}

/**
 * Makes the folder and those above it, for this user alone. Not `mkdir` with `recursive`: on a file system that refuses with
 * ENOENT, such as /proc, Node 20 tries for ever.
 */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(path.dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}

function lockFile(file: string): () => void {
  const lock = openDatabase(file);
  try {
    lock.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw error;
  }
  return () => lock.close();
}
