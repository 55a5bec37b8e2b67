import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Numbers for Prometheus, made by the rooms and rendered by the API. Names begin `sluice_`. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): CounterMetric;
  /** Read when the page is asked for. */
  gauge(name: string, help: string, read: () => number): void;
  /** One number for each value of a label, all read when the page is asked for. */
  gauges(name: string, help: string, read: () => LabelledValues): void;
  histogram(name: string, help: string, bucketsMs: readonly number[]): HistogramMetric;
  render(): Promise<{ contentType: string; text: string }>;
}

export interface LabelledValues {
  label: string;
  values: ReadonlyArray<readonly [value: string, number: number]>;
}

export interface CounterMetric {
  add(value?: number, labels?: Record<string, string>): void;
}

export interface HistogramMetric {
  observe(value: number): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  return {
    counter(name, help, labels = []) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] });
      return { add: (value = 1, values = {}) => counter.inc(values, value) };
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    gauges(name, help, read) {
      new Gauge({
        name,
        help,
        labelNames: [read().label],
        registers: [registry],
        collect() {
          const { label, values } = read();
          this.reset();
          for (const [value, number] of values) this.set({ [label]: value }, number);
        },
      });
    },
    histogram(name, help, bucketsMs) {
      const histogram = new Histogram({
        name,
        help,
        buckets: [...bucketsMs],
        registers: [registry],
      });
      return { observe: (value) => histogram.observe(value) };
    },
    async render() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
