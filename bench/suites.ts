import { measureAlertLatency } from './alert-latency.ts';
import { measureCommands } from './commands.ts';
import { measureConnections } from './connections.ts';
import { measureDryRun } from './dry-run.ts';
import { measureHistory } from './history.ts';
import { measurePipeline } from './influx-pipeline.ts';
import type { LoadDevice } from './mqtt-load.ts';
import { wait } from './mqtt-load.ts';
import { measureQueries } from './queries.ts';
import { measureRules } from './rules.ts';
import {
  load,
  type SluiceTarget,
  startBareAedes,
  startMosquitto,
  startSluice,
  type Target,
} from './server.ts';
import { median } from './statistics.ts';

/** One line of the README's table. */
export interface Figure {
  what: string;
  value: string;
  goal?: string;
}

interface Suite {
  name: string;
  run(): Promise<Figure[]>;
}

/** Registers so many pond sensors, `bench-0` and on. */
export type Provision = (server: SluiceTarget, count: number) => Promise<LoadDevice[]>;

const COOP = 'bench';
const CONNECTIONS = 100;
const IN_FLIGHT = 20;
const ROUNDS = 3;
const SECONDS = 6;
const WARM_UP_SECONDS = 2;
const VALUES_PER_REPORT = 5;

/** Registers pond sensors and returns them with the secrets they brought. */
export async function provision(server: SluiceTarget, count: number): Promise<LoadDevice[]> {
  await server.call('POST', '/api/v1/coops', { id: COOP, name: 'Bench' });
  await server.call('POST', '/api/v1/sites', {
    id: 'pond',
    coop: COOP,
    kind: 'pond',
    name: 'Pond',
  });
  const devices = Array.from({ length: count }, (_, index) => ({
    id: `bench-${index}`,
    coop: COOP,
    secret: `bench-secret-0123456789-0123456789-${index}`,
  }));
  const lines = devices.map((device) =>
    JSON.stringify({ ...device, site: 'pond', kind: 'pond-sensor' }),
  );
  await server.call('POST', '/api/v1/devices/bulk', lines.join('\n'), {
    'content-type': 'application/x-ndjson',
  });
  return devices;
}

function throughputOf(target: Target, devices: readonly LoadDevice[]): Promise<number> {
  const shape = { inFlight: IN_FLIGHT, seconds: SECONDS, warmUpSeconds: WARM_UP_SECONDS };
  return load({ port: target.port, devices, ...shape }).then(({ perSecond }) => perSecond);
}

/** Waits until the series store holds everything; resolves with the milliseconds it took. */
async function drained(server: SluiceTarget): Promise<number> {
  const startedAt = performance.now();
  while ((await server.metric('sluice_series_backlog_frames')) > 0) await wait(50);
  return performance.now() - startedAt;
}

async function throughput(): Promise<Figure[]> {
  const strangers = Array.from({ length: CONNECTIONS }, (_, index) => ({
    id: `bench-${index}`,
    coop: COOP,
    secret: 'unused',
  }));
  const rates = { aedes: [] as number[], mosquitto: [] as number[], sluice: [] as number[] };
  const catchUp: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const aedes = await startBareAedes();
    rates.aedes.push(await throughputOf(aedes, strangers));
    await aedes.stop();
    const mosquitto = await startMosquitto();
    if (mosquitto !== undefined) {
      rates.mosquitto.push(await throughputOf(mosquitto, strangers));
      await mosquitto.stop();
    }
    const server = await startSluice();
    const devices = await provision(server, CONNECTIONS);
    rates.sluice.push(await throughputOf(server, devices));
    const backlog = await server.metric('sluice_series_backlog_frames');
    const ms = await drained(server);
    catchUp.push((backlog * VALUES_PER_REPORT * 1000) / ms);
    await server.stop();
  }
  const own = median(rates.sluice);
  const perSecond = (rate: number): string => `${Math.round(rate / 100) / 10} k/s`;
  const ratio = (to: number[]): string => (own / median(to)).toFixed(2);
  const shape = `QoS 1, ${CONNECTIONS} connections × ${IN_FLIGHT} in flight, 170-byte reports`;
  const figures: Figure[] = [
    { what: `Acknowledged, synced to disk (${shape})`, value: perSecond(own) },
    { what: 'Bare Aedes, no hook, nothing stored', value: perSecond(median(rates.aedes)) },
    { what: 'Ratio to bare Aedes', value: ratio(rates.aedes), goal: '≥ 0.65' },
  ];
  if (rates.mosquitto.length > 0) {
    figures.push(
      { what: 'mosquitto, merely routing', value: perSecond(median(rates.mosquitto)) },
      { what: 'Ratio to mosquitto', value: ratio(rates.mosquitto), goal: 'aim 1.0' },
    );
  }
  const values = `${Math.round(median(catchUp) / 1000)} k values/s`;
  figures.push({ what: 'Store catching up after it', value: values, goal: '≥ 300 k/s' });
  return figures;
}

async function latency(): Promise<Figure[]> {
  const server = await startSluice();
  const devices = await provision(server, CONNECTIONS);
  const shape = { inFlight: IN_FLIGHT, seconds: 10, warmUpSeconds: 3, ratePerSecond: 5_000 };
  const result = await load({ port: server.port, devices, ...shape });
  await server.stop();
  return [
    {
      what: 'PUBACK at 5,000 messages/s, median',
      value: `${result.latencyMsP50.toFixed(1)} ms`,
    },
    {
      what: 'PUBACK at 5,000 messages/s, p99',
      value: `${result.latencyMsP99.toFixed(1)} ms`,
      goal: '≤ 50 ms',
    },
  ];
}

async function start(): Promise<Figure[]> {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const server = await startSluice();
    times.push(server.startMs);
    await server.stop();
  }
  const value = `${(median(times) / 1000).toFixed(2)} s`;
  return [{ what: 'Start of an idle server until it is ready', value, goal: '≤ 1.5 s' }];
}

export const suites: readonly Suite[] = [
  { name: 'throughput', run: throughput },
  { name: 'latency', run: latency },
  { name: 'alerts', run: () => measureAlertLatency(provision, 1_000) },
  { name: 'connections', run: () => measureConnections(provision) },
  { name: 'start', run: start },
  { name: 'queries', run: () => measureQueries(provision) },
  { name: 'history', run: () => measureHistory(provision) },
  { name: 'dry-run', run: () => measureDryRun(provision) },
  { name: 'rules', run: () => measureRules(provision) },
  { name: 'commands', run: () => measureCommands(provision) },
  { name: 'influxdb', run: () => measurePipeline(provision) },
];
