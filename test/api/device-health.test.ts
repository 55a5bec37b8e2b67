import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '#src/base/errors';
import { deviceChecks } from '#src/cli/doctor-devices';
import { alertOf } from './support/alerts.ts';
import { type Answer, type Bench, NOW, startBench } from './support/api.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const get = (route: string, token = bench.tokens.root): Promise<Answer> =>
  bench.call({ url: `/api/v1/${route}`, token });

interface Shown {
  id: string;
  expectedSeconds: number;
  health: Array<{ code: string; severity: string }>;
}
const devices = async (): Promise<Shown[]> =>
  (await get('devices')).body.items as unknown as Shown[];
const findings = async (device: string): Promise<Array<{ code: string; text: { en: string } }>> =>
  (await get(`devices/${device}/health`)).body.items as never;
/** Counts are asked of the store every ten seconds at most. */
const forget = (): void => {
  const { monotonic } = bench.clock;
  const jump = monotonic() + 60_000;
  bench.clock.monotonic = () => jump + performance.now();
};

test('a sound device has an empty list, and the interval that is expected of it', async () => {
  expect(await findings('dev-1')).toEqual([]);
  expect((await devices())[0]).toMatchObject({ id: 'dev-1', health: [], expectedSeconds: 300 });
  const learned = [{ device: 'dev-1', seconds: 900, spacings: '[0,0]' }];
  await bench.state.presence.saveLearned(learned);
  expect((await devices())[0]).toMatchObject({ intervalSeconds: null, expectedSeconds: 900 });
  await bench.state.devices.update('dev-1', { intervalSeconds: 60 });
  expect((await devices())[0]).toMatchObject({ intervalSeconds: 60, expectedSeconds: 60 });
  expect(await findings('dev-1')).toMatchObject([{ code: 'interval' }]);
  await bench.state.devices.update('dev-1', { intervalSeconds: null });
});

test('counts of ledger and store, and alerts that last, make the findings', async () => {
  const count = { coop: 'binh-minh', device: 'dev-1', day: '2026-11-22' };
  const counted = { received: 2_000, rejected: 0, repeated: 600, clockFaults: 30 };
  await bench.state.ledger.count([
    { ...count, ...counted },
    { ...count, ...counted, rejected: 2_000, coop: 'an-binh' },
    { ...count, ...counted, rejected: 2_000, day: '2026-11-21' },
  ]);
  expect((await findings('dev-1')).map(({ code }) => code)).toEqual(['clock']);
  bench.series.storedCounts = [
    { ...count, stored: 900, duplicate: 500 },
    { ...count, coop: 'phu-my', stored: 0, duplicate: 0 },
  ];
  forget();
  expect((await findings('dev-1')).map(({ code }) => code)).toEqual(['repeats', 'clock']);
  const silence = alertOf({
    ...{ id: 'silent', severity: 'warning', state: 'acknowledged', cause: 'gateway' },
    evidence: {
      ...alertOf().evidence,
      ...{ metric: null, worst: null, samples: [{ time: NOW - 7_200_000, value: null }] },
    },
  });
  const over = alertOf({
    ...{ id: 'over', state: 'shelved', end: NOW },
    evidence: { ...alertOf().evidence, metric: 'battery_voltage' },
  });
  await bench.state.alerts.save([silence, over]);
  const [first, ...others] = await findings('dev-1');
  expect(first?.text.en).toMatch(/^Silent since .*: its gateway or the link/);
  expect(others.map(({ code }) => code)).toEqual(['repeats', 'clock']);
  expect((await devices())[0]?.health).toEqual([
    { code: 'silent', severity: 'warning' },
    { code: 'repeats', severity: 'warning' },
    { code: 'clock', severity: 'info' },
  ]);
  expect((await devices())[1]?.health).toEqual([]);
});

test('a store that is away or slow keeps nobody from the list', async () => {
  forget();
  bench.series.counts = () => Promise.reject(new AppError('SERIES_UNAVAILABLE', 'down'));
  expect((await devices())[0]?.health.map(({ code }) => code)).toEqual(['silent', 'clock']);
  forget();
  bench.series.counts = () => new Promise(() => undefined);
  expect((await devices())[0]?.health.map(({ code }) => code)).toEqual(['silent', 'clock']);
});

test('the doctor names the worst devices', async () => {
  const call = async <T>(_method: string, route: string): Promise<T> =>
    (await get(route.slice(1))).body as T;
  expect(await deviceChecks({ call })).toEqual([
    {
      name: 'devices',
      ok: false,
      detail: expect.stringMatching(/^dev-1: Silent since .*Clock wrong/),
    },
  ]);
  await bench.state.devices.remove('dev-1');
  const sound = [{ name: 'devices', ok: true, detail: 'nothing is wrong with 1' }];
  expect(await deviceChecks({ call })).toEqual(sound);
  await bench.state.devices.remove('dev-9');
  expect(await deviceChecks({ call })).toEqual([]);
});
