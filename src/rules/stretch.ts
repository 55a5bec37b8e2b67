import { yieldToEventLoop } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { History, HistoryBlock } from '../contracts/history.ts';
import type { Device } from '../contracts/state.ts';
import { type Column, columnOf, NO_SAMPLES } from './columns.ts';

/** As the device said, or as the rules judge it. */
export type Values = 'raw' | 'corrected';

export interface StretchOptions {
  history: History;
  signal?: AbortSignal | undefined;
}

/** History of some devices over a stretch of event time, each series read once for all who ask. */
export class Stretch {
  readonly from: number;
  readonly to: number;
  /** Samples read so far. */
  samples = 0;
  readonly #options: StretchOptions;
  readonly #columns = new Map<string, Column>();

  constructor(options: StretchOptions, { from, to }: { from: number; to: number }) {
    this.#options = options;
    this.from = from;
    this.to = to;
  }

  /** The samples of these metrics of a device, in their order. */
  async columns(device: Device, metrics: readonly string[], values: Values): Promise<Column[]> {
    const keyOf = (metric: string): string => JSON.stringify([device.id, metric, values]);
    const missing = metrics.filter((metric) => !this.#columns.has(keyOf(metric)));
    if (missing.length > 0) {
      const blocks = new Map<string, HistoryBlock[]>(missing.map((metric) => [metric, []]));
      for await (const block of this.#query(device, missing, { values })) {
        blocks.get(block.metric)?.push(block);
        this.samples += block.times.length;
      }
      for (const [metric, found] of blocks) this.#columns.set(keyOf(metric), columnOf(found));
    }
    return metrics.map((metric) => this.#columns.get(keyOf(metric)) ?? NO_SAMPLES);
  }

  /** Event time of the newest sample of any of these; -Infinity without one. */
  async newest(device: Device, metrics: readonly string[], values: Values): Promise<number> {
    let newest = Number.NEGATIVE_INFINITY;
    for await (const { times } of this.#query(device, metrics, { values, limit: 1 })) {
      newest = Math.max(newest, ...times);
    }
    return newest;
  }

  /** Lets others have their turn. Throws QUERY_CANCELLED when nobody waits for the answer. */
  async turn(): Promise<void> {
    await yieldToEventLoop();
    if (this.#options.signal?.aborted) throw cancelled();
  }

  #query(
    { kind, id, coop }: Device,
    metrics: readonly string[],
    { values, limit }: { values: Values; limit?: number },
  ): AsyncIterable<HistoryBlock> {
    const { history, signal } = this.#options;
    if (signal?.aborted) throw cancelled();
    const { from, to } = this;
    // An id may have been another cooperative's before: that one's values are not shown.
    const filter = { devices: [id], coops: [coop] };
    const query = { kind, metrics, filter, from, to, values };
    return limit === undefined
      ? history.query({ ...query, order: 'ascending' }, signal)
      : history.query({ ...query, order: 'descending', limit }, signal);
  }
}

function cancelled(): AppError {
  return new AppError('QUERY_CANCELLED', 'nobody waits for the dry run any more');
}
