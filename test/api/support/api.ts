import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAccess } from '#src/access/access';
import { createMaintenance } from '#src/alerts/maintenance';
import { type Api, type ApiOptions, createApi, type InjectedRequest } from '#src/api/api';
import { AppError } from '#src/base/errors';
import { createMetrics, type Metrics } from '#src/base/metrics';
import { type CommandRoom, createCommands } from '#src/commands/commands';
import type { AccessApi } from '#src/contracts/access';
import type { Backups } from '#src/contracts/backup';
import { defineDeviceKind, type KindRegistry } from '#src/contracts/device-kind';
import type { RawMessage } from '#src/contracts/frame';
import type { Journal } from '#src/contracts/journal';
import type { LatestValues, LiveHub } from '#src/contracts/live';
import type { ReadinessCheck } from '#src/contracts/readiness';
import type { Role } from '#src/contracts/state';
import { createSeriesFiles } from '#src/files/files';
import { createSeriesImports } from '#src/files/import/imports';
import { ScratchFolders } from '#src/files/scratch';
import { createHandReports } from '#src/ingest/hand-reports';
import { createLatest } from '#src/live/latest';
import { createStreamHub } from '#src/live/stream-hub';
import { loadChannels } from '#src/notify/discover';
import { createNotifier } from '#src/notify/notifier';
import { createRuleDesk } from '#src/rules/desk';
import { createRuleTrials } from '#src/rules/trials';
import { createState, type StateService } from '#src/state/state';
import { deliveryOf, personOf } from '../../state/examples.ts';
import { quietLogger } from '../../support/quiet.ts';
import { alertActions, alertOf } from './alerts.ts';
import { Line } from './line.ts';
import { MemorySeries } from './memory-series.ts';
import { MemoryCorrections, PlainHistory } from './plain-history.ts';
import {
  plainAeration,
  plainBalance,
  plainForecasts,
  plainProgrammes,
} from './plain-irrigation.ts';

/** 12:00 in Hà Nội. */
export const NOW = Date.parse('2026-11-22T05:00:00Z');

const label = { vi: 'v', en: 'e', fr: 'f' };
const metric = (name: string, unit: string) =>
  ({ name, label, unit, min: -50, max: 100, decimals: 2, shape: 'gauge' }) as const;
const simulator = { idPrefix: 't', values: () => null };

export const kinds: KindRegistry = new Map(
  [
    defineDeviceKind({
      name: 'pond-sensor',
      title: { vi: 'Cảm biến ao', en: 'Pond sensor', fr: 'Capteur' },
      siteKind: 'pond',
      intervalSeconds: 300,
      metrics: [metric('dissolved_oxygen', 'mg/L'), metric('water_temperature', 'Cel')],
      rules: [],
      simulator,
    }),
    defineDeviceKind({
      name: 'insect-trap',
      title: { vi: 'Bẫy đèn', en: 'Trap', fr: 'Piège' },
      siteKind: 'field',
      intervalSeconds: 3_600,
      metrics: [metric('count_NILALU', '{count}'), metric('air_temperature', 'Cel')],
      rules: [],
      commands: [
        { action: 'open', label, maxSeconds: 60 },
        { action: 'close', label },
      ],
      actuator: {
        role: 'irrigation-valve',
        on: 'open',
        off: 'close',
        position: null,
        witness: null,
      },
      simulator,
    }),
  ].map((kind) => [kind.name, kind]),
);

export interface Bench {
  api: Api;
  state: StateService;
  series: MemorySeries;
  history: PlainHistory;
  corrections: MemoryCorrections;
  /** The real desk; it ticks when a test says so. */
  commands: CommandRoom;
  /** What was published to devices. */
  line: Line;
  access: AccessApi;
  hub: LiveHub;
  latest: LatestValues;
  metrics: Metrics;
  /** Tokens by role, of the cooperative binh-minh; `root` is an administrator of all. */
  tokens: Record<Role | 'root' | 'stranger', string>;
  clock: { time: number; now(): number; monotonic(): number };
  online: Set<string>;
  checks: ReadinessCheck[];
  /** What was handed to the journal. */
  frames: RawMessage[];
  call(request: InjectedRequest & { token?: string }): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** The body as JSON; undefined when it is of another type. */
  body: Body;
}

/** Every field that a test reads of an answer, whichever route it came from. */
export interface Body {
  code: string;
  title: string;
  detail: string;
  field: string;
  errors: Array<{ field: string; message: string }>;
  requestId: string;
  items: Item[];
  next: string | null;
  status: string;
  name: string;
  role: string;
  site: string | null;
  state: string;
  timeline: Array<{ at: string; event: string; who: string | null; note: string | null }>;
  credentials: { clientId: string; username: string; password: string };
  token: { id: string };
  text: string;
}

export interface Item {
  id: string;
  device: string;
  day: string;
  columns: string[];
  rows: Array<[string, ...number[]]>;
  site: string | null;
  metric: string;
  version: number;
  count: number;
}

/** A server that is always just making its first backup. */
const noBackups: Backups = {
  begin: () => {
    throw new AppError('BACKUP_RUNNING', 'a backup is being made');
  },
  list: () => [],
  get: () => undefined,
};

/** Takes everything and shows it: what becomes of frames is tested elsewhere. */
function openJournal(frames: RawMessage[]): Pick<Journal, 'append' | 'status'> {
  return {
    append: (message, done) => {
      frames.push(message);
      setImmediate(() => done(null));
    },
    status: () => ({ head: 0 }) as never,
  };
}

type Change = Partial<ApiOptions>;

/** What a room in place of the usual one is made of. */
export interface Parts {
  state: StateService;
  hub: LiveHub;
  now: () => number;
}

/** The API over a real state, real access and real live rooms. */
export async function startBench(given: Change | ((parts: Parts) => Change) = {}): Promise<Bench> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-api-'));
  const clock = { time: NOW, now: () => clock.time, monotonic: () => performance.now() };
  const state = createState({ file: path.join(folder, 'state.db'), clock, logger: quietLogger });
  await state.start(new AbortController().signal);
  const access = createAccess({ state, clock, logger: quietLogger });
  const metrics = createMetrics();
  const hub = createStreamHub({ clock, metrics });
  const change = typeof given === 'function' ? given({ state, hub, now: clock.now }) : given;
  const latest = createLatest();
  const series = new MemorySeries();
  const history = new PlainHistory(series);
  const corrections = new MemoryCorrections(clock.now);
  const online = new Set<string>();
  const checks: ReadinessCheck[] = [{ name: 'journal', ok: true, detail: 'keeps its promise' }];
  const { registry } = state;
  const reload = async () => undefined;
  const common = { registry, kinds: change.kinds ?? kinds, clock, logger: quietLogger };
  const desk = createRuleDesk({ ...common, state, reload });
  await desk.start(new AbortController().signal);
  const timeZone = 'Asia/Ho_Chi_Minh';
  const scratch = new ScratchFolders(path.join(folder, 'files'));
  const frames: RawMessage[] = [];
  const journal = openJournal(frames);
  const notifier = createNotifier({
    ...{ state, registry: state.registry, kinds, live: hub, clock, metrics, logger: quietLogger },
    channels: await loadChannels(),
    settings: [],
    timeZone: 'Asia/Ho_Chi_Minh',
    publicUrl: null,
    publish: async () => undefined,
    print: () => undefined,
  });
  await notifier.start(new AbortController().signal);
  const line = new Line(online);
  const commands = createCommands({
    ...{ ...common, state, live: hub, messenger: line, metrics, timeZone },
  });
  const api = createApi({
    host: '127.0.0.1',
    port: 0,
    version: '0.0.1',
    kinds,
    state,
    registry,
    series,
    history,
    corrections,
    files: createSeriesFiles({ history: change.history ?? history, scratch }),
    imports: createSeriesImports({
      ...{ journal, series, registry, kinds, clock, scratch },
      clockFutureMs: 300_000,
    }),
    handReports: createHandReports({ journal, registry, clock, clockFutureMs: 300_000 }),
    journal: { status: () => ({}) as never },
    broker: line,
    live: hub,
    latest,
    alerts: alertActions(state, clock.now),
    maintenance: createMaintenance({ state, clock }),
    notifier,
    rules: desk,
    commands,
    programmes: plainProgrammes(state, clock.now),
    balance: plainBalance(state, clock.now),
    forecasts: plainForecasts(state),
    aeration: plainAeration(state, clock.now),
    trials: createRuleTrials({ ...common, desk, history: change.history ?? history, timeZone }),
    access,
    metrics,
    clock,
    logger: quietLogger,
    webDir: path.join(folder, 'web'),
    timeZone,
    readiness: () => checks,
    backups: noBackups,
    ...change,
  });
  await seed(state, access);
  for (const device of ['dev-1', 'dev-9']) {
    const work = { type: 'flag', flag: 'suspect' } as const;
    const span = { device, metric: 'dissolved_oxygen', from: NOW - 1_000, to: null };
    await corrections.create({ ...span, work, note: null }, 'seed', `fix.${device}`);
  }
  const tokens = await makeTokens(access);
  return {
    api,
    state,
    series,
    history,
    corrections,
    commands,
    line,
    access,
    hub,
    latest,
    metrics,
    tokens,
    clock,
    online,
    checks,
    frames,
    call: (request) => call(api, request),
    async close() {
      await api.stop();
      await notifier.stop();
      hub.close();
      await desk.stop();
      await commands.stop();
      await state.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function call(api: Api, request: InjectedRequest & { token?: string }): Promise<Answer> {
  const { token, headers, ...rest } = request;
  const response = await api.inject({
    ...rest,
    headers: {
      host: 'localhost',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  const type = String(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
    ),
    text: response.body,
    body: /json/.test(type) && !/ndjson/.test(type) ? JSON.parse(response.body) : undefined,
  };
}

/** Two cooperatives with a site, a device and an alert each. */
async function seed(state: StateService, access: AccessApi): Promise<void> {
  for (const [coop, site, device] of [
    ['binh-minh', 'ao-1', 'dev-1'],
    ['phu-my', 'ao-9', 'dev-9'],
  ] as const) {
    await state.coops.create({ id: coop, name: coop });
    await state.sites.create({
      id: site,
      coop,
      kind: 'pond',
      name: site,
      location: null,
      areaHa: 0.5,
      crop: null,
      species: 'Litopenaeus vannamei',
      startedOn: null,
    });
    const facts = { name: null, intervalSeconds: null, tags: [], gateway: null, createdAt: NOW };
    await state.devices.create(
      { id: device, coop, site, kind: 'pond-sensor', ...facts },
      access.hashSecret(`${device}-`.padEnd(40, 'x')),
    );
    await state.alerts.save([alertOf({ id: `oxygen.${device}`, coop, site, device })]);
    const unsaid = { activeKgHa: null, costPerHa: null, alert: null, note: null };
    const told = { coop, site, who: 'seed', recordedAt: NOW };
    await state.sprays.save({
      ...{ id: `spray-${device}`, at: NOW - 86_400_000, product: 'Chess 50WG' },
      ...unsaid,
      ...told,
    });
    await state.sprays.saveBaseline({
      ...{ from: '2026-07-01', to: '2026-07-31', sprays: 4, costPerHa: 500_000, activeKgHa: null },
      ...{ source: 'own last season', fields: 1 },
      ...told,
    });
    await state.people.save(personOf({ id: `person-${device}`, coops: [coop] }));
    await state.outbox.add([
      deliveryOf({
        id: `told.${device}`,
        coop,
        person: `person-${device}`,
        alert: `oxygen.${device}`,
      }),
    ]);
    await state.ledger.saveRejections([
      {
        source: { coop, site, device, kind: 'pond-sensor' },
        offset: device === 'dev-1' ? 1 : 2,
        index: 0,
        part: 0,
        metric: 'ph',
        code: 'VALUE_OUT_OF_RANGE',
        reason: 'ph 22 is above 14',
        sequence: 4,
        count: 1,
        receivedAt: NOW - 1_000,
        excerpt: '{"values":{"ph":22}}',
      },
    ]);
  }
}

async function makeTokens(access: AccessApi): Promise<Bench['tokens']> {
  const make = async (name: string, role: Role, coops: string[] | null): Promise<string> =>
    (await access.createToken({ name, role, coops, expiresAt: null })).text;
  const mine = ['binh-minh'];
  return {
    viewer: await make('Viewer', 'viewer', mine),
    farmer: await make('Anh Ba', 'farmer', mine),
    agronomist: await make('Chị Tư', 'agronomist', mine),
    operator: await make('Operator', 'operator', mine),
    administrator: await make('Administrator', 'administrator', mine),
    stranger: await make('Stranger', 'administrator', ['phu-my']),
    root: await make('Root', 'administrator', null),
  };
}
