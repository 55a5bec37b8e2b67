import { constants, existsSync } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';
import path from 'node:path';
import {
  type ArchivedFile,
  listFolder,
  makeFolder,
  readSidecar,
  sidecarPath,
  syncPath,
} from './archive-files.ts';
import { duplicatesPath } from './archive-month.ts';

/** A copy that shares its blocks with the original where the file system can, on the disk. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  syncPath(to);
}

/** The archive's files that are part of the store, and what is left of those removed for age. */
export async function copyArchive(
  files: readonly ArchivedFile[],
  from: string,
  to: string,
): Promise<void> {
  if (!existsSync(from)) return;
  makeFolder(to);
  if (existsSync(duplicatesPath(from))) await linkOrCopy(duplicatesPath(from), duplicatesPath(to));
  for (const kind of listFolder(from)) {
    const folder = path.join(from, kind);
    const wanted = files.filter((file) => file.kind === kind).map(({ file }) => file);
    const names = wanted.flatMap((name) => [name, sidecarPath(name)]);
    const removed = listFolder(folder).filter((name) => isRemoved(path.join(folder, name)));
    if (names.length + removed.length === 0) continue;
    makeFolder(path.join(to, kind));
    for (const name of new Set([...names, ...removed])) {
      const source = path.join(folder, name);
      if (existsSync(source)) await linkOrCopy(source, path.join(to, kind, name));
    }
    syncPath(path.join(to, kind));
  }
  syncPath(to);
}

function isRemoved(name: string): boolean {
  return name.endsWith('.json') && readSidecar(name)?.removed === true;
}

/** No archive file is ever changed under its name, so two names may share it. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyDurably(from, to);
  }
}
