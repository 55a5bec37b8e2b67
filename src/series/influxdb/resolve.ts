import type { Quality } from '../../contracts/observation.ts';
import { Decision, inSlices, type Row, type StagedBatch } from './batch.ts';
import type { Place } from './memory.ts';
import type { Plan } from './plan.ts';

/** A point of the server at the instant of a report that may repeat or replace it. */
export interface StoredPoint {
  place: Place;
  /** By metric; absent where the point has none. */
  values: ReadonlyMap<string, { value: number; quality: Quality }>;
}

/** All points of the server at one instant of one device. */
export type StoredPoints = (row: Row) => readonly StoredPoint[];

/** Reports of the batch whose instants have to be looked at on the server; usually none. */
export function candidates({ suspects }: StagedBatch, plan: Plan): Row[] {
  return [...suspects].filter(
    (row) => !plan.covers(row) && row.observation.observedAt <= row.entry.newest,
  );
}

/** Decides what is new, what repeats and what replaces. */
export async function resolveBatch(
  batch: StagedBatch,
  plan: Plan,
  stored: StoredPoints,
): Promise<void> {
  const devices = new Set([...batch.suspects].map(({ entry }) => entry));
  const seen = new Map<unknown, Map<number, Row[]>>();
  await inSlices(batch.rows, (row) => {
    if (plan.covers(row)) row.decision = plan.decision(row);
    if (!devices.has(row.entry)) return;
    const times = seen.get(row.entry) ?? new Map<number, Row[]>();
    seen.set(row.entry, times);
    const { observedAt } = row.observation;
    const earlier = times.get(observedAt) ?? [];
    times.set(observedAt, earlier);
    if (batch.suspects.has(row) && !plan.covers(row)) resolveRow(row, earlier, stored);
    earlier.push(row);
  });
}

function resolveRow(row: Row, earlier: readonly Row[], stored: StoredPoints): void {
  const points = stored(row);
  const { values, quality } = row.observation;
  const decision = new Decision();
  decision.merged =
    earlier.some(({ place }) => place === row.place) ||
    points.some(({ place }) => place === row.place);
  for (const metric in values) {
    const value = values[metric];
    const inBatch = earlier.findLast(
      (other) => other.observation.values[metric] !== undefined && !isDropped(other, metric),
    );
    if (inBatch !== undefined) {
      const { observation } = inBatch;
      if (observation.values[metric] === value && observation.quality === quality) {
        drop(decision, metric);
      } else {
        const places = replaceInBatch(inBatch, decision, metric);
        supersede(row, decision, metric, places);
      }
      continue;
    }
    const winner = winnerAt(row, metric, points);
    const known = winner?.values.get(metric);
    if (winner === undefined || known === undefined) continue;
    if (known.value === value && known.quality === quality) {
      drop(decision, metric);
    } else {
      decision.charged.add(metric);
      supersede(row, decision, metric, [winner.place]);
    }
  }
  const { dropped, charged, superseded, merged } = decision;
  const isPlain = dropped.size + charged.size + superseded.length === 0 && !merged;
  row.decision = isPlain ? null : decision;
}

function isDropped(row: Row, metric: string): boolean {
  return row.decision?.dropped.has(metric) ?? false;
}

function drop(decision: Decision, metric: string): void {
  decision.dropped.add(metric);
  decision.charged.add(metric);
}

/**
 * The earlier value is never written, so what it replaced is now replaced by the later one. But a
 * shorter batch that was cut off may have written it: its place is among those given back.
 */
function replaceInBatch(earlier: Row, decision: Decision, metric: string): Place[] {
  earlier.decision ??= new Decision();
  const before = earlier.decision;
  if (before.charged.has(metric)) decision.charged.add(metric);
  before.dropped.add(metric);
  before.charged.add(metric);
  before.restored.delete(metric);
  const isOurs = ([name]: readonly [string, Place]): boolean => name === metric;
  const places = before.superseded.filter(isOurs).map(([, place]) => place);
  const others = before.superseded.filter((one) => !isOurs(one));
  before.superseded.splice(0, before.superseded.length, ...others);
  return [...places, earlier.place];
}

/** The row's value takes the place of those that counted, wherever the device stood then. */
function supersede(row: Row, decision: Decision, metric: string, places: readonly Place[]): void {
  for (const place of new Set(places)) {
    if (place !== row.place) decision.superseded.push([metric, place]);
  }
  if (row.kind.isSuperseded(row.place, metric, row.observation.observedAt)) {
    decision.restored.add(metric);
  }
}

/** The point whose value counts: of several places all others are superseded. */
function winnerAt(
  { kind, observation: { observedAt } }: Row,
  metric: string,
  points: readonly StoredPoint[],
): StoredPoint | undefined {
  return points.find(
    ({ place, values }) => values.has(metric) && !kind.isSuperseded(place, metric, observedAt),
  );
}
