import { CLOCK_FAULT } from '../contracts/clock-fault.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { SeriesQuery, SeriesStore } from '../contracts/series.ts';
import { asksForClock, ClockFaults, storedMetrics } from './clock-faults.ts';
import { inEventOrder, type Sample } from './sample.ts';

/** What the engine reads back to judge a report that came late. */
export interface SampleHistory {
  /** Offset of the first frame whose observations cannot be read yet; goes on as the store does. */
  cursor(): number;
  /**
   * Stored samples with `from <= time < to` by metric, ascending, one for each instant; a metric
   * without any may be absent. Throws SERIES_UNAVAILABLE while the store is down.
   */
  read(request: HistoryRequest): Promise<ReadonlyMap<string, Sample[]>>;
}

export interface HistoryRequest {
  kind: string;
  device: string;
  metrics: readonly string[];
  from: number;
  to: number;
  signal?: AbortSignal;
}

/** The series store as the rules read it: one device wherever it stood, whole samples. */
export function seriesHistory(store: SeriesStore, kinds: KindRegistry): SampleHistory {
  return {
    cursor: () => {
      const { available, cursor } = store.status();
      return available ? cursor : 0;
    },
    async read({ kind, device, metrics, from, to, signal }) {
      const ofKind = kinds.get(kind)?.metrics.map(({ name }) => name) ?? [];
      const query: SeriesQuery = {
        kind,
        metrics: storedMetrics(metrics, ofKind),
        filter: { devices: [device] },
        from,
        to,
        order: 'ascending',
      };
      const found = new Map<string, Sample[]>();
      const clock = asksForClock(metrics) ? new ClockFaults() : null;
      for await (const block of store.query(query, signal)) {
        const { metric, times, columns } = block;
        clock?.add(block);
        if (!metrics.includes(metric)) continue;
        const samples = found.get(metric) ?? [];
        found.set(metric, samples);
        const values = columns[0];
        for (let row = 0; row < times.length; row++) {
          samples.push({ time: times[row] ?? 0, value: values?.[row] ?? Number.NaN });
        }
      }
      // A device that moved has a series for each place, one after the other in the answer.
      const read = new Map([...found].map(([metric, samples]) => [metric, inEventOrder(samples)]));
      if (clock !== null) read.set(CLOCK_FAULT.name, clock.samples());
      return read;
    },
  };
}
