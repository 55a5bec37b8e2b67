import { readdirSync, readFileSync } from 'node:fs';
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

const minutes = Number(process.env['SOAK_MINUTES'] ?? 0);
const DAY_MS = 86_400_000;
/** A server at rest may hold this much more at the end than after its first tenth. */
const GROWTH_BYTES_MAX = 64 * 1024 ** 2;

function residentBytes({ process: { pid } }: TestServer): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

function openFiles({ process: { pid } }: TestServer): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function killStore({ process: { pid } }: TestServer): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  for (const child of children === '' ? [] : children.split(' ')) process.kill(Number(child), 9);
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const why = minutes > 0 ? '' : ' (npm run soak runs it)';

test.skipIf(minutes === 0)(
  `${minutes} minutes of load and queries with the store killed now and then${why}`,
  async () => {
    const random = createRandom();
    const server = await startServer({
      SLUICE_DATA_DIR: temporaryFolder(),
      SLUICE_MESSAGES_PER_SECOND: '0',
    });
    onTestFinished(() => server.kill());
    const ids = Array.from({ length: 10 }, (_, index) => `ao-${index}`);
    const accounts = await createDevices(server, { coop: 'c', ids, kind: 'pond-sensor' });
    const base = Math.floor((Date.now() - 89 * DAY_MS) / 60_000) * 60_000;
    const devices = accounts.map((account) => new SteadyDevice(account, base));
    const endAt = performance.now() + minutes * 60_000;
    const early = performance.now() + minutes * 6_000;
    let before: { bytes: number; files: number } | undefined;
    while (performance.now() < endAt) {
      const stopper = new AbortController();
      const running = devices.map((device) => device.run(server.mqttPort, stopper.signal));
      await rest(1_000 + random() * 4_000);
      if (random() < 0.2) killStore(server);
      const query = server.call('GET', `/series?coop=c&from=${base}&every=1d&fn=mean,p95`);
      await query.catch(() => undefined);
      stopper.abort();
      await Promise.all(running);
      // Bursts with rests between: observed time moves a minute a report, and must not reach now.
      await rest(random() * 8_000);
      if (before === undefined && performance.now() > early) {
        before = { bytes: residentBytes(server), files: openFiles(server) };
      }
      if (devices.some((device) => device.sent.size > 110_000)) break;
    }
    await Promise.all(devices.map((device) => device.finish(server.mqttPort)));
    await settled(server, 120_000);
    for (const device of devices) {
      await expectStoredExactlyOnce(server, device);
      await expectAlertsFollowFromSeries(server, device, 'pond-oxygen-low');
    }
    await expectBalanced(server);
    expect(residentBytes(server) - (before?.bytes ?? 0), `seed ${seed}`).toBeLessThan(
      GROWTH_BYTES_MAX,
    );
    expect(openFiles(server)).toBeLessThanOrEqual((before?.files ?? 0) * 2);
    expect(await server.stop()).toBe(0);
  },
  minutes * 60_000 + 300_000,
);
