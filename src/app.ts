import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createAccess } from './access/access.ts';
import { createAlerts } from './alerts/alerts.ts';
import { createApi } from './api/api.ts';
import type { Clock } from './base/clock.ts';
import { lockDataDir } from './base/data-dir.ts';
import { discoverFolders, programDir } from './base/discovery.ts';
import { AppError } from './base/errors.ts';
import type { Logger } from './base/logger.ts';
import { createMetrics } from './base/metrics.ts';
import { removeServerFile, writeServerFile } from './base/server-file.ts';
import type { Service } from './base/service.ts';
import { createBroker } from './broker/broker.ts';
import { type Config, dataFile } from './config.ts';
import type { ReadinessCheck } from './contracts/readiness.ts';
import type { SeriesStoreDefinition } from './contracts/series.ts';
import { createDecoder } from './ingest/decode.ts';
import { loadKinds } from './ingest/kinds.ts';
import { Ledger } from './ingest/ledger.ts';
import { Pump } from './ingest/pump.ts';
import { createJournal } from './journal/journal.ts';
import { LiveConsumer } from './live/consumer.ts';
import { createLatest } from './live/latest.ts';
import { createStreamHub } from './live/stream-hub.ts';
import { createRuleEngine } from './rules/engine.ts';
import { createSeriesWriter } from './series/writer.ts';
import { createState } from './state/state.ts';

export interface AppOptions {
  config: Config;
  version: string;
  clock: Clock;
  logger: Logger;
}

export interface App {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What it listens on, with a word for people; known once it runs. */
  addresses(): Array<{ label: string; url: string }>;
  /** The one-time link to sign in with, when no administrator token was configured. */
  signInLink(): string | null;
}

export function createApp(options: AppOptions): App {
  throw new AppError('NOT_WIRED', String(options.version));
}
void [readFileSync, path, createAccess, createAlerts, createApi, lockDataDir, discoverFolders, programDir, createMetrics, removeServerFile, writeServerFile, createBroker, dataFile, createDecoder, loadKinds, Ledger, Pump, createJournal, LiveConsumer, createLatest, createStreamHub, createRuleEngine, createSeriesWriter, createState];
export type Unused = [Service, ReadinessCheck, SeriesStoreDefinition];
