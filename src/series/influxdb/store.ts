import { withDeadline } from '../../base/clock.ts';
import { AppError, describeError } from '../../base/errors.ts';
import { repeatGuard } from '../../base/logger.ts';
import {
  defineSeriesStore,
  type Expired,
  type LatestValue,
  type RetentionTier,
  type RollupChange,
  type SeriesBatch,
  type SeriesBlock,
  type SeriesQuery,
  type SeriesServerOptions,
  type SeriesStatus,
  type SeriesStore,
  type SeriesStoreDefinition,
  type SeriesStoreOptions,
  type StoredCount,
} from '../../contracts/series.ts';
import type { StoreLedger } from '../../contracts/store-ledger.ts';
import { checkQuery } from '../query.ts';
import { checkRollups } from '../rollups.ts';
import { StoreMetrics } from '../store-metrics.ts';
import { zoneOffset } from '../time-zone.ts';
import { readPlaces } from './adopt.ts';
import { Connection } from './connection.ts';
import { expireTier } from './expire.ts';
import { InfluxFailure, isRefusal } from './failure.ts';
import { IdentityMark, newIdentity, readIdentity } from './identity.ts';
import { readLatest } from './latest.ts';
import { DEFAULT_LIMITS, type InfluxLimits } from './limits.ts';
import { StoreMemory } from './memory.ts';
import { readSeries } from './read.ts';
import { writeRollups } from './rollups.ts';
import { type Dialect, openServer } from './setup.ts';
import { Writer } from './writer.ts';

/** A start waits this long for the server, so that what is wrong is told at once if it can be. */
const START_WAIT_MS = 5_000;

export interface InfluxStoreOptions extends SeriesStoreOptions {
  limits?: Partial<InfluxLimits>;
}

/** A store on an InfluxDB server of version 1, 2 or 3; docs/influxdb.md describes its schema. */
export function createInfluxStore(options: InfluxStoreOptions): SeriesStore {
  const { server, ledger } = options;
  if (server === undefined || ledger === undefined) {
    throw new AppError('CONFIG_INVALID', 'the series store needs the address of its server', {
      field: 'SLUICE_INFLUX_URL',
      hint: 'Set SLUICE_INFLUX_URL, such as http://127.0.0.1:8086.',
    });
  }
  return new InfluxStore(options, server, ledger);
}

class InfluxStore implements SeriesStore {
  readonly name = 'influxdb';
  readonly keepsArchive = false;
  readonly #options: InfluxStoreOptions;
  readonly #ledger: StoreLedger;
  readonly #limits: InfluxLimits;
  readonly #metricNames: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #connection: Connection;
  readonly #mark: IdentityMark;
  readonly #metrics: StoreMetrics;
  readonly #quiet: ReturnType<typeof repeatGuard>;
  readonly #repairs: string[] = [];
  #memory: StoreMemory | undefined;
  #writer: Writer | undefined;
  #dialect: Dialect | undefined;
  #opening: Promise<Dialect> | undefined;
  /** When the server's identity was last found to be ours, on the monotonic clock. */
  #recognisedAt = Number.NEGATIVE_INFINITY;
  #reason: string | null = 'it was not started yet';
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: InfluxStoreOptions, server: SeriesServerOptions, ledger: StoreLedger) {
    this.#options = options;
    this.#ledger = ledger;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#metricNames = new Map(
      [...options.kinds.values()].map(({ name, metrics }) => [
        name,
        new Set(metrics.map((metric) => metric.name)),
      ]),
    );
    // A wrong time zone is a mistake in the configuration: it surfaces before anything opens.
    zoneOffset(options.timeZone, options.clock.now());
    this.#metrics = new StoreMetrics(options.metrics, () => this.status());
    const requests = options.metrics.counter(
      'sluice_series_requests_total',
      'Write requests to the server of the series store, by how they ended',
      ['outcome'],
    );
    this.#connection = new Connection(server, {
      silenceMaxMs: this.#limits.silenceMaxMs,
      onWrite: (outcome) => requests.add(1, { outcome }),
    });
    this.#mark = new IdentityMark(this.#connection);
    this.#quiet = repeatGuard(options.clock);
  }

  /** Reads what is remembered. A server that does not answer yet costs backlog, not the start. */
  async start(): Promise<void> {
    await this.#load();
    const late = (): Error => new Error('the server takes its time');
    await withDeadline(this.#open(), START_WAIT_MS, late).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#reason = 'it was stopped';
    this.#connection.close();
    await this.#turn;
  }

  async #load(): Promise<StoreMemory> {
    const { kinds, timeZone } = this.#options;
    this.#memory = new StoreMemory(kinds, await this.#ledger.load());
    this.#writer = new Writer({
      connection: this.#connection,
      memory: this.#memory,
      ledger: this.#ledger,
      timeZone,
      limits: this.#limits,
    });
    return this.#memory;
  }

  /** Reaches the server and knows it again; all who need it wait for one attempt. */
  #open(): Promise<Dialect> {
    this.#opening ??= this.#watched(() => this.#openNow()).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openNow(): Promise<Dialect> {
    const { clock, logger } = this.#options;
    const dialect = this.#dialect ?? (await openServer(this.#connection));
    if (this.#dialect === undefined) {
      this.#connection.openWrites(dialect.major, dialect.org);
      logger.info({ version: dialect.version }, 'the series server answers');
    }
    const memory = this.#memory ?? (await this.#load());
    const found = await readIdentity(this.#connection);
    if (found === null || found !== memory.identity) await this.#beginAnew(memory, found);
    this.#dialect = dialect;
    this.#recognisedAt = clock.monotonic();
    return dialect;
  }

  /** The server does not hold what we wrote: the journal is read again from its beginning. */
  async #beginAnew({ identity, cursor }: StoreMemory, found: string | null): Promise<void> {
    const { clock, logger } = this.#options;
    const id = found ?? newIdentity();
    if (found === null) await this.#mark.set(id, clock.now());
    await this.#ledger.reset(id);
    const memory = await this.#load();
    if (found !== null) await this.#adopt(memory);
    if (identity === null && cursor === 0) return;
    const how = found === null ? 'lost what it held' : 'is another than before';
    const line = `the series server ${how}; it is filled again with what the journal still keeps`;
    this.#repairs.push(line);
    logger.error({ before: identity, now: id }, line);
  }

  /** Takes over what the server holds already, so that it can be asked for and is not doubled. */
  async #adopt({ kinds, cursor }: StoreMemory): Promise<void> {
    const places = await readPlaces(this.#connection, kinds.values());
    if (places.length === 0) return;
    const nothing = { superseded: [], restored: [], counts: [], rejections: [], plan: null };
    await this.#ledger.commit({ cursor, places, ...nothing });
    await this.#load();
    const line = `the series server holds data of ${places.length} places that was taken over`;
    this.#repairs.push(line);
    this.#options.logger.warn({ places: places.length }, line);
  }

  /** Runs work on the server and notes whether it answers. */
  async #watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#reason = null;
      return result;
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  #noteFailure(error: unknown): void {
    if (error instanceof AppError && error.code !== 'SERIES_UNAVAILABLE') return;
    const isKnown = error instanceof InfluxFailure;
    this.#reason = isKnown ? `${error.why}. ${error.hint}` : describeError(error);
    // Whatever answers next may be another server, or the same without its data.
    this.#recognisedAt = Number.NEGATIVE_INFINITY;
    this.#dialect = undefined;
    const reason = this.#reason;
    this.#quiet('server', (suppressed) => {
      this.#options.logger.warn({ reason, suppressed }, 'the series server does not serve us');
    });
  }

  /** The memory, once the server was reached. */
  async #ready(): Promise<StoreMemory> {
    if (this.#dialect === undefined) await this.#open();
    return this.#memory ?? this.#load();
  }

  async cursor(): Promise<number> {
    return (this.#memory ?? (await this.#load())).cursor;
  }

  write(batch: SeriesBatch): Promise<void> {
    const turn = this.#turn.then(() => this.#write(batch));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #write(batch: SeriesBatch): Promise<void> {
    const { clock } = this.#options;
    const before = this.#memory;
    const isFresh =
      clock.monotonic() - this.#recognisedAt < this.#limits.identityCheckEveryMs &&
      this.#dialect !== undefined;
    if (!isFresh) await this.#open();
    if (this.#memory !== before) {
      throw new AppError('SERIES_UNAVAILABLE', 'the series store begins anew', {
        hint: 'Ask for its cursor, and go on from there.',
      });
    }
    const startedAt = clock.monotonic();
    await this.#watched(async () => {
      const memory = await this.#ready();
      await this.#mark.renew(memory.identity ?? '', clock.now());
      try {
        const result = await this.#writer?.write(batch);
        if (result !== undefined) this.#metrics.noteWrite(result, clock.monotonic() - startedAt);
      } catch (error) {
        this.#forgetDoubtful(error);
        throw error;
      }
    });
  }

  /** A commit that failed may have happened: only the ledger can tell. */
  #forgetDoubtful(error: unknown): void {
    const isServer = error instanceof AppError && error.code === 'SERIES_UNAVAILABLE';
    if (!isServer) this.#memory = undefined;
  }

  async *query(query: SeriesQuery, signal?: AbortSignal): AsyncGenerator<SeriesBlock> {
    checkQuery(query, this.#metricNames);
    if (signal?.aborted) throw cancelled();
    const memory = await this.#ready();
    const kind = memory.kinds.get(query.kind);
    if (kind === undefined) return;
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    let isFirst = true;
    try {
      const options = { connection: this.#connection, kind, query, signal };
      for await (const block of readSeries(options)) {
        if (isFirst) this.#metrics.noteQuery(clock.monotonic() - startedAt);
        isFirst = false;
        if (signal?.aborted) throw cancelled();
        yield block;
      }
    } catch (error) {
      throw this.#readFailure(error);
    }
  }

  /** A question the server cannot answer says nothing about the server. */
  #readFailure(error: unknown): unknown {
    if (isRefusal(error)) {
      return new AppError('SERIES_FAILED', `the series server refused: ${error.why}`, {
        cause: error,
      });
    }
    this.#noteFailure(error);
    return error;
  }

  async latest(): Promise<LatestValue[]> {
    const memory = await this.#ready();
    return this.#watched(() => readLatest(this.#connection, memory.kinds.values()));
  }

  counts(fromDay: string, toDay: string, coops?: readonly string[]): Promise<StoredCount[]> {
    return this.#ledger.counts(fromDay, toDay, coops);
  }

  async replaceRollups(changes: readonly RollupChange[]): Promise<void> {
    checkRollups(changes, this.#metricNames);
    const memory = await this.#ready();
    const limits = this.#limits;
    await this.#watched(() => writeRollups(this.#connection, memory, { changes, limits }));
  }

  async expire(tier: RetentionTier, kind: string, before: number): Promise<Expired> {
    const memory = await this.#ready();
    const dialect = this.#dialect ?? (await this.#open());
    const known = memory.kinds.get(kind);
    if (known === undefined) return { values: 0, files: [] };
    return expireTier(this.#connection, dialect, { tier, kind: known, before });
  }

  /** The server has its own backup. */
  async snapshot(): Promise<boolean> {
    return false;
  }

  status(): SeriesStatus {
    const cursor = this.#memory?.cursor ?? 0;
    return {
      available: this.#reason === null,
      reason: this.#reason,
      cursor,
      // What a server acknowledged is its own to keep.
      persisted: cursor,
      bytes: 0,
      repairs: [...this.#repairs],
      identity: this.#memory?.identity ?? null,
    };
  }
}

function cancelled(): AppError {
  return new AppError('QUERY_CANCELLED', 'the query was cancelled');
}

const definition: SeriesStoreDefinition = defineSeriesStore({
  name: 'influxdb',
  create: createInfluxStore,
});
export default definition;
