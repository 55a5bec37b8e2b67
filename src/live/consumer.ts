import type { LatestValues, LivePublisher } from '../contracts/live.ts';
import type { Consumer, DecodedBatch } from '../contracts/observation.ts';
import type { SeriesStore } from '../contracts/series.ts';

export interface LiveConsumerOptions {
  latest: LatestValues;
  live: LivePublisher;
  series: Pick<SeriesStore, 'cursor' | 'latest'>;
}

/**
 * Feeds the last values and the stream. Its cursor lives in memory: at the start the last values
 * come from the store, and reading goes on from what the store held then.
 */
export class LiveConsumer implements Consumer {
  readonly name = 'live';
  readonly #options: LiveConsumerOptions;
  #cursor: number | undefined;

  constructor(options: LiveConsumerOptions) {
    this.#options = options;
  }

  async cursor(): Promise<number> {
    if (this.#cursor === undefined) {
      const { latest, series } = this.#options;
      // The cursor first: what is written in between is then seen twice, never missed.
      const cursor = await series.cursor();
      latest.load(await series.latest());
      this.#cursor = cursor;
    }
    return this.#cursor;
  }

  async accept(batch: DecodedBatch): Promise<void> {
    const { latest, live } = this.#options;
    latest.observe(batch.observations);
    for (const { source, observedAt, quality, values, imported } of batch.observations) {
      // History that a person brings in is no news: a million values would drown those who listen.
      if (imported) continue;
      const { device, site, coop, kind } = source;
      const data = { device, site, coop, kind, time: observedAt, quality, values };
      live.publish({ type: 'observation', coop, data });
    }
    this.#cursor = batch.next;
  }

  /** It keeps nothing of its own on disk, so it never holds the journal back. */
  persisted(): number {
    return Number.POSITIVE_INFINITY;
  }
}
