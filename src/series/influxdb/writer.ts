import { yieldToEventLoop } from '../../base/clock.ts';
import { localDayOf } from '../../base/local-day.ts';
import type { Rejection } from '../../contracts/observation.ts';
import type { SeriesBatch, StoredCount } from '../../contracts/series.ts';
import type {
  StoredPlace,
  StoreLedger,
  StoreLedgerChange,
  SupersededValue,
} from '../../contracts/store-ledger.ts';
import { type Row, type StagedBatch, stageBatch } from './batch.ts';
import type { Connection } from './connection.ts';
import { deliver, type Refused } from './deliver.ts';
import type { InfluxLimits } from './limits.ts';
import { Lines, writtenMetrics } from './lines.ts';
import { lookUp } from './lookup.ts';
import type { Place, StoreMemory } from './memory.ts';
import { Plan, planText } from './plan.ts';
import { candidates, resolveBatch } from './resolve.ts';

export interface WriteResult {
  stored: number;
  duplicate: number;
  rejected: number;
}

export interface WriterOptions {
  connection: Connection;
  memory: StoreMemory;
  ledger: StoreLedger;
  timeZone: string;
  limits: InfluxLimits;
}

/** Lines made between two looks at the sockets. */
const SLICE_ROWS = 2_000;
/** Lines of a batch's first request: the server begins while the others are made. */
const FIRST_LINES = 1_000;
/** Our rejections of a report's values come behind those of the decoder. */
const PARTS_FROM = 1_000;
const REASON_LENGTH_MAX = 200;

/**
 * Writes batches: decides, keeps the decisions, sends, commits. A batch that was cut off anywhere
 * is written again, with the same decisions, over what the server took of it.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #dayOf: (time: number) => string;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#dayOf = localDayOf(options.timeZone);
  }

  async write(batch: SeriesBatch): Promise<WriteResult> {
    const { memory, ledger } = this.#options;
    if (batch.next <= memory.cursor) return { stored: 0, duplicate: 0, rejected: 0 };
    const staged = await stageBatch(batch, memory);
    await this.#decide(staged);
    const refused = await this.#send(staged.rows);
    const { change, result, accept } = this.#settle(staged, refused);
    await ledger.commit(change);
    accept();
    return result;
  }

  async #decide(staged: StagedBatch): Promise<void> {
    const { connection, memory, ledger } = this.#options;
    const plan = new Plan(memory.plan);
    const isPlanned = staged.rows.some((row) => plan.covers(row));
    if (staged.suspects.size === 0 && !isPlanned) return;
    const stored = await lookUp(connection, candidates(staged, plan));
    await resolveBatch(staged, plan, stored);
    if (staged.suspects.size === 0 || staged.next <= plan.next) return;
    const text = planText(staged);
    await ledger.prepare(text);
    memory.plan = text;
  }

  /** One request under way, and the lines of the next are made meanwhile. */
  async #send(rows: readonly Row[]): Promise<Map<Row, Map<string, string>>> {
    const { connection, limits } = this.#options;
    const refused = new Map<Row, Map<string, string>>();
    const note = ({ row, metric, reason }: Refused): void => {
      const reasons = refused.get(row) ?? new Map<string, string>();
      refused.set(row, reasons.set(metric, reason));
    };
    let underWay: Promise<Refused[]> = Promise.resolve([]);
    let lines = new Lines(null);
    let done = 0;
    const flush = async (): Promise<void> => {
      for (const one of await underWay) note(one);
      underWay = deliver(lines, (body) => connection.write(body));
      // It is waited for a little later; until then nobody else hears of its end.
      underWay.catch(() => undefined);
      lines = new Lines(null);
    };
    for (const row of rows) {
      if (++done % SLICE_ROWS === 0) await yieldToEventLoop();
      if (!lines.add(row) && row.place.head === null) {
        const reason = 'no tag can hold its names';
        for (const metric of writtenMetrics(row)) note({ row, metric, reason });
      }
      const most = done > FIRST_LINES ? limits.linesPerRequestMax : FIRST_LINES;
      const isFull = lines.count >= most || lines.length >= limits.requestLengthMax;
      if (isFull) await flush();
    }
    await flush();
    for (const one of await underWay) note(one);
    return refused;
  }

  #settle(
    { rows, next }: StagedBatch,
    refused: ReadonlyMap<Row, ReadonlyMap<string, string>>,
  ): { change: StoreLedgerChange; result: WriteResult; accept: () => void } {
    const { memory } = this.#options;
    const counts = new Counts(this.#dayOf);
    const newest = new Map<Place, number>();
    const settled = new Settlement();
    for (const row of rows) {
      const reasons = refused.get(row);
      counts.add(row, reasons);
      const { observedAt } = row.observation;
      if (isKept(row, reasons)) {
        const known = newest.get(row.place) ?? row.place.newest;
        if (observedAt > known) newest.set(row.place, observedAt);
      }
      if (row.decision !== null || reasons !== undefined) settled.add(row, reasons);
    }
    const plan = new Plan(memory.plan).next > next ? memory.plan : null;
    const places = [...newest].map(([place, time]) => storedPlace(place, time));
    const change: StoreLedgerChange = {
      cursor: next,
      places,
      superseded: settled.superseded.map(({ value }) => value),
      restored: settled.restored.map(({ value }) => value),
      counts: counts.all(),
      rejections: settled.rejections,
      plan,
    };
    const accept = (): void => {
      memory.cursor = next;
      memory.plan = plan;
      for (const [place, time] of newest) memory.kinds.get(place.kind)?.note(place, time);
      for (const { place, value } of settled.restored) {
        memory.kinds.get(place.kind)?.restore(place, value.metric, value.observedAt);
      }
      for (const { place, value } of settled.superseded) {
        memory.kinds.get(place.kind)?.supersede(place, value.metric, value.observedAt);
      }
    };
    return { change, result: counts.result, accept };
  }
}

/** Whether anything of the row is on the server now. */
function isKept({ observation, decision }: Row, reasons?: ReadonlyMap<string, string>): boolean {
  if (decision === null && reasons === undefined) return true;
  const gone = (decision?.dropped.size ?? 0) + (reasons?.size ?? 0);
  return gone < Object.keys(observation.values).length;
}

interface PlacedValue {
  place: Place;
  value: SupersededValue;
}

/** What the decisions and refusals of a batch leave in the ledger. */
class Settlement {
  readonly superseded: PlacedValue[] = [];
  readonly restored: PlacedValue[] = [];
  readonly rejections: Rejection[] = [];

  add(row: Row, reasons: ReadonlyMap<string, string> | undefined): void {
    const { decision, place, observation } = row;
    const { observedAt } = observation;
    // A value that was refused replaces nothing.
    for (const [metric, old] of decision?.superseded ?? []) {
      if (reasons?.has(metric)) continue;
      this.superseded.push({ place: old, value: { ...tagsOf(old), metric, observedAt } });
    }
    for (const metric of decision?.restored ?? []) {
      if (reasons?.has(metric)) continue;
      this.restored.push({ place, value: { ...tagsOf(place), metric, observedAt } });
    }
    for (const [metric, reason] of reasons ?? []) {
      this.rejections.push(rejectionOf(row, metric, reason));
    }
  }
}

function rejectionOf({ observation }: Row, metric: string, reason: string): Rejection {
  const { source, offset, index, receivedAt, values } = observation;
  return {
    source,
    offset,
    index,
    part: PARTS_FROM + Object.keys(values).indexOf(metric),
    metric,
    code: 'SERIES_REFUSED',
    reason: `the series server refused it: ${reason.slice(0, REASON_LENGTH_MAX)}`,
    sequence: null,
    count: 1,
    receivedAt,
    excerpt: `"${metric}": ${values[metric]}`,
  };
}

/** Counts of a batch by device and day of receipt. */
class Counts {
  readonly result: WriteResult = { stored: 0, duplicate: 0, rejected: 0 };
  readonly #dayOf: (time: number) => string;
  readonly #byDay = new Map<string, Map<Place, StoredCount>>();

  constructor(dayOf: (time: number) => string) {
    this.#dayOf = dayOf;
  }

  add(row: Row, reasons: ReadonlyMap<string, string> | undefined): void {
    const { observation, place, decision } = row;
    const { values, receivedAt } = observation;
    let stored = 0;
    let duplicate = 0;
    for (const metric in values) {
      if (reasons?.has(metric)) this.result.rejected++;
      else if (decision?.charged.has(metric)) duplicate++;
      else stored++;
    }
    if (stored + duplicate === 0) return;
    this.result.stored += stored;
    this.result.duplicate += duplicate;
    const count = this.#countOf(place, this.#dayOf(receivedAt));
    count.stored += stored;
    count.duplicate += duplicate;
  }

  #countOf(place: Place, day: string): StoredCount {
    let byPlace = this.#byDay.get(day);
    if (byPlace === undefined) {
      byPlace = new Map();
      this.#byDay.set(day, byPlace);
    }
    let count = byPlace.get(place);
    if (count === undefined) {
      count = { coop: place.coop, device: place.device, day, stored: 0, duplicate: 0 };
      byPlace.set(place, count);
    }
    return count;
  }

  all(): StoredCount[] {
    return [...this.#byDay.values()].flatMap((byPlace) => [...byPlace.values()]);
  }
}

function tagsOf({ kind, coop, site, device }: Place): Omit<StoredPlace, 'newest'> {
  return { kind, coop, site, device };
}

function storedPlace(place: Place, newest: number): StoredPlace {
  return { ...tagsOf(place), newest };
}
