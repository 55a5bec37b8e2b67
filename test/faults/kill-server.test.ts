import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createDevices } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createRandom, seed } from '../support/random.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  expectAlertsFollowFromSeries,
  expectBalanced,
  expectStoredExactlyOnce,
  settled,
} from './invariants.ts';
import { SteadyDevice } from './steady-device.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 30);
const DEVICES = 6;
/** Most of a start; the kill falls anywhere into it. */
const START_MS = 900;
const DAY_MS = 86_400_000;
const root = fileURLToPath(new URL('../../', import.meta.url));

test(
  `${ROUNDS} times killed under load, also while starting: nothing acknowledged is lost`,
  async () => {
    const random = createRandom();
    const folder = temporaryFolder();
    const environment = { SLUICE_DATA_DIR: folder, SLUICE_MESSAGES_PER_SECOND: '0' };
    const first = await startServer(environment);
    onTestFinished(() => first.kill());
    const ids = Array.from({ length: DEVICES }, (_, index) => `ao-${index}`);
    const accounts = await createDevices(first, { coop: 'c', ids, kind: 'pond-sensor' });
    await first.stop();
    const base = Math.floor((Date.now() - 80 * DAY_MS) / 60_000) * 60_000;
    const devices = accounts.map((account) => new SteadyDevice(account, base));
    for (let round = 0; round < ROUNDS; round++) {
      if (round % 4 === 3) await killWhileStarting(environment, random() * START_MS);
      else await killUnderLoad(environment, devices, 100 + random() * 400);
    }
    const last = await startServer(environment);
    onTestFinished(() => last.kill());
    await Promise.all(devices.map((device) => device.finish(last.mqttPort)));
    await settled(last);
    const acknowledged = devices.reduce((sum, device) => sum + device.acknowledged.size, 0);
    expect(acknowledged, `seed ${seed}`).toBeGreaterThan(ROUNDS * 20);
    for (const device of devices) {
      await expectStoredExactlyOnce(last, device);
      await expectAlertsFollowFromSeries(last, device, 'pond-oxygen-low');
    }
    await expectBalanced(last);
    await last.stop();
  },
  60_000 + ROUNDS * 6_000,
);

async function killUnderLoad(
  environment: Record<string, string>,
  devices: readonly SteadyDevice[],
  ms: number,
): Promise<void> {
  const server: TestServer = await startServer(environment);
  const stopper = new AbortController();
  const running = devices.map((device) => device.run(server.mqttPort, stopper.signal));
  await new Promise((resolve) => setTimeout(resolve, ms));
  await server.kill();
  stopper.abort();
  await Promise.all(running);
}

async function killWhileStarting(environment: Record<string, string>, ms: number): Promise<void> {
  const child = spawn(process.execPath, ['dist/src/main.js', 'start'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      SLUICE_HTTP_PORT: '0',
      SLUICE_MQTT_PORT: '0',
      ...environment,
    },
    stdio: 'ignore',
  });
  const gone = once(child, 'exit');
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill('SIGKILL');
  await gone;
}
