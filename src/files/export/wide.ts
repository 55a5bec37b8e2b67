import { AppError } from '../../base/errors.ts';
import type { HistoryBlock, HistoryQuery } from '../../contracts/history.ts';
import type { TableBlock, TableShape } from './table.ts';

/** Reads history; the signal and what else belongs to the request are its maker's. */
export type ReadHistory = (query: HistoryQuery) => AsyncIterable<HistoryBlock>;

/** Values of the devices that are merged together: 16 bytes each with their times, 8 MB. */
const GROUP_VALUES = 512 * 1024;
/** Where a group is larger than was thought it is read again in halves, or given up: 64 MB. */
const HELD_VALUES_MAX = 8 * GROUP_VALUES;
/** Rows made at a time, and the event loop let in between. */
const BLOCK_ROWS = 2_048;
/** A span that is not worth halving. */
const SPAN_MS_MIN = 60_000;

/**
 * Rows with one column a metric. A store gives one series after the other, so those of a few
 * devices at a time are read whole and merged by time: as many as fit, by a count made first.
 */
export async function* wideBlocks(options: WideOptions): AsyncGenerator<TableBlock> {
  const { queries, shape, read, heldValuesMax = HELD_VALUES_MAX } = options;
  const columnOf = new Map(shape.numbers.map((name, place) => [name, place]));
  const table = { columnOf, read, heldValuesMax };
  for (const query of queries) {
    for (const devices of await groupDevices(query, read)) {
      yield* mergedGroup({ ...query, filter: { ...query.filter, devices } }, table);
    }
  }
}

export interface WideOptions {
  queries: readonly HistoryQuery[];
  shape: TableShape;
  read: ReadHistory;
  heldValuesMax?: number;
}

interface Table {
  columnOf: ReadonlyMap<string, number>;
  read: ReadHistory;
  heldValuesMax: number;
}

async function groupDevices(query: HistoryQuery, read: ReadHistory): Promise<string[][]> {
  const { kind, metrics, filter, from, to } = query;
  const timeZone = query.aggregate?.timeZone ?? 'UTC';
  const counts = new Map<string, number>();
  const aggregate = { every: null, functions: ['count'] as const, timeZone };
  const count: HistoryQuery = {
    ...{ kind, metrics, filter, from, to, aggregate },
    order: 'ascending',
    values: 'raw',
  };
  const rowsMax = rowsOfSeriesMax(query);
  for await (const { device, columns } of read(count)) {
    const values =
      Math.min(columns[0]?.[0] ?? 0, rowsMax) * (query.aggregate?.functions.length ?? 1);
    counts.set(device, (counts.get(device) ?? 0) + values);
  }
  const groups: string[][] = [];
  let room = 0;
  for (const [device, values] of counts) {
    if (values > room || groups.length === 0) {
      groups.push([]);
      room = GROUP_VALUES;
    }
    groups.at(-1)?.push(device);
    room -= values;
  }
  return groups;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_419_200_000,
  year: 31_536_000_000,
};

/** More rows than this no series can have. */
function rowsOfSeriesMax({ aggregate, limit, points, from, to }: HistoryQuery): number {
  const named = Math.min(limit ?? Number.POSITIVE_INFINITY, points ?? Number.POSITIVE_INFINITY);
  if (aggregate === undefined) return named;
  const { every } = aggregate;
  if (every === null) return 1;
  return Math.min(named, Math.ceil((to - from) / (every.count * (UNIT_MS[every.unit] ?? 1))) + 1);
}

async function* mergedGroup(query: HistoryQuery, table: Table): AsyncGenerator<TableBlock> {
  const held = await hold(query, table);
  if (held === null) {
    for (const half of halves(query)) yield* mergedGroup(half, table);
    return;
  }
  const rows = new RowsInHand(table.columnOf.size);
  for (const [key, { device, runs }] of held) {
    held.delete(key);
    yield* merge({ device, runs: [...runs.values()], rows, sign: signOf(query) });
  }
}

const signOf = ({ order }: HistoryQuery): 1 | -1 => (order === 'ascending' ? 1 : -1);

/** One column of one series, in the parts in which it came. */
class Run {
  readonly column: number;
  readonly #parts: Array<{ times: Float64Array; values: Float64Array }> = [];
  #part = 0;
  #row = 0;
  /** The time of the value in turn; NaN behind the last. */
  time = Number.NaN;

  constructor(column: number) {
    this.column = column;
  }

  add(times: Float64Array, values: Float64Array): void {
    if (times.length === 0) return;
    if (this.#parts.length === 0) this.time = times[0] ?? Number.NaN;
    this.#parts.push({ times, values });
  }

  take(): number {
    const part = this.#parts[this.#part];
    const value = part?.values[this.#row] ?? Number.NaN;
    this.#row++;
    if (part !== undefined && this.#row === part.times.length) {
      this.#part++;
      this.#row = 0;
    }
    this.time = this.#parts[this.#part]?.times[this.#row] ?? Number.NaN;
    return value;
  }
}

/** What becomes rows of one device: its runs by series and column. */
interface Owner {
  device: string;
  runs: Map<string, Run>;
}

/** The columns of each owner; null when they are more than may be held. */
async function hold(
  query: HistoryQuery,
  { columnOf, read, heldValuesMax }: Table,
): Promise<Map<string, Owner> | null> {
  const held = new Map<string, Owner>();
  const canHalve = halves(query).length > 0;
  let values = 0;
  for await (const block of read(query)) {
    const { device, coop, site, metric, times, columns, raw } = block;
    values += times.length * (columns.length + (raw === undefined ? 0 : 1));
    if (values > heldValuesMax) {
      if (canHalve) return null;
      throw tooWide(device);
    }
    // Points of a device belong together wherever it stood; buckets are of one place each.
    const place = JSON.stringify([device, coop, site]);
    const key = query.aggregate === undefined ? device : place;
    const owner = held.get(key) ?? { device, runs: new Map<string, Run>() };
    held.set(key, owner);
    for (const [index, name] of columnsOf(query, metric).entries()) {
      const column = columnOf.get(name);
      const source = columns[index] ?? raw;
      if (column === undefined || source === undefined) continue;
      const runKey = `${column} ${place}`;
      const run = owner.runs.get(runKey) ?? new Run(column);
      owner.runs.set(runKey, run);
      run.add(times, source);
    }
  }
  return held;
}

function columnsOf({ aggregate, values }: HistoryQuery, metric: string): string[] {
  if (aggregate !== undefined) {
    return aggregate.functions.map((name) => `${metric}_${name}`);
  }
  return values === 'both' ? [metric, `${metric}_raw`] : [metric];
}

/** The query in two parts that follow each other; none when it cannot be divided. */
function halves(query: HistoryQuery): HistoryQuery[] {
  const { filter, from, to, order, aggregate, limit, points } = query;
  const devices = filter.devices ?? [];
  if (devices.length > 1) {
    const half = Math.ceil(devices.length / 2);
    return [devices.slice(0, half), devices.slice(half)].map((some) => ({
      ...query,
      filter: { ...filter, devices: some },
    }));
  }
  const whole = aggregate !== undefined || limit !== undefined || points !== undefined;
  if (whole || to - from < SPAN_MS_MIN) return [];
  const middle = Math.floor((from + to) / 2);
  const parts = [
    { ...query, to: middle },
    { ...query, from: middle },
  ];
  return order === 'ascending' ? parts : parts.reverse();
}

/** Rows of one owner in the order of time, from runs that are each in that order. */
function* merge(input: {
  device: string;
  runs: readonly Run[];
  rows: RowsInHand;
  sign: 1 | -1;
}): Generator<TableBlock> {
  const { device, runs, rows, sign } = input;
  for (;;) {
    let next = Number.POSITIVE_INFINITY;
    for (const { time } of runs) if (sign * time < next) next = sign * time;
    if (next === Number.POSITIVE_INFINITY) break;
    const time = sign * next;
    for (const run of runs) if (run.time === time) rows.set(run.column, run.take());
    if (rows.close(time)) yield rows.take(device);
  }
  if (rows.count > 0) yield rows.take(device);
}

/** Rows being made, in memory that is used again for the next ones. */
class RowsInHand {
  readonly #times = new Float64Array(BLOCK_ROWS);
  readonly #columns: Float64Array[];
  count = 0;

  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () =>
      new Float64Array(BLOCK_ROWS).fill(Number.NaN),
    );
  }

  set(column: number, value: number): void {
    const values = this.#columns[column];
    if (values !== undefined) values[this.count] = value;
  }

  /** True when the rows must be taken. */
  close(time: number): boolean {
    this.#times[this.count++] = time;
    return this.count === BLOCK_ROWS;
  }

  take(device: string): TableBlock {
    const count = this.count;
    const columns = this.#columns.map((column) => column.slice(0, count));
    for (const column of this.#columns) column.fill(Number.NaN, 0, count);
    this.count = 0;
    return { device, metric: '', times: this.#times.slice(0, count), columns };
  }
}

function tooWide(device: string): AppError {
  return new AppError('QUERY_TOO_LARGE', `the rows of ${device} do not fit beside each other`, {
    hint: 'Ask for shape=long, for fewer metrics, or for wider buckets.',
  });
}
