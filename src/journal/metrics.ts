import type { CounterMetric, HistogramMetric, Metrics } from '../base/metrics.ts';
import type { JournalStatus } from '../contracts/journal.ts';

/** From a fast SSD (a third of a millisecond) to a card that stalls while it erases. */
const COMMIT_BUCKETS_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 250, 1_000, 5_000, 20_000];

export interface JournalMetrics {
  commits: CounterMetric;
  frames: CounterMetric;
  bytes: CounterMetric;
  commitMs: HistogramMetric;
  failures: CounterMetric;
  refused: CounterMetric;
}

export function createJournalMetrics(
  metrics: Metrics,
  status: () => JournalStatus,
): JournalMetrics {
  const gauge = (name: string, help: string, read: (now: JournalStatus) => number): void =>
    metrics.gauge(`sluice_journal_${name}`, help, () => read(status()));
  gauge('head', 'Offset the next frame will get', (now) => now.head);
  gauge('tail', 'Offset of the oldest frame kept', (now) => now.tail);
  gauge('stored_bytes', 'Bytes in use in the journal file', (now) => now.bytes);
  gauge('stored_bytes_max', 'Bytes at which reports are refused', (now) => now.bytesMax);
  gauge('in_flight', 'Frames taken and not yet synced', (now) => now.inFlight);
  gauge('failing', '1 while reports are refused', (now) => (now.failure === null ? 0 : 1));
  return {
    commits: metrics.counter('sluice_journal_commits_total', 'Commits synced'),
    frames: metrics.counter('sluice_journal_frames_total', 'Frames synced'),
    bytes: metrics.counter('sluice_journal_bytes_total', 'Bytes of frames synced'),
    commitMs: metrics.histogram(
      'sluice_journal_commit_ms',
      'Milliseconds from handing over a commit to its sync',
      COMMIT_BUCKETS_MS,
    ),
    failures: metrics.counter('sluice_journal_failures_total', 'Failed commits and lost threads'),
    refused: metrics.counter('sluice_journal_refused_total', 'Frames refused', ['code']),
  };
}
