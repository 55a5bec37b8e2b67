import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';

/** Makes new names in the folder survive a power cut; Windows has no such call and needs none. */
export function syncFolder(dir: string): void {
  if (process.platform === 'win32') return;
  syncFile(dir);
}

/** Everything written to the file so far is on the disk when this returns. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A small text file for its owner alone, on the disk when this returns. */
export function writeDurably(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  syncFile(file);
}
