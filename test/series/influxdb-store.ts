import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '#src/base/clock';
import { createMetrics } from '#src/base/metrics';
import type { KindRegistry } from '#src/contracts/device-kind';
import type { SeriesServerOptions, SeriesStore } from '#src/contracts/series';
import type { StoreLedger } from '#src/contracts/store-ledger';
import { createInfluxStore, type InfluxStoreOptions } from '#src/series/influxdb/store';
import { createInfluxd } from '../support/influxd.ts';
import { quietLogger } from '../support/quiet.ts';
import { KINDS, ZONE } from './fixtures.ts';
import { MemoryLedger } from './memory-ledger.ts';
import type { MakeStore } from './suite.ts';

export interface TestInfluxOptions {
  server: SeriesServerOptions;
  ledger?: StoreLedger;
  kinds?: KindRegistry;
  limits?: NonNullable<InfluxStoreOptions['limits']>;
}

export function createStore({
  server,
  ledger = new MemoryLedger(),
  kinds = KINDS,
  limits = {},
}: TestInfluxOptions): SeriesStore {
  return createInfluxStore({
    dir: '',
    kinds,
    timeZone: ZONE,
    clock: systemClock,
    logger: quietLogger,
    metrics: createMetrics(),
    ledger,
    server,
    limits,
  });
}

/** Stores for the conformance suite, on a server that runs already. */
export function makeInfluxStore({ server }: { server: SeriesServerOptions }): MakeStore {
  return async (kinds) => {
    const store = createStore({ server, kinds });
    await store.start(new AbortController().signal);
    return { store, stop: () => store.stop() };
  };
}

/** A store on a server of its own, which ends with it. */
export const makeOnInfluxd: MakeStore = async (kinds) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-influxd-'));
  const server = await createInfluxd(folder);
  await server.start();
  const make = makeInfluxStore({ server: { url: server.url, bucket: 'sluice' } });
  const { store, stop } = await make(kinds);
  return {
    store,
    async stop() {
      await stop();
      await server.kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};
