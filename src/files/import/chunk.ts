import { MESSAGE_BYTES_MAX, REPORTS_PER_MESSAGE_MAX } from '../../../schemas/report.ts';
import type { Source } from '../../contracts/frame.ts';
import type { Quality } from '../../contracts/observation.ts';
import type { SeriesBlock, SeriesQuery } from '../../contracts/series.ts';
import type { ImportPoint } from './points.ts';

interface Given {
  value: number;
  quality: Quality;
}

interface OfDevice {
  source: Source;
  /** Points by metric and time. */
  metrics: Map<string, Map<number, Given>>;
}

/** What the store makes of values, counted before it is given them. */
export interface Outcomes {
  stored: number;
  replaced: number;
  duplicate: number;
}

/** One message for the journal. */
export interface ImportFrame {
  source: Source;
  payload: Buffer;
}

/** Room for the brackets around the reports, and to spare. */
const PAYLOAD_BYTES_MAX = MESSAGE_BYTES_MAX - 64;

/** Points of a stretch of the file, each device, metric and time once. */
export class ImportChunk {
  readonly #devices = new Map<string, OfDevice>();
  readonly #outcomes: Outcomes = { stored: 0, replaced: 0, duplicate: 0 };
  /** Points that the store has with another value. */
  readonly #known = new Set<Given>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  size = 0;

  add({ source, metric, time, value, quality }: ImportPoint): void {
    let device = this.#devices.get(source.device);
    if (device === undefined) {
      device = { source, metrics: new Map() };
      this.#devices.set(source.device, device);
    }
    let points = device.metrics.get(metric);
    if (points === undefined) {
      points = new Map();
      device.metrics.set(metric, points);
    }
    const before = points.get(time);
    if (before !== undefined) this.#countAgain(before.value, value);
    else this.size++;
    points.set(time, { value, quality });
    if (time < this.#from) this.#from = time;
    if (time > this.#to) this.#to = time;
  }

  /** The same point twice in one file: the later counts, as it would from a device. */
  #countAgain(before: number, value: number): void {
    if (before === value) this.#outcomes.duplicate++;
    else this.#outcomes.replaced++;
  }

  /** What to ask the store to know which of the points it has, one query a kind. */
  queries(): SeriesQuery[] {
    const kinds = new Map<string, { devices: string[]; metrics: Set<string> }>();
    for (const { source, metrics } of this.#devices.values()) {
      const kind = kinds.get(source.kind) ?? { devices: [], metrics: new Set() };
      kinds.set(source.kind, kind);
      kind.devices.push(source.device);
      for (const metric of metrics.keys()) kind.metrics.add(metric);
    }
    return [...kinds].map(([kind, { devices, metrics }]) => ({
      kind,
      metrics: [...metrics],
      filter: { devices },
      from: this.#from,
      to: this.#to + 1,
      order: 'ascending',
    }));
  }

  /** Points of the store: those that are the same need not be given to it again. */
  meet({ device, metric, times, columns }: SeriesBlock): void {
    const points = this.#devices.get(device)?.metrics.get(metric);
    const [values] = columns;
    if (points === undefined || values === undefined) return;
    for (let row = 0; row < times.length && points.size > 0; row++) {
      const time = times[row] as number;
      const given = points.get(time);
      if (given === undefined) continue;
      if (given.value === values[row]) {
        this.#outcomes.duplicate++;
        points.delete(time);
      } else if (!this.#known.has(given)) {
        this.#outcomes.replaced++;
        this.#known.add(given);
      }
    }
  }

  /** How the points are counted; whatever was not met is new. */
  outcomes(): Outcomes {
    let left = 0;
    for (const { metrics } of this.#devices.values()) {
      for (const points of metrics.values()) left += points.size;
    }
    return { ...this.#outcomes, stored: left - this.#known.size };
  }

  /** The points as reports of their devices, by time. */
  *frames(): Generator<ImportFrame> {
    for (const { source, metrics } of this.#devices.values()) {
      let reports: string[] = [];
      let bytes = 0;
      for (const report of reportsOf(metrics)) {
        const isFull = reports.length === REPORTS_PER_MESSAGE_MAX;
        // Names of metrics and numbers are ASCII: a character is a byte.
        if (isFull || bytes + report.length + 1 > PAYLOAD_BYTES_MAX) {
          yield { source, payload: Buffer.from(`[${reports.join(',')}]`) };
          reports = [];
          bytes = 0;
        }
        reports.push(report);
        bytes += report.length + 1;
      }
      if (reports.length > 0) yield { source, payload: Buffer.from(`[${reports.join(',')}]`) };
    }
  }
}

/** One report an instant and quality, with all its values. */
function* reportsOf(metrics: OfDevice['metrics']): Generator<string> {
  const reports = new Map<number, { good: string; clock: string }>();
  for (const [metric, points] of metrics) {
    const name = JSON.stringify(metric);
    for (const [time, { value, quality }] of points) {
      let report = reports.get(time);
      if (report === undefined) {
        report = { good: '', clock: '' };
        reports.set(time, report);
      }
      report[quality] += `${report[quality] === '' ? '' : ','}${name}:${value}`;
    }
  }
  for (const time of [...reports.keys()].sort((left, right) => left - right)) {
    const { good, clock } = reports.get(time) ?? { good: '', clock: '' };
    if (good !== '') yield `{"observedAt":${time},"values":{${good}}}`;
    if (clock !== '') yield `{"observedAt":${time},"quality":"clock","values":{${clock}}}`;
  }
}
