import type { Consumer, Observation } from '../contracts/observation.ts';
import type { SeriesStore } from '../contracts/series.ts';

/** What a write tells the rollups: which days it makes stale, and that it is over. */
export interface RollupMarks {
  /** Durable when it resolves; marks stay until a recomputation that began after `release`. */
  mark(observations: readonly Observation[]): Promise<void>;
  /** Everything marked so far is committed in the store. */
  release(): void;
}

/** Feeds the store from the journal: the cursor commits with the observations, in the store. */
export function createSeriesWriter(store: SeriesStore, marks: RollupMarks): Consumer {
  return {
    name: 'series',
    cursor: () => store.cursor(),
    async accept({ from, next, observations }) {
      await marks.mark(observations);
      await store.write({ from, next, observations });
      marks.release();
    },
    persisted: () => store.status().persisted,
  };
}
