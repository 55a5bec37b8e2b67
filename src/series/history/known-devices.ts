import type { SeriesStore } from '../../contracts/series.ts';
import type { RollupLedger } from './rollup-ledger.ts';

/**
 * Every device the store has points of, those among them that were removed from the registry: what
 * the store had when it was first asked, and what was marked since the start.
 */
export class KnownDevices {
  readonly #store: Pick<SeriesStore, 'latest' | 'status'>;
  readonly #rollups: RollupLedger;
  #stored: Promise<ReadonlyMap<string, ReadonlySet<string>>> | undefined;
  #identity: string | null = null;

  constructor(store: Pick<SeriesStore, 'latest' | 'status'>, rollups: RollupLedger) {
    this.#store = store;
    this.#rollups = rollups;
  }

  async of(kind: string): Promise<string[]> {
    const { identity } = this.#store.status();
    if (this.#stored === undefined || identity !== this.#identity) {
      this.#identity = identity;
      this.#stored = this.#read();
      // The next query asks again; this one hears of it below.
      this.#stored.catch(() => {
        this.#stored = undefined;
      });
    }
    const stored = (await this.#stored).get(kind) ?? [];
    return [...new Set([...stored, ...this.#rollups.devicesSeen(kind)])].sort();
  }

  async #read(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const found = new Map<string, Set<string>>();
    for (const { kind, device } of await this.#store.latest()) {
      const devices = found.get(kind) ?? new Set<string>();
      found.set(kind, devices);
      devices.add(device);
    }
    return found;
  }
}
