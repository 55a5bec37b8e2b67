import type { IncomingMessage, ServerResponse } from 'node:http';
import type {} from '@fastify/cookie';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { AccessApi, Action, Principal } from '../contracts/access.ts';
import type { Aeration } from '../contracts/aeration.ts';
import type { AlertActions, MaintenanceActions } from '../contracts/alert.ts';
import type { Backups } from '../contracts/backup.ts';
import type { CommandDesk } from '../contracts/command.ts';
import type { CorrectionActions } from '../contracts/corrections.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { SeriesFiles, SeriesImports } from '../contracts/files.ts';
import type { Forecasts } from '../contracts/forecast.ts';
import type { History } from '../contracts/history.ts';
import type { Programmes, WaterBalance } from '../contracts/irrigation.ts';
import type { Journal } from '../contracts/journal.ts';
import type { LatestValues, LiveHub } from '../contracts/live.ts';
import type { DeviceMessenger } from '../contracts/messenger.ts';
import type { Notifier } from '../contracts/notify.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import type { Registry } from '../contracts/registry.ts';
import type { RuleDesk, RuleTrials } from '../contracts/rule-book.ts';
import type { SeriesStore } from '../contracts/series.ts';
import type { State } from '../contracts/state.ts';
import type { HandReports } from '../contracts/survey.ts';

export interface ApiOptions {
  host: string;
  /** 0 picks a free port. */
  port: number;
  version: string;
  /** Names of this server besides loopback and `host`, as browsers may write them. */
  allowedHosts?: readonly string[];
  kinds: KindRegistry;
  state: State;
  registry: Registry;
  series: SeriesStore;
  /** Series as people read them; `series` itself is asked for counts alone. */
  history: History;
  corrections: CorrectionActions;
  files: SeriesFiles;
  imports: SeriesImports;
  handReports: HandReports;
  journal: Pick<Journal, 'status'>;
  broker: Pick<DeviceMessenger, 'connected' | 'connections'>;
  live: LiveHub;
  latest: LatestValues;
  alerts: AlertActions;
  maintenance: MaintenanceActions;
  notifier: Notifier;
  rules: RuleDesk;
  trials: RuleTrials;
  commands: CommandDesk;
  programmes: Programmes;
  balance: WaterBalance;
  forecasts: Forecasts;
  aeration: Aeration;
  access: AccessApi;
  metrics: Metrics;
  clock: Clock;
  logger: Logger;
  /** The built dashboard. */
  webDir: string;
  /** IANA zone of the instance: days, months and plain dates are counted in it. */
  timeZone: string;
  readiness: () => ReadinessCheck[];
  backups: Backups;
}

/** A part of the server under which routes are declared, with zod for types. */
export type ApiScope = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What a caller proved about itself, and with what. */
export interface Caller {
  principal: Principal;
  /** The session cookie's value, or null when it came with a token. */
  session: string | null;
  /** Asks again whether the credential still holds: a stream outlives its first answer. */
  stillValid(): Promise<boolean>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller must be allowed to do; `open` routes ask for nobody's name. */
    action?: Action | 'open';
    /** The route times its body by itself. */
    longBody?: boolean;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}
