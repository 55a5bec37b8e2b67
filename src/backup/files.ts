import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

/** One file of a backup, by its path inside it with forward slashes. */
export interface FileDigest {
  path: string;
  bytes: number;
  sha256: string;
}

/** A read of 1 MiB: large enough for any disk, small enough to show progress. */
const CHUNK_BYTES = 1024 * 1024;

/** Every file below the folder, in order of their paths. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((name) => name.split(path.sep).join('/'))
    .sort();
}

/** The folder itself and every folder below it, the innermost first. */
export function foldersBelow(folder: string): string[] {
  const inner = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return [folder, ...inner].sort((left, right) => right.length - left.length);
}

/** Bytes in the files below the folder; 0 when it is not there. Files may come and go meanwhile. */
export function folderBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const name of filesBelow(folder)) {
    bytes += statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** Bytes this user may still write where the folder is, or will be made. */
export function freeBytes(folder: string): number {
  if (!existsSync(folder)) return freeBytes(path.dirname(path.resolve(folder)));
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export async function digestOf(
  file: string,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).byteLength;
    onBytes((chunk as Buffer).byteLength);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Copies the file, for its owner alone and on the disk at the end; the digest of what was read. */
export async function copyFile(
  from: string,
  to: string,
  onBytes: (bytes: number) => void,
): Promise<{ bytes: number; sha256: string }> {
  await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const target = await open(to, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(from, { highWaterMark: CHUNK_BYTES })) {
      hash.update(chunk as Buffer);
      await target.writeFile(chunk as Buffer);
      bytes += (chunk as Buffer).byteLength;
      onBytes((chunk as Buffer).byteLength);
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
