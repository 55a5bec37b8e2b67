import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { connectDevice, createDevices, eventually, topicOf } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import {
  auditOrder,
  parseTrace,
  type SystemCall,
  straceArguments,
  straceMissing,
} from '../support/strace.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const missing = straceMissing();
const MESSAGES = 200;
const TOKEN = 'order-administrator-token-0123456789abc';
const PUBACK = 0x40;

/** The bytes of every string in a call, undoing strace's escapes. */
function bytesOf({ text }: SystemCall): Buffer {
  const parts = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, escaped = '']) => {
    const bytes: number[] = [];
    for (const [one] of escaped.matchAll(/\\[0-7]{1,3}|\\.|[^\\]/g)) {
      if (/^\\[0-7]/.test(one)) bytes.push(Number.parseInt(one.slice(1), 8));
      else if (one.startsWith('\\')) bytes.push(ESCAPES[one[1] ?? ''] ?? one.charCodeAt(1));
      else bytes.push(one.charCodeAt(0));
    }
    return Buffer.from(bytes);
  });
  return Buffer.concat(parts);
}

const ESCAPES: Record<string, number> = { n: 10, r: 13, t: 9, v: 11, f: 12 };

/** Packet ids a write to a socket acknowledges. */
function acknowledgedBy(call: SystemCall): number[] {
  if (!call.target.startsWith('socket') && !call.target.startsWith('TCP')) return [];
  const bytes = bytesOf(call);
  const ids: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    if (bytes[at] !== PUBACK || bytes[at + 1] !== 2) return ids;
    ids.push(bytes.readUInt16BE(at + 2));
  }
  return ids;
}

test.skipIf(missing !== null)(
  `every PUBACK leaves after the sync of its report${missing === null ? '' : ` (${missing})`}`,
  async () => {
    const folder = temporaryFolder();
    const trace = path.join(folder, 'trace');
    const command = [...straceArguments(trace), process.execPath, 'dist/src/main.js', 'start'];
    const child = spawn('strace', command, {
      cwd: root,
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'] ?? '',
        SLUICE_DATA_DIR: path.join(folder, 'data'),
        SLUICE_HTTP_PORT: '0',
        SLUICE_MQTT_PORT: '0',
        SLUICE_ADMIN_TOKEN: TOKEN,
        SLUICE_LOG_LEVEL: 'silent',
      },
    });
    const file = path.join(folder, 'data/server.json');
    const server = await eventually('the traced server', () => {
      if (!existsSync(file)) return undefined;
      const text = readFileSync(file, 'utf8');
      return text.endsWith('\n')
        ? (JSON.parse(text) as { pid: number; url: string; mqttUrl: string })
        : undefined;
    });
    onTestFinished(() => {
      if (child.exitCode === null) process.kill(server.pid, 'SIGKILL');
    });
    const ids = await publish(server);
    const gone = once(child, 'exit');
    process.kill(server.pid, 'SIGTERM');
    await gone;
    const calls = parseTrace(readFileSync(trace, 'latin1'));
    const answers = new Map<number, SystemCall>();
    for (const call of calls) for (const id of acknowledgedBy(call)) answers.set(id, call);
    const problems = auditOrder({
      calls,
      isJournal: (target) => target.endsWith('journal.db-wal'),
      records: Array.from({ length: MESSAGES }, (_, index) => ({
        token: `mark-${index};`,
        isAnswer: (call) => call === answers.get(ids[index] ?? 0),
      })),
    });
    expect(problems).toEqual([]);
  },
  60_000,
);

/** Publishes the marked reports; resolves with the packet id of each. */
async function publish(server: { url: string; mqttUrl: string }): Promise<number[]> {
  const call = async <T>(method: string, route: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(`/api/v1${route}`, server.url), {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as T;
  };
  const where = { coop: 'c', ids: ['ao-0'], kind: 'pond-sensor' };
  const [account] = await createDevices({ call }, where);
  if (account === undefined) throw new Error('no device');
  const client = await connectDevice(Number(new URL(server.mqttUrl).port), account);
  const ids: number[] = [];
  client.on('packetsend', (packet) => {
    if (packet.cmd === 'publish') ids.push(packet.messageId ?? 0);
  });
  const topic = topicOf(account);
  const sent = Array.from({ length: MESSAGES }, (_, index) => ({
    boot: `mark-${index};`,
    sequence: index,
    values: { ph: 7 },
  }));
  // A few at a time, so that commits of one and of many are both seen.
  for (let at = 0; at < sent.length; at += 10) {
    const group = sent.slice(at, at + 10).map((report) => JSON.stringify(report));
    await Promise.all(group.map((text) => client.publishAsync(topic, text, { qos: 1 })));
  }
  await client.endAsync();
  return ids;
}
