import path from 'node:path';
import { type DuckDBConnection, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { RollupTier, SeriesFilter } from '../../contracts/series.ts';
import { appendRows, everyRow } from './append.ts';
import { ArchiveGate, KindArchive } from './archive-registry.ts';
import { registeredFiles } from './archive-tables.ts';
import { allRows } from './database.ts';
import type { KindColumns, KindRows, SourceTags } from './protocol.ts';
import type { RollupMemory } from './rollup-memory.ts';
import { identifier, literal, type SupersededWindows } from './sql.ts';

export interface StoredSource {
  id: number;
  kind: string;
  tags: SourceTags;
}

/** What the child remembers of one device's rows of one kind, over all places it stood on. */
export interface DeviceRows {
  ids: number[];
  /** Greatest observed time stored: what is newer cannot be a repeat. */
  newest: number;
}

export interface TimeRange {
  from: number;
  to: number;
}

export function widen(range: TimeRange, time: number): void {
  if (time < range.from) range.from = time;
  if (time > range.to) range.to = time;
}

export const emptyRange = (): TimeRange => ({
  from: Number.POSITIVE_INFINITY,
  to: Number.NEGATIVE_INFINITY,
});

/** One kind's part of the child's memory: a few hundred bytes for each device. */
export class KindMemory {
  readonly name: string;
  readonly metrics: readonly string[];
  /** The table's value columns in their order; those of forgotten metrics are among them. */
  readonly columns: readonly string[];
  readonly sources = new Map<number, StoredSource>();
  readonly devices = new Map<string, DeviceRows>();
  /** What has left the table for files. */
  readonly archive: KindArchive;
  readonly #byTags = new Map<string, StoredSource>();
  /** Observed times the table and its archive span. */
  readonly span: TimeRange = emptyRange();
  /** By metric: the observed times of its superseded values. */
  readonly #superseded = new Map<string, TimeRange>();

  constructor(kind: KindColumns, columns: readonly string[], archiveDir: string) {
    this.name = kind.name;
    this.metrics = kind.metrics;
    this.columns = columns;
    const deviceOf = (id: number): string => this.sources.get(id)?.tags.device ?? '';
    this.archive = new KindArchive(kind.name, path.join(archiveDir, kind.name), deviceOf);
  }

  find(tags: SourceTags): StoredSource | undefined {
    return this.#byTags.get(tagKey(tags));
  }

  add(source: StoredSource): void {
    this.sources.set(source.id, source);
    this.#byTags.set(tagKey(source.tags), source);
    const device = this.devices.get(source.tags.device);
    if (device === undefined) {
      const newest = Number.NEGATIVE_INFINITY;
      this.devices.set(source.tags.device, { ids: [source.id], newest });
    } else {
      device.ids.push(source.id);
    }
  }

  /** Takes note of stored rows of a device. */
  noteRows(device: string, oldest: number, newest: number): void {
    widen(this.span, oldest);
    widen(this.span, newest);
    const rows = this.devices.get(device);
    if (rows !== undefined && newest > rows.newest) rows.newest = newest;
  }

  /** Takes note of the rows of a batch that were stored. */
  noteBatch(rows: KindRows, kept: Uint32Array): void {
    const spans = rows.sources.map(emptyRange);
    for (const row of kept) {
      const span = spans[rows.source[row] ?? 0];
      if (span !== undefined) widen(span, rows.observedAt[row] ?? 0);
    }
    spans.forEach(({ from, to }, place) => {
      const device = rows.sources[place]?.device;
      if (device !== undefined && from <= to) this.noteRows(device, from, to);
    });
  }

  noteSuperseded(metric: string, observedAt: number): void {
    const range = this.#superseded.get(metric) ?? emptyRange();
    widen(range, observedAt);
    this.#superseded.set(metric, range);
  }

  /** Metrics that may have superseded values in `[from, to)`; seldom any. */
  supersededMetrics(from: number, to: number): ReadonlySet<string> {
    const metrics = new Set<string>();
    for (const [metric, range] of this.#superseded) {
      if (range.from < to && range.to >= from) metrics.add(metric);
    }
    return metrics;
  }

  /** Ids the filter leaves; null when it leaves all. */
  matching(filter: SeriesFilter): number[] | null {
    const { coops, sites, devices } = filter;
    if (coops === undefined && sites === undefined && devices === undefined) return null;
    const [coopSet, siteSet, deviceSet] = [coops, sites, devices].map(
      (names) => names && new Set<string | null>(names),
    );
    const ids: number[] = [];
    for (const { id, tags } of this.sources.values()) {
      if (coopSet?.has(tags.coop) === false) continue;
      if (siteSet?.has(tags.site) === false) continue;
      if (deviceSet?.has(tags.device) === false) continue;
      ids.push(id);
    }
    return ids;
  }
}

function tagKey({ coop, site, device }: SourceTags): string {
  return JSON.stringify([coop, site, device]);
}

/** What the child knows without asking the file: small, read once at the start. */
export class StoreMemory {
  readonly kinds = new Map<string, KindMemory>();
  /** Frames below are committed. */
  cursor = 0;
  /** Grows before a commit that supersedes values, so that a reader can tell it missed one. */
  supersededVersion = 0;
  nextSourceId = 1;
  readonly archiveGate = new ArchiveGate();
  /** Repeats in frames below were counted before the database was made anew from its archive. */
  charged = 0;
  /** Told apart from any other file there was or will be. */
  identity = '';
  readonly rollups: RollupMemory[] = [];
  /** The next change of a rollup gets this version. */
  nextVersion = 1;
  /** Versions of windows up to this one were folded: of each window only the newest is left. */
  foldedVersion = 0;

  rollup(tier: RollupTier, kind: string): RollupMemory | undefined {
    return this.rollups.find((rollup) => rollup.tier === tier && rollup.kind === kind);
  }

  /** What a query of a rollup must know of older versions; null when there are none. */
  supersededWindows(tier: RollupTier, kind: string): SupersededWindows | null {
    const range = this.rollup(tier, kind)?.superseded ?? null;
    return range && { ...range, foldedVersion: this.foldedVersion };
  }

  /** Takes note of sources that were committed. */
  addSources(sources: readonly StoredSource[]): void {
    for (const source of sources) {
      this.kinds.get(source.kind)?.add(source);
      this.nextSourceId = source.id + 1;
    }
  }

  /** Size of the files that hold what left the tables. */
  archivedBytes(): number {
    const files = [...this.kinds.values()].flatMap((kind) => kind.archive.files);
    return files.reduce((sum, file) => sum + file.bytes, 0);
  }

  static async load(
    connection: DuckDBConnection,
    kinds: readonly KindColumns[],
    archiveDir: string,
  ): Promise<StoreMemory> {
    const memory = new StoreMemory();
    for (const kind of kinds) {
      const columns = await allRows(
        connection,
        `SELECT column_name FROM duckdb_columns()
         WHERE schema_name = 'main' AND table_name = ${literal(kind.name)} AND column_name[1] <> '_'
         ORDER BY column_index`,
      );
      const names = columns.map(([name]) => String(name));
      memory.kinds.set(kind.name, new KindMemory(kind, names, archiveDir));
    }
    const [cursor] = await allRows(
      connection,
      'SELECT coalesce(max(next), 0)::DOUBLE FROM store.cursor',
    );
    memory.cursor = Number(cursor?.[0]);
    const sources = await allRows(
      connection,
      'SELECT id, kind, coop, site, device FROM store.source ORDER BY id',
    );
    for (const [id, kind, coop, site, device] of sources) {
      memory.nextSourceId = Number(id) + 1;
      const tags = { coop: String(coop), site: site as string | null, device: String(device) };
      memory.kinds.get(String(kind))?.add({ id: Number(id), kind: String(kind), tags });
    }
    for (const kind of memory.kinds.values()) await loadKind(connection, kind);
    await loadArchive(connection, memory);
    return memory;
  }
}

async function loadKind(connection: DuckDBConnection, kind: KindMemory): Promise<void> {
  const spans = await allRows(
    connection,
    `SELECT _source, min(_observed_at)::DOUBLE, max(_observed_at)::DOUBLE
     FROM (
       SELECT _source, _observed_at FROM ${identifier(kind.name)}
       UNION ALL
       SELECT _source, unnest([oldest, newest]) FROM store.archived_span
       WHERE kind = ${literal(kind.name)}
     ) GROUP BY _source`,
  );
  for (const [id, oldest, newest] of spans) {
    const source = kind.sources.get(Number(id));
    if (source !== undefined) kind.noteRows(source.tags.device, Number(oldest), Number(newest));
  }
  const superseded = await allRows(
    connection,
    `SELECT metric, min(_observed_at)::DOUBLE, max(_observed_at)::DOUBLE FROM store.superseded
     WHERE kind = ${literal(kind.name)} GROUP BY metric`,
  );
  for (const [metric, oldest, newest] of superseded) {
    kind.noteSuperseded(String(metric), Number(oldest));
    kind.noteSuperseded(String(metric), Number(newest));
  }
}

async function loadArchive(connection: DuckDBConnection, memory: StoreMemory): Promise<void> {
  const [own] = await allRows(connection, 'SELECT id, charged::DOUBLE FROM store.identity');
  memory.identity = String(own?.[0] ?? '');
  memory.charged = Number(own?.[1] ?? 0);
  for (const file of await registeredFiles(connection)) {
    memory.kinds.get(file.kind)?.archive.set(file);
  }
}

/** Appends sources to their table, in the caller's transaction. */
export async function appendSources(
  connection: DuckDBConnection,
  sources: readonly StoredSource[],
): Promise<void> {
  await appendRows(
    connection,
    { schema: 'store', name: 'source' },
    [
      { type: INTEGER, value: (place) => sources[place]?.id ?? null },
      { type: VARCHAR, value: (place) => sources[place]?.kind ?? null },
      { type: VARCHAR, value: (place) => sources[place]?.tags.coop ?? null },
      { type: VARCHAR, value: (place) => sources[place]?.tags.site ?? null },
      { type: VARCHAR, value: (place) => sources[place]?.tags.device ?? null },
    ],
    everyRow(sources.length),
  );
}
