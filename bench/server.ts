import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadOptions, LoadResult } from './mqtt-load.ts';
import { wait } from './mqtt-load.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const main = path.join(here, '../src/main.js');
const TOKEN = 'bench-administrator-token-0123456789abcdef';
const START_DEADLINE_MS = 20_000;

/** A broker under test, whoever made it. */
export interface Target {
  name: string;
  port: number;
  stop(): Promise<void>;
}

export interface SluiceTarget extends Target {
  http: string;
  token: string;
  /** Milliseconds from spawning the process to its readiness. */
  startMs: number;
  pid: number;
  call<T>(
    method: string,
    route: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T>;
  metric(name: string): Promise<number>;
  /** Ends it and keeps its data folder. */
  rest(): Promise<void>;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(timer);
}

/** Aedes without a hook. */
export async function startBareAedes(): Promise<Target> {
  const child = fork(path.join(here, 'bare-aedes.js'));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { name: 'bare Aedes', port, stop: () => end(child) };
}

/** Debian's mosquitto, storing nothing; undefined when it is not installed. */
export async function startMosquitto(): Promise<Target | undefined> {
  const binary = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto'].find(existsSync);
  if (binary === undefined) return undefined;
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-mosquitto-'));
  const port = await freePort();
  const config = path.join(dir, 'mosquitto.conf');
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false'];
  writeFileSync(config, [...lines, 'max_inflight_messages 0', 'log_type none', ''].join('\n'));
  const child = spawn(binary, ['-c', config], { stdio: 'ignore' });
  await listening(port);
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(dir, { recursive: true, force: true });
  };
  return { name: 'mosquitto', port, stop };
}

/** The built server on free ports, with a data folder of its own that goes when it stops. */
export async function startSluice(
  settings: Record<string, string> = {},
  dir: string = mkdtempSync(path.join(tmpdir(), 'sluice-bench-')),
): Promise<SluiceTarget> {
  const startedAt = performance.now();
  // As `npm start` runs it.
  const child = spawn(process.execPath, ['--max-semi-space-size=8', main, 'start'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      SLUICE_DATA_DIR: dir,
      SLUICE_HTTP_PORT: '0',
      SLUICE_MQTT_PORT: '0',
      SLUICE_ADMIN_TOKEN: TOKEN,
      SLUICE_LOG_LEVEL: 'warn',
      SLUICE_MESSAGES_PER_SECOND: '0',
      SLUICE_JOURNAL_MAX_MB: '8192',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { url, mqttUrl } = await readyFile(child, path.join(dir, 'server.json'));
  const startMs = performance.now() - startedAt;
  const call = async <T>(
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> => {
    const json = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(new URL(route, url), {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : json,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    const isJson = (response.headers.get('content-type') ?? '').includes('application/json');
    return (isJson ? JSON.parse(text) : text) as T;
  };
  return {
    name: 'Sluice',
    port: Number(new URL(mqttUrl).port),
    http: url,
    token: TOKEN,
    startMs,
    pid: child.pid ?? 0,
    call,
    async metric(name) {
      const page = await call<string>('GET', '/metrics');
      const line = page.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.split(' ')[1] ?? Number.NaN);
    },
    rest: () => end(child),
    async stop() {
      await end(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function readyFile(
  child: ChildProcess,
  file: string,
): Promise<{ url: string; mqttUrl: string }> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    if (output.includes('is ready') && existsSync(file)) {
      return JSON.parse(readFileSync(file, 'utf8')) as { url: string; mqttUrl: string };
    }
    await wait(5);
  }
  throw new Error(`the server did not start: ${output}`);
}

/** Runs one load in a process of its own, so that it never shares a thread with a server. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const child = fork(path.join(here, 'load-process.js'), { serialization: 'advanced' });
  child.send(options);
  const [result] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the load ended with ${code}`);
    }),
  ])) as [LoadResult];
  return result;
}

/** Bytes resident of a process and all its children, from /proc. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  return childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), own);
}

/** The same with each page shared out among the processes that have it. */
export function proportionalBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const own = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024;
  return childrenOf(pid).reduce((sum, child) => sum + proportionalBytes(child), own);
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  return port;
}

export async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = net.connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await wait(20);
  }
  throw new Error(`nothing listens on ${port}`);
}
