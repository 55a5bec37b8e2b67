import type { Row } from './batch.ts';
import { isRefusal } from './failure.ts';
import { Lines, writtenMetrics } from './lines.ts';

/** A value the server will never take, and what it says about it. */
export interface Refused {
  row: Row;
  metric: string;
  reason: string;
}

/** Servers say how many lines of a request they left out: when it is all, asking on is idle. */
const DROPPED = /\bdropped=(\d+)/;

/**
 * Writes lines, and when the server refuses some, halves the request until those stand alone: at
 * most two requests for each line, and one for a request that is bad as a whole. Lines of several
 * values are then tried value by value. What the server took of a refused request it takes twice,
 * which changes nothing.
 */
export async function deliver(
  lines: Lines,
  send: (body: string) => Promise<void>,
): Promise<Refused[]> {
  if (lines.count === 0) return [];
  try {
    await send(lines.body);
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const isAll = lines.count === 1 || Number(DROPPED.exec(error.why)?.[1]) === lines.count;
    if (!isAll) {
      const middle = lines.count >> 1;
      const first = await deliver(lines.slice(0, middle), send);
      return [...first, ...(await deliver(lines.slice(middle), send))];
    }
    const found: Refused[] = [];
    // Metric by metric: where one has another type on the server, none of its values is taken.
    const byMetric = new Map<string, Lines>();
    for (const row of lines.rows) {
      const metrics = lines.metric === null ? writtenMetrics(row) : [lines.metric];
      const [only] = metrics;
      if (metrics.length === 1 && only !== undefined) {
        found.push({ row, metric: only, reason: error.why });
        continue;
      }
      for (const metric of metrics) {
        const parts = byMetric.get(metric) ?? new Lines(metric);
        byMetric.set(metric, parts);
        parts.add(row);
      }
    }
    for (const parts of byMetric.values()) found.push(...(await deliver(parts, send)));
    return found;
  }
}
