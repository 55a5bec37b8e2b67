import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  expectAlertsFollowFromSeries,
  expectBalanced,
  expectStoredExactlyOnce,
  settled,
} from '../faults/invariants.ts';
import { SteadyDevice } from '../faults/steady-device.ts';
import type { AlertView } from '../support/answers.ts';
import { sluice } from '../support/command.ts';
import {
  connectDevice,
  createDevices,
  type DeviceAccount,
  eventually,
  topicOf,
} from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DAY_MS = 86_400_000;
const RULE = 'pond-oxygen-low';
const LOAD_MS = 1_500;

interface Farm {
  server: TestServer;
  data: string;
  devices: SteadyDevice[];
  environment: Record<string, string>;
}

async function openFarm(change: Record<string, string> = {}): Promise<Farm> {
  const data = path.join(temporaryFolder(), 'data');
  const environment = { SLUICE_DATA_DIR: data, SLUICE_MESSAGES_PER_SECOND: '0', ...change };
  const server = await startServer(environment);
  onTestFinished(() => server.kill());
  const ids = ['ao-1', 'ao-2', 'ao-3'];
  const accounts = await createDevices(server, { coop: 'c', ids, kind: 'pond-sensor' });
  const base = Math.floor((Date.now() - 60 * DAY_MS) / 60_000) * 60_000;
  return { server, data, environment, devices: accounts.map((one) => new SteadyDevice(one, base)) };
}

/** Devices send without a pause until the returned function is called. */
function load({ server, devices }: Farm): () => Promise<void> {
  const stopper = new AbortController();
  const running = devices.map((device) => device.run(server.mqttPort, stopper.signal));
  return async () => {
    stopper.abort();
    await Promise.all(running);
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function alertOf(server: TestServer, device: string): Promise<AlertView> {
  return eventually('an alert', async () => {
    const route = `/alerts?device=${device}&rule=${RULE}&limit=200`;
    const { items } = await server.call<{ items: AlertView[] }>('GET', route);
    return items.at(-1);
  });
}

/** How long a report a time waits for its acknowledgement, until `until` settles. */
async function waits(
  port: number,
  account: DeviceAccount,
  until: Promise<unknown>,
): Promise<number[]> {
  const client = await connectDevice(port, account);
  let ended = false;
  void until.finally(() => {
    ended = true;
  });
  const taken: number[] = [];
  while (!ended) {
    const at = performance.now();
    await client.publishAsync(topicOf(account), '{"values":{"ph":7}}', { qos: 1 });
    taken.push(performance.now() - at);
    await wait(2);
  }
  await client.endAsync();
  return taken.sort((left, right) => left - right);
}

test('backed up under load, restored in one command: all that was acknowledged is there once', async () => {
  const farm = await openFarm();
  const { server, data, devices } = farm;
  const [probe] = await createDevices(server, { coop: 'p', ids: ['ao-9'], kind: 'pond-sensor' });
  if (probe === undefined) throw new Error('no device');
  const session = await fetch(new URL('/api/v1/session', server.http), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(server.http).origin },
    body: JSON.stringify({ token: server.token }),
  });
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect(cookie).not.toBe('');
  const stopLoad = load(farm);
  await wait(LOAD_MS);
  const alert = await alertOf(server, 'ao-1');
  await server.call('POST', `/alerts/${alert.id}/comment`, { note: 'đã bật quạt' });
  const before = devices.map((device) => new Set(device.acknowledged));
  const elsewhere = path.join(temporaryFolder(), 'disk');
  const making = sluice(['backup', '--data', data, '--to', elsewhere, '--json']);
  const taken = await waits(server.mqttPort, probe, making);
  const made = await making;
  expect(made, made.stderr).toMatchObject({ code: 0 });
  const backup = (JSON.parse(made.stdout) as { path: string }).path;
  expect(path.dirname(backup)).toBe(elsewhere);
  const p99 = taken[Math.floor(taken.length * 0.99)] ?? 0;
  expect(p99, `p99 of ${taken.length} acknowledgements while it was made`).toBeLessThan(250);
  await wait(200);
  await stopLoad();
  await server.kill();
  // What was acknowledged after the backup began may be in it or not.
  devices.forEach((device, index) => {
    for (const one of device.acknowledged) {
      if (before[index]?.has(one) !== true) device.acknowledged.delete(one);
    }
    expect(device.acknowledged.size).toBeGreaterThan(50);
  });
  const target = path.join(temporaryFolder(), 'new');
  const restored = await sluice(['restore', backup, '--data', target]);
  expect(restored, restored.stderr).toMatchObject({ code: 0 });
  expect(restored.stdout).toContain('SLUICE_ADMIN_TOKEN');
  const config = path.join(target, 'config.yaml');
  const again = await startServer({ SLUICE_DATA_DIR: target, SLUICE_CONFIG: config });
  onTestFinished(() => again.kill());
  await settled(again);
  for (const device of devices) {
    await expectStoredExactlyOnce(again, device);
    await expectAlertsFollowFromSeries(again, device, RULE);
    // The old secret signs in, and what is sent again is a repeat of what is there.
    await device.finish(again.mqttPort);
  }
  await settled(again);
  for (const device of devices) await expectStoredExactlyOnce(again, device);
  await expectBalanced(again);
  const route = `/alerts/${alert.id}`;
  const { timeline } = await again.call<{ timeline: Array<{ note: string | null }> }>('GET', route);
  expect(timeline.map(({ note }) => note)).toContain('đã bật quạt');
  const signedIn = await fetch(new URL('/api/v1/kinds', again.http), { headers: { cookie } });
  expect(signedIn.status).toBe(401);
  expect(await again.stop()).toBe(0);
}, 90_000);

test('killed while it makes a backup: nothing looks whole, and the next one works', async () => {
  const farm = await openFarm();
  const { server, data, environment } = farm;
  const stopLoad = load(farm);
  await wait(LOAD_MS);
  await server.call('POST', '/backups');
  const dir = path.join(data, 'backups');
  await eventually('the backup to begin', () => existsSync(dir) && readdirSync(dir).length > 0);
  await server.kill();
  await stopLoad();
  const left = readdirSync(dir);
  expect(left.filter((name) => !name.startsWith('.partial-'))).toEqual([]);
  const verified = await sluice(['backup', '--verify', path.join(dir, left[0] ?? '')]);
  expect(verified.code).not.toBe(0);
  const again = await startServer(environment);
  onTestFinished(() => again.kill());
  expect(readdirSync(dir)).toEqual([]);
  const { items } = await again.call<{ items: unknown[] }>('GET', '/backups');
  expect(items).toEqual([]);
  // Nothing of the one that was cut off stands in the way of the next.
  expect(await sluice(['backup', '--data', data])).toMatchObject({ code: 0 });
  expect(readdirSync(dir)).toHaveLength(1);
  await again.stop();
}, 60_000);

test('a second backup at the same time is refused; without a server the files are backed up', async () => {
  const farm = await openFarm({ SLUICE_BACKUP_KEEP: '2' });
  const { server, data, devices } = farm;
  const stopLoad = load(farm);
  await wait(500);
  await stopLoad();
  const first = await server.call<{ id: string }>('POST', '/backups');
  await expect(server.call('POST', '/backups')).rejects.toThrow(/409.*BACKUP_RUNNING/);
  await eventually('the first', async () => {
    const { state } = await server.call<{ state: string }>('GET', `/backups/${first.id}`);
    return state === 'complete';
  });
  await server.kill();
  const made = await sluice(['backup', '--data', data]);
  expect(made, made.stderr).toMatchObject({ code: 0 });
  const backup = made.stdout.split('  ')[0] ?? '';
  expect(readdirSync(path.join(data, 'backups'))).toContain(first.id);
  const verified = await sluice(['backup', '--verify', backup]);
  expect(verified, verified.stderr).toMatchObject({ code: 0 });
  const target = path.join(temporaryFolder(), 'new');
  expect(await sluice(['restore', backup, '--data', target])).toMatchObject({ code: 0 });
  const refused = await sluice(['restore', backup, '--data', target]);
  expect(refused.stderr).toContain('DATA_DIR_NOT_EMPTY');
  const again = await startServer({ SLUICE_DATA_DIR: target });
  onTestFinished(() => again.kill());
  await settled(again);
  for (const device of devices) await expectStoredExactlyOnce(again, device);
  await expectBalanced(again);
  const running = await sluice(['backup', '--data', target, '--json']);
  expect(running, running.stderr).toMatchObject({ code: 0 });
  await again.stop();
}, 90_000);
