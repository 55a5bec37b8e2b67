import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import type { SeriesQuery } from '../../contracts/series.ts';
import { bucketCountMax, bucketWidth, DAY_MS, zonePieces } from '../time-zone.ts';
import { bucketNumber, bucketStart } from './buckets.ts';
import type { QueryPage } from './protocol.ts';
import { SeriesBlocks } from './series-blocks.ts';
import type { KindMemory, StoreMemory } from './sources.ts';
import {
  type Position,
  pointsRelation,
  type RowRange,
  selectAggregates,
  selectRaw,
} from './sql.ts';

/** Points after which a page is sent: 128 KiB with their times, some milliseconds of work. */
const PAGE_POINTS = 8_192;

/** Values of one device held back until its series can be sent one after the other: 16 MiB. */
const HELD_VALUES_MAX = 2 * 1024 * 1024;

/** One statement of a query, which gives whole series of some of its metrics. */
interface Step {
  metrics: readonly string[];
  sql(position: Position | null, superseded: ReadonlySet<string>): string;
}

interface Plan {
  steps: Step[];
  blocks: SeriesBlocks;
}

/**
 * One query, page by page. Between pages it may be paused, which lets another use its connection;
 * it goes on behind the last row it took.
 */
export class QueryReader {
  readonly #memory: StoreMemory;
  readonly #kind: KindMemory;
  readonly #range: RowRange;
  readonly #steps: Step[];
  readonly #blocks: SeriesBlocks;
  #result: DuckDBResult | null = null;

  constructor(memory: StoreMemory, kind: KindMemory, query: SeriesQuery) {
    this.#memory = memory;
    this.#kind = kind;
    this.#range = {
      kind: kind.name,
      sources: kind.matching(query.filter),
      // Time the table does not span has no buckets to count and no clock changes to find.
      from: Math.max(query.from, kind.span.from),
      to: Math.min(query.to, kind.span.to + 1),
    };
    const { steps, blocks } = planQuery(kind, query, this.#range);
    const nothing = this.#range.sources?.length === 0 || !(this.#range.from < this.#range.to);
    this.#steps = nothing ? [] : steps;
    this.#blocks = blocks;
    this.#beginStep();
  }

  /** Reads on until there is enough for a page. */
  async page(connection: DuckDBConnection): Promise<QueryPage> {
    while (this.#blocks.readyPoints < PAGE_POINTS) {
      const step = this.#steps[0];
      if (step === undefined) return { blocks: this.#blocks.take(), done: true };
      this.#result ??= await this.#execute(connection, step);
      const chunk = await this.#result.fetchChunk();
      if (chunk !== null && chunk.rowCount > 0) {
        this.#blocks.add(chunk);
      } else {
        this.#blocks.end();
        this.#result = null;
        this.#steps.shift();
        this.#beginStep();
      }
    }
    return { blocks: this.#blocks.take(), done: false };
  }

  /** Gives up its place in the running statement; false when there was none. */
  pause(): boolean {
    const running = this.#result !== null;
    this.#result = null;
    return running;
  }

  #beginStep(): void {
    const [step] = this.#steps;
    if (step !== undefined) this.#blocks.begin(step.metrics);
  }

  async #execute(connection: DuckDBConnection, step: Step): Promise<DuckDBResult> {
    for (;;) {
      const version = this.#memory.supersededVersion;
      const superseded = this.#kind.supersededMetrics(this.#range.from, this.#range.to);
      const result = await connection.stream(step.sql(this.#blocks.position, superseded));
      // A commit between the look at the memory and the statement's snapshot may have replaced
      // values we did not leave out: look again.
      if (version === this.#memory.supersededVersion) return result;
    }
  }
}

function planQuery(kind: KindMemory, query: SeriesQuery, range: RowRange): Plan {
  const { aggregate, metrics, order, limit } = query;
  const cut = limit ?? Number.POSITIVE_INFINITY;
  if (aggregate === undefined) {
    const steps = metrics.map((metric) => ({
      metrics: [metric],
      sql: (position: Position | null, superseded: ReadonlySet<string>) => {
        const relation = pointsRelation(range, [metric], superseded);
        return selectRaw({ relation, metric, order, position, limit });
      },
    }));
    const shape = { functions: null, toTime: (key: number) => key, limit: cut };
    return { steps, blocks: new SeriesBlocks(kind, shape) };
  }
  const { functions, timeZone } = aggregate;
  const width = bucketWidth(aggregate.every);
  // The first bucket may begin before the range, and the clocks may have changed in it.
  const widthMs = width.type === 'months' ? width.months * 31 * DAY_MS : width.widthMs;
  const pieces = range.from < range.to ? zonePieces(timeZone, range.from - widthMs, range.to) : [];
  const bucket = bucketNumber('_observed_at', width, pieces);
  const valuesOfMetric = bucketCountMax(width, range.to - range.from) * (functions.length + 1);
  const together = Math.max(1, Math.floor(HELD_VALUES_MAX / valuesOfMetric));
  const steps: Step[] = [];
  for (let start = 0; start < metrics.length; start += together) {
    const some = metrics.slice(start, start + together);
    steps.push({
      metrics: some,
      sql: (position, superseded) => {
        const relation = pointsRelation(range, some, superseded);
        return selectAggregates({ relation, metrics: some, functions, bucket, order, position });
      },
    });
  }
  const toTime = (key: number): number => bucketStart(key, width, pieces);
  return {
    steps,
    blocks: new SeriesBlocks(kind, { functions: functions.length, toTime, limit: cut }),
  };
}
