import type { CounterMetric, HistogramMetric, Metrics } from '../base/metrics.ts';
import { DEVICE_FRAME_TOPICS, type DeviceFrameTopic } from '../contracts/frame.ts';

const BUCKETS_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;
/**
 * Latencies observed between two flushes (half a second). A labelled counter and a histogram cost
 * about as much as handing a message on, so under load only so many are timed; at the pace of a
 * cooperative (1,000 devices, one report in ten seconds) every one is.
 */
const TIMED_PER_FLUSH_MAX = 200;

/** Counts messages with plain numbers and hands the sums on at every flush. */
export class Meter {
  readonly #messages: CounterMetric;
  readonly #latency: HistogramMetric;
  readonly #counts: Record<DeviceFrameTopic, number> = { report: 0, status: 0, ack: 0 };
  #timed = 0;

  constructor(metrics: Metrics) {
    this.#messages = metrics.counter(
      'sluice_broker_messages_total',
      'Messages of devices that were kept and acknowledged, by topic.',
      ['topic'],
    );
    this.#latency = metrics.histogram(
      'sluice_broker_puback_milliseconds',
      'Time from reading a message to its acknowledgement; a sample of 400 a second at most.',
      BUCKETS_MS,
    );
  }

  kept(topic: DeviceFrameTopic): void {
    this.#counts[topic]++;
  }

  /** Whether the next latency is wanted; asking is cheaper than reading a clock. */
  get wantsLatency(): boolean {
    return this.#timed < TIMED_PER_FLUSH_MAX;
  }

  took(ms: number): void {
    this.#timed++;
    this.#latency.observe(ms);
  }

  flush(): void {
    this.#timed = 0;
    for (const topic of DEVICE_FRAME_TOPICS) {
      const count = this.#counts[topic];
      if (count === 0) continue;
      this.#counts[topic] = 0;
      this.#messages.add(count, { topic });
    }
  }
}
