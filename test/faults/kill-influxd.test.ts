import { expect, onTestFinished, test } from 'vitest';
import { createDevices, eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createInfluxd, influxdMissing } from '../support/influxd.ts';
import { createRandom, seed } from '../support/random.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectBalanced, expectStoredExactlyOnce, settled } from './invariants.ts';
import { SteadyDevice } from './steady-device.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 16);
const DAY_MS = 86_400_000;
const title = influxdMissing === null ? '' : ` (skipped: ${influxdMissing})`;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.skipIf(influxdMissing !== null)(
  `influxd and the server killed in turn under load, ${ROUNDS} times: each report once${title}`,
  async () => {
    const random = createRandom();
    const influxd = await createInfluxd(temporaryFolder());
    onTestFinished(() => influxd.kill());
    await influxd.start();
    const environment = {
      SLUICE_DATA_DIR: temporaryFolder(),
      SLUICE_MESSAGES_PER_SECOND: '0',
      SLUICE_SERIES: 'influxdb',
      SLUICE_INFLUX_URL: influxd.url,
    };
    let server: TestServer = await startServer(environment);
    onTestFinished(() => server.kill());
    const ids = ['ao-0', 'ao-1', 'ao-2'];
    const accounts = await createDevices(server, { coop: 'c', ids, kind: 'pond-sensor' });
    const base = Math.floor((Date.now() - 80 * DAY_MS) / 60_000) * 60_000;
    const devices = accounts.map((account) => new SteadyDevice(account, base));
    const acknowledged = (): number => devices.reduce((sum, one) => sum + one.acknowledged.size, 0);
    const load = (): { end(): Promise<void> } => {
      const stopper = new AbortController();
      const running = devices.map((device) => device.run(server.mqttPort, stopper.signal));
      return {
        async end() {
          stopper.abort();
          await Promise.all(running);
        },
      };
    };
    let sending = load();
    for (let round = 0; round < ROUNDS; round++) {
      await pause(100 + random() * 300);
      if (round % 2 === 0) {
        await influxd.kill();
        const before = acknowledged();
        await pause(100 + random() * 200);
        await eventually('the intake to go on without the store', () => acknowledged() > before);
        // Now and then both are gone at once, and the server is back first.
        if (round % 4 === 0) await influxd.start();
      } else {
        await server.kill();
        await sending.end();
        server = await startServer(environment);
        if (round % 4 === 3) await influxd.start();
        sending = load();
      }
    }
    await sending.end();
    await Promise.all(devices.map((device) => device.finish(server.mqttPort)));
    await settled(server);
    expect(acknowledged(), `seed ${seed}`).toBeGreaterThan(ROUNDS * 20);
    for (const device of devices) await expectStoredExactlyOnce(server, device);
    await expectBalanced(server);
    expect(await server.stop()).toBe(0);
  },
  180_000,
);
