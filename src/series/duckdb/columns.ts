import { yieldToEventLoop } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { Observation, Quality } from '../../contracts/observation.ts';
import type { SeriesBatch } from '../../contracts/series.ts';
import type { ColumnBatch, KindRows, SourceTags } from './protocol.ts';

/** Qualities by the number that stands for them in the tables; only ever append to it. */
export const QUALITIES: readonly Quality[] = ['good', 'clock'];

/** Observations turned between two looks at the sockets: about a millisecond's work. */
const SLICE_ROWS = 2_000;

/** Rows of one kind while they are filled in. */
class KindColumnsBuilder {
  readonly rows: KindRows;
  readonly #known: ReadonlySet<string>;
  readonly #columns = new Map<string, Float64Array>();
  /** Places seen of each device: one, unless it moved within the batch. */
  readonly #places = new Map<string, Array<{ tags: SourceTags; index: number }>>();
  #count = 0;

  constructor(kind: string, known: ReadonlySet<string>, size: number) {
    this.#known = known;
    this.rows = {
      kind,
      sources: [],
      source: new Uint32Array(size),
      observedAt: new Float64Array(size),
      receivedAt: new Float64Array(size),
      offset: new Float64Array(size),
      quality: new Uint8Array(size),
      metrics: [],
      values: [],
    };
  }

  add(observation: Observation): void {
    const { rows } = this;
    const row = this.#count++;
    rows.source[row] = this.#sourceIndex(observation);
    rows.observedAt[row] = observation.observedAt;
    rows.receivedAt[row] = observation.receivedAt;
    rows.offset[row] = observation.offset;
    rows.quality[row] = QUALITIES.indexOf(observation.quality);
    const { values } = observation;
    for (const metric in values) {
      const value = values[metric];
      if (value !== undefined) (this.#columns.get(metric) ?? this.#addColumn(metric))[row] = value;
    }
  }

  #addColumn(metric: string): Float64Array {
    if (!this.#known.has(metric)) {
      throw new AppError('UNKNOWN_METRIC', `kind ${this.rows.kind} has no metric ${metric}`);
    }
    const column = new Float64Array(this.rows.source.length).fill(Number.NaN);
    this.#columns.set(metric, column);
    this.rows.metrics.push(metric);
    this.rows.values.push(column);
    return column;
  }

  #sourceIndex({ source }: Observation): number {
    let places = this.#places.get(source.device);
    if (places === undefined) {
      places = [];
      this.#places.set(source.device, places);
    }
    for (const { tags, index } of places) {
      if (tags.coop === source.coop && tags.site === source.site) return index;
    }
    const tags = { coop: source.coop, site: source.site, device: source.device };
    const index = this.rows.sources.push(tags) - 1;
    places.push({ tags, index });
    return index;
  }
}

/** Checks what the registry is asked to hold against what a column can be called. */
export function metricNamesByKind(kinds: KindRegistry): Map<string, ReadonlySet<string>> {
  const names = new Map<string, ReadonlySet<string>>();
  for (const kind of kinds.values()) {
    const metrics = kind.metrics.map((metric) => metric.name);
    if (new Set(metrics.map((metric) => metric.toLowerCase())).size < metrics.length) {
      throw new AppError('SERIES_KIND_INVALID', `two metrics of ${kind.name} differ only in case`, {
        hint: 'The store does not tell upper from lower case in column names; rename one of them.',
      });
    }
    names.set(kind.name, new Set(metrics));
  }
  return names;
}

/** Turns a batch into columns, looking up now and then so that the sockets are served. */
export async function toColumns(
  batch: SeriesBatch,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<ColumnBatch> {
  const sizes = new Map<string, number>();
  for (const { source } of batch.observations) {
    sizes.set(source.kind, (sizes.get(source.kind) ?? 0) + 1);
  }
  const builders = new Map<string, KindColumnsBuilder>();
  for (const [kind, size] of sizes) {
    const metrics = known.get(kind);
    if (metrics === undefined) throw new AppError('UNKNOWN_KIND', `there is no kind ${kind}`);
    builders.set(kind, new KindColumnsBuilder(kind, metrics, size));
  }
  let done = 0;
  for (const observation of batch.observations) {
    builders.get(observation.source.kind)?.add(observation);
    if (++done % SLICE_ROWS === 0) await yieldToEventLoop();
  }
  const rows = [...builders.values()].map((builder) => builder.rows);
  return { from: batch.from, next: batch.next, rows };
}
