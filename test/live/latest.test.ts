import { expect, test } from 'vitest';
import type { LatestValues } from '#src/contracts/live';
import type { Observation } from '#src/contracts/observation';
import { createLatest } from '#src/live/latest';
import { createRandom, seed } from '../support/random.ts';

function observation(change: {
  device?: string;
  coop?: string;
  site?: string | null;
  kind?: string;
  at: number;
  values: Record<string, number>;
}): Observation {
  const { at, values, device = 'd', coop = 'c', site = 's', kind = 'k' } = change;
  return {
    source: { device, coop, site, kind },
    offset: 0,
    index: 0,
    observedAt: at,
    receivedAt: at + 1,
    quality: 'good',
    values,
  };
}

const shown = (latest: LatestValues): Record<string, number> =>
  Object.fromEntries([...latest.list({})].map(({ metric, value }) => [metric, value]));

test('keeps the newest by observed time, metric by metric; the later write wins a tie', () => {
  const latest = createLatest();
  latest.observe([
    observation({ at: 20, values: { a: 2, b: 20 } }),
    observation({ at: 10, values: { a: 1, c: 30 } }),
    observation({ at: 20, values: { b: 21 } }),
  ]);
  expect(shown(latest)).toEqual({ a: 2, b: 21, c: 30 });
});

test('loading what the store had does not undo what came meanwhile', () => {
  const latest = createLatest();
  latest.observe([observation({ at: 20, values: { a: 2 } })]);
  const tags = { device: 'd', coop: 'c', site: 's', kind: 'k', quality: 'clock' as const };
  latest.load([
    { ...tags, metric: 'a', observedAt: 10, receivedAt: 10, value: 1 },
    { ...tags, metric: 'b', observedAt: 15, receivedAt: 15, value: 5 },
  ]);
  expect(shown(latest)).toEqual({ a: 2, b: 5 });
  expect([...latest.list({})].map(({ quality }) => quality)).toEqual(['good', 'clock']);
});

test('a device in new hands starts empty, and a late report from before is left out', () => {
  const latest = createLatest();
  latest.observe([observation({ at: 10, values: { a: 1, b: 1 } })]);
  latest.observe([observation({ at: 20, coop: 'other', values: { a: 2 } })]);
  latest.observe([observation({ at: 15, values: { b: 9 } })]);
  expect([...latest.list({})]).toMatchObject([{ coop: 'other', metric: 'a', value: 2 }]);
  expect([...latest.list({ coops: ['c'] })]).toEqual([]);
});

test('filters by cooperative, site and device; forgets', () => {
  const latest = createLatest();
  for (const device of ['d1', 'd2', 'd3']) {
    const site = device === 'd3' ? null : `s-${device}`;
    latest.observe([observation({ device, site, at: 1, values: { a: 1 } })]);
  }
  const devices = (filter: Parameters<LatestValues['list']>[0]): string[] =>
    [...latest.list(filter)].map(({ device }) => device);
  expect(devices({ devices: ['d2', 'd2', 'nobody'] })).toEqual(['d2']);
  expect(devices({ sites: ['s-d1'] })).toEqual(['d1']);
  expect(devices({ coops: ['c'] })).toEqual(['d1', 'd2', 'd3']);
  expect(devices({ coops: [] })).toEqual([]);
  latest.forget('d1');
  expect(devices({})).toEqual(['d2', 'd3']);
});

test(`any order of arrival ends in the same values (SEED=${seed})`, () => {
  const random = createRandom();
  for (let round = 0; round < 50; round++) {
    const reports = Array.from({ length: 30 }, (_, at) =>
      observation({
        device: `d${Math.floor(random() * 3)}`,
        at,
        values: { [`m${Math.floor(random() * 4)}`]: at, always: at },
      }),
    );
    const inOrder = createLatest();
    inOrder.observe(reports);
    const shuffled = createLatest();
    for (const report of [...reports].sort(() => random() - 0.5)) shuffled.observe([report]);
    const sorted = (latest: LatestValues): string[] =>
      [...latest.list({})].map((value) => JSON.stringify(value)).sort();
    expect(sorted(shuffled)).toEqual(sorted(inOrder));
  }
});
