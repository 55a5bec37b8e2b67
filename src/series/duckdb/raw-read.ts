import type { DuckDBConnection } from '@duckdb/node-api';
import { allRows } from './database.ts';
import type { PlanContext, Step } from './read.ts';
import { pointsRelation, type RowRange, selectRaw } from './sql.ts';

/** Sources that are read together, and how many rows the greatest of them has. */
interface SourceGroup {
  sources: number[];
  rows: number;
  rowsMax: number;
}

/**
 * Statements that give the points of some sources each: whole rows, sorted once for all metrics.
 * Source after source, and within one metric after metric.
 */
export async function rawSteps(
  connection: DuckDBConnection,
  context: PlanContext,
): Promise<Step[]> {
  const { kind, query, range, limits } = context;
  const { metrics, order, limit } = query;
  const step = (some: readonly string[], part: RowRange): Step => ({
    metrics: some,
    sql: (position) => {
      const superseded = kind.supersededMetrics(range.from, range.to);
      const relation = pointsRelation(part, some, superseded);
      return selectRaw({ relation, metrics: some, order, position, limit });
    },
  });
  // A limit counts the points of each series, so that each metric has rows of its own.
  if (limit !== undefined) return metrics.map((metric) => step([metric], range));
  // Of one source's one metric nothing is held back, so how much there is need not be known.
  if (metrics.length === 1 && range.sources?.length === 1) return [step(metrics, range)];
  const steps: Step[] = [];
  for (const { sources, rowsMax } of await groupSources(connection, context)) {
    const together = Math.max(1, Math.floor(limits.heldValuesMax / (2 * rowsMax)));
    for (let start = 0; start < metrics.length; start += together) {
      steps.push(step(metrics.slice(start, start + together), { ...range, sources }));
    }
  }
  return steps;
}

async function groupSources(
  connection: DuckDBConnection,
  { memory, query, range, limits: { sortedRowsMax } }: PlanContext,
): Promise<SourceGroup[]> {
  const counts = await memory.archiveGate.reading(() =>
    allRows(
      connection,
      `SELECT _source, count(*)::DOUBLE FROM ${pointsRelation(range, query.metrics, new Set())}
       GROUP BY _source ORDER BY _source`,
    ),
  );
  const groups: SourceGroup[] = [];
  for (const [source, count] of counts) {
    const rows = Number(count);
    const last = groups.at(-1);
    if (last === undefined || last.rows + rows > sortedRowsMax) {
      groups.push({ sources: [Number(source)], rows, rowsMax: rows });
    } else {
      last.sources.push(Number(source));
      last.rows += rows;
      last.rowsMax = Math.max(last.rowsMax, rows);
    }
  }
  return groups;
}
