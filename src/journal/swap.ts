import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import { syncFolder } from '../base/durable.ts';
import { DamageError } from './database.ts';
import { JournalStore } from './store.ts';

/** Where a rebuild writes; of no worth until the rebuild has ended well. */
export function rebuildingFile(file: string): string {
  return `${file}.rebuilding`;
}

/** Declares what the rebuild wrote complete: from here on it replaces the damaged file. */
export function acceptRebuilt(file: string): void {
  renameSync(rebuildingFile(file), `${file}.rebuilt`);
  syncFolder(path.dirname(file));
}

/** Opens the journal; throws a `DamageError`, or what SQLite throws, when it has to be rebuilt. */
export function openJournal(file: string, headAtLeast: number, repairs: string[]): JournalStore {
  finishSwap(file, repairs);
  removeDatabase(rebuildingFile(file));
  if (sizeOf(file) === 0) {
    // SQLite throws the WAL away when its database is empty, frames and all.
    if (sizeOf(`${file}-wal`) > 0) throw new DamageError('it is empty and its WAL is not');
    if (existsSync(file)) repairs.push(`${path.basename(file)} was empty; a new journal was begun`);
  }
  const store = new JournalStore(file);
  syncFolder(path.dirname(file));
  store.advance(headAtLeast);
  return store;
}

/**
 * The exchange of the files, step by step so that a crash between any two is finished at the next
 * start: `.rebuilt` exists only when it is complete, and moves last.
 */
function finishSwap(file: string, repairs: string[]): void {
  const rebuilt = `${file}.rebuilt`;
  if (!existsSync(rebuilt)) return;
  const stamp = new Date(systemClock.now()).toISOString().replace(/[-:.]/g, '');
  const aside = `${file}.damaged-${stamp}`;
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${aside}-wal`);
  if (existsSync(file)) {
    renameSync(file, aside);
    repairs.push(`the damaged file was kept as ${path.basename(aside)}`);
  }
  syncFolder(path.dirname(file));
  renameSync(rebuilt, file);
  syncFolder(path.dirname(file));
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

export function removeDatabase(file: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) {
    rmSync(`${file}${ending}`, { force: true });
  }
}
