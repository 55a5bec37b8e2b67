import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { siblingModule } from '../../base/discovery.ts';
import { AppError } from '../../base/errors.ts';
import { runThread } from '../../base/thread.ts';
import type { SnapshotReply, SnapshotSettings } from './snapshot-thread.ts';

/** Copies the state file into a new one; see `StateSnapshots`. */
export async function snapshotStateFile(settings: SnapshotSettings): Promise<SnapshotReply> {
  mkdirSync(path.dirname(settings.target), { recursive: true, mode: 0o700 });
  // SQLite fills an empty file: so it is its owner's alone from the first byte on.
  closeSync(openSync(settings.target, 'wx', 0o600));
  const module = siblingModule(import.meta.url, 'snapshot-thread');
  const reply = await runThread<SnapshotReply>({ module, name: 'state-snapshot', data: settings });
  if (reply.failure === null) return reply;
  throw new AppError('BACKUP_FAILED', `the state could not be copied: ${reply.failure}`);
}
