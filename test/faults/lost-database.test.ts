import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#src/base/clock';
import { createLogger } from '#src/base/logger';
import { createMetrics } from '#src/base/metrics';
import { loadKinds } from '#src/ingest/kinds';
import { createJournal } from '#src/journal/journal';
import { createDuckDbStore } from '#src/series/duckdb/store';
import { createDevices, type DeviceAccount, eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectBalanced, expectStoredExactlyOnce, settled, storedPoints } from './invariants.ts';
import { SteadyDevice } from './steady-device.ts';

const DAY_MS = 86_400_000;
const KIND = 'pond-sensor';
const ZONE = 'Asia/Ho_Chi_Minh';
const VALUES_PER_REPORT = 2;
const SENDING_MS = 400;

const parts = { clock: systemClock, logger: createLogger('silent') };

async function send(server: TestServer, devices: readonly SteadyDevice[]): Promise<void> {
  const stopper = new AbortController();
  const running = devices.map((device) => device.run(server.mqttPort, stopper.signal));
  await new Promise((resolve) => setTimeout(resolve, SENDING_MS));
  stopper.abort();
  await Promise.all(running);
  await Promise.all(devices.map((device) => device.finish(server.mqttPort)));
  await settled(server);
}

/** What months do to a server: old points move into files, and the journal forgets. */
async function grow(data: string): Promise<void> {
  const store = createDuckDbStore({
    ...{ ...parts, dir: path.join(data, 'series-duckdb'), timeZone: ZONE },
    ...{ kinds: await loadKinds(), metrics: createMetrics() },
  });
  await store.start(new AbortController().signal);
  // Reports are taken for ninety days, and a month leaves when it is over.
  const archived = await store.expire('raw', KIND, Date.now() - 40 * DAY_MS);
  await store.stop();
  expect(archived.values).toBeGreaterThan(0);
  const dir = path.join(data, 'journal');
  const bytesMax = 1024 ** 3;
  const journal = createJournal({ ...parts, dir, bytesMax, metrics: createMetrics() });
  await journal.start(new AbortController().signal);
  await journal.trim(journal.status().head);
  await journal.stop();
}

async function seriesDetail({ http }: TestServer): Promise<string> {
  const response = await fetch(new URL('/health/ready', http));
  const { checks } = (await response.json()) as { checks: Array<{ name: string; detail: string }> };
  expect(response.status).toBe(200);
  return checks.find(({ name }) => name === 'series')?.detail ?? '';
}

interface Farm {
  data: string;
  environment: Record<string, string>;
  /** Its points are in the archive. */
  old: SteadyDevice;
  /** Its points were in the database alone. */
  lost: SteadyDevice;
  /** Its reports are in the journal still. */
  fresh: SteadyDevice;
}

async function openFarm(end: 'stop' | 'kill'): Promise<Farm> {
  const data = path.join(temporaryFolder(), 'data');
  const environment = { SLUICE_DATA_DIR: data, SLUICE_MESSAGES_PER_SECOND: '0' };
  const before = (days: number, account: DeviceAccount | undefined): SteadyDevice => {
    if (account === undefined) throw new Error('no device');
    return new SteadyDevice(account, Math.floor(Date.now() / 60_000 - days * 1_440) * 60_000);
  };
  const first = await startServer(environment);
  onTestFinished(() => first.kill());
  const ids = ['ao-1', 'ao-2', 'ao-3'];
  const accounts = await createDevices(first, { coop: 'c', ids, kind: KIND });
  const old = before(80, accounts[0]);
  const lost = before(20, accounts[1]);
  const fresh = before(20, accounts[2]);
  await send(first, [old, lost]);
  expect(await first.stop()).toBe(0);
  await grow(data);
  const second = await startServer(environment);
  onTestFinished(() => second.kill());
  await send(second, [fresh]);
  for (const device of [old, lost, fresh]) await expectStoredExactlyOnce(second, device);
  await expectBalanced(second);
  expect(await seriesDetail(second)).toBe('the store answers');
  await second[end]();
  return { data, environment, old, lost, fresh };
}

interface Harm {
  what: string;
  end: 'stop' | 'kill';
  harm(file: string): void;
  /** Something is left to be set aside. */
  leaves: boolean;
}

const garble = (file: string): void => writeFileSync(file, randomBytes(statSync(file).size));

const harms: readonly Harm[] = [
  { what: 'garbage', end: 'stop', harm: garble, leaves: true },
  { what: 'gone', end: 'stop', harm: rmSync, leaves: false },
  // The engine takes no log without its database; the journal has what was in it.
  { what: 'gone but for its log', end: 'kill', harm: rmSync, leaves: false },
];

test.each(harms)(
  'a database that is $what comes back from archive and journal, and what does not is told in numbers',
  async ({ end, harm, leaves }) => {
    const { data, environment, old, lost, fresh } = await openFarm(end);
    const dir = path.join(data, 'series-duckdb');
    const file = path.join(dir, 'series.duckdb');
    expect(existsSync(`${file}.wal`), 'a log').toBe(end === 'kill');
    harm(file);
    const server = await startServer(environment);
    onTestFinished(() => server.kill());
    const told = await eventually('the losses to be told', async () => {
      const detail = await seriesDetail(server);
      return detail.includes('could not be rebuilt') && detail;
    });
    const values = (device: SteadyDevice): number => device.acknowledged.size * VALUES_PER_REPORT;
    expect(told).toContain(`${values(old)} values of ${KIND} in `);
    expect(told).toMatch(/ came back from the archive/);
    expect(told).toContain(`${values(lost)} values of 1 device received between `);
    await settled(server);
    await expectStoredExactlyOnce(server, old);
    await expectStoredExactlyOnce(server, fresh);
    expect(await storedPoints(server, lost, 'dissolved_oxygen')).toEqual([]);
    await send(server, [fresh]);
    await expectStoredExactlyOnce(server, fresh);
    expect(await server.stop()).toBe(0);
    const aside = readdirSync(dir).filter((name) => name.includes('.damaged-'));
    expect(aside.length > 0, 'what was found is kept').toBe(leaves);
    const again = await startServer(environment);
    onTestFinished(() => again.kill());
    await settled(again);
    await expectStoredExactlyOnce(again, old);
    await expectStoredExactlyOnce(again, fresh);
    expect(await again.stop()).toBe(0);
  },
  60_000,
);
