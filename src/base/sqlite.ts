import { createRequire } from 'node:module';
import type { DatabaseSync } from 'node:sqlite';

export type { DatabaseSync, StatementSync } from 'node:sqlite';

const require = createRequire(import.meta.url);

/**
 * SQLite as `node:sqlite` offers it, from Node itself where it has it (22.13 and later), else from
 * the prebuilt package with the same interface.
 */
function loadDatabaseSync(): typeof DatabaseSync {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const builtIn = major > 22 || (major === 22 && minor >= 13);
  const module = builtIn ? 'node:sqlite' : '@photostructure/sqlite';
  return (require(module) as { DatabaseSync: typeof DatabaseSync }).DatabaseSync;
}

let loaded: typeof DatabaseSync | undefined;

/** Opens a database file; the caller sets its pragmas. */
export function openDatabase(file: string, options?: { readOnly?: boolean }): DatabaseSync {
  loaded ??= loadDatabaseSync();
  return new loaded(file, options ?? {});
}
