import type { CounterMetric, HistogramMetric, Metrics } from '../base/metrics.ts';
import type { SeriesStatus } from '../contracts/series.ts';

const WRITE_BUCKETS_MS = [2, 5, 10, 25, 50, 100, 250, 1_000, 5_000];
const QUERY_BUCKETS_MS = [2, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000];

/** What became of the values of a batch. */
export interface WriteOutcome {
  stored: number;
  duplicate: number;
  rejected?: number;
}

/** A store's numbers, under the names they have for every store. */
export class StoreMetrics {
  readonly #values: CounterMetric;
  readonly #writeMs: HistogramMetric;
  readonly #queryMs: HistogramMetric;

  constructor(metrics: Metrics, status: () => SeriesStatus) {
    this.#values = metrics.counter(
      'sluice_series_values_total',
      'Values given to the series store, by what became of them',
      ['outcome'],
    );
    this.#writeMs = metrics.histogram(
      'sluice_series_write_ms',
      'Time to commit one batch',
      WRITE_BUCKETS_MS,
    );
    this.#queryMs = metrics.histogram(
      'sluice_series_query_ms',
      'Time to the first page of a query',
      QUERY_BUCKETS_MS,
    );
    metrics.gauge('sluice_series_available', 'Whether the series store answers', () =>
      status().available ? 1 : 0,
    );
    metrics.gauge(
      'sluice_series_cursor',
      'Journal offset below which everything is committed',
      () => status().cursor,
    );
  }

  noteWrite({ stored, duplicate, rejected = 0 }: WriteOutcome, ms: number): void {
    this.#values.add(stored, { outcome: 'stored' });
    this.#values.add(duplicate, { outcome: 'duplicate' });
    this.#values.add(rejected, { outcome: 'rejected' });
    this.#writeMs.observe(ms);
  }

  noteQuery(ms: number): void {
    this.#queryMs.observe(ms);
  }
}
