import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AlertView, SeriesAnswer } from '../support/answers.ts';
import { connectDevice, createDevices, eventually, topicOf } from '../support/device.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DAY_MS = 86_400_000;
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-field-work-'));
let server: TestServer;

/** The day in Hà Nội, where clocks never change. */
const localDay = (time: number): string =>
  new Date(time + 7 * 3_600_000).toISOString().slice(0, 10);

beforeAll(async () => {
  server = await startServer({ SLUICE_DATA_DIR: folder, SLUICE_TIME_ZONE: 'Asia/Ho_Chi_Minh' });
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

interface Counted {
  device: string;
  value: number;
  samples: number;
  cropDay: number;
}

const alertsOf = async (device: string): Promise<AlertView[]> => {
  const { items } = await server.call<{ items: AlertView[] }>('GET', '/alerts?state=open');
  return items.filter((alert) => alert.device === device);
};

test('a trap says look, the field says treat, and the ledger keeps both apart', async () => {
  const [trap] = await createDevices(server, { coop: 'c', ids: ['bay-1'], kind: 'insect-trap' });
  if (trap === undefined) throw new Error('no trap');
  const today = Date.now();
  const startedOn = localDay(today - 50 * DAY_MS);
  await server.call('PATCH', '/sites/c-site', { kind: 'field', crop: 'Lúa', startedOn });
  const client = await connectDevice(server.mqttPort, trap);
  const values = { count_NILALU: 900, lamp_hours: 3 };
  await client.publishAsync(topicOf(trap), JSON.stringify({ values }), { qos: 1 });
  const [caught, ...others] = await eventually('the trap’s alert', async () => {
    const found = await alertsOf('bay-1');
    return found.length > 0 && found;
  });
  expect(others).toEqual([]);
  expect(caught).toMatchObject({ rule: 'trap-brown-planthopper-scout', advises: 'scout' });

  const observedAt = new Date(today - 60_000).toISOString();
  const count = { pest: 'NILALU', measure: 'insects-per-m2', hills: 10, hillsPerM2: 25 };
  const body = { site: 'c-site', observedAt, ...count, count: 400 };
  const counted = await server.call<Counted>('POST', '/field-counts', body);
  expect(counted).toMatchObject({ device: 'survey-c-site', value: 1000, samples: 10, cropDay: 50 });
  await server.call('POST', '/field-counts', body);
  const series = await eventually('the count', async () => {
    const query = 'device=survey-c-site&metric=density_NILALU';
    const answer = await server.call<SeriesAnswer>('GET', `/series?${query}`);
    return answer.items.length > 0 && answer;
  });
  expect(series.items[0]?.rows).toEqual([[observedAt, 1000]]);
  const [advice, ...more] = await eventually('the advice', async () => {
    const found = await alertsOf('survey-c-site');
    return found.length > 0 && found;
  });
  expect(more).toEqual([]);
  expect(advice).toMatchObject({
    rule: 'survey-hoppers-national-panicle-nilalu',
    advises: 'treat',
    evidence: {
      worst: 1000,
      unit: '1/m2',
      beside: { samples: 10 },
      source: { evidence: 'V', region: 'Vietnam' },
    },
  });

  const at = new Date(today - 30_000).toISOString();
  const spray = { site: 'c-site', at, product: 'Chess 50WG', alert: advice?.id };
  await server.call('POST', '/sprays', spray);
  const season = { from: startedOn, to: localDay(today + 50 * DAY_MS) };
  const baseline = { sprays: 0, costPerHa: 500_000, source: 'own last season', fields: 1 };
  await server.call('POST', '/sprays/baselines', { site: 'c-site', ...season, ...baseline });
  const ledger = await server.call('GET', '/sprays/ledger?site=c-site');
  expect(ledger).toMatchObject({
    items: [
      { advised: 1, done: 1, avoided: -1, savedPerHa: -500_000, savedPercent: null, ...season },
    ],
  });
});
