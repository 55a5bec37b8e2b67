import { chmodSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { syncFile, syncFolder } from '../base/durable.ts';
import { describeError } from '../base/errors.ts';
import { digestOf, type FileDigest, filesBelow, foldersBelow } from './files.ts';

/** What the thread says: how far it is, then the digests or why there are none. */
export type SealMessage =
  | { type: 'progress'; bytes: number }
  | { type: 'sealed'; files: FileDigest[] }
  | { type: 'failed'; reason: string };

/** Bytes between two words on how far it is. */
const TELL_BYTES = 16 * 1024 * 1024;

/**
 * A thread of its own that brings all files below a folder to the disk and reads them back:
 * checksums of gigabytes are no work for the thread that answers devices.
 */
async function seal(folder: string): Promise<FileDigest[]> {
  const files: FileDigest[] = [];
  let bytes = 0;
  let told = 0;
  for (const name of filesBelow(folder)) {
    const file = path.join(folder, name);
    // Stores write them as they write their own, but a backup leaves the machine.
    chmodSync(file, 0o600);
    syncFile(file);
    const digest = await digestOf(file, (more) => {
      bytes += more;
      if (bytes - told < TELL_BYTES) return;
      told = bytes;
      tell({ type: 'progress', bytes });
    });
    files.push({ path: name, ...digest });
  }
  for (const inner of foldersBelow(folder)) syncFolder(inner);
  return files;
}

function tell(message: SealMessage): void {
  parentPort?.postMessage(message);
}

try {
  tell({ type: 'sealed', files: await seal((workerData as { folder: string }).folder) });
} catch (error) {
  tell({ type: 'failed', reason: describeError(error) });
}
