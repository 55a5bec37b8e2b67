import type { DuckDBConnection } from '@duckdb/node-api';
import { AppError } from '../../base/errors.ts';

/**
 * Commits what `work` does, or nothing of it; `around` may do something together with the commit.
 * Throws COMMIT_UNCERTAIN when only opening the file anew can tell what it holds.
 */
export async function inTransaction<T>(
  connection: DuckDBConnection,
  work: () => Promise<T>,
  around: (commit: () => Promise<void>) => Promise<void> = (commit) => commit(),
): Promise<T> {
  await connection.run('BEGIN');
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await connection.run('ROLLBACK').catch(uncertain);
    throw error;
  }
  await around(async () => {
    await connection.run('COMMIT').catch(uncertain);
  });
  return result;
}

function uncertain(cause: unknown): never {
  throw new AppError('COMMIT_UNCERTAIN', 'a transaction did not end as it should', { cause });
}
