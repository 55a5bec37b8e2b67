import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '../../base/errors.ts';
import { openDatabase } from '../../base/sqlite.ts';
import { ROLLUPS_IDENTITY } from '../../contracts/state.ts';

/**
 * A thread of its own for one copy: its read does not hold up the state's writer, and its end frees
 * every handle.
 */
export interface SnapshotSettings {
  file: string;
  target: string;
}

export interface SnapshotReply {
  /** Why there is no copy, or null. */
  failure: string | null;
  cursors: Record<string, number>;
}

function copy({ file, target }: SnapshotSettings): Record<string, number> {
  const source = openDatabase(file, { readOnly: true });
  // One read transaction: everything as it stood when the copy began.
  source.exec(`vacuum into '${target.replaceAll("'", "''")}'`);
  source.close();
  const copied = openDatabase(target);
  // Who was signed in on one machine is not signed in on another. And the series are copied a
  // little later than the state: whose rollups the ledger vouches for is to be found out anew.
  copied.exec(`
    pragma secure_delete = on;
    delete from sessions;
    delete from sign_in_codes;
    delete from settings where name = '${ROLLUPS_IDENTITY}';`);
  const rows = copied.prepare('select consumer, frame_offset from cursors').all();
  copied.close();
  return Object.fromEntries(
    (rows as Array<{ consumer: string; frame_offset: number }>).map((row) => [
      row.consumer,
      row.frame_offset,
    ]),
  );
}

const reply: SnapshotReply = { failure: null, cursors: {} };
try {
  reply.cursors = copy(workerData as SnapshotSettings);
} catch (error) {
  reply.failure = describeError(error);
}
parentPort?.postMessage(reply);
