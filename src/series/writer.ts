import type { Consumer } from '../contracts/observation.ts';
import type { SeriesStore } from '../contracts/series.ts';

/** Feeds the store from the journal: the cursor commits with the observations, in the store. */
export function createSeriesWriter(store: SeriesStore): Consumer {
  return {
    name: 'series',
    cursor: () => store.cursor(),
    accept: ({ from, next, observations }) => store.write({ from, next, observations }),
    persisted: () => store.status().persisted,
  };
}
