import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { FileDigest } from './files.ts';

/** Grows when an older program could not restore what a newer one wrote. */
export const FORMAT = 1;
export const MANIFEST = 'manifest.json';
/** In the words of sha256sum, so that anybody can check a backup without this program. */
export const SUMS = 'SHA256SUMS';
export const STATE_FILE = 'state.db';
export const JOURNAL_FOLDER = 'journal';
export const SERIES_FOLDER = 'series';
export const CONFIG_FILE = 'config.yaml';

const whole = z.number().int().min(0);
/** A backup comes from anywhere: none of its paths may lead out of its folder. */
const relativePath = z
  .string()
  .min(1)
  .max(1_000)
  .refine((name) => !path.isAbsolute(name) && !/(^|[/\\])\.\.([/\\]|$)|[\0\n\r]/.test(name));

const manifestSchema = z.object({
  format: whole,
  id: z.string(),
  program: z.string(),
  createdAt: z.string(),
  timeZone: z.string(),
  series: z.object({
    store: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
    /** False: another server keeps the data and has its own backup. */
    included: z.boolean(),
    cursor: whole,
  }),
  journal: z.object({ tail: whole, head: whole }),
  /** Of the consumers that keep theirs in the state. */
  cursors: z.record(z.string(), whole),
  /** Settings that were set and are secrets: to be set again. */
  secrets: z.array(z.string()),
  /** Settings that name files outside the data folder: to be brought along. */
  outside: z.array(z.object({ setting: z.string(), file: z.string() })),
  files: z.array(
    z.object({
      path: relativePath,
      bytes: whole,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export type Manifest = z.output<typeof manifestSchema>;

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The text of SHA256SUMS: every file of the backup, the manifest first. */
export function sumsText(manifestSha256: string, files: readonly FileDigest[]): string {
  const lines = files.map(({ path: name, sha256 }) => `${sha256}  ${name}\n`);
  return `${manifestSha256}  ${MANIFEST}\n${lines.join('')}`;
}

/** Throws BACKUP_INVALID, or BACKUP_TOO_NEW for a format this program does not know. */
export function readManifest(folder: string): Manifest {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path.join(folder, MANIFEST), 'utf8'));
  } catch (cause) {
    throw new AppError('BACKUP_INVALID', `${folder} has no readable ${MANIFEST}`, {
      cause,
      field: MANIFEST,
      hint: 'Name the folder of one backup, such as backups/2026-11-22T05-00-00-000Z.',
    });
  }
  const { format } = (content ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format > FORMAT) {
    throw new AppError('BACKUP_TOO_NEW', `the backup has format ${format}, we know ${FORMAT}`, {
      hint: 'Restore it with the version that made it, or a later one.',
    });
  }
  const result = manifestSchema.safeParse(content);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => issue.path.join('.'));
  throw new AppError('BACKUP_INVALID', `${MANIFEST} cannot be used: ${fields.join(', ')}`, {
    field: MANIFEST,
    hint: 'Take another copy of this backup, or an older one.',
  });
}
