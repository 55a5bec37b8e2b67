import { AppError } from '../../base/errors.ts';
import type { Quality } from '../../contracts/observation.ts';
import type { Row } from './batch.ts';
import { qualityOf, RECEIVED_AT, receivedAtOf } from './influxql.ts';
import { LineBytes } from './line-bytes.ts';

/** Qualities by the number that stands for them in the fields; only ever append to it. */
export const QUALITIES: readonly Quality[] = ['good', 'clock'];

/** Metrics of the row that are to be written. */
export function writtenMetrics({ observation: { values }, decision }: Row): string[] {
  const metrics = Object.keys(values);
  return decision === null ? metrics : metrics.filter((metric) => !decision.dropped.has(metric));
}

/**
 * Adds the row in line protocol, with all it has to write or with one metric alone; false when
 * nothing is left, or when its tags cannot be written. Every report passes here: nothing is made
 * on the way.
 */
function addLine(bytes: LineBytes, row: Row, only: string | null): boolean {
  const { kind, place, observation, decision } = row;
  if (place.head === null) return false;
  const { values, receivedAt, observedAt } = observation;
  const isGood = observation.quality === 'good';
  const merged = decision?.merged ?? false;
  const start = bytes.length;
  bytes.add(place.head);
  let separator = ' ';
  for (const metric in values) {
    if (decision?.dropped.has(metric) || (only !== null && metric !== only)) continue;
    if (!kind.metrics.has(metric)) {
      throw new AppError('UNKNOWN_METRIC', `kind ${kind.name} has no metric ${metric}`);
    }
    bytes.addAscii(separator);
    bytes.addAscii(metric);
    bytes.addAscii('=');
    bytes.addNumber(values[metric] ?? Number.NaN);
    separator = ',';
    if (merged) addWhole(bytes, receivedAtOf(metric), receivedAt);
    if (merged || !isGood) {
      addWhole(bytes, qualityOf(metric), QUALITIES.indexOf(observation.quality));
    }
  }
  if (separator === ' ') {
    bytes.cut(start);
    return false;
  }
  if (!merged) addWhole(bytes, RECEIVED_AT, receivedAt);
  bytes.addAscii(' ');
  bytes.addNumber(observedAt);
  bytes.addAscii('\n');
  return true;
}

function addWhole(bytes: LineBytes, field: string, value: number): void {
  bytes.addAscii(',');
  bytes.addAscii(field);
  bytes.addAscii('=');
  bytes.addNumber(value);
  bytes.addAscii('i');
}

/** Lines of one request and the rows they are of; of all their metrics, or of one. */
export class Lines {
  readonly rows: Row[];
  readonly metric: string | null;
  readonly #bytes: LineBytes;
  /** Where each line begins, and where the last one ends. */
  readonly #edges: number[];

  constructor(metric: string | null, part?: { rows: Row[]; bytes: LineBytes; edges: number[] }) {
    this.metric = metric;
    this.rows = part?.rows ?? [];
    this.#bytes = part?.bytes ?? new LineBytes();
    this.#edges = part?.edges ?? [0];
  }

  /** False when there was nothing to write. */
  add(row: Row): boolean {
    if (!addLine(this.#bytes, row, this.metric)) return false;
    this.rows.push(row);
    this.#edges.push(this.#bytes.length);
    return true;
  }

  slice(from: number, to: number = this.count): Lines {
    const rows = this.rows.slice(from, to);
    const edges = this.#edges.slice(from, to + 1);
    return new Lines(this.metric, { rows, bytes: this.#bytes, edges });
  }

  get count(): number {
    return this.rows.length;
  }

  /** In bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Without the line break of the last line. */
  get body(): string {
    return this.#bytes.text(this.#edges[0] ?? 0, (this.#edges[this.count] ?? 1) - 1);
  }
}
