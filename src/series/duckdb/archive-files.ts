import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** Grows when a reader of older files would misread new ones. */
export const ARCHIVE_FORMAT = 1;

/** Columns every archive file begins with, in their order. */
export const ARCHIVE_COLUMNS = [
  'time',
  'device',
  'site',
  'coop',
  'received_at',
  'frame_offset',
  'quality',
] as const;

/** Read in pieces of this size a file does not hold up queries: half a millisecond each. */
const READ_BYTES = 1024 * 1024;

/** One month of one kind that left the database. */
export interface ArchivedFile {
  kind: string;
  /** UTC month, `2026-03`. */
  month: string;
  /** Name within the kind's folder. */
  file: string;
  /** Identity of the database the rows came from. */
  store: string;
  /** Reports of journal frames below this one are in the file, if they belong to the month. */
  next: number;
  rows: number;
  values: number;
  bytes: number;
  sha256: string;
  /** Observed time (ms) of the first and the last row. */
  first: number;
  last: number;
  metrics: Array<{ name: string; column: string; values: number }>;
}

export interface ArchivedCount {
  coop: string;
  device: string;
  /** Local day of receipt. */
  day: string;
  stored: number;
}

/** What stands beside each file, so that a lost database knows what it has without counting. */
export interface Sidecar extends ArchivedFile {
  format: typeof ARCHIVE_FORMAT;
  /** The file itself was removed when it was old enough; its counts stay. */
  removed: boolean;
  counts: ArchivedCount[];
}

/** Enough to tell our own from what a disk made of it: nobody else writes these. */
function isSidecar(value: Partial<Sidecar> | null): value is Sidecar {
  const numbers = [
    value?.next,
    value?.rows,
    value?.values,
    value?.bytes,
    value?.first,
    value?.last,
  ];
  const texts = [value?.kind, value?.month, value?.file, value?.store, value?.sha256];
  return (
    value?.format === ARCHIVE_FORMAT &&
    typeof value.removed === 'boolean' &&
    Array.isArray(value.counts) &&
    Array.isArray(value.metrics) &&
    numbers.every(Number.isSafeInteger) &&
    texts.every((text) => typeof text === 'string')
  );
}

/** Metrics are found by their column, and columns do not tell upper from lower case. */
export function metricKey(metric: string): string {
  return metric.toLowerCase();
}

/** The metric's column; no metric's name begins with an underscore, so none can have this one. */
export function archiveColumn(metric: string): string {
  const taken = (ARCHIVE_COLUMNS as readonly string[]).includes(metricKey(metric));
  return taken ? `_${metric}` : metric;
}

export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}

export function monthStart(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

/** The first instant (ms) after the month. */
export function monthEnd(month: string): number {
  const start = new Date(monthStart(month));
  return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1);
}

const FILE_NAME = /^(\d{4}-\d{2})(?:\.(\d+))?\.parquet/;

export interface NamedFile {
  month: string;
  version: number;
  name: string;
}

/** Archive files of a folder, set aside ones included, by month and then the newest first. */
function namedFiles(folder: string): NamedFile[] {
  const files = listFolder(folder).flatMap((name) => {
    const [, month, version] = FILE_NAME.exec(name) ?? [];
    return month === undefined ? [] : [{ month, version: Number(version ?? 1), name }];
  });
  return files.sort((left, right) =>
    left.month === right.month
      ? right.version - left.version
      : left.month.localeCompare(right.month),
  );
}

/** Whole archive files of a folder, by month and then the newest first. */
export function archiveFiles(folder: string): NamedFile[] {
  return namedFiles(folder).filter(({ name }) => name.endsWith('.parquet'));
}

/** Names in a folder; none when it is not there, or not a folder. */
export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (/ENOENT|ENOTDIR/.test(String((error as NodeJS.ErrnoException).code))) return [];
    throw error;
  }
}

/** A name nobody has used: whoever reads an older version of the month keeps reading it. */
export function newFileName(folder: string, month: string): string {
  const used = namedFiles(folder).filter((file) => file.month === month);
  const version = Math.max(0, ...used.map((file) => file.version)) + 1;
  return version === 1 ? `${month}.parquet` : `${month}.${version}.parquet`;
}

export function sidecarPath(file: string): string {
  return file.replace(/\.parquet$/, '.json');
}

/** Null when there is none, or none that can be understood. */
export function readSidecar(file: string): Sidecar | null {
  try {
    const sidecar = JSON.parse(readFileSync(sidecarPath(file), 'utf8')) as Partial<Sidecar> | null;
    return isSidecar(sidecar) ? sidecar : null;
  } catch {
    return null;
  }
}

export function writeSidecar(file: string, sidecar: Sidecar): void {
  const target = sidecarPath(file);
  const temporary = temporaryName(target);
  writeFileSync(temporary, `${JSON.stringify(sidecar)}\n`);
  moveDurably(temporary, target);
}

/** Files that end so are halves of a step that did not end; every open removes them. */
export function temporaryName(file: string): string {
  return `${file}.temporary`;
}

export function isTemporary(name: string): boolean {
  return name.endsWith('.temporary');
}

/** Gives a finished file its name once its bytes are on the disk. */
export function moveDurably(from: string, to: string): void {
  syncPath(from);
  renameSync(from, to);
  syncPath(path.dirname(to));
}

export function syncPath(name: string): void {
  const descriptor = openSync(name, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  syncPath(path.dirname(folder));
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: READ_BYTES })) {
    hash.update(piece as Uint8Array);
  }
  return hash.digest('hex');
}
