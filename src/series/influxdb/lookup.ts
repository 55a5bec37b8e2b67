import type { Row } from './batch.ts';
import type { Connection, ResultSeries } from './connection.ts';
import {
  BY_PLACE,
  canHoldTime,
  deviceConditions,
  identifier,
  qualityOf,
  timeCondition,
} from './influxql.ts';
import { QUALITIES } from './lines.ts';
import type { KindMemory } from './memory.ts';
import type { StoredPoint, StoredPoints } from './resolve.ts';

const DAY_MS = 86_400_000;
const nothing: readonly StoredPoint[] = [];

/** Points by device and observed time. */
type Found = Map<string, Map<number, StoredPoint[]>>;

/** Reads the points of the server at the instants of these rows, with the metrics they have. */
export async function lookUp(connection: Connection, rows: readonly Row[]): Promise<StoredPoints> {
  if (rows.length === 0) return () => nothing;
  const found = new Map<KindMemory, Found>();
  for (const [kind, ofKind] of groups(rows, (row) => row.kind)) {
    const points: Found = new Map();
    found.set(kind, points);
    // Day by day, so that one late report does not make the whole time since then be read.
    const days = groups(ofKind, ({ observation }) => Math.floor(observation.observedAt / DAY_MS));
    for (const ofDay of days.values()) await lookUpDay(connection, kind, ofDay, points);
  }
  return ({ kind, place, observation }) =>
    found.get(kind)?.get(place.device)?.get(observation.observedAt) ?? nothing;
}

function groups<K>(rows: readonly Row[], keyOf: (row: Row) => K): Map<K, Row[]> {
  const grouped = new Map<K, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = grouped.get(key);
    if (group === undefined) grouped.set(key, [row]);
    else group.push(row);
  }
  return grouped;
}

async function lookUpDay(
  connection: Connection,
  kind: KindMemory,
  rows: readonly Row[],
  found: Found,
): Promise<void> {
  const metrics = new Set<string>();
  const wanted = new Map<string, Set<number>>();
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { observation, place } of rows) {
    const { observedAt, values } = observation;
    // What lies outside of the server's time was never stored.
    if (!canHoldTime(observedAt)) continue;
    for (const metric of Object.keys(values)) metrics.add(metric);
    from = Math.min(from, observedAt);
    to = Math.max(to, observedAt);
    wanted.set(place.device, (wanted.get(place.device) ?? new Set()).add(observedAt));
  }
  if (wanted.size === 0) return;
  const names = [...metrics];
  const fields = names.flatMap((metric) => [identifier(metric), identifier(qualityOf(metric))]);
  const time = timeCondition(from, to + 1);
  for (const devices of deviceConditions([...wanted.keys()])) {
    const statement = `SELECT ${fields} FROM ${identifier(kind.name)} WHERE ${time}${devices} ${BY_PLACE}`;
    for await (const part of connection.query(statement)) {
      addPoints(part, { kind, names, wanted, found });
    }
  }
}

interface Search {
  kind: KindMemory;
  names: readonly string[];
  wanted: ReadonlyMap<string, ReadonlySet<number>>;
  found: Found;
}

function addPoints({ tags, values: rows }: ResultSeries, search: Search): void {
  const { kind, names, wanted, found } = search;
  const place = kind.find(tags);
  if (place === undefined) return;
  const times = wanted.get(place.device);
  for (const [time, ...columns] of rows) {
    if (!times?.has(Number(time))) continue;
    const values = new Map<string, { value: number; quality: (typeof QUALITIES)[number] }>();
    names.forEach((metric, at) => {
      const value = columns[2 * at];
      if (typeof value !== 'number') return;
      values.set(metric, { value, quality: QUALITIES[Number(columns[2 * at + 1])] ?? 'good' });
    });
    const points = found.get(place.device) ?? new Map<number, StoredPoint[]>();
    found.set(place.device, points);
    points.set(Number(time), [...(points.get(Number(time)) ?? []), { place, values }]);
  }
}
