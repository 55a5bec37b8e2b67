import { AppError } from '../../base/errors.ts';
import type { Quality } from '../../contracts/observation.ts';
import type { Row } from './batch.ts';
import { qualityOf, RECEIVED_AT, receivedAtOf } from './influxql.ts';

/** Qualities by the number that stands for them in the fields; only ever append to it. */
export const QUALITIES: readonly Quality[] = ['good', 'clock'];

/** Metrics of the row that are to be written. */
export function writtenMetrics({ observation: { values }, decision }: Row): string[] {
  const metrics = Object.keys(values);
  return decision === null ? metrics : metrics.filter((metric) => !decision.dropped.has(metric));
}

/**
 * The row in line protocol, with all it has to write or with one metric alone; null when nothing is
 * left, or when its tags cannot be written. Every report passes here: nothing is made on the way.
 */
export function lineOf(row: Row, only: string | null): string | null {
  const { kind, place, observation, decision } = row;
  if (place.head === null) return null;
  const { values, receivedAt, observedAt } = observation;
  const isGood = observation.quality === 'good';
  const merged = decision?.merged ?? false;
  let line = place.head;
  let separator = ' ';
  for (const metric in values) {
    if (decision?.dropped.has(metric) || (only !== null && metric !== only)) continue;
    if (!kind.metrics.has(metric)) {
      throw new AppError('UNKNOWN_METRIC', `kind ${kind.name} has no metric ${metric}`);
    }
    line += `${separator}${metric}=${values[metric]}`;
    separator = ',';
    if (merged) line += `,${receivedAtOf(metric)}=${receivedAt}i`;
    if (merged || !isGood) {
      line += `,${qualityOf(metric)}=${QUALITIES.indexOf(observation.quality)}i`;
    }
  }
  if (separator === ' ') return null;
  return merged ? `${line} ${observedAt}` : `${line},${RECEIVED_AT}=${receivedAt}i ${observedAt}`;
}

/** Lines of one request and the rows they are of; of all their metrics, or of one. */
export class Lines {
  readonly rows: Row[];
  readonly texts: string[];
  readonly metric: string | null;
  length = 0;

  constructor(metric: string | null, rows: Row[] = [], texts: string[] = []) {
    this.metric = metric;
    this.rows = rows;
    this.texts = texts;
  }

  /** False when there was nothing to write. */
  add(row: Row): boolean {
    const text = lineOf(row, this.metric);
    if (text === null) return false;
    this.rows.push(row);
    this.texts.push(text);
    this.length += text.length + 1;
    return true;
  }

  slice(from: number, to?: number): Lines {
    return new Lines(this.metric, this.rows.slice(from, to), this.texts.slice(from, to));
  }

  get count(): number {
    return this.rows.length;
  }

  get body(): string {
    return this.texts.join('\n');
  }
}
