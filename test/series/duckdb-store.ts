import { systemClock } from '#src/base/clock';
import { createLogger } from '#src/base/logger';
import { createMetrics } from '#src/base/metrics';
import type { KindRegistry } from '#src/contracts/device-kind';
import {
  createDuckDbStore,
  type DuckDbStore,
  type DuckDbStoreOptions,
} from '#src/series/duckdb/store';
import { KINDS, ZONE } from './fixtures.ts';

export interface TestStoreOptions {
  dir: string;
  kinds?: KindRegistry;
  limits?: NonNullable<DuckDbStoreOptions['limits']>;
}

export function createStore({ dir, kinds = KINDS, limits = {} }: TestStoreOptions): DuckDbStore {
  return createDuckDbStore({
    dir,
    kinds,
    timeZone: ZONE,
    clock: systemClock,
    logger: createLogger('silent'),
    metrics: createMetrics(),
    limits,
  });
}
