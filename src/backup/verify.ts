import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../base/errors.ts';
import { digestOf, type FileDigest } from './files.ts';
import { MANIFEST, type Manifest, readManifest, SUMS, sumsText } from './manifest.ts';

/** Told how many bytes of how many were looked at. */
export type OnProgress = (done: number, total: number) => void;

/**
 * Reads every byte of a backup and answers with its manifest. Throws BACKUP_INVALID,
 * BACKUP_TOO_NEW, or BACKUP_DAMAGED that names the file.
 */
export async function verifyBackup(folder: string, onProgress: OnProgress): Promise<Manifest> {
  const manifest = readManifest(folder);
  await checkSums(folder, manifest);
  const total = totalBytes(manifest);
  let done = 0;
  for (const file of manifest.files) {
    const found = path.join(folder, file.path);
    if (!existsSync(found)) throw damaged(file.path, 'it is missing');
    checkDigest(
      file,
      await digestOf(found, (bytes) => {
        done += bytes;
        onProgress(done, total);
      }),
    );
  }
  return manifest;
}

export function totalBytes({ files }: Manifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Throws BACKUP_DAMAGED when what was read is not what the manifest says. */
export function checkDigest(file: FileDigest, found: { bytes: number; sha256: string }): void {
  if (found.bytes !== file.bytes) {
    throw damaged(file.path, `it has ${found.bytes} bytes instead of ${file.bytes}`);
  }
  if (found.sha256 !== file.sha256) throw damaged(file.path, 'its checksum does not match');
}

/** The manifest vouches for the files, SHA256SUMS for the manifest. */
async function checkSums(folder: string, manifest: Manifest): Promise<void> {
  const file = path.join(folder, SUMS);
  if (!existsSync(file)) throw damaged(SUMS, 'it is missing');
  const { sha256 } = await digestOf(path.join(folder, MANIFEST));
  const found = readFileSync(file, 'utf8');
  if (found === sumsText(sha256, manifest.files)) return;
  const vouched = found.startsWith(`${sha256}  ${MANIFEST}\n`);
  throw damaged(vouched ? SUMS : MANIFEST, `${MANIFEST} and ${SUMS} do not agree`);
}

function damaged(file: string, why: string): AppError {
  return new AppError('BACKUP_DAMAGED', `${file} is damaged: ${why}`, {
    field: file,
    hint: 'Take another copy of this backup, or an older one; nothing was restored from it.',
  });
}
