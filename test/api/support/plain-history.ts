import type { CorrectionActions, NewCorrection } from '#src/contracts/corrections';
import type { Correction, History, HistoryBlock, HistoryQuery } from '#src/contracts/history';
import type { SeriesStore } from '#src/contracts/series';

/** History as the store has it: remembers what was asked, corrects nothing, fills nothing. */
export class PlainHistory implements History {
  queries: HistoryQuery[] = [];
  readonly #series: SeriesStore;

  constructor(series: SeriesStore) {
    this.#series = series;
  }

  async *query(query: HistoryQuery, signal?: AbortSignal): AsyncGenerator<HistoryBlock> {
    this.queries.push(query);
    const { values, points: _points, aggregate, ...rest } = query;
    const plain =
      aggregate === undefined
        ? rest
        : {
            ...rest,
            aggregate: {
              every: aggregate.every,
              functions: aggregate.functions,
              timeZone: aggregate.timeZone,
            },
          };
    for await (const block of this.#series.query(plain, signal)) {
      const [raw] = block.columns;
      yield values === 'both' && raw !== undefined ? { ...block, raw } : block;
    }
  }
}

/** Corrections in memory, with all their versions. */
export class MemoryCorrections implements CorrectionActions {
  readonly #versions = new Map<string, Correction[]>();
  readonly #now: () => number;
  #made = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  async list(filter: { devices?: readonly string[]; metrics?: readonly string[] } = {}) {
    return [...this.#versions.values()]
      .map((versions) => versions.at(-1) as Correction)
      .filter(
        ({ device, metric, removed }) =>
          !removed &&
          (filter.devices?.includes(device) ?? true) &&
          (filter.metrics?.includes(metric) ?? true),
      );
  }

  async versions(id: string): Promise<Correction[]> {
    return [...(this.#versions.get(id) ?? [])];
  }

  async create(correction: NewCorrection, by: string, id = `made-${++this.#made}`) {
    return this.#add(id, { ...correction, by, removed: false });
  }

  async replace(id: string, correction: NewCorrection, by: string) {
    if (!this.#applies(id)) return undefined;
    return this.#add(id, { ...correction, by, removed: false });
  }

  async remove(id: string, by: string): Promise<boolean> {
    const last = this.#versions.get(id)?.at(-1);
    if (last === undefined || last.removed) return false;
    this.#add(id, { ...last, by, removed: true });
    return true;
  }

  #applies(id: string): boolean {
    return this.#versions.get(id)?.at(-1)?.removed === false;
  }

  #add(id: string, said: NewCorrection & { by: string; removed: boolean }): Correction {
    const versions = this.#versions.get(id) ?? [];
    const made = { ...said, id, version: versions.length + 1, at: this.#now() };
    this.#versions.set(id, [...versions, made]);
    return made;
  }
}
