import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, NOW, startBench } from './support/api.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const source = (device: string) =>
  device === 'dev-9'
    ? { coop: 'phu-my', site: 'ao-9', device, kind: 'pond-sensor' }
    : { coop: 'binh-minh', site: 'ao-1', device, kind: 'pond-sensor' };

function observe(device: string, at: number, values: Record<string, number>): void {
  bench.latest.observe([
    {
      source: source(device),
      offset: 0,
      index: 0,
      observedAt: at,
      receivedAt: at + 1_500,
      quality: 'good',
      values,
    },
  ]);
}

test('the last values, exactly, of devices that are there and may be seen', async () => {
  observe('dev-1', NOW - 60_000, { dissolved_oxygen: 5.25, water_temperature: 28 });
  observe('dev-1', NOW - 10_000, { dissolved_oxygen: 2.1 });
  observe('dev-9', NOW, { dissolved_oxygen: 7 });
  observe('removed', NOW, { dissolved_oxygen: 7 });
  const answer = await bench.call({ url: '/api/v1/latest', token: bench.tokens.viewer });
  expect(answer.body).toEqual({
    items: [
      {
        device: 'dev-1',
        site: 'ao-1',
        coop: 'binh-minh',
        kind: 'pond-sensor',
        metric: 'dissolved_oxygen',
        unit: 'mg/L',
        observedAt: '2026-11-22T04:59:50.000Z',
        receivedAt: '2026-11-22T04:59:51.500Z',
        ageSeconds: 10,
        value: 2.1,
        quality: 'good',
      },
      expect.objectContaining({
        metric: 'water_temperature',
        ageSeconds: 60,
        value: 28,
        observedAt: '2026-11-22T04:59:00.000Z',
      }),
    ],
    next: null,
  });
  const all = await bench.call({ url: '/api/v1/latest', token: bench.tokens.root });
  expect(all.body.items.map((item: { device: string }) => item.device)).toEqual([
    'dev-1',
    'dev-1',
    'dev-9',
  ]);
  const narrowed = await bench.call({
    url: '/api/v1/latest?site=ao-9&coop=phu-my&device=dev-9,dev-1',
    token: bench.tokens.root,
  });
  expect(narrowed.body.items).toHaveLength(1);
});
