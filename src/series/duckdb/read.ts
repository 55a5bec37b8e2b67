import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { AppError } from '../../base/errors.ts';
import type { SeriesAggregate, SeriesQuery } from '../../contracts/series.ts';
import { bucketCountMax, bucketWidth, bucketWidthMax, zonePieces } from '../time-zone.ts';
import { bucketNumber, bucketStart } from './buckets.ts';
import type { QueryPage, StoreLimits } from './protocol.ts';
import { rawSteps } from './raw-read.ts';
import { SeriesBlocks } from './series-blocks.ts';
import type { KindMemory, StoreMemory } from './sources.ts';
import {
  type Position,
  pointColumns,
  pointsRelation,
  type RowRange,
  selectAggregates,
  windowColumns,
  windowsRelation,
} from './sql.ts';

/** One statement of a query, which gives whole series of some of its metrics. */
export interface Step {
  metrics: readonly string[];
  /** Looks at the memory each time, for what was replaced meanwhile. */
  sql(position: Position | null): string;
}

interface Plan {
  /** Asked once, with the first page. */
  steps(connection: DuckDBConnection): Promise<Step[]>;
  blocks: SeriesBlocks;
}

/**
 * One query, page by page. Between pages it may be paused, which lets another use its connection;
 * it goes on behind the last row it took.
 */
export class QueryReader {
  readonly #memory: StoreMemory;
  readonly #pagePoints: number;
  readonly #plan: Plan;
  readonly #blocks: SeriesBlocks;
  #steps: Step[] | null = null;
  #result: DuckDBResult | null = null;

  constructor(memory: StoreMemory, limits: StoreLimits, query: SeriesQuery) {
    const kind = memory.kinds.get(query.kind);
    if (kind === undefined) throw new AppError('UNKNOWN_KIND', `there is no kind ${query.kind}`);
    this.#memory = memory;
    this.#pagePoints = limits.pagePoints;
    const tier = query.aggregate?.tier;
    const { span } = (tier === undefined ? undefined : memory.rollup(tier, kind.name)) ?? kind;
    const range: RowRange = {
      kind: kind.name,
      sources: kind.matching(query.filter),
      archive: kind.archive,
      // Time the table does not span has no buckets to count and no clock changes to find.
      from: Math.max(query.from, span.from),
      to: Math.min(query.to, span.to + 1),
    };
    const nothing = range.sources?.length === 0 || !(range.from < range.to);
    this.#plan = planQuery({ memory, kind, query, range, limits });
    this.#blocks = this.#plan.blocks;
    if (nothing) this.#steps = [];
  }

  /** Reads on until there is enough for a page. */
  async page(connection: DuckDBConnection): Promise<QueryPage> {
    if (this.#steps === null) {
      this.#steps = await this.#plan.steps(connection);
      this.#beginStep();
    }
    const blocks = this.#blocks;
    while (blocks.readyPoints < this.#pagePoints) {
      const step = this.#steps[0];
      if (step === undefined) break;
      this.#result ??= await this.#execute(connection, step);
      const chunk = await this.#result.fetchChunk();
      if (chunk !== null && chunk.rowCount > 0) {
        blocks.add(chunk);
      } else {
        blocks.end();
        this.#result = null;
        this.#steps.shift();
        this.#beginStep();
      }
    }
    const taken = blocks.take(this.#pagePoints);
    return { blocks: taken, done: this.#steps.length === 0 && blocks.readyPoints === 0 };
  }

  /** Gives up its place in the running statement; false when there was none. */
  pause(): boolean {
    const running = this.#result !== null;
    this.#result = null;
    return running;
  }

  #beginStep(): void {
    const step = this.#steps?.[0];
    if (step !== undefined) this.#blocks.begin(step.metrics);
  }

  async #execute(connection: DuckDBConnection, step: Step): Promise<DuckDBResult> {
    for (;;) {
      const version = this.#memory.supersededVersion;
      const result = await this.#memory.archiveGate.reading(() =>
        connection.stream(step.sql(this.#blocks.position)),
      );
      // A commit between the look at the memory and the statement's snapshot may have replaced
      // values we did not leave out: look again.
      if (version === this.#memory.supersededVersion) return result;
    }
  }
}

export interface PlanContext {
  limits: StoreLimits;
  memory: StoreMemory;
  kind: KindMemory;
  query: SeriesQuery;
  range: RowRange;
}

function planQuery(context: PlanContext): Plan {
  const { aggregate } = context.query;
  return aggregate === undefined ? planRaw(context) : planAggregate(context, aggregate);
}

function planRaw(context: PlanContext): Plan {
  const limit = context.query.limit ?? Number.POSITIVE_INFINITY;
  const shape = { functions: null, toTime: (key: number) => key, limit };
  const blocks = new SeriesBlocks(context.kind, shape);
  return { steps: (connection) => rawSteps(connection, context), blocks };
}

function planAggregate(
  { memory, kind, query, range, limits }: PlanContext,
  { every, functions, timeZone, tier }: SeriesAggregate,
): Plan {
  const { metrics, order, limit } = query;
  const width = bucketWidth(every);
  // The first bucket may begin before the range, and the clocks may have changed in it.
  const widthMs = bucketWidthMax(width);
  const pieces = range.from < range.to ? zonePieces(timeZone, range.from - widthMs, range.to) : [];
  const bucket = bucketNumber(tier === undefined ? '_observed_at' : '_start', width, pieces);
  const valuesOfMetric = bucketCountMax(width, range.to - range.from) * (functions.length + 1);
  const together = Math.max(1, Math.floor(limits.heldValuesMax / valuesOfMetric));
  const relation = (some: readonly string[]): string =>
    tier === undefined
      ? pointsRelation(range, some, kind.supersededMetrics(range.from, range.to))
      : windowsRelation({ range, tier, metrics: some }, memory.supersededWindows(tier, kind.name));
  const columnsOf = tier === undefined ? pointColumns : windowColumns;
  const steps: Step[] = [];
  for (let start = 0; start < metrics.length; start += together) {
    const some = metrics.slice(start, start + together);
    const columns = some.flatMap((metric) => columnsOf(metric, functions));
    steps.push({
      metrics: some,
      sql: (position) =>
        selectAggregates({ relation: relation(some), columns, bucket, order, position }),
    });
  }
  const shape = { width, pieces, rangeFrom: query.from };
  const toTime = (key: number): number => bucketStart(key, shape);
  const cut = limit ?? Number.POSITIVE_INFINITY;
  return {
    steps: async () => steps,
    blocks: new SeriesBlocks(kind, { functions: functions.length, toTime, limit: cut }),
  };
}
