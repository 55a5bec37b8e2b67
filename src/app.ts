import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createAccess } from './access/access.ts';
import { buildAlerting } from './alerting.ts';
import { createApi } from './api/api.ts';
import { type Clock, sleep } from './base/clock.ts';
import { checkRestored, lockDataDir, seriesFolder } from './base/data-dir.ts';
import { discoverFolders, programDir } from './base/discovery.ts';
import { AppError } from './base/errors.ts';
import { createHeapGovernor } from './base/heap-governor.ts';
import type { Logger } from './base/logger.ts';
import { createMetrics } from './base/metrics.ts';
import { removeServerFile, writeServerFile } from './base/server-file.ts';
import { createBroker, type TlsOptions } from './broker/broker.ts';
import { type Config, dataFile, seriesServer, stateFile } from './config.ts';
import type { SeriesStoreDefinition } from './contracts/series.ts';
import { createSeriesFiles } from './files/files.ts';
import { createSeriesImports } from './files/import/imports.ts';
import { ScratchFolders } from './files/scratch.ts';
import { createDecoder } from './ingest/decode.ts';
import { createHandReports } from './ingest/hand-reports.ts';
import { loadKinds } from './ingest/kinds.ts';
import { Ledger } from './ingest/ledger.ts';
import { Pump } from './ingest/pump.ts';
import { buildIrrigation } from './irrigating.ts';
import { type ForecastProviders, loadForecastProviders } from './irrigation/providers.ts';
import { createJournal } from './journal/journal.ts';
import { LiveConsumer } from './live/consumer.ts';
import { createLatest } from './live/latest.ts';
import { createStreamHub } from './live/stream-hub.ts';
import { type Channels, loadChannels } from './notify/discover.ts';
import { createReadiness } from './readiness.ts';
import { createCorrections } from './series/history/corrections.ts';
import { createHistory } from './series/history/history.ts';
import { Recompute } from './series/history/recompute.ts';
import { RollupLedger } from './series/history/rollup-ledger.ts';
import { createLossCheck } from './series/loss-check.ts';
import { checkRetentionKinds, parseRetention } from './series/retention-rules.ts';
import { createSeriesWriter } from './series/writer.ts';
import { createState } from './state/state.ts';
import { buildBackups, buildRetention } from './upkeep.ts';

export interface AppOptions {
  config: Config;
  version: string;
  clock: Clock;
  logger: Logger;
}

export interface App {
  /** Throws an `AppError` before any port opens when something is wrong; then call `stop`. */
  start(): Promise<void>;
  /** Outward-in; safe twice and after a failed start. */
  stop(): Promise<void>;
  /** What it listens on, with a word for people; known once it runs. */
  addresses(): Array<{ label: string; url: string }>;
  /** Whether an administrator has a token or a session. */
  someoneCanSignIn(): boolean;
  /** A one-time link that signs an administrator in. */
  createSignInLink(): Promise<string>;
}

/** Larger batches for the store while a reading still shows on a chart at once. */
const SERIES_LINGER_MS = 100;
/** A store that is slower shows its last values a little later. */
const LAST_VALUES_MS = 1_000;
/** The token under which commands on this machine reach their server. */
const LOCAL_TOKEN_NAME = 'command line on this machine';

type Parts = Awaited<ReturnType<typeof build>>;

/** The hall: builds every part, joins them, starts and stops them in order. */
export function createApp(options: AppOptions): App {
  const { config } = options;
  const stops: Array<() => Promise<void> | void> = [];
  const stopper = new AbortController();
  let parts: Parts | undefined;
  let someoneCanSignIn = false;

  return {
    async start() {
      stops.push(lockDataDir(config.dataDir));
      checkRestored(config.dataDir);
      parts = await build(options);
      someoneCanSignIn = await launch(parts, options, stops, stopper.signal);
    },

    async stop() {
      stopper.abort();
      for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
        await Promise.resolve(stop()).catch((error: unknown) =>
          options.logger.error({ error }, 'a part did not stop cleanly'),
        );
      }
    },

    addresses() {
      return parts === undefined ? [] : addressesOf(parts);
    },

    someoneCanSignIn: () => someoneCanSignIn,

    async createSignInLink() {
      if (parts === undefined) throw new Error('the server is not running');
      const { code } = await parts.access.createSignInLink();
      return new URL(`/sign-in?code=${code}`, parts.api.address()?.url).href;
    },
  };
}

async function build(options: AppOptions) {
  const stores = await buildStores(options);
  const past = buildHistory(options, stores);
  const found = { channels: await loadChannels(), providers: await loadForecastProviders() };
  const intake = buildIntake(options, { ...stores, ...past }, found);
  const upkeep = buildUpkeep(options, { ...stores, ...past }, intake);
  const inside = { ...intake, ...upkeep };
  const front = buildFront(options, { ...stores, ...past }, inside);
  return { ...stores, ...past, ...inside, ...front };
}

type Stores = Awaited<ReturnType<typeof buildStores>>;

/** What keeps: journal, series and state. */
export async function buildStores({ config, clock, logger }: AppOptions) {
  const kinds = await loadKinds();
  checkRetentionKinds(parseRetention(config.retention, { keepsArchive: true }), kinds);
  const common = { clock, metrics: createMetrics() };
  const state = createState({
    file: stateFile(config),
    clock,
    logger: logger.child({ name: 'state' }),
  });
  const journal = createJournal({
    dir: dataFile(config, 'journal'),
    bytesMax: config.journalMaxMb * 1024 ** 2,
    logger: logger.child({ name: 'journal' }),
    ...common,
  });
  const store = await seriesStore(config.series);
  const server = seriesServer(config);
  const series = store.create({
    dir: dataFile(config, seriesFolder(config.series)),
    kinds,
    timeZone: config.timeZone,
    memoryLimitMb: config.duckdbMemoryMb,
    ledger: state.storeLedger(config.series, config.timeZone),
    ...(server !== undefined && { server }),
    logger: logger.child({ name: 'series' }),
    ...common,
  });
  const losses = createLossCheck({
    series,
    state,
    timeZone: config.timeZone,
    clock,
    logger: logger.child({ name: 'series' }),
  });
  return { kinds, common, state, journal, series, losses };
}

type Past = ReturnType<typeof buildHistory>;

/** What makes series long-lived: rollups, what people say of values, and reading both. */
function buildHistory({ config, logger }: AppOptions, stores: Stores) {
  const { kinds, common, state, series } = stores;
  const rollups = new RollupLedger({ state, timeZone: config.timeZone, ...common });
  const shared = { state, store: series, rollups, kinds, ...common };
  const corrections = createCorrections(shared);
  const recompute = new Recompute({
    ...shared,
    corrections,
    logger: logger.child({ name: 'rollups' }),
  });
  const history = createHistory({ ...shared, corrections: corrections.applied });
  return { rollups, corrections, recompute, history };
}

type Intake = ReturnType<typeof buildIntake>;

/** What takes reports in and carries them to the stores, the rules and the listeners. */
function buildIntake(
  options: AppOptions,
  stores: Stores & Past,
  { channels, providers }: { channels: Channels; providers: ForecastProviders },
) {
  const { config, logger } = options;
  const { kinds, common, state, journal, series, rollups } = stores;
  const { registry } = state;
  const live = createStreamHub(common);
  const latest = createLatest();
  const broker = createBroker({
    host: config.mqttHost,
    port: config.mqttPort,
    ...tlsOf(config),
    registry,
    journal,
    live,
    logger: logger.child({ name: 'broker' }),
    limits: {
      connectionsMax: config.maxConnections,
      messagesPerSecond: config.messagesPerSecond,
      burst: config.messageBurst,
    },
    ...common,
  });
  const clockWindow = {
    pastMs: config.clockPastDays * 86_400_000,
    futureMs: config.clockFutureSeconds * 1000,
  };
  registry.onChange((device) => {
    if (registry.find(device) === undefined) latest.forget(device);
  });
  const alerting = buildAlerting(options, { ...stores, live, broker, channels });
  const { desk } = alerting;
  const irrigation = buildIrrigation(options, { ...stores, live, broker, desk, providers });
  const liveConsumer = new LiveConsumer({ latest, live, series });
  const pump = new Pump({
    journal,
    decode: createDecoder({ kinds, clockWindow }),
    ledger: new Ledger({ state, messenger: broker, live, timeZone: config.timeZone }),
    followers: [
      { consumer: createSeriesWriter(series, rollups.marker()), lingerMs: SERIES_LINGER_MS },
      { consumer: alerting.rules },
      { consumer: irrigation.commands },
      { consumer: liveConsumer },
    ],
    logger: logger.child({ name: 'pump' }),
    ...common,
  });
  return { live, latest, liveConsumer, broker, pump, ...alerting, ...irrigation };
}

/** What keeps the stores safe and small. */
function buildUpkeep(options: AppOptions, stores: Stores & Past, { pump }: Intake) {
  const backups = buildBackups(options, stores, pump);
  const retention = buildRetention(options, stores, {
    backups,
    readers: pump,
    rollups: stores.rollups,
  });
  return { backups, retention };
}

/** What people and programs see. */
function buildFront(
  { config, version, clock, logger }: AppOptions,
  stores: Stores & Past,
  inside: Intake & ReturnType<typeof buildUpkeep>,
) {
  const { kinds, common, state, journal, series, losses, history, corrections } = stores;
  const { live, latest, broker, pump, backups, retention } = inside;
  const { alerts, maintenance, notifier, ruleDesk, trials } = inside;
  const { commands, programmes, balance, forecasts, aeration } = inside;
  const scratch = new ScratchFolders(dataFile(config, 'files'));
  const access = createAccess({ state, clock, logger: logger.child({ name: 'access' }) });
  const api = createApi({
    host: config.httpHost,
    port: config.httpPort,
    allowedHosts: config.allowedHosts,
    version,
    kinds,
    state,
    registry: state.registry,
    series,
    history,
    corrections,
    files: createSeriesFiles({ history, scratch }),
    imports: createSeriesImports({
      ...{ journal, series, registry: state.registry, kinds, clock, scratch },
      clockFutureMs: config.clockFutureSeconds * 1000,
    }),
    handReports: createHandReports({
      ...{ journal, registry: state.registry, clock },
      clockFutureMs: config.clockFutureSeconds * 1000,
    }),
    journal,
    broker,
    live,
    latest,
    alerts,
    maintenance,
    notifier,
    rules: ruleDesk,
    trials,
    ...{ commands, programmes, balance, forecasts, aeration },
    access,
    logger: logger.child({ name: 'api' }),
    webDir: path.join(programDir, 'web'),
    timeZone: config.timeZone,
    readiness: createReadiness({
      journal,
      state,
      series,
      losses,
      broker,
      pump,
      upkeep: [backups, retention, notifier, commands],
    }),
    backups,
    ...common,
  });
  return { access, api };
}

async function launch(
  parts: Parts,
  { config, clock, logger }: AppOptions,
  stops: Array<() => Promise<void> | void>,
  signal: AbortSignal,
): Promise<boolean> {
  const { state, journal, series, losses, access, rules, pump, backups, retention, api, broker } =
    parts;
  const start = async (part: {
    start(signal: AbortSignal): Promise<void>;
    stop(): Promise<void>;
  }) => {
    stops.push(() => part.stop());
    await part.start(signal);
  };
  await start(createHeapGovernor());
  // The journal opens beside the others; a series store may keep its memory in the state.
  const stateThenSeries = start(state).then(() => start(series));
  const stores = await Promise.allSettled([stateThenSeries, start(journal)]);
  for (const outcome of stores) if (outcome.status === 'rejected') throw outcome.reason;
  await start(parts.rollups);
  await start(parts.corrections);
  // A state that was damaged may have lost marks or corrections.
  if (state.repairs.length > 0) await parts.rollups.distrust();
  await journal.advanceHead(await furthestCursor(parts));
  await removeLocalTokens(access);
  const someoneCanSignIn = await access.ensureAdministrator(config.adminToken);
  // Nobody should see an empty farm because the last values were still on their way.
  await Promise.race([parts.liveConsumer.cursor(), sleep(LAST_VALUES_MS, signal)]).catch(
    () => undefined,
  );
  await start(parts.desk);
  await start(parts.notifier);
  await start(rules);
  await start(parts.ruleDesk);
  await start(parts.commands);
  await start(pump);
  await start(parts.recompute);
  for (const part of [parts.forecasts, parts.balance, parts.programmes, parts.aeration]) {
    await start(part);
  }
  await start(backups);
  await start(retention);
  await start(losses);
  await start(api);
  await start(broker);
  const url = api.address()?.url ?? '';
  const token = await localToken(access, clock);
  writeServerFile(config.dataDir, { pid: process.pid, url, mqttUrl: mqttUrl(parts), token });
  stops.push(async () => {
    removeServerFile(config.dataDir);
    await removeLocalTokens(access);
  });
  logger.info({ addresses: addressesOf(parts) }, 'ready');
  return someoneCanSignIn;
}

/**
 * The highest offset a consumer has passed, as far as they can tell now: the journal must not give
 * it to another frame, even when damage took its newest ones.
 */
async function furthestCursor({ state, series }: Parts): Promise<number> {
  const names = ['ledger', 'rules', 'commands'];
  const asked = [...names.map((name) => state.cursors.get(name)), series.cursor()];
  const answers = await Promise.allSettled(asked);
  return Math.max(...answers.map((one) => (one.status === 'fulfilled' ? one.value : 0)));
}

/** A run that was killed leaves its token behind. */
async function removeLocalTokens(access: Parts['access']): Promise<void> {
  for (const { id, name } of await access.listTokens()) {
    if (name === LOCAL_TOKEN_NAME) await access.removeToken(id);
  }
}

async function localToken(access: Parts['access'], clock: Clock): Promise<string> {
  const expiresAt = clock.now() + 365 * 86_400_000;
  const { text } = await access.createToken({
    name: LOCAL_TOKEN_NAME,
    role: 'administrator',
    coops: null,
    expiresAt,
  });
  return text;
}

async function seriesStore(name: string): Promise<SeriesStoreDefinition> {
  const stores = await discoverFolders<SeriesStoreDefinition>(
    path.join(programDir, 'src/series'),
    'store',
    { skipsOthers: true },
  );
  const store = stores.get(name);
  if (store !== undefined) return store;
  throw new AppError('CONFIG_INVALID', `there is no series store ${name}`, {
    field: 'SLUICE_SERIES',
    hint: `SLUICE_SERIES is one of: ${[...stores.keys()].join(', ')}.`,
  });
}

function tlsOf(config: Config): { tls?: TlsOptions } {
  const { mqttsPort, tlsCert, tlsKey, tlsCa } = config;
  if (mqttsPort === undefined || tlsCert === undefined || tlsKey === undefined) return {};
  const ca = tlsCa === undefined ? {} : { ca: readPem('SLUICE_TLS_CA', tlsCa) };
  const cert = readPem('SLUICE_TLS_CERT', tlsCert);
  return { tls: { port: mqttsPort, cert, key: readPem('SLUICE_TLS_KEY', tlsKey), ...ca } };
}

function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `${setting}: ${file} cannot be read`, {
      cause,
      field: setting,
    });
  }
}

function mqttUrl({ broker }: Parts): string {
  const { mqtt } = broker.addresses();
  return mqtt === null ? '' : `mqtt://${reachable(mqtt.host)}:${mqtt.port}`;
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function addressesOf(parts: Parts): Array<{ label: string; url: string }> {
  const { mqtts } = parts.broker.addresses();
  const secure =
    mqtts === null
      ? []
      : [{ label: 'MQTT, TLS', url: `mqtts://${reachable(mqtts.host)}:${mqtts.port}` }];
  return [
    { label: 'page and API', url: parts.api.address()?.url ?? '' },
    { label: 'MQTT', url: mqttUrl(parts) },
    ...secure,
  ];
}
