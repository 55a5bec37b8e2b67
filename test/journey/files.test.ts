import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '#src/cli/exit-codes';
import type { ImportReport } from '#src/contracts/files';
import { createDevices, eventually } from '../support/device.ts';
import { adminToken, startServer, type TestServer } from '../support/server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-file-journey-'));
const file = (name: string): string => path.join(folder, name);
let server: TestServer;

const ROWS = 30_000;
const START = Date.parse('2025-01-01T00:00:00Z');
const ALL = ['--coop', 'c', '--from', '2024-12-01', '--to', '2026-01-01'];

beforeAll(async () => {
  server = await startServer({ SLUICE_DATA_DIR: file('data') });
  await createDevices(server, { coop: 'c', ids: ['ao-1', 'ao-2'], kind: 'pond-sensor' });
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const time = new Date(START + row * 300_000).toISOString();
    return `${time},ao-${1 + (row % 2)},salinity,${(row % 3_000) / 100},good`;
  });
  writeFileSync(file('in.csv'), `time,device,metric,value,quality\r\n${lines.join('\r\n')}\r\n`);
});

afterAll(async () => {
  await server.kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

interface Outcome {
  code: number | null;
  out: string;
  error: string;
}

function sluice(...argv: string[]): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    SLUICE_DATA_DIR: file('data'),
    SLUICE_TOKEN: adminToken,
  };
  const child = spawn(process.execPath, ['dist/src/main.js', ...argv], { cwd: root, env });
  const outcome: Outcome = { code: null, out: '', error: '' };
  child.stdout.on('data', (text: Buffer) => {
    outcome.out += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    outcome.error += text.toString();
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ ...outcome, code }));
  });
}

const reportOf = ({ out }: Outcome): ImportReport => (JSON.parse(out) as [ImportReport])[0];

test('a file comes in once, however often it is sent', { timeout: 60_000 }, async () => {
  const dry = await sluice('import', file('in.csv'), '--dry-run', '--json');
  expect([dry.code, reportOf(dry)]).toMatchObject([0, { stored: ROWS, dryRun: true }]);
  const first = await sluice('import', file('in.csv'), '--json');
  expect(first.code, first.error).toBe(0);
  expect(reportOf(first)).toMatchObject({ rows: ROWS, stored: ROWS, duplicate: 0, rejected: 0 });
  const again = await sluice('import', file('in.csv'));
  expect(again.code).toBe(0);
  expect(again.out).toContain(`0 stored, 0 replaced, ${ROWS} duplicate, 0 rejected`);
});

test('an import is history, not a sign of life', async () => {
  const { items } = await server.call<{ items: Array<{ lastSeenAt: string | null }> }>(
    'GET',
    '/devices',
  );
  expect(items.map((device) => device.lastSeenAt ?? null)).toEqual([null, null]);
  await eventually('the accounts to balance', async () => {
    const { items: counts } = await server.call<{ items: Array<Record<string, unknown>> }>(
      'GET',
      '/accounting?device=ao-1',
    );
    return counts.find((count) => count['balanced'] === true && count['stored'] === ROWS / 2);
  });
});

test('what was exported can be opened, and comes in as what is there', {
  timeout: 60_000,
}, async () => {
  const plain = await sluice('export', ...ALL, '--plain', '--json', '-o', file('out.csv'));
  expect(plain.code, plain.error).toBe(0);
  expect(JSON.parse(plain.out)).toMatchObject({ rows: ROWS, format: 'csv' });
  const lines = (name: string): string[] => readFileSync(file(name), 'utf8').split('\r\n').sort();
  expect(lines('out.csv')).toEqual(lines('in.csv'));
  const excel = await sluice('export', ...ALL, '--decimal', 'comma', '-o', file('excel.csv'));
  expect(excel.code, excel.error).toBe(0);
  expect(readFileSync(file('excel.csv'), 'utf8').slice(0, 60)).toContain('\ufefftime;local_time');
  const others = ['wide.xlsx', 'wide.parquet', 'wide.ndjson'];
  for (const name of others) {
    const written = await sluice('export', ...ALL, '--shape', 'wide', '-o', file(name));
    expect(written.code, written.error).toBe(0);
  }
  const files = ['excel.csv', ...others].map(file);
  const back = await sluice('import', ...files, '--json');
  expect(back.code, back.error).toBe(0);
  for (const report of JSON.parse(back.out) as ImportReport[]) {
    expect(report).toMatchObject({ stored: 0, duplicate: ROWS, rejected: 0 });
  }
});

test('what is broken is said, by line and column, and by the exit code', async () => {
  writeFileSync(
    file('bad.csv'),
    'time,device,metric,value\n2025-01-01T00:00:00Z,ao-1,salinity,x\n',
  );
  const bad = await sluice('import', file('bad.csv'));
  expect(bad.code).toBe(EXIT.data);
  expect(bad.out).toMatch(/2 +value +NOT_A_NUMBER/);
  writeFileSync(file('none.csv'), 'a,b\n1,2\n');
  const none = await sluice('import', file('none.csv'));
  expect([none.code, none.error]).toEqual([EXIT.data, expect.stringContaining('FILE_INVALID')]);
  // A large file that is refused at its first line is not sent to its end.
  const large = readFileSync(file('in.csv'), 'utf8').replace('time', 'tune').repeat(20);
  writeFileSync(file('large.csv'), large);
  expect((await sluice('import', file('large.csv'))).code).toBe(EXIT.data);
  const unknown = await sluice('export', '--device', 'nobody', '-o', file('nobody.csv'));
  expect([unknown.code, existsSync(file('nobody.csv'))]).toEqual([EXIT.failure, false]);
  expect((await sluice('export', '--device', 'ao-1', '-o', file('x.pdf'))).code).toBe(EXIT.usage);
});

test('a body of no known format is a problem that says what to do', async () => {
  const response = await fetch(new URL('/api/v1/imports', server.http), {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'text/html' },
    body: '<html>',
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'FILE_INVALID', field: 'format' });
});

/** Lets so much of an answer through, then nothing; resolves `held` when it has come so far. */
async function holdingProxy(target: URL, bytesMax: number) {
  const sockets: net.Socket[] = [];
  let reached = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const proxy = net.createServer((client) => {
    const upstream = net.connect(Number(target.port), target.hostname);
    let passed = 0;
    client.pipe(upstream);
    upstream.on('data', (piece: Buffer) => {
      passed += piece.length;
      client.write(piece);
      if (passed < bytesMax) return;
      upstream.pause();
      reached();
    });
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    sockets.push(client, upstream);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as net.AddressInfo;
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${port}`, held, close };
}

test('a server that dies midway leaves no file that looks whole', { timeout: 60_000 }, async () => {
  const target = file('torn.csv');
  const proxy = await holdingProxy(new URL(server.http), 300_000);
  const exporting = sluice('export', ...ALL, '--url', proxy.url, '-o', target);
  await proxy.held;
  await eventually('the file to grow', () => existsSync(`${target}.part`));
  await server.kill();
  proxy.close();
  const outcome = await exporting;
  expect([outcome.code, outcome.error]).toEqual([
    EXIT.unavailable,
    expect.stringContaining('EXPORT_INCOMPLETE'),
  ]);
  expect([existsSync(target), existsSync(`${target}.part`)]).toEqual([false, false]);
});
