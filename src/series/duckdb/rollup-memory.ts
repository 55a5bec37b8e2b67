import type { DuckDBConnection } from '@duckdb/node-api';
import { ROLLUP_FUNCTIONS, ROLLUP_TIERS, type RollupTier } from '../../contracts/series.ts';
import { allRows } from './database.ts';
import { emptyRange, type StoreMemory, type TimeRange, widen } from './sources.ts';
import { literal, type RollupFunction, rollupColumn, rollupTable } from './sql.ts';

/** What the child remembers of one tier of one kind. */
export class RollupMemory {
  readonly tier: RollupTier;
  readonly kind: string;
  /** The table's value columns in their order. */
  readonly columns: readonly string[];
  /** Starts of the windows the table spans. */
  readonly span: TimeRange = emptyRange();
  /** By source: its newest window. What begins later cannot be there already. */
  readonly #newest = new Map<number, number>();
  readonly #places: ReadonlyMap<string, number>;
  #superseded: TimeRange = emptyRange();

  constructor(tier: RollupTier, kind: string, columns: readonly string[]) {
    this.tier = tier;
    this.kind = kind;
    this.columns = columns;
    this.#places = new Map(columns.map((column, place) => [column.toLowerCase(), place]));
  }

  get table(): string {
    return rollupTable(this.tier, this.kind);
  }

  /** Metrics that have columns, those of forgotten ones among them. */
  get metrics(): string[] {
    return this.columns
      .filter((_, place) => place % ROLLUP_FUNCTIONS.length === 0)
      .map((column) => column.slice(0, column.lastIndexOf('.')));
  }

  /** The place of a function's column among `columns`. */
  place(metric: string, name: RollupFunction): number {
    return this.#places.get(rollupColumn(metric, name).toLowerCase()) ?? -1;
  }

  newestOf(source: number): number {
    return this.#newest.get(source) ?? Number.NEGATIVE_INFINITY;
  }

  /** Takes note of a window in the table, or about to be; true when it may replace another. */
  noteWindow(source: number, start: number): boolean {
    const replaces = start <= this.newestOf(source);
    this.noteSpan(source, start, start);
    if (replaces) widen(this.#superseded, start);
    return replaces;
  }

  noteSpan(source: number, oldest: number, newest: number): void {
    widen(this.span, oldest);
    widen(this.span, newest);
    this.#newest.set(source, Math.max(newest, this.newestOf(source)));
  }

  /** Windows from `oldest` to `newest` may have versions that no longer count. */
  noteSuperseded(oldest: number, newest: number): void {
    widen(this.#superseded, oldest);
    widen(this.#superseded, newest);
  }

  noteFolded(): void {
    this.#superseded = emptyRange();
  }

  /** Starts of windows that may have versions which no longer count; both ends may. */
  get superseded(): TimeRange | null {
    return this.#superseded.from <= this.#superseded.to ? this.#superseded : null;
  }
}

/** Fills the memory of rollups from the file; what was appended since the last fold is suspect. */
export async function loadRollups(
  connection: DuckDBConnection,
  memory: StoreMemory,
): Promise<void> {
  const [folded] = await allRows(
    connection,
    'SELECT coalesce(max(version), 0)::DOUBLE FROM store.folded',
  );
  memory.foldedVersion = Number(folded?.[0]);
  memory.nextVersion = memory.foldedVersion + 1;
  for (const kind of memory.kinds.values()) {
    for (const tier of ROLLUP_TIERS) {
      memory.rollups.push(await loadRollup(connection, memory, { tier, kind: kind.name }));
    }
  }
}

async function loadRollup(
  connection: DuckDBConnection,
  memory: StoreMemory,
  { tier, kind }: { tier: RollupTier; kind: string },
): Promise<RollupMemory> {
  const columns = await allRows(
    connection,
    `SELECT column_name FROM duckdb_columns()
     WHERE schema_name = ${literal(tier)} AND table_name = ${literal(kind)}
       AND column_name[1] <> '_' ORDER BY column_index`,
  );
  const rollup = new RollupMemory(
    tier,
    kind,
    columns.map(([name]) => String(name)),
  );
  const fresh = `FILTER (_version > ${memory.foldedVersion})`;
  const rows = await allRows(
    connection,
    `SELECT _source, min(_start)::DOUBLE, max(_start)::DOUBLE, max(_version)::DOUBLE,
       (min(_start) ${fresh})::DOUBLE, (max(_start) ${fresh})::DOUBLE
     FROM ${rollup.table} GROUP BY _source`,
  );
  for (const [source, oldest, newest, version, freshFrom, freshTo] of rows) {
    rollup.noteSpan(Number(source), Number(oldest), Number(newest));
    memory.nextVersion = Math.max(memory.nextVersion, Number(version) + 1);
    if (freshFrom !== null) rollup.noteSuperseded(Number(freshFrom), Number(freshTo));
  }
  return rollup;
}
