import { yieldToEventLoop } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { CLOCK_FAULT } from '../contracts/clock-fault.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { History, HistoryBlock } from '../contracts/history.ts';
import type { Device } from '../contracts/state.ts';
import { asksForClock, ClockFaults, storedMetrics } from './clock-faults.ts';
import { type Column, columnOf, NO_SAMPLES } from './columns.ts';

/** As the device said, or as the rules judge it. */
export type Values = 'raw' | 'corrected';

export interface StretchOptions {
  history: History;
  kinds: KindRegistry;
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
    if (asksForClock(metrics)) await this.#readClock(device, keyOf(CLOCK_FAULT.name));
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
    const stored = this.#stored(device, metrics);
    for await (const { times } of this.#query(device, stored, { values, limit: 1 })) {
      newest = Math.max(newest, ...times);
    }
    return newest;
  }

  /** How the values of a device were dated, whatever people made of them later. */
  async #readClock(device: Device, key: string): Promise<void> {
    if (this.#columns.has(key)) return;
    const faults = new ClockFaults();
    const stored = this.#stored(device, [CLOCK_FAULT.name]);
    for await (const block of this.#query(device, stored, { values: 'raw' })) {
      faults.add(block);
      this.samples += block.times.length;
    }
    const samples = faults.samples();
    const times = samples.map(({ time }) => time);
    this.#columns.set(key, { times, values: samples.map(({ value }) => value) });
  }

  #stored({ kind }: Device, metrics: readonly string[]): string[] {
    const { kinds } = this.#options;
    return storedMetrics(metrics, kinds.get(kind)?.metrics.map(({ name }) => name) ?? []);
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
