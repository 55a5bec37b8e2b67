import type { Source } from '../contracts/frame.ts';
import type { SourceRow } from './protocol.ts';

/**
 * Sources by number, so that a frame carries four bytes instead of four names. A number means the
 * same source for ever; there are as many as devices ever were, times the sites they stood on.
 */
export class SourceTable {
  /** The registry hands out the same object for a device until it changes: no key to build. */
  readonly #byIdentity = new WeakMap<Source, number>();
  readonly #byKey = new Map<string, number>();
  readonly #byNumber: (Source | undefined)[] = [];
  /** Not yet in any synced commit. */
  readonly #unsaved = new Map<number, SourceRow>();
  #next = 1;

  /** The number of a source, a new one when it was never seen. */
  number(source: Source): number {
    return this.#byIdentity.get(source) ?? this.#numberByKey(source);
  }

  /** The one frozen object of that number: consumers may compare by identity. */
  source(number: number): Source | undefined {
    return this.#byNumber[number];
  }

  /** Every source there is, with its number. */
  rows(): SourceRow[] {
    return this.#byNumber.flatMap((source, id) => (source === undefined ? [] : { id, ...source }));
  }

  /** Sources the next commit has to store. */
  unsaved(): SourceRow[] {
    return this.#unsaved.size === 0 ? [] : [...this.#unsaved.values()];
  }

  saved(rows: readonly SourceRow[]): void {
    for (const row of rows) this.#unsaved.delete(row.id);
  }

  /** Takes what the file holds; numbers given out since that it lacks will be stored again. */
  load(rows: readonly SourceRow[]): void {
    for (const row of rows) this.#remember(row);
    const stored = new Set(rows.map((row) => row.id));
    this.#byNumber.forEach((source, id) => {
      if (source !== undefined && !stored.has(id)) this.#unsaved.set(id, { id, ...source });
    });
  }

  #numberByKey(source: Source): number {
    const known = this.#byKey.get(keyOf(source));
    const number = known ?? this.#next;
    if (known === undefined) {
      const { coop, site, device, kind } = source;
      const row = { id: number, coop, site, device, kind };
      this.#remember(row);
      this.#unsaved.set(number, row);
    }
    this.#byIdentity.set(source, number);
    return number;
  }

  #remember({ id, coop, site, device, kind }: SourceRow): void {
    if (this.#byNumber[id] === undefined) {
      this.#byNumber[id] = Object.freeze({ coop, site, device, kind });
      this.#byKey.set(keyOf({ coop, site, device, kind }), id);
    }
    if (id >= this.#next) this.#next = id + 1;
  }
}

function keyOf({ coop, site, device, kind }: Source): string {
  return JSON.stringify([coop, site, device, kind]);
}
