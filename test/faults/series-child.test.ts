import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { createDevices } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectBalanced, expectStoredExactlyOnce, settled } from './invariants.ts';
import { SteadyDevice } from './steady-device.ts';

const KILLS = 8;
const DAY_MS = 86_400_000;

function childrenOf({ process: { pid } }: TestServer): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return listed === '' ? [] : listed.split(' ').map(Number);
}

const linux = process.platform === 'linux';

test.skipIf(!linux)(
  'the store killed under load and in a query costs nothing but backlog',
  async () => {
    const environment = { SLUICE_DATA_DIR: temporaryFolder(), SLUICE_MESSAGES_PER_SECOND: '0' };
    const server = await startServer(environment);
    onTestFinished(() => server.kill());
    const ids = ['ao-0', 'ao-1', 'ao-2'];
    const accounts = await createDevices(server, { coop: 'c', ids, kind: 'pond-sensor' });
    const base = Math.floor((Date.now() - 80 * DAY_MS) / 60_000) * 60_000;
    const devices = accounts.map((account) => new SteadyDevice(account, base));
    const stopper = new AbortController();
    const running = devices.map((device) => device.run(server.mqttPort, stopper.signal));
    const acknowledged = (): number => devices.reduce((sum, one) => sum + one.acknowledged.size, 0);
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const query = server.call('GET', `/series?coop=c&from=${base}&every=1h&fn=p95`);
      for (const child of childrenOf(server)) process.kill(child, 'SIGKILL');
      await query.catch(() => undefined);
      const before = acknowledged();
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(acknowledged(), 'intake goes on while the store is down').toBeGreaterThan(before);
    }
    stopper.abort();
    await Promise.all(running);
    await Promise.all(devices.map((device) => device.finish(server.mqttPort)));
    await settled(server);
    for (const device of devices) await expectStoredExactlyOnce(server, device);
    await expectBalanced(server);
    expect(await server.stop()).toBe(0);
  },
  90_000,
);
