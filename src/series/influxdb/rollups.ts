import { yieldToEventLoop } from '../../base/clock.ts';
import { ROLLUP_FUNCTIONS, type RollupChange } from '../../contracts/series.ts';
import type { Connection } from './connection.ts';
import { BY_PLACE, deviceConditions, identifier, timeCondition } from './influxql.ts';
import type { InfluxLimits } from './limits.ts';
import { headOf, type StoreMemory } from './memory.ts';

/** Windows of a tier stand in a measurement of their own; no kind's name has an underscore. */
export function rollupMeasurement(kind: string, tier: string): string {
  return `${kind}_${tier}`;
}

export function rollupField(metric: string, name: (typeof ROLLUP_FUNCTIONS)[number]): string {
  return `${metric}-${name}`;
}

/** Functions whose columns hold whole numbers of values. */
const isWhole = (name: string): boolean => name === 'count';

/**
 * Lines that make the windows of a change what its blocks say. Nothing is ever deleted from a
 * server: a window that is no more keeps its place with a count of 0.
 */
async function linesOf(
  connection: Connection,
  memory: StoreMemory,
  change: RollupChange,
): Promise<string[]> {
  const measurement = rollupMeasurement(change.kind, change.tier);
  const lines: string[] = [];
  const given = new Set<string>();
  for (const { coop, site, device, metric, times, columns } of change.blocks) {
    const head = headOf(measurement, { coop, site, device });
    if (head === null) continue;
    times.forEach((time, row) => {
      if (!((columns[0]?.[row] ?? 0) > 0)) return;
      given.add(JSON.stringify([coop, site, metric, time]));
      const fields = ROLLUP_FUNCTIONS.map((name, place) => {
        const value = columns[place]?.[row] ?? 0;
        return `${rollupField(metric, name)}=${value}${isWhole(name) ? 'i' : ''}`;
      });
      lines.push(`${head} ${fields} ${time}`);
    });
  }
  const metrics = [...(memory.kinds.get(change.kind)?.metrics ?? [])];
  const [first] = change.windows;
  const last = change.windows.at(-1);
  if (first === undefined || last === undefined || metrics.length === 0) return lines;
  const windows = new Set(change.windows);
  const fields = metrics.map((metric) => identifier(rollupField(metric, 'count')));
  const [condition] = deviceConditions([change.device]);
  const statement = `SELECT ${fields} FROM ${identifier(measurement)} WHERE ${timeCondition(first, last + 1)}${condition} ${BY_PLACE}`;
  for await (const { tags, values } of connection.query(statement)) {
    const { coop = '', device = '' } = tags;
    const site = tags['site'] || null;
    const head = headOf(measurement, { coop, site, device });
    for (const [time, ...counts] of values) {
      if (!windows.has(Number(time))) continue;
      metrics.forEach((metric, place) => {
        const isGone = !given.has(JSON.stringify([coop, site, metric, Number(time)]));
        if (isGone && Number(counts[place]) > 0) {
          lines.push(`${head} ${rollupField(metric, 'count')}=0i ${time}`);
        }
      });
    }
  }
  return lines;
}

/** Replaces windows of rollups; written twice they are the same. */
export async function writeRollups(
  connection: Connection,
  memory: StoreMemory,
  { changes, limits }: { changes: readonly RollupChange[]; limits: InfluxLimits },
): Promise<void> {
  let waiting: string[] = [];
  let waitingFor = new Set<string>();
  const writeAll = async (): Promise<void> => {
    for (; waiting.length > 0; ) {
      await connection.write(waiting.slice(0, limits.linesPerRequestMax).join('\n'));
      waiting = waiting.slice(limits.linesPerRequestMax);
      await yieldToEventLoop();
    }
    waitingFor = new Set();
  };
  for (const change of changes) {
    // What a change empties is asked of the server, so an earlier one must have arrived there.
    const key = JSON.stringify([change.kind, change.tier, change.device]);
    if (waitingFor.has(key)) await writeAll();
    waitingFor.add(key);
    waiting.push(...(await linesOf(connection, memory, change)));
    if (waiting.length >= limits.linesPerRequestMax) await writeAll();
  }
  await writeAll();
}
