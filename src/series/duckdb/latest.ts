import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_MS } from '../../base/local-clock.ts';
import type { LatestValue } from '../../contracts/series.ts';
import type { ArchiveGate } from './archive-registry.ts';
import { QUALITIES } from './columns.ts';
import { allRows } from './database.ts';
import type { KindMemory, StoreMemory } from './sources.ts';
import { identifier, pointsRelation } from './sql.ts';

/** Most devices said something within this time before the newest of all. */
const LOOK_BACK_MS = DAY_MS;

/** Last values by device and metric while they are searched for. */
class LatestSearch {
  readonly found = new Map<string, LatestValue>();
  readonly #kind: KindMemory;
  readonly #gate: ArchiveGate;

  constructor(kind: KindMemory, gate: ArchiveGate) {
    this.#kind = kind;
    this.#gate = gate;
  }

  /** Looks at one metric in `[from, to)`, for all devices or those behind some sources. */
  async look(
    connection: DuckDBConnection,
    metric: string,
    range: { from: number; to: number; sources: number[] | null },
  ): Promise<void> {
    const kind = this.#kind;
    const superseded = kind.supersededMetrics(range.from, range.to);
    const { name, archive } = kind;
    const rows = await this.#gate.reading(() => {
      const relation = pointsRelation({ kind: name, archive, ...range }, [metric], superseded);
      return allRows(
        connection,
        `SELECT _source, max(_observed_at)::DOUBLE, arg_max(_received_at, _observed_at)::DOUBLE,
           arg_max(${identifier(metric)}, _observed_at), arg_max(_quality, _observed_at)
         FROM ${relation} WHERE ${identifier(metric)} IS NOT NULL GROUP BY _source`,
      );
    });
    for (const [id, ...rest] of rows) {
      const source = kind.sources.get(Number(id));
      if (source === undefined) continue;
      const [observedAt = 0, receivedAt = 0, value = 0, quality = 0] = rest.map(Number);
      const key = latestKey(source.tags.device, metric);
      const known = this.found.get(key);
      if (known !== undefined && known.observedAt >= observedAt) continue;
      this.found.set(key, {
        ...source.tags,
        kind: kind.name,
        metric,
        observedAt,
        receivedAt,
        value,
        quality: QUALITIES[quality] ?? 'good',
      });
    }
  }

  /** Sources of the devices without a value of the metric yet. */
  missing(metric: string): number[] {
    const ids: number[] = [];
    for (const [device, rows] of this.#kind.devices) {
      if (!this.found.has(latestKey(device, metric))) ids.push(...rows.ids);
    }
    return ids;
  }
}

function latestKey(device: string, metric: string): string {
  return `${device}/${metric}`;
}

/** The last value of every device and metric: the newest day first, then whatever is missing. */
export async function readLatest(
  connection: DuckDBConnection,
  memory: StoreMemory,
): Promise<LatestValue[]> {
  const latest: LatestValue[] = [];
  for (const kind of memory.kinds.values()) {
    // Places stay known when all that was reported from them has been removed for its age.
    if (!(kind.span.from <= kind.span.to)) continue;
    const search = new LatestSearch(kind, memory.archiveGate);
    const recent = kind.span.to - LOOK_BACK_MS;
    for (const metric of kind.metrics) {
      await search.look(connection, metric, { from: recent, to: kind.span.to + 1, sources: null });
      const missing = search.missing(metric);
      const sources = missing.length === kind.sources.size ? null : missing;
      if (missing.length > 0) {
        await search.look(connection, metric, { from: kind.span.from, to: recent, sources });
      }
    }
    latest.push(...search.found.values());
  }
  return latest;
}
