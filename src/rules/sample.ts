/** One value of one metric of one device at an instant of event time (ms). */
export interface Sample {
  time: number;
  /** NaN for one that a person called invalid: its device was heard, and nothing was observed. */
  value: number;
  /** A person doubts it. */
  isSuspect?: boolean;
}

/**
 * The samples as time saw them, whatever order they arrived in: ascending, one for each instant.
 * Of two for the same instant the later in the input wins, as in the series store.
 */
export function inEventOrder<T extends { time: number }>(samples: Iterable<T>): T[] {
  const byTime = new Map<number, T>();
  for (const sample of samples) byTime.set(sample.time, sample);
  return [...byTime.values()].sort((left, right) => left.time - right.time);
}
