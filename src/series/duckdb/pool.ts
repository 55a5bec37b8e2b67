import type { DuckDBConnection } from '@duckdb/node-api';
import { withDeadline } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';

export interface PoolOptions {
  connections: DuckDBConnection[];
  waitingMax: number;
  waitMaxMs: number;
}

/** A fixed number of connections for queries; those who wait are bounded in number and time. */
export class ConnectionPool {
  readonly #free: DuckDBConnection[];
  readonly #waiting = new Set<(connection: DuckDBConnection) => void>();
  readonly #options: PoolOptions;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#free = [...options.connections];
  }

  /** Nobody has a connection. */
  get idle(): boolean {
    return this.#free.length === this.#options.connections.length;
  }

  /** Throws SERIES_BUSY when too many wait already, or for too long. */
  async acquire(): Promise<DuckDBConnection> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#waiting.size >= this.#options.waitingMax) throw busy('too many queries wait');
    let forget = (): void => undefined;
    const turn = new Promise<DuckDBConnection>((resolve) => {
      this.#waiting.add(resolve);
      forget = () => this.#waiting.delete(resolve);
    });
    return withDeadline(turn, this.#options.waitMaxMs, () => {
      // At once, or a connection could be handed to someone who no longer waits.
      forget();
      return busy('no query ended in time');
    });
  }

  release(connection: DuckDBConnection): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free.push(connection);
      return;
    }
    this.#waiting.delete(next);
    next(connection);
  }
}

function busy(why: string): AppError {
  return new AppError('SERIES_BUSY', `the series store is busy: ${why}`, {
    hint: 'Ask again in a moment, or for a shorter time range.',
  });
}
