import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { end, freePort, listening } from './server.ts';

/** Debian's InfluxDB 1.6, with an empty data folder of its own. */
export interface InfluxTarget {
  url: string;
  pid: number;
  /** Sends a body of line protocol, timestamps in ms. */
  write(lines: string): Promise<void>;
  /** Milliseconds until the last byte of the answer of `/query` is here. */
  query(statement: string): Promise<number>;
  /** Everything under its data folder. */
  bytes(): number;
  stop(): Promise<void>;
}

const DATABASE = 'bench';
const agent = new Agent({ keepAlive: true });

/** Undefined where it is not installed. */
export async function startInfluxd(): Promise<InfluxTarget | undefined> {
  const binary = ['/usr/bin/influxd', '/usr/sbin/influxd'].find(existsSync);
  if (binary === undefined) return undefined;
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-influxd-'));
  const port = await freePort();
  const child = spawn(binary, [], { env: environment(dir, port, await freePort()) });
  await listening(port);
  const url = `http://127.0.0.1:${port}`;
  await send(`${url}/query?q=${encodeURIComponent(`CREATE DATABASE ${DATABASE}`)}`, '');
  return {
    url,
    pid: child.pid ?? 0,
    write: (lines) => send(`${url}/write?db=${DATABASE}&precision=ms`, lines),
    query: (statement) =>
      lastByte(`${url}/query?db=${DATABASE}&epoch=ms&q=${encodeURIComponent(statement)}`),
    bytes: () => folderBytes(dir),
    async stop() {
      await end(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** As it comes from Debian, but for its folders, its ports, its log, and how long a body may be. */
function environment(dir: string, port: number, backupPort: number): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    INFLUXDB_REPORTING_DISABLED: 'true',
    INFLUXDB_BIND_ADDRESS: `127.0.0.1:${backupPort}`,
    INFLUXDB_META_DIR: path.join(dir, 'meta'),
    INFLUXDB_DATA_DIR: path.join(dir, 'data'),
    INFLUXDB_DATA_WAL_DIR: path.join(dir, 'wal'),
    INFLUXDB_DATA_QUERY_LOG_ENABLED: 'false',
    INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${port}`,
    INFLUXDB_HTTP_LOG_ENABLED: 'false',
    INFLUXDB_HTTP_MAX_BODY_SIZE: '0',
    INFLUXDB_LOGGING_LEVEL: 'error',
    INFLUXDB_MONITOR_STORE_ENABLED: 'false',
  };
}

async function send(url: string, body: string): Promise<void> {
  const call = request(url, { method: 'POST', agent });
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  if ((response.statusCode ?? 500) >= 300) throw new Error(`InfluxDB: ${response.statusCode}`);
}

async function lastByte(url: string): Promise<number> {
  const startedAt = performance.now();
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(response, 'end');
  if (response.statusCode !== 200 || bytes < 200) throw new Error(`InfluxDB answered ${bytes} B`);
  return performance.now() - startedAt;
}

export function folderBytes(dir: string): number {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const found = statSync(path.join(dir, name), { throwIfNoEntry: false });
    return sum + (found?.isFile() ? found.size : 0);
  }, 0);
}
