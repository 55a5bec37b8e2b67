import type { Rejection } from '#src/contracts/observation';
import type { StoredCount } from '#src/contracts/series';
import type {
  StoredPlace,
  StoreLedger,
  StoreLedgerChange,
  StoreLedgerState,
  SupersededValue,
} from '#src/contracts/store-ledger';

const keyOf = (...parts: unknown[]): string => JSON.stringify(parts);

/** A store's memory that lives as long as the test, and outlives the store. */
export class MemoryLedger implements StoreLedger {
  readonly rejections = new Map<string, Rejection>();
  /** What the next commit throws, before anything of it is kept. */
  failure: Error | undefined;
  #identity: string | null = null;
  #cursor = 0;
  #plan: string | null = null;
  #places = new Map<string, StoredPlace>();
  #superseded = new Map<string, SupersededValue>();
  #counts = new Map<string, StoredCount>();

  async load(): Promise<StoreLedgerState> {
    return structuredClone({
      identity: this.#identity,
      cursor: this.#cursor,
      plan: this.#plan,
      places: [...this.#places.values()],
      superseded: [...this.#superseded.values()],
    });
  }

  async prepare(plan: string): Promise<void> {
    this.#plan = plan;
  }

  async commit(change: StoreLedgerChange): Promise<void> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.#cursor = change.cursor;
    this.#plan = change.plan;
    for (const place of change.places) {
      this.#places.set(keyOf(place.kind, place.coop, place.site, place.device), { ...place });
    }
    const valueKey = (value: SupersededValue): string =>
      keyOf(value.kind, value.coop, value.site, value.device, value.metric, value.observedAt);
    for (const value of change.restored) this.#superseded.delete(valueKey(value));
    for (const value of change.superseded) this.#superseded.set(valueKey(value), { ...value });
    for (const { coop, device, day, stored, duplicate } of change.counts) {
      const key = keyOf(coop, device, day);
      const sum = this.#counts.get(key) ?? { coop, device, day, stored: 0, duplicate: 0 };
      sum.stored += stored;
      sum.duplicate += duplicate;
      this.#counts.set(key, sum);
    }
    for (const rejection of change.rejections) {
      this.rejections.set(keyOf(rejection.offset, rejection.index, rejection.part), rejection);
    }
  }

  async counts(fromDay: string, toDay: string, coops?: readonly string[]): Promise<StoredCount[]> {
    return [...this.#counts.values()].filter(
      ({ day, coop }) => day >= fromDay && day <= toDay && coops?.includes(coop) !== false,
    );
  }

  async reset(identity: string): Promise<void> {
    this.#identity = identity;
    this.#cursor = 0;
    this.#plan = null;
    this.#places.clear();
    this.#superseded.clear();
    this.#counts.clear();
  }
}
