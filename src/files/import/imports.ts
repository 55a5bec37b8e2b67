import { open } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, yieldToEventLoop } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type {
  FileFormat,
  ImportFault,
  ImportReport,
  ImportRequest,
  SeriesImports,
} from '../../contracts/files.ts';
import type { Journal } from '../../contracts/journal.ts';
import type { Registry } from '../../contracts/registry.ts';
import type { SeriesStore } from '../../contracts/series.ts';
import { readParquet } from '../parquet/read.ts';
import type { ScratchFolders } from '../scratch.ts';
import { readXlsx } from '../xlsx/read.ts';
import { ImportChunk } from './chunk.ts';
import { JournalFeed } from './feed.ts';
import { type Layout, layoutOf } from './layout.ts';
import { PointReader } from './points.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import type { RowFault, RowSource } from './source.ts';
import { spool } from './spool.ts';

/** Values looked up in the store and handed over together: some 10 MB while they are. */
const CHUNK_VALUES = 50_000;
/** Rows read in a row before others get their turn: a few milliseconds. */
const TURN_ROWS = 2_000;
/** Faults that are told; a file with more has one cause. */
const FAULTS_MAX = 100;

export interface SeriesImportsOptions {
  journal: Pick<Journal, 'append' | 'status'>;
  series: Pick<SeriesStore, 'cursor' | 'query'>;
  registry: Pick<Registry, 'find' | 'source'>;
  kinds: KindRegistry;
  clock: Clock;
  /** How far ahead of our clock an observed time may be, as for reports. */
  clockFutureMs: number;
  scratch: ScratchFolders;
}

/** Takes files in, one at a time. */
export function createSeriesImports(options: SeriesImportsOptions): SeriesImports {
  let running = false;
  return {
    async import(request, signal) {
      if (running) {
        throw new AppError('IMPORT_BUSY', 'another file is being imported', {
          hint: 'One is taken at a time; send this one when it is done.',
        });
      }
      running = true;
      const folder = options.scratch.make();
      try {
        return await new Import(options, request, signal).run(folder.dir);
      } finally {
        running = false;
        folder.remove();
      }
    },
  };
}

type Opened = RowSource & { close?(): Promise<void> };

interface Opening {
  request: ImportRequest;
  dir: string;
  signal: AbortSignal | undefined;
}

const READERS: Readonly<Record<FileFormat, (opening: Opening) => Promise<Opened>>> = {
  csv: ({ request }) => readCsv(request.body),
  ndjson: async ({ request }) => readNdjson(request.body),
  async parquet({ request, dir, signal }) {
    const file = path.join(dir, 'import.parquet');
    await spool(request.body, file);
    return readParquet(file, { scratch: path.join(dir, 'import.duckdb'), signal });
  },
  async xlsx({ request, dir }) {
    const file = path.join(dir, 'import.xlsx');
    await spool(request.body, file);
    const handle = await open(file);
    try {
      return { ...(await readXlsx(handle)), close: () => handle.close() };
    } catch (error) {
      await handle.close();
      throw error;
    }
  },
};

/** One file on its way in. */
class Import {
  readonly #options: SeriesImportsOptions;
  readonly #request: ImportRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #metrics: ReadonlySet<string>;
  readonly #feed: JournalFeed;
  readonly #report: ImportReport;
  #chunk = new ImportChunk();
  #layout: Layout | undefined;
  #layoutFault: RowFault | undefined;
  #columns: readonly string[] | undefined;

  constructor(
    options: SeriesImportsOptions,
    request: ImportRequest,
    signal: AbortSignal | undefined,
  ) {
    this.#options = options;
    this.#request = request;
    this.#signal = signal;
    const metrics = [...options.kinds.values()].flatMap((kind) => kind.metrics);
    this.#metrics = new Set(metrics.map(({ name }) => name));
    this.#feed = new JournalFeed(options);
    this.#report = {
      ...{ rows: 0, stored: 0, replaced: 0, duplicate: 0, rejected: 0 },
      ...{ pending: false, dryRun: request.dryRun, errors: [] },
    };
  }

  async run(dir: string): Promise<ImportReport> {
    const request = this.#request;
    const source = await READERS[request.format]({ request, dir, signal: this.#signal });
    try {
      await this.#readAll(source);
    } finally {
      await source.close?.();
    }
    await this.#takeChunk();
    if (!request.dryRun) this.#report.pending = !(await this.#feed.settled(this.#signal));
    return this.#report;
  }

  async #readAll(source: RowSource): Promise<void> {
    const { kinds, registry, clock, clockFutureMs } = this.#options;
    const { coops, timeZone } = this.#request;
    const timeMax = clock.now() + clockFutureMs;
    const points = new PointReader(
      { kinds, registry, coops, timeZone, timeMax, source },
      {
        point: (point) => this.#chunk.add(point),
        fault: (line, fault) => this.#refuse({ line, ...fault }),
      },
    );
    let sinceTurn = 0;
    for await (const { columns, rows } of source.batches) {
      if (columns !== this.#columns) this.#learn(columns, source.hasHeader);
      for (const row of rows) {
        this.#report.rows++;
        if (this.#layout !== undefined || row.fault !== undefined) {
          points.read(row, this.#layout as Layout);
        } else if (this.#layoutFault !== undefined) {
          this.#refuse({ line: row.line, ...this.#layoutFault });
        }
        if (this.#chunk.size >= CHUNK_VALUES) await this.#takeChunk();
        if (++sinceTurn < TURN_ROWS) continue;
        sinceTurn = 0;
        await yieldToEventLoop();
      }
      this.#signal?.throwIfAborted();
    }
  }

  /** A header that does not fit ends the import; where each line has its own, it costs the line. */
  #learn(columns: readonly string[], isHeader: boolean): void {
    this.#columns = columns;
    this.#layoutFault = undefined;
    try {
      this.#layout = layoutOf(columns, this.#metrics);
    } catch (error) {
      const isFirst = this.#report.rows === 0;
      if (isHeader || isFirst || !(error instanceof AppError)) throw error;
      this.#layout = undefined;
      this.#layoutFault = { column: null, code: 'ROW_INVALID', message: error.message };
    }
  }

  /** What the store has already is counted and left out; the rest becomes durable. */
  async #takeChunk(): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = new ImportChunk();
    if (chunk.size === 0) return;
    await this.#feed.followed(this.#signal);
    for (const query of chunk.queries()) {
      for await (const block of this.#options.series.query(query, this.#signal)) chunk.meet(block);
    }
    this.#signal?.throwIfAborted();
    if (!this.#request.dryRun) await this.#feed.append(chunk.frames());
    const { stored, replaced, duplicate } = chunk.outcomes();
    this.#report.stored += stored;
    this.#report.replaced += replaced;
    this.#report.duplicate += duplicate;
  }

  #refuse(fault: ImportFault): void {
    this.#report.rejected++;
    if (this.#report.errors.length < FAULTS_MAX) this.#report.errors.push(fault);
  }
}
