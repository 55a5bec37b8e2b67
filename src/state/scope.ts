import type { CompiledQuery, Kysely } from 'kysely';
import type { RegistryWriter } from './registry.ts';
import type { Tables } from './tables.ts';

/** Where a repository works: the database at large, or one transaction. */
export interface Scope {
  readonly db: Kysely<Tables>;
  readonly registry: RegistryWriter;
  /** Bulk statements compiled once, shared by all scopes of one database; see `bulk.ts`. */
  readonly compiled: Map<string, CompiledQuery>;
  /** All of `work` commits or none of it; inside a transaction it becomes part of that. */
  atomically<T>(work: (scope: Scope) => Promise<T>): Promise<T>;
  /** What memory learns once the commit is certain. Only inside a transaction. */
  afterCommit(effect: () => void): void;
}

export function createScope(db: Kysely<Tables>, registry: RegistryWriter): Scope {
  const compiled = new Map<string, CompiledQuery>();
  return {
    db,
    registry,
    compiled,
    async atomically(work) {
      const effects: Array<() => void> = [];
      const result = await db.transaction().execute((transaction) => {
        const scope: Scope = {
          db: transaction,
          registry,
          compiled,
          atomically: (inner) => inner(scope),
          afterCommit: (effect) => effects.push(effect),
        };
        return work(scope);
      });
      // Transactions take turns, so effects arrive in the order of the commits.
      for (const effect of effects) effect();
      return result;
    },
    afterCommit() {
      throw new Error('there is no transaction whose commit could be waited for');
    },
  };
}
