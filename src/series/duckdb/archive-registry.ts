import path from 'node:path';
import { type ArchivedFile, metricKey, monthEnd, monthStart } from './archive-files.ts';
import { QUALITIES } from './columns.ts';
import { identifier, literal } from './sql.ts';

/** Rows of a kind: those of some sources (null: all) observed in `[from, to)`. */
interface ArchiveRange {
  from: number;
  to: number;
  sources: readonly number[] | null;
}

/** The archive files of one kind that belong to the store, one for each month. */
export class KindArchive {
  readonly folder: string;
  readonly #kind: string;
  readonly #deviceOf: (source: number) => string;
  readonly #files = new Map<string, ArchivedFile>();

  constructor(kind: string, folder: string, deviceOf: (source: number) => string) {
    this.#kind = kind;
    this.folder = folder;
    this.#deviceOf = deviceOf;
  }

  get files(): ArchivedFile[] {
    return [...this.#files.values()];
  }

  get(month: string): ArchivedFile | undefined {
    return this.#files.get(month);
  }

  set(file: ArchivedFile): void {
    this.#files.set(file.month, file);
  }

  delete(month: string): void {
    this.#files.delete(month);
  }

  pathOf(file: ArchivedFile): string {
    return path.join(this.folder, file.file);
  }

  /**
   * Rows of the range that have left the kind's table, with the table's columns of these metrics;
   * null when no file has any, and reading then costs nothing more than without an archive.
   */
  select(range: ArchiveRange, metrics: readonly string[]): string | null {
    if (this.#files.size === 0 || range.sources?.length === 0) return null;
    const groups = new Map<string, string[]>();
    for (const file of this.#files.values()) {
      if (monthStart(file.month) >= range.to || monthEnd(file.month) <= range.from) continue;
      if (file.first >= range.to || file.last < range.from) continue;
      const columns = archivedColumns(file, metrics);
      if (columns === null) continue;
      groups.set(columns, [...(groups.get(columns) ?? []), literal(this.pathOf(file))]);
    }
    if (groups.size === 0) return null;
    const selects = [...groups].map(([columns, files]) => this.#selectFiles(range, columns, files));
    return selects.join(' UNION ALL ');
  }

  #selectFiles({ from, to, sources }: ArchiveRange, columns: string, files: string[]): string {
    const conditions = [
      `a.time >= epoch_ms(${Math.ceil(from)})`,
      `a.time < epoch_ms(${Math.ceil(to)})`,
    ];
    let known = `kind = ${literal(this.#kind)}`;
    if (sources !== null) {
      const devices = new Set(sources.map(this.#deviceOf));
      // The files are sorted by device: a few names let most of a file be passed over.
      conditions.push(`a.device IN (${[...devices].map(literal).join(',')})`);
      known += ` AND id IN (${sources.join(',')})`;
    }
    return `SELECT s.id AS _source, epoch_ms(a.time) AS _observed_at,
        epoch_ms(a.received_at) AS _received_at, a.frame_offset AS _offset,
        ${qualityNumber('a.quality')} AS _quality ${columns}
      FROM read_parquet([${files.join(',')}]) a
      JOIN (SELECT id, coop, site, device FROM store.source WHERE ${known}) s
        ON a.device = s.device AND a.coop = s.coop AND a.site IS NOT DISTINCT FROM s.site
      WHERE ${conditions.join(' AND ')}`;
  }
}

/** The file's columns of the metrics, or null when it has no value of any. */
function archivedColumns(file: ArchivedFile, metrics: readonly string[]): string | null {
  let values = 0;
  const columns = metrics.map((metric) => {
    const found = file.metrics.find(({ name }) => metricKey(name) === metricKey(metric));
    values += found?.values ?? 0;
    const column = found === undefined ? 'NULL::DOUBLE' : `a.${identifier(found.column)}`;
    return `, ${column} AS ${identifier(metric)}`;
  });
  return values === 0 ? null : columns.join('');
}

function qualityNumber(column: string): string {
  const cases = QUALITIES.map((name, place) => `WHEN ${literal(name)} THEN ${place}`);
  return `(CASE ${column} ${cases.join(' ')} ELSE 0 END)::UTINYINT`;
}

/** Tells statements which files go with the rows they see in the tables. */
export class ArchiveGate {
  #version = 0;
  #change: Promise<unknown> = Promise.resolve();

  /**
   * Begins a statement whose text names files. A commit that moved rows while it began would show
   * it a point twice or not at all, so it is begun anew.
   */
  async reading<T>(begin: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#change;
      const version = this.#version;
      const result = await begin();
      if (version === this.#version) return result;
    }
  }

  /** Commits a move of rows and takes note of it, as one for every statement. */
  async change(commit: () => Promise<void>, note: () => void): Promise<void> {
    this.#version++;
    const change = commit().then(note);
    this.#change = change.catch(() => undefined);
    await change;
  }
}
