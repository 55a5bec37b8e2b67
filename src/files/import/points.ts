import { valueFault } from '../../../schemas/value.ts';
import { unguarded } from '../../base/csv-text.ts';
import { type LocalClock, localClock } from '../../base/local-clock.ts';
import { parseTimestamp } from '../../base/timestamp.ts';
import type { KindRegistry, Metric } from '../../contracts/device-kind.ts';
import type { Source } from '../../contracts/frame.ts';
import type { Quality } from '../../contracts/observation.ts';
import type { Registry } from '../../contracts/registry.ts';
import { wallOf } from '../xlsx/text.ts';
import type { Layout } from './layout.ts';
import type { Cell, RowFault, RowSource, SourceRow } from './source.ts';

/** A value of a row that was found good. */
export interface ImportPoint {
  source: Source;
  metric: string;
  time: number;
  value: number;
  quality: Quality;
}

export interface PointSink {
  point(point: ImportPoint): void;
  fault(line: number, fault: RowFault): void;
}

export interface PointReaderOptions {
  kinds: KindRegistry;
  registry: Pick<Registry, 'find' | 'source'>;
  coops: readonly string[] | null;
  timeZone: string;
  /** Latest time that is believed, ms. */
  timeMax: number;
  source: Pick<RowSource, 'excelDates' | 'decimalComma'>;
}

interface Target {
  source: Source;
  metrics: ReadonlyMap<string, Metric>;
}

const EPOCH_MS = /^\d{1,16}$/;
/** Numbers below are seconds: as milliseconds they would be of before March 1973. */
const EPOCH_MS_MIN = 1e11;
const LOCAL_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?$/;
const OFFSET = /^([+-])(\d\d):(\d\d)$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** What a person may have said of a value is kept by itself: the value was good all the same. */
const QUALITIES: ReadonlyMap<string, Quality> = new Map([
  ['good', 'good'],
  ['clock', 'clock'],
  ['suspect', 'good'],
  ['invalid', 'good'],
]);

/** Makes points of rows, with the checks that reports of devices pass too. */
export class PointReader {
  readonly #options: PointReaderOptions;
  readonly #sink: PointSink;
  readonly #zone: LocalClock;
  readonly #metrics = new Map<string, ReadonlyMap<string, Metric>>();
  /** Devices of this file; null for those the caller may not write to. */
  readonly #targets = new Map<string, Target | null>();

  constructor(options: PointReaderOptions, sink: PointSink) {
    this.#options = options;
    this.#sink = sink;
    this.#zone = localClock(options.timeZone);
    for (const { name, metrics } of options.kinds.values()) {
      this.#metrics.set(name, new Map(metrics.map((metric) => [metric.name, metric])));
    }
  }

  read(row: SourceRow, layout: Layout): void {
    const fault = row.fault ?? this.#readRow(row, layout);
    if (fault !== undefined) this.#sink.fault(row.line, fault);
  }

  /** What is wrong with the row as a whole; its cells are told to the sink one by one. */
  #readRow({ line, cells }: SourceRow, layout: Layout): RowFault | undefined {
    if (cells.length > layout.columns.length) {
      const message = `the row has ${cells.length} cells, the header ${layout.columns.length}`;
      return { column: null, code: 'ROW_INVALID', message };
    }
    const time = this.#timeOf(cells, layout);
    if (typeof time !== 'number') return time;
    const device = cells[layout.device] ?? null;
    const target = this.#targetOf(device);
    if (target === null) {
      const message = `there is no device ${JSON.stringify(device)} that you may write to`;
      return { column: 'device', code: 'DEVICE_NOT_FOUND', message };
    }
    const quality = QUALITIES.get(String(cells[layout.quality] ?? 'good'));
    if (quality === undefined) {
      const message = 'the quality is neither good nor clock';
      return { column: 'quality', code: 'ROW_INVALID', message };
    }
    const base = { source: target.source, time, quality };
    if (layout.metric !== -1) {
      const metric = String(cells[layout.metric] ?? '');
      return this.#take(target, { ...base, metric }, cells[layout.value] ?? '');
    }
    for (const { place, metric } of layout.values) {
      const cell = cells[place] ?? null;
      if (cell === null || cell === '') continue;
      const fault = this.#take(target, { ...base, metric }, cell);
      const column = layout.columns[place] ?? metric;
      if (fault !== undefined) this.#sink.fault(line, { ...fault, column });
    }
    return undefined;
  }

  #take(
    target: Target,
    point: Omit<ImportPoint, 'value'>,
    cell: string | number,
  ): RowFault | undefined {
    const value = this.#numberOf(cell);
    const fault = valueFault(target.metrics.get(point.metric), value);
    if (fault === undefined) {
      this.#sink.point({ ...point, value });
      return undefined;
    }
    const column = fault.code === 'UNKNOWN_METRIC' ? 'metric' : 'value';
    return { column, code: fault.code, message: fault.reason };
  }

  #numberOf(cell: string | number): number {
    if (typeof cell === 'number') return cell;
    const comma = this.#options.source.decimalComma === true;
    const text = comma ? cell.replace(',', '.') : cell;
    return NUMBER.test(text) ? Number(text) : Number.NaN;
  }

  #targetOf(cell: Cell): Target | null {
    const id = unguarded(String(cell ?? ''));
    let target = this.#targets.get(id);
    if (target === undefined) {
      target = this.#findTarget(id);
      // Names that are no device's are as many as a file likes.
      if (target !== null) this.#targets.set(id, target);
    }
    return target;
  }

  #findTarget(id: string): Target | null {
    const { registry, coops } = this.#options;
    const device = registry.find(id);
    const source = registry.source(id);
    if (device === undefined || source === undefined) return null;
    if (coops !== null && !coops.includes(device.coop)) return null;
    return { source, metrics: this.#metrics.get(device.kind) ?? new Map() };
  }

  #timeOf(cells: readonly Cell[], layout: Layout): number | RowFault {
    const time = this.#instantOf(cells[layout.time] ?? null, cells[layout.utcOffset] ?? null);
    if (!(time >= 0)) {
      const message = 'the time is neither RFC 3339 nor milliseconds since 1970';
      return { column: 'time', code: 'BAD_TIME', message };
    }
    if (time > this.#options.timeMax) {
      return { column: 'time', code: 'CLOCK_OUTSIDE', message: 'the time is in the future' };
    }
    return Math.trunc(time);
  }

  #instantOf(cell: Cell, offset: Cell): number {
    if (typeof cell === 'number') {
      if (this.#options.source.excelDates === true) return this.#fromWall(wallOf(cell), offset);
      return cell < EPOCH_MS_MIN ? Number.NaN : cell;
    }
    if (cell === null) return Number.NaN;
    const time = parseTimestamp(cell);
    if (!Number.isNaN(time)) return time;
    if (EPOCH_MS.test(cell)) return Number(cell) < EPOCH_MS_MIN ? Number.NaN : Number(cell);
    if (!LOCAL_TIME.test(cell)) return Number.NaN;
    const seconds = cell.length === 'yyyy-mm-ddThh:mm'.length ? ':00' : '';
    return this.#fromWall(parseTimestamp(`${cell.replace(' ', 'T')}${seconds}Z`), offset);
  }

  #fromWall(wall: number, offset: Cell): number {
    const [, sign, hours, minutes] = OFFSET.exec(String(offset ?? '')) ?? [];
    if (sign === undefined) return Number.isNaN(wall) ? wall : this.#zone.instant(wall);
    const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return wall - (sign === '-' ? -ms : ms);
  }
}
