import type { Command } from 'commander';
import { type FleetProgress, runFleet } from '../../simulators/fleet.ts';
import { demoPlan } from '../../simulators/plan.ts';
import { type ProvisionSummary, provision } from '../../simulators/provision.ts';
import { createWorld, fallingOxygen } from '../../simulators/worlds/world.ts';
import { describeError } from '../base/errors.ts';
import { readServerFile, type ServerFile } from '../base/server-file.ts';
import { loadConfig } from '../config.ts';
import { loadKinds } from '../ingest/kinds.ts';
import { box, qrCode } from './banner.ts';
import { createClient } from './client.ts';
import type { ConfigOptions } from './common.ts';
import { startProgress } from './output.ts';
import type { Surroundings } from './program.ts';
import { runServer } from './run-server.ts';

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 30;
const LIVE_INTERVAL_SECONDS = 5;
/** Reports are dense for this long before the start, so that the falling oxygen is seen falling. */
const DENSE_SECONDS = 900;
/** The demonstration's devices, secrets and weather are the same each time. */
const SECRET_SEED = 'sluice-demo';
const WORLD_SEED = 20_261_122;

/** `sluice demo`: the server with a make-believe farm, thirty days of history and a bad night. */
export function addDemo(program: Command, surroundings: Surroundings): void {
  program
    .command('demo')
    .description('run the server with a simulated farm')
    .option('--config <file>', 'YAML file with settings')
    .option('--data <folder>', 'data folder', './data/demo')
    .option('--quiet', 'no QR code')
    .action((options: ConfigOptions & { quiet?: boolean }) => demo(options, surroundings));
}

async function demo(
  options: ConfigOptions & { quiet?: boolean },
  surroundings: Surroundings,
): Promise<void> {
  const { environment, terminal } = surroundings;
  const config = loadConfig({
    environment,
    file: options.config,
    overrides: {
      dataDir: environment['SLUICE_DATA_DIR'] ?? options.data,
      // The box is for reading: only what is wrong may come between.
      logLevel: environment['SLUICE_LOG_LEVEL'] ?? 'warn',
    },
  });
  const { app, logger, finished, beforeStop } = await runServer(config, surroundings.version);
  const server = readServerFile(config.dataDir);
  const link = await app.createSignInLink();
  const lines = app.addresses().map(({ label, url }) => ({ label, value: url }));
  lines.push({ label: 'open this', value: link });
  const title = `Sluice ${surroundings.version} is ready, with a simulated farm`;
  terminal.result(box(title, lines, `Ctrl-C to stop; data in ${config.dataDir}`));
  if (terminal.interactive && !options.quiet) terminal.note(qrCode(link));
  const stopper = new AbortController();
  const simulated = simulateFarm({ server, surroundings, signal: stopper.signal }).catch(
    (error: unknown) => {
      logger.error({ error: describeError(error) }, 'the simulated farm stopped');
      terminal.note(`The simulated farm stopped: ${describeError(error)}`);
    },
  );
  beforeStop(async () => {
    stopper.abort();
    await simulated;
  });
  await finished;
}

interface FarmInput {
  server: ServerFile;
  surroundings: Surroundings;
  signal: AbortSignal;
}

async function simulateFarm({ server, surroundings, signal }: FarmInput): Promise<void> {
  const { terminal } = surroundings;
  const kinds = await loadKinds();
  const { url, token, mqttUrl } = server;
  const plan = demoPlan(kinds);
  const summary = await provision({ apiUrl: url, token, plan, secretSeed: SECRET_SEED, signal });
  const startAt = Date.now();
  const devices = await withHistory(summary, server, startAt);
  const backfilled = devices.every(({ from }) => from > startAt - DAY_MS);
  const pond = devices.find(({ kind }) => kinds.get(kind)?.siteKind === 'pond');
  const world = createWorld(WORLD_SEED, fallingOxygen(pond?.seed ?? 0, startAt));
  const progress = startProgress(
    backfilled ? 'catching up' : `${HISTORY_DAYS} days of history`,
    terminal,
    () => performance.now(),
  );
  let told = false;
  const onProgress = ({ acknowledged, total }: FleetProgress): void => {
    if (told) return;
    if (acknowledged < total) return progress.update(acknowledged, total);
    told = true;
    progress.end(`${acknowledged} reports of history sent; ${devices.length} devices are live`);
  };
  await runFleet(
    {
      brokerUrl: mqttUrl,
      devices,
      kinds,
      world,
      startAt,
      liveIntervalSeconds: LIVE_INTERVAL_SECONDS,
      denseSeconds: DENSE_SECONDS,
      progressMs: 250,
      onProgress,
    },
    signal,
  );
}

type DemoDevice = ProvisionSummary['devices'][number] & { from: number; seed: number };

interface Latest {
  device: string;
  observedAt: string;
}

/** Where each device's history goes on: after its last report, or thirty days ago. */
async function withHistory(
  summary: ProvisionSummary,
  server: ServerFile,
  startAt: number,
): Promise<DemoDevice[]> {
  const client = createClient(server.url, server.token);
  const { items } = await client.call<{ items: Latest[] }>('GET', '/latest');
  const newest = new Map<string, number>();
  for (const { device, observedAt } of items) {
    newest.set(device, Math.max(newest.get(device) ?? 0, Date.parse(observedAt)));
  }
  return summary.devices.map((device) => ({
    ...device,
    seed: device.seed ?? 0,
    from: Math.max((newest.get(device.id) ?? 0) + 1, startAt - HISTORY_DAYS * DAY_MS),
  }));
}
