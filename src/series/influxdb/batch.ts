import { yieldToEventLoop } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Observation } from '../../contracts/observation.ts';
import type { SeriesBatch } from '../../contracts/series.ts';
import type { DeviceEntry, KindMemory, Place, StoreMemory } from './memory.ts';

/** Rows handled between two looks at the sockets: one or two milliseconds' work. */
const SLICE_ROWS = 2_000;

/** What becomes of a report that is not simply new. */
export class Decision {
  /** Metrics whose value is not written: the point has it, or a later report gives it. */
  readonly dropped = new Set<string>();
  /** Metrics whose value repeated or replaced one that was counted before. */
  readonly charged = new Set<string>();
  /** The point is there already, from another report: what describes it goes to each value. */
  merged = false;
  /** Places whose value of a metric no longer counts. */
  readonly superseded: Array<[metric: string, place: Place]> = [];
  /** Metrics whose value at the report's own place had been superseded and counts again. */
  readonly restored = new Set<string>();
}

/** One observation on its way to the server. */
export interface Row {
  observation: Observation;
  kind: KindMemory;
  entry: DeviceEntry;
  place: Place;
  decision: Decision | null;
}

export interface StagedBatch {
  next: number;
  rows: Row[];
  /** Rows at or behind the newest time their device had reported before them. */
  suspects: Set<Row>;
}

let batches = 0;

/** Finds the place of every observation that is new to the cursor, and those that may repeat. */
export async function stageBatch(batch: SeriesBatch, memory: StoreMemory): Promise<StagedBatch> {
  const rows: Row[] = [];
  const suspects = new Set<Row>();
  const number = ++batches;
  let seen = 0;
  for (const observation of batch.observations) {
    if (++seen % SLICE_ROWS === 0) await yieldToEventLoop();
    const { source, observedAt } = observation;
    const kind = memory.kinds.get(source.kind);
    if (kind === undefined) throw new AppError('UNKNOWN_KIND', `there is no kind ${source.kind}`);
    if (observation.offset < memory.cursor) continue;
    const entry = kind.device(source.device);
    if (entry.batch !== number) {
      entry.batch = number;
      entry.running = entry.newest;
    }
    const place = kind.place(entry, source);
    const row: Row = { observation, kind, entry, place, decision: null };
    rows.push(row);
    if (observedAt > entry.running) entry.running = observedAt;
    else suspects.add(row);
  }
  return { next: batch.next, rows, suspects };
}

/** Calls `work` for each item, with a look at the sockets now and then. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let done = 0;
  for (const item of items) {
    work(item);
    if (++done % SLICE_ROWS === 0) await yieldToEventLoop();
  }
}
