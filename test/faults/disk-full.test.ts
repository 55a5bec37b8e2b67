import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { SeriesAnswer } from '../support/answers.ts';
import { connectDevice, createDevices, eventually, topicOf } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { settled } from './invariants.ts';

const SIZE = '64m';

/** A small disk of its own, or why there is none. */
function mountDisk(folder: string): string | null {
  if (process.platform !== 'linux') return 'tmpfs exists on Linux only';
  if (process.getuid?.() !== 0) return 'only root may mount a small disk';
  const options = ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder];
  const mounted = spawnSync('mount', options, { encoding: 'utf8' });
  return mounted.status === 0 ? null : mounted.stderr.trim();
}

async function ready(server: TestServer): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL('/health/ready', server.http));
  return { status: response.status, text: await response.text() };
}

test('a full disk: no acknowledgement, 503 with the reason, and recovery alone', async (context) => {
  const folder = temporaryFolder();
  const reason = mountDisk(folder);
  if (reason !== null) return context.skip(reason);
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  const server = await startServer({ SLUICE_DATA_DIR: folder, SLUICE_MESSAGES_PER_SECOND: '0' });
  onTestFinished(() => server.kill());
  const [account] = await createDevices(server, { coop: 'c', ids: ['ao-0'], kind: 'pond-sensor' });
  if (account === undefined) throw new Error('no device');
  const acknowledged: number[] = [];
  const base = Date.now() - 86_400_000;
  let sequence = 0;
  const send = async (): Promise<boolean> => {
    try {
      const client = await connectDevice(server.mqttPort, account);
      const observedAt = base + sequence * 1000;
      const report = JSON.stringify({ observedAt, values: { ph: 7 + (sequence % 10) / 10 } });
      const closed = new Promise<false>((resolve) => client.once('close', () => resolve(false)));
      const sent = client.publishAsync(topicOf(account), report, { qos: 1 }).then(() => true);
      const kept = await Promise.race([sent.catch(() => false), closed]);
      if (kept) acknowledged.push(observedAt);
      client.end(true);
      sequence++;
      return kept;
    } catch {
      return false;
    }
  };
  expect(await send()).toBe(true);
  const ballast = path.join(folder, 'ballast');
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { stdio: 'ignore' });
  await eventually('the first refusal', async () => !(await send()), 30_000);
  const failing = await eventually('the reason', async () => {
    const answer = await ready(server);
    return answer.status === 503 && answer;
  });
  expect(failing.text).toMatch(/journal/);
  expect(failing.text).toMatch(/full|space|writ/i);
  rmSync(ballast);
  await eventually('recovery alone', async () => (await ready(server)).status === 200, 30_000);
  expect(await eventually('acknowledgements again', send)).toBe(true);
  await settled(server);
  const span = `from=${base - 1}&to=${base + 86_400_000}`;
  const { items } = await server.call<SeriesAnswer>('GET', `/series?device=ao-0&${span}`);
  const stored = new Set(items[0]?.rows.map(([time]) => Date.parse(String(time))));
  expect(acknowledged.filter((time) => !stored.has(time))).toEqual([]);
  writeFileSync(path.join(folder, 'still-writable'), 'yes');
}, 120_000);
