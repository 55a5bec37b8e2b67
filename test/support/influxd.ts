import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/** Why the suites that need a server are skipped, or null. */
export const influxdMissing: string | null = (process.env['PATH'] ?? '')
  .split(':')
  .some((dir) => existsSync(path.join(dir, 'influxd')))
  ? null
  : "influxd is not installed (Debian's package influxdb)";

const START_DEADLINE_MS = 20_000;

/** Debian's influxd 1.6 as a plain process; it keeps its folder and ports over its lives. */
export interface Influxd {
  url: string;
  start(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Not started yet. Its database engine is set to what the tests need, its talk to nothing. */
export async function createInfluxd(folder: string): Promise<Influxd> {
  const [http, rpc] = [await freePort(), await freePort()];
  const config = path.join(folder, 'influxd.conf');
  const dir = (name: string): string => JSON.stringify(path.join(folder, name));
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = ${dir('meta')}
logging-enabled = false
[data]
dir = ${dir('data')}
wal-dir = ${dir('wal')}
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${http}"
log-enabled = false
[monitor]
store-enabled = false
[logging]
level = "error"
`,
  );
  const url = `http://127.0.0.1:${http}`;
  let child: ChildProcess | undefined;
  return {
    url,
    async start() {
      child = spawn('influxd', ['-config', config], { stdio: 'ignore' });
      const deadline = performance.now() + START_DEADLINE_MS;
      while (!(await answers(url))) {
        if (performance.now() > deadline) throw new Error('influxd did not start');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/ping', url))).ok;
  } catch {
    return false;
  }
}
