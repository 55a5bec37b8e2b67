import { DOUBLE, type DuckDBConnection, INTEGER } from '@duckdb/node-api';
import { ROLLUP_FUNCTIONS, type RollupChange } from '../../contracts/series.ts';
import { type AppendColumn, appendRows, everyRow, wideColumn } from './append.ts';
import type { RollupMemory } from './rollup-memory.ts';
import { appendSources, type StoredSource, type StoreMemory } from './sources.ts';
import { identifier, rollupColumn } from './sql.ts';
import { inTransaction } from './transaction.ts';

/** One window of one source: a later version of it takes its place. */
interface WindowRow {
  source: number;
  start: number;
  version: number;
  /** By place in the table's value columns; NaN is none. */
  values: Float64Array;
}

/** What a window's row adds to the log besides its values. */
const ROW_BYTES = 20;

/** Commits changes of rollups one after the other, on the writing connection. */
export class RollupWriter {
  readonly #connection: DuckDBConnection;
  readonly #memory: StoreMemory;

  constructor(connection: DuckDBConnection, memory: StoreMemory) {
    this.#connection = connection;
    this.#memory = memory;
  }

  /** Returns about how many bytes it added to the log. */
  async replace(changes: readonly RollupChange[]): Promise<number> {
    const sources: StoredSource[] = [];
    const rows = new Map<RollupMemory, WindowRow[]>();
    for (const change of changes) {
      const rollup = this.#memory.rollup(change.tier, change.kind);
      if (rollup === undefined) continue;
      const all = rows.get(rollup) ?? [];
      rows.set(rollup, all);
      all.push(...this.#rowsOf(change, rollup, sources));
    }
    this.#note(rows);
    await inTransaction(this.#connection, async () => {
      await appendSources(this.#connection, sources);
      for (const [rollup, some] of rows) await this.#append(rollup, some);
    });
    this.#memory.addSources(sources);
    let bytes = 0;
    for (const [rollup, some] of rows) {
      bytes += some.length * (ROW_BYTES + 8 * rollup.columns.length);
    }
    return bytes;
  }

  #rowsOf(change: RollupChange, rollup: RollupMemory, staged: StoredSource[]): WindowRow[] {
    const version = this.#memory.nextVersion++;
    const kind = this.#memory.kinds.get(change.kind);
    const ids = new Set(kind?.devices.get(change.device)?.ids);
    const bySource = new Map<number, Map<number, WindowRow>>();
    const rowAt = (source: number, start: number): WindowRow => {
      const windows = bySource.get(source) ?? new Map<number, WindowRow>();
      bySource.set(source, windows);
      let row = windows.get(start);
      if (row === undefined) {
        const values = new Float64Array(rollup.columns.length).fill(Number.NaN);
        row = { source, start, version, values };
        windows.set(start, row);
      }
      return row;
    };
    for (const { coop, site, device, metric, times, columns } of change.blocks) {
      const source = this.#sourceId(change.kind, { coop, site, device }, staged);
      ids.add(source);
      const places = ROLLUP_FUNCTIONS.map((name) => rollup.place(metric, name));
      times.forEach((start, row) => {
        if (!((columns[0]?.[row] ?? 0) > 0)) return;
        const { values } = rowAt(source, start);
        places.forEach((place, column) => {
          values[place] = columns[column]?.[row] ?? Number.NaN;
        });
      });
    }
    // A source that may have had such a window has it no longer: an empty row says so.
    for (const id of ids) {
      for (const start of change.windows) {
        if (start <= rollup.newestOf(id)) rowAt(id, start);
      }
    }
    return [...bySource.values()].flatMap((windows) => [...windows.values()]);
  }

  /** Rollups follow points, but a source may come back from the journal only after them. */
  #sourceId(kind: string, tags: StoredSource['tags'], staged: StoredSource[]): number {
    const known = this.#memory.kinds.get(kind)?.find(tags);
    if (known !== undefined) return known.id;
    const same = staged.find(
      (one) =>
        one.kind === kind &&
        one.tags.device === tags.device &&
        one.tags.site === tags.site &&
        one.tags.coop === tags.coop,
    );
    if (same !== undefined) return same.id;
    const id = this.#memory.nextSourceId + staged.length;
    staged.push({ id, kind, tags });
    return id;
  }

  /** Before the commit: a query that sees the new versions must know that there are older ones. */
  #note(rows: ReadonlyMap<RollupMemory, readonly WindowRow[]>): void {
    let superseding = false;
    for (const [rollup, some] of rows) {
      for (const { source, start } of some) {
        superseding = rollup.noteWindow(source, start) || superseding;
      }
    }
    if (superseding) this.#memory.supersededVersion++;
  }

  async #append({ tier, kind, columns }: RollupMemory, rows: readonly WindowRow[]): Promise<void> {
    const wide = (value: (row: WindowRow) => number): AppendColumn =>
      wideColumn(Float64Array.from(rows, value));
    await appendRows(
      this.#connection,
      { schema: tier, name: kind },
      [
        { type: INTEGER, value: (row) => rows[row]?.source ?? null },
        wide(({ start }) => start),
        wide(({ version }) => version),
        ...columns.map((_, place): AppendColumn => {
          const value = (row: number): number | null => {
            const number = rows[row]?.values[place] ?? Number.NaN;
            return Number.isNaN(number) ? null : number;
          };
          return { type: DOUBLE, value };
        }),
      ],
      everyRow(rows.length),
    );
  }

  /**
   * Removes versions that no longer count, and windows that became empty. Right before a
   * checkpoint, so that the log holds the removal for milliseconds only.
   */
  async fold(): Promise<void> {
    const memory = this.#memory;
    const version = memory.nextVersion - 1;
    if (version <= memory.foldedVersion) return;
    await inTransaction(this.#connection, async () => {
      for (const rollup of memory.rollups) {
        for (const statement of foldStatements(rollup, memory.foldedVersion)) {
          await this.#connection.run(statement);
        }
      }
      await this.#connection.run('DELETE FROM store.folded');
      await this.#connection.run(`INSERT INTO store.folded VALUES (${version})`);
    });
    memory.foldedVersion = version;
    for (const rollup of memory.rollups) rollup.noteFolded();
  }
}

function foldStatements(rollup: RollupMemory, foldedVersion: number): string[] {
  const { superseded, table } = rollup;
  if (superseded === null) return [];
  const within = `_start >= ${superseded.from} AND _start <= ${superseded.to}`;
  const counts = rollup.metrics.map((metric) => identifier(rollupColumn(metric, 'count')));
  return [
    `DELETE FROM ${table} AS old USING (
       SELECT _source, _start, max(_version) AS newest FROM ${table}
       WHERE ${within} AND _version > ${foldedVersion} GROUP BY ALL
     ) AS fresh
     WHERE old._source = fresh._source AND old._start = fresh._start
       AND old._version < fresh.newest`,
    `DELETE FROM ${table} WHERE ${within} AND coalesce(${[...counts, 'NULL'].join(', ')}) IS NULL`,
  ];
}
