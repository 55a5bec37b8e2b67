import path from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { Quality } from '../../contracts/observation.ts';
import {
  defineSeriesStore,
  type Expired,
  type LatestValue,
  type RetentionTier,
  type RollupChange,
  type SeriesBatch,
  type SeriesBlock,
  type SeriesQuery,
  type SeriesStatus,
  type SeriesStore,
  type SeriesStoreDefinition,
  type SeriesStoreOptions,
  type StoredCount,
} from '../../contracts/series.ts';
import { checkQuery } from '../query.ts';
import { checkRollups } from '../rollups.ts';
import { StoreMetrics } from '../store-metrics.ts';
import { zoneOffset } from '../time-zone.ts';
import { metricNamesByKind, QUALITIES, toColumns } from './columns.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { ChildLink } from './link.ts';
import type { QueryPage, StoreLimits, WireBlock } from './protocol.ts';
import { Supervisor } from './supervisor.ts';

/** Beyond the limits inside the child: only a child that hangs takes longer. */
const CALL_TIME_MAX_MS = 120_000;

/** Ten million rows of a month, or a copy of 100 GB, on the slowest disk: some minutes. */
const LONG_CALL_TIME_MAX_MS = 3_600_000;

/** A batch that waits for another is normal, a third means the caller does not wait for us. */
const WRITES_OPEN_MAX = 4;

export interface DuckDbStoreOptions extends SeriesStoreOptions {
  limits?: Partial<StoreLimits>;
}

export interface DuckDbStore extends SeriesStore {
  /** The child process, for who measures or harms it. */
  readonly pid: number | undefined;
}

/** A store in one DuckDB file, worked on by a supervised process of its own. */
export function createDuckDbStore(options: DuckDbStoreOptions): DuckDbStore {
  return new DuckDb(options);
}

class DuckDb implements DuckDbStore {
  readonly name = 'duckdb';
  readonly keepsArchive = true;
  readonly #options: DuckDbStoreOptions;
  readonly #metricNames: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #supervisor: Supervisor;
  readonly #metrics: StoreMetrics;
  #writesOpen = 0;
  #nextStream = 1;

  constructor(options: DuckDbStoreOptions) {
    this.#options = options;
    this.#metricNames = metricNamesByKind(options.kinds);
    // A wrong time zone is a mistake in the configuration: it surfaces before anything opens.
    zoneOffset(options.timeZone, options.clock.now());
    const { metrics } = options;
    const restarts = metrics.counter(
      'sluice_series_restarts_total',
      'Times the process of the series store ended and was started again',
    );
    this.#supervisor = new Supervisor({
      open: {
        file: path.join(options.dir, 'series.duckdb'),
        kinds: [...this.#metricNames].map(([name, names]) => ({ name, metrics: [...names] })),
        timeZone: options.timeZone,
        memoryLimitMb: options.memoryLimitMb ?? 128,
        threads: options.threads ?? 2,
        limits: { ...DEFAULT_LIMITS, ...options.limits },
      },
      clock: options.clock,
      logger: options.logger.child({ service: 'series' }),
      onRestart: () => restarts.add(),
    });
    this.#metrics = new StoreMetrics(metrics, () => this.status());
    this.#addGauges();
  }

  #addGauges(): void {
    const { metrics } = this.#options;
    const supervisor = this.#supervisor;
    metrics.gauge(
      'sluice_series_process_resident_bytes',
      'Memory of the series store process',
      () => supervisor.status.rssBytes,
    );
    metrics.gauge(
      'sluice_series_bytes',
      'Size of the series store on disk',
      () => supervisor.status.bytes,
    );
    metrics.gauge(
      'sluice_series_persisted',
      'Journal offset below which everything is safe without the journal',
      () => supervisor.status.persisted,
    );
  }

  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  start(signal: AbortSignal): Promise<void> {
    return this.#supervisor.start(signal);
  }

  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  async cursor(): Promise<number> {
    // Asked of the link first: while there is none, what we remember may be undone by a repair.
    this.#supervisor.link;
    return this.#supervisor.status.cursor;
  }

  async write(batch: SeriesBatch): Promise<void> {
    if (this.#writesOpen >= WRITES_OPEN_MAX) {
      throw new AppError('SERIES_BUSY', 'too many batches are being written', {
        hint: 'Wait for one to be committed before the next.',
      });
    }
    this.#writesOpen++;
    const startedAt = this.#options.clock.monotonic();
    try {
      const columns = await toColumns(batch, this.#metricNames);
      const result = await this.#supervisor.link.call('write', columns, CALL_TIME_MAX_MS);
      this.#metrics.noteWrite(result, this.#options.clock.monotonic() - startedAt);
    } finally {
      this.#writesOpen--;
    }
  }

  async *query(query: SeriesQuery, signal?: AbortSignal): AsyncGenerator<SeriesBlock> {
    checkQuery(query, this.#metricNames);
    throwIfCancelled(signal);
    const { link } = this.#supervisor;
    const stream = this.#nextStream++;
    const cancel = (): void => {
      link.call('cancel', { stream }, CALL_TIME_MAX_MS).catch(() => undefined);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    let done = false;
    try {
      let page = await this.#firstPage(link, stream, query);
      for (;;) {
        done = page.done;
        // The next page is made while the reader works on this one.
        const next = done ? null : link.call('more', { stream }, CALL_TIME_MAX_MS);
        // It may fail before anyone waits for it; whoever waits then hears of it.
        next?.catch(() => undefined);
        for (const block of page.blocks) {
          throwIfCancelled(signal);
          yield toSeriesBlock(query.kind, block);
        }
        if (next === null) return;
        page = await next;
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
      if (!done) cancel();
    }
  }

  async #firstPage(link: ChildLink, stream: number, query: SeriesQuery): Promise<QueryPage> {
    const startedAt = this.#options.clock.monotonic();
    const page = await link.call('query', { stream, query }, CALL_TIME_MAX_MS);
    this.#metrics.noteQuery(this.#options.clock.monotonic() - startedAt);
    return page;
  }

  latest(): Promise<LatestValue[]> {
    return this.#onLink((link) => link.call('latest', null, CALL_TIME_MAX_MS));
  }

  counts(fromDay: string, toDay: string, coops?: readonly string[]): Promise<StoredCount[]> {
    const input = { fromDay, toDay, coops: coops ?? null };
    return this.#onLink((link) => link.call('counts', input, CALL_TIME_MAX_MS));
  }

  /** Turns the missing link into a rejection, whatever the caller's way of waiting. */
  async #onLink<T>(work: (link: ChildLink) => Promise<T>): Promise<T> {
    return work(this.#supervisor.link);
  }

  async replaceRollups(changes: readonly RollupChange[]): Promise<void> {
    checkRollups(changes, this.#metricNames);
    await this.#onLink((link) => link.call('rollups', changes, CALL_TIME_MAX_MS));
  }

  async expire(tier: RetentionTier, kind: string, before: number): Promise<Expired> {
    const sum: Expired = { values: 0, files: [] };
    for (;;) {
      const step = await this.#onLink((link) =>
        link.call('expire', { tier, kind, before }, LONG_CALL_TIME_MAX_MS),
      );
      sum.values += step.values;
      sum.files.push(...step.files);
      if (step.done) return sum;
    }
  }

  async snapshot(dir: string): Promise<boolean> {
    await this.#onLink((link) => link.call('snapshot', { dir }, LONG_CALL_TIME_MAX_MS));
    return true;
  }

  status(): SeriesStatus {
    const { reason, repairs, status } = this.#supervisor;
    const { cursor, persisted, bytes, identity } = status;
    return {
      available: reason === null,
      reason,
      cursor,
      persisted,
      bytes,
      repairs: [...repairs],
      identity,
    };
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('QUERY_CANCELLED', 'the query was cancelled');
}

function toSeriesBlock(kind: string, block: WireBlock): SeriesBlock {
  const { tags, metric, times, columns, quality } = block;
  const series = { ...tags, kind, metric, times, columns };
  if (quality === undefined) return series;
  return { ...series, quality: qualitiesOf(quality, times.length) };
}

/** As long as a block can be; nearly all of them are good throughout. */
const ALL_GOOD: readonly Quality[] = new Array<Quality>(8_192).fill('good');

function qualitiesOf(quality: Uint8Array | null, count: number): readonly Quality[] {
  if (quality === null && count <= ALL_GOOD.length) return ALL_GOOD.slice(0, count);
  return Array.from({ length: count }, (_, row) => QUALITIES[quality?.[row] ?? 0] ?? 'good');
}

const definition: SeriesStoreDefinition = defineSeriesStore({
  name: 'duckdb',
  create: createDuckDbStore,
});
export default definition;
