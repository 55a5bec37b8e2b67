/** What a backup does, in this order; see `src/backup/make.ts` for why. */
export const BACKUP_STEPS = ['state', 'series', 'journal', 'checksums'] as const;
export type BackupStep = (typeof BACKUP_STEPS)[number];

export const BACKUP_STATES = ['running', 'complete', 'failed'] as const;
export type BackupState = (typeof BACKUP_STATES)[number];

/** One backup as it is listed. */
export interface Backup {
  /** Also the name of its folder: the UTC time it began, `2026-11-22T05-00-00-000Z`. */
  id: string;
  state: BackupState;
  /** What is being done; null when it is over. */
  step: BackupStep | null;
  /** ms since 1970. */
  createdAt: number;
  /** Bytes written or, in the last step, read back; all of them when it is complete. */
  bytes: number;
  /** What `bytes` will be at the end of the step, as far as it is known. */
  bytesExpected: number;
  /** The program that made it. */
  version: string;
  /** Its folder on the server's machine. */
  path: string;
  /** Why it failed, or null. */
  error: string | null;
}

/** Backups of the running server. */
export interface Backups {
  /** Throws BACKUP_RUNNING while another is made. */
  begin(): Backup;
  /** Newest first, with the one being made and the last that failed. */
  list(): Backup[];
  get(id: string): Backup | undefined;
}

/** A state that can copy itself into a file while it works. */
export interface StateSnapshots {
  /**
   * Writes the state as it stood at one moment, without sessions and sign-in codes; answers with
   * each consumer's cursor in the copy. Throws BACKUP_FAILED.
   */
  snapshot(file: string): Promise<Record<string, number>>;
}

/** A journal that can copy itself into a folder while it works. */
export interface JournalSnapshots {
  /**
   * Writes all frames from the tail to the head of this moment, under their offsets; answers with
   * the tail and head of the copy. Throws BACKUP_FAILED or JOURNAL_READ_FAILED.
   */
  snapshot(dir: string): Promise<{ tail: number; head: number }>;
}
