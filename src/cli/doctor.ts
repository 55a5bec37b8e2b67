import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Command } from 'commander';
import { programDir } from '../base/discovery.ts';
import { describeError } from '../base/errors.ts';
import { readServerFile, type ServerFile } from '../base/server-file.ts';
import type { Config } from '../config.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import { createClient } from './client.ts';
import { type ConfigOptions, configOf, withConfig } from './common.ts';
import { deviceChecks } from './doctor-devices.ts';
import { EXIT } from './exit-codes.ts';
import type { Surroundings } from './program.ts';

/** Room for the journal to grow through days without the store, at 1 MB a minute. */
const FREE_BYTES_MIN = 2 * 1024 ** 3;
const CONNECT_TIMEOUT_MS = 2_000;
const CLOCK_SLACK_MS = 86_400_000;

/** `sluice doctor`: looks for the usual causes of trouble and says what to do. */
export function addDoctor(program: Command, surroundings: Surroundings): void {
  withConfig(program.command('doctor').description('look for what may be wrong'))
    .option('--json', 'print JSON')
    .action(async (options: ConfigOptions & { json?: boolean }) => {
      const config = configOf(options, surroundings);
      const checks = await examine(config);
      const { terminal } = surroundings;
      if (options.json) terminal.result(JSON.stringify(checks));
      else for (const { ok, name, detail } of checks) terminal.result(line(ok, name, detail));
      if (checks.some(({ ok }) => !ok)) process.exitCode = EXIT.failure;
    });
}

function line(ok: boolean, name: string, detail: string): string {
  return `${ok ? '✓' : '✗'} ${name.padEnd(14)} ${detail}`;
}

async function examine(config: Config): Promise<ReadinessCheck[]> {
  const checks = [settingsCheck(), clockCheck(), folderCheck(config), diskCheck(config)];
  const server = runningServer(config);
  if (server === undefined) {
    checks.push(await portCheck('HTTP port', config.httpHost, config.httpPort));
    checks.push(await portCheck('MQTT port', config.mqttHost, config.mqttPort));
    const detail = 'not running here; "npm start" starts it';
    checks.push({ name: 'server', ok: true, detail });
    return checks;
  }
  const mqtt = new URL(server.mqttUrl);
  const answers = await reachable(mqtt.hostname, Number(mqtt.port));
  const detail = answers ? `answers on ${server.mqttUrl}` : `no answer on ${server.mqttUrl}`;
  checks.push({ name: 'MQTT', ok: answers, detail });
  return [...checks, ...(await serverChecks(server))];
}

function settingsCheck(): ReadinessCheck {
  return { name: 'settings', ok: true, detail: 'every setting is known and in its range' };
}

/** A PC without a battery for its clock wakes in the past: earlier than this program was built. */
function clockCheck(): ReadinessCheck {
  const built = statSync(programDir).mtimeMs;
  const now = Date.now();
  const ok = now > built - CLOCK_SLACK_MS;
  const time = new Date(now).toISOString();
  const detail = ok ? `it is ${time}` : `${time} is before this program was built: set the clock`;
  return { name: 'clock', ok, detail };
}

function folderCheck({ dataDir }: Config): ReadinessCheck {
  const name = 'data folder';
  try {
    if (!existsSync(dataDir)) return { name, ok: true, detail: `${dataDir} is made by the start` };
    accessSync(dataDir, constants.R_OK | constants.W_OK);
    return { name, ok: true, detail: path.resolve(dataDir) };
  } catch (error) {
    const detail = `${dataDir} cannot be used (${describeError(error)}): set SLUICE_DATA_DIR`;
    return { name, ok: false, detail };
  }
}

function diskCheck({ dataDir }: Config): ReadinessCheck {
  const name = 'disk';
  const { bavail, bsize } = statfsSync(existingFolder(path.resolve(dataDir)));
  const free = bavail * bsize;
  const shown = `${(free / 1024 ** 3).toFixed(1)} GB free`;
  if (free >= FREE_BYTES_MIN) return { name, ok: true, detail: shown };
  const detail = `${shown}: below 2 GB a few days without the store may fill it`;
  return { name, ok: false, detail };
}

/** The folder itself, or the nearest above it: the disk it will be on. */
function existingFolder(dir: string): string {
  return existsSync(dir) ? dir : existingFolder(path.dirname(dir));
}

function runningServer({ dataDir }: Config): ServerFile | undefined {
  try {
    const server = readServerFile(dataDir);
    process.kill(server.pid, 0);
    return server;
  } catch {
    return undefined;
  }
}

async function portCheck(name: string, host: string, port: number): Promise<ReadinessCheck> {
  if (port === 0) return { name, ok: true, detail: 'any free one' };
  const taken = await reachable(host, port);
  const detail = taken
    ? `${port} is taken by another program: set another, or stop that program`
    : `${port} is free`;
  return { name, ok: !taken, detail };
}

function reachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
    socket.once('timeout', end(false));
  });
}

async function serverChecks(server: ServerFile): Promise<ReadinessCheck[]> {
  try {
    const response = await fetch(new URL('/health/ready', server.url));
    const { checks } = (await response.json()) as { checks: ReadinessCheck[] };
    return [...checks, ...(await deviceChecks(createClient(server.url, server.token)))];
  } catch (error) {
    const detail = `${server.url} does not answer (${describeError(error)})`;
    return [{ name: 'server', ok: false, detail }];
  }
}
