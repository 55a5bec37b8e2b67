import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 20_000;

export const adminToken = 'test-administrator-token-0123456789abcdef';

export interface TestServer {
  http: string;
  mqttPort: number;
  token: string;
  process: ChildProcess;
  /** Everything the server wrote so far. */
  output(): string;
  /** Asks it to end and waits; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Calls the API; throws with the problem's text when the status is not 2xx. */
  call<T>(method: string, route: string, body?: unknown): Promise<T>;
}

interface ServerFile {
  pid: number;
  url: string;
  mqttUrl: string;
}

/**
 * The real, built server as a process of its own on free ports. `environment` must name a
 * SLUICE_DATA_DIR; what it sets stands over the test's defaults.
 */
export async function startServer(environment: Record<string, string>): Promise<TestServer> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    SLUICE_HTTP_PORT: '0',
    SLUICE_MQTT_PORT: '0',
    SLUICE_ADMIN_TOKEN: adminToken,
    SLUICE_LOG_LEVEL: 'warn',
    ...environment,
  };
  const child = spawn(process.execPath, ['dist/src/main.js', 'start'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const file = path.resolve(root, environment['SLUICE_DATA_DIR'] ?? 'data', 'server.json');
  const { url, mqttUrl } = await ready(child, file, () => output);
  const token = env.SLUICE_ADMIN_TOKEN;
  return {
    http: url,
    mqttPort: Number(new URL(mqttUrl).port),
    token,
    process: child,
    output: () => output,
    stop: () => end(child, 'SIGTERM'),
    kill: async () => void (await end(child, 'SIGKILL')),
    call: (method, route, body) => call({ url, token, method, route, body }),
  };
}

async function ready(child: ChildProcess, file: string, output: () => string): Promise<ServerFile> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (output().includes('is ready') && existsSync(file)) {
      const content = JSON.parse(readFileSync(file, 'utf8')) as ServerFile;
      if (content.pid === child.pid) return content;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  throw new Error(`the server did not start (exit code ${child.exitCode}):\n${output()}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await gone;
  clearTimeout(timer);
  return child.exitCode;
}

interface Call {
  url: string;
  token: string;
  method: string;
  route: string;
  body: unknown;
}

async function call<T>({ url, token, method, route, body }: Call): Promise<T> {
  const response = await fetch(new URL(`/api/v1${route}`, url), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
