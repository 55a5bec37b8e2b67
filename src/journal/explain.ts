import { AppError, describeError } from '../base/errors.ts';
import { isLocked, NewerFileError } from './database.ts';
import type { Failure } from './protocol.ts';

/** What went wrong with the file, in the words of an operator, ready to cross threads. */
export function explain(error: unknown, file: string): Failure {
  const { code, message, hint } = toJournalError(error, file);
  return { code, message, hint };
}

function toJournalError(error: unknown, file: string): AppError {
  const reason = describeError(error);
  if (isLocked(error)) {
    return new AppError('JOURNAL_LOCKED', `another process holds ${file}`, {
      hint: 'Stop the other server, or give this one a data folder of its own.',
    });
  }
  if (error instanceof NewerFileError) {
    return new AppError('JOURNAL_NEWER', `${file} is from a newer version: ${reason}`, {
      hint: 'Start the newer version again, or restore a backup made before the upgrade.',
    });
  }
  return new AppError('JOURNAL_WRITE_FAILED', `the journal file failed: ${reason}`, {
    hint: `Free space on the disk that holds ${file}, or replace it; it is tried every second.`,
  });
}
