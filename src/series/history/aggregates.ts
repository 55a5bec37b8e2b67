import { AppError } from '../../base/errors.ts';
import type { HistoryAggregate, HistoryBlock } from '../../contracts/history.ts';
import type { SeriesBlock, SeriesQuery, SeriesStore } from '../../contracts/series.ts';
import { bucketCountMax, bucketWidth } from '../time-zone.ts';
import { blocksOf } from './blocks.ts';
import { correctedBuckets } from './corrected-buckets.ts';
import type { CorrectionList, Pair } from './corrector.ts';
import { Gathering } from './gathering.ts';
import type { KnownDevices } from './known-devices.ts';
import { type Plan, Planner, type Run } from './plan.ts';
import type { RollupLedger } from './rollup-ledger.ts';

/** Values held while the runs of some series are joined: 8 MiB. */
const GATHERED_VALUES_MAX = 1024 * 1024;
/** A short question costs a store much the same whatever it reads, so some are asked at once. */
const RUNS_TOGETHER = 3;
/** Devices named in one query: their names are some 10 KB of it. */
const DEVICES_PER_QUERY_MAX = 500;

export interface AggregatesOptions {
  store: SeriesStore;
  rollups: RollupLedger;
  corrections: CorrectionList;
  devices: KnownDevices;
}

export interface AggregateQuery extends Omit<SeriesQuery, 'aggregate'> {
  aggregate: HistoryAggregate;
  isRaw: boolean;
}

/** Series that are planned alike and answered together. */
interface Group {
  metrics: readonly string[];
  devices: readonly string[];
  /** Points of these are corrected before they are counted. */
  isCorrected: boolean;
}

/** Aggregated series, each stretch from the coarsest tier that gives the exact answer. */
export class Aggregates {
  readonly #options: AggregatesOptions;
  readonly #planner: Planner;

  constructor(options: AggregatesOptions) {
    this.#options = options;
    this.#planner = new Planner(options);
  }

  async *query(query: AggregateQuery, signal?: AbortSignal): AsyncGenerator<HistoryBlock> {
    if (!(query.from < query.to)) return;
    const { devices } = query.filter;
    const touched = this.#options.corrections.touched(devices, query.metrics, query);
    const plan = this.#plan(query, { metrics: query.metrics, devices });
    const [only] = plan.runs;
    if (plan.runs.length === 1 && only !== undefined) {
      if (touched.length === 0 || only.tier !== null) {
        yield* this.#options.store.query(storeQuery(query, only), signal);
        return;
      }
    }
    const all = [...new Set(devices ?? (await this.#options.devices.of(query.kind)))];
    for (const group of groupsOf(query, all, touched)) {
      for (const part of partsOf(query, group)) yield* this.#answer(query, part, signal);
    }
  }

  #plan(
    { kind, from, to, aggregate, isRaw }: AggregateQuery,
    { metrics, devices }: { metrics: readonly string[]; devices: readonly string[] | undefined },
  ): Plan {
    return this.#planner.plan({ kind, devices, metrics, span: { from, to }, aggregate, isRaw });
  }

  async *#answer(
    query: AggregateQuery,
    group: Group,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<HistoryBlock> {
    const { store } = this.#options;
    const { identity } = store.status();
    const { metrics, devices } = group;
    const part = { ...query, metrics, filter: { ...query.filter, devices } };
    const { runs, cutsBuckets } = this.#plan(query, group);
    const [only] = runs;
    if (runs.length === 1 && only !== undefined) {
      yield* this.#read(storeQuery(part, only), group, signal);
      return;
    }
    const { functions, every } = query.aggregate;
    const whole = every === null ? query.from : null;
    const gathering = new Gathering({ functions, cutsBuckets, whole });
    const { limit: _, ...unlimited } = part;
    const aggregate = { ...query.aggregate, functions: gathering.functions };
    const ascending = { ...unlimited, aggregate, order: 'ascending' as const };
    for (const some of chunks(runs, RUNS_TOGETHER)) {
      const answers = some.map((run) =>
        gather(this.#read(storeQuery(ascending, run), group, signal)),
      );
      for (const blocks of await Promise.all(answers)) {
        for (const block of blocks) gathering.append(block);
      }
    }
    if (store.status().identity !== identity) {
      throw new AppError('SERIES_UNAVAILABLE', 'the store began anew while it was read', {
        hint: 'Ask again.',
      });
    }
    const cut = { order: query.order, limit: query.limit };
    for (const { tags, rows } of gathering.series()) yield* blocksOf(tags, rows, cut);
  }

  #read(
    query: SeriesQuery & { aggregate: NonNullable<SeriesQuery['aggregate']> },
    { isCorrected }: Group,
    signal: AbortSignal | undefined,
  ): AsyncIterable<SeriesBlock> {
    const isReduced = isCorrected && query.aggregate.tier === undefined;
    return isReduced
      ? correctedBuckets(this.#options, query, signal)
      : this.#options.store.query(query, signal);
  }
}

function storeQuery(
  { isRaw: _, aggregate, ...query }: AggregateQuery,
  { from, to, tier }: Run,
): SeriesQuery & { aggregate: NonNullable<SeriesQuery['aggregate']> } {
  const { every, functions, timeZone } = aggregate;
  const shape = { every, functions, timeZone };
  return { ...query, from, to, aggregate: tier === null ? shape : { ...shape, tier } };
}

/** Metrics nobody corrected go together; of the others each, its corrected devices apart. */
function* groupsOf(
  { metrics, isRaw }: AggregateQuery,
  devices: readonly string[],
  touched: readonly Pair[],
): Iterable<Group> {
  const byMetric = new Map<string, Set<string>>();
  for (const { device, metric } of touched) {
    byMetric.set(metric, (byMetric.get(metric) ?? new Set()).add(device));
  }
  const untouched = metrics.filter((metric) => !byMetric.has(metric));
  if (untouched.length > 0) yield { metrics: untouched, devices, isCorrected: false };
  for (const metric of metrics) {
    const corrected = byMetric.get(metric);
    if (corrected === undefined) continue;
    const others = devices.filter((device) => !corrected.has(device));
    yield { metrics: [metric], devices: others, isCorrected: false };
    const own = devices.filter((device) => corrected.has(device));
    yield { metrics: [metric], devices: own, isCorrected: !isRaw };
  }
}

/** The group in parts that fit into memory. */
function* partsOf({ aggregate, from, to }: AggregateQuery, group: Group): Iterable<Group> {
  const buckets = bucketCountMax(bucketWidth(aggregate.every), to - from);
  const fitting = Math.floor(GATHERED_VALUES_MAX / (buckets * (aggregate.functions.length + 1)));
  for (const metrics of chunks(group.metrics, Math.max(fitting, 1))) {
    const together = Math.max(Math.floor(fitting / metrics.length), 1);
    for (const devices of chunks(group.devices, Math.min(together, DEVICES_PER_QUERY_MAX))) {
      yield { ...group, metrics, devices };
    }
  }
}

async function gather(blocks: AsyncIterable<SeriesBlock>): Promise<SeriesBlock[]> {
  const all: SeriesBlock[] = [];
  for await (const block of blocks) all.push(block);
  return all;
}

function* chunks<T>(items: readonly T[], size: number): Iterable<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
