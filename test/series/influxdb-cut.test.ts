import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Observation } from '#src/contracts/observation';
import type { SeriesStore } from '#src/contracts/series';
import { createFaultyProxy, type FaultyProxy } from '../support/faulty-proxy.ts';
import { createInfluxd, type Influxd, influxdMissing } from '../support/influxd.ts';
import { createRandom, seed } from '../support/random.ts';
import { collect, MINUTE, MONDAY, newDevice, query, toObservation } from './fixtures.ts';
import { createStore } from './influxdb-store.ts';
import { MemoryLedger } from './memory-ledger.ts';

const RUNS = Number(process.env['RUNS'] ?? 60);
const METRICS = ['oxygen', 'ph', 'temperature'];
const title = influxdMissing === null ? 'cut off' : `cut off: skipped, ${influxdMissing}`;

describe.skipIf(influxdMissing !== null)(title, () => {
  let folder: string;
  let influxd: Influxd;
  let proxy: FaultyProxy;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-influxd-'));
    influxd = await createInfluxd(folder);
    await influxd.start();
    proxy = await createFaultyProxy(influxd.url);
  });
  afterAll(async () => {
    await proxy?.stop();
    await influxd?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const open = async (ledger: MemoryLedger, bucket: string): Promise<SeriesStore> => {
    const limits = { linesPerRequestMax: 3 };
    const store = createStore({ server: { url: proxy.url, bucket }, ledger, limits });
    await store.start(new AbortController().signal);
    return store;
  };

  test('a write that was taken and not heard of is no repeat of itself', async () => {
    const device = newDevice();
    const store = await open(new MemoryLedger(), `heard-${device}`);
    const at = (minute: number, oxygen: number, offset: number): Observation =>
      toObservation({ device, at: MONDAY + minute * MINUTE, values: { oxygen } }, offset);
    const journal = [at(9, 1, 0), at(3, 2, 1), at(4, 3, 2), at(3, 4, 3)];
    await writeSome(store, journal, 1);
    for (const cut of [0, 0]) {
      proxy.cutWrite(cut, 'unheard');
      await writeSome(store, journal, 3);
    }
    proxy.cutWrite(Number.POSITIVE_INFINITY, 'lost');
    expect(await store.cursor()).toBe(1);
    await writeSome(store, journal, 1);
    await writeSome(store, journal, 2);
    await expectLikeReference(store, journal);
    await store.stop();
  });

  const report = fc.record({
    device: fc.constantFrom('a', 'b'),
    minute: fc.integer({ min: 0, max: 7 }),
    site: fc.constantFrom('p1', 'p1', 'p1', 'p2'),
    quality: fc.constantFrom('good', 'good', 'clock'),
    values: fc.dictionary(fc.constantFrom(...METRICS), fc.integer({ min: 0, max: 3 }), {
      minKeys: 1,
    }),
  });

  test('anywhere between the first line and the commit, it tells what was new all the same', async () => {
    const random = createRandom();
    const property = fc.asyncProperty(
      fc.array(report, { minLength: 1, maxLength: 24 }),
      async (reports) => {
        const names = { a: newDevice(), b: newDevice() };
        const journal = reports.map(({ device, minute, site, quality, values }, offset) =>
          toObservation(
            {
              device: names[device as 'a' | 'b'],
              site,
              at: MONDAY + minute * MINUTE,
              receivedAt: MONDAY + offset * 1_000,
              quality: quality as 'good' | 'clock',
              values: { ...values },
            },
            offset,
          ),
        );
        const ledger = new MemoryLedger();
        const bucket = `cut-${names.a}`;
        let store = await open(ledger, bucket);
        for (let faults = 6; (await store.cursor()) < journal.length; ) {
          const isFaulty = faults-- > 0;
          if (isFaulty) planFault(random, ledger, proxy);
          await writeSome(store, journal, isFaulty ? 1 + Math.floor(random() * 12) : 24);
          proxy.cutWrite(Number.POSITIVE_INFINITY, 'lost');
          ledger.failure = undefined;
          if (random() < 0.3) {
            await store.stop();
            store = await open(ledger, bucket);
          }
        }
        await expectLikeReference(store, journal);
        await store.stop();
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS, endOnFailure: true });
  });
});

function planFault(random: () => number, ledger: MemoryLedger, proxy: FaultyProxy): void {
  const choice = random();
  if (choice < 0.3) ledger.failure = new Error('the state is gone');
  else proxy.cutWrite(Math.floor(random() * 3), choice < 0.6 ? 'lost' : 'unheard');
}

/** A piece of the journal from the cursor on, cut as the moment has it. */
async function writeSome(
  store: SeriesStore,
  journal: readonly Observation[],
  most: number,
): Promise<void> {
  try {
    const from = await store.cursor();
    const next = Math.min(from + most, journal.length);
    await store.write({ from, next, observations: journal.slice(from, next) });
  } catch {
    // The pump would try again, from wherever the cursor is then.
  }
}

interface Known {
  device: string;
  metric: string;
  observedAt: number;
  site: string | null;
  value: number;
  quality: string;
  receivedAt: number;
}

/** What must be known after the journal, the plain way: a repeat changes nothing. */
function knownAfter(journal: readonly Observation[]): Known[] {
  const points = new Map<string, Known>();
  for (const { source, observedAt, receivedAt, quality, values } of journal) {
    const { device, site } = source;
    for (const [metric, value] of Object.entries(values)) {
      const key = JSON.stringify([device, metric, observedAt]);
      const before = points.get(key);
      if (before?.value === value && before.quality === quality) continue;
      points.set(key, { device, metric, observedAt, site, value, quality, receivedAt });
    }
  }
  return [...points.values()];
}

const sorted = (lines: readonly unknown[][]): string[] =>
  lines.map((line) => JSON.stringify(line)).sort();

async function expectLikeReference(
  store: SeriesStore,
  journal: readonly Observation[],
): Promise<void> {
  const known = knownAfter(journal);
  const series = await collect(store.query(query({ metrics: METRICS })));
  const got = series.flatMap(({ device, metric, site, times, columns, quality }) =>
    [...times].map((time, row) => {
      return [device, metric, time, site, columns[0]?.[row], quality?.[row]];
    }),
  );
  expect(sorted(got)).toEqual(
    sorted(
      known.map(({ device, metric, observedAt, site, value, quality }) => {
        return [device, metric, observedAt, site, value, quality];
      }),
    ),
  );
  const latest = await store.latest();
  const newest = new Map<string, Known>();
  for (const point of known) {
    const key = `${point.device} ${point.metric}`;
    if (point.observedAt >= (newest.get(key)?.observedAt ?? 0)) newest.set(key, point);
  }
  const fields = ({ device, metric, observedAt, receivedAt, value, site }: Known) => {
    return [device, metric, observedAt, receivedAt, value, site];
  };
  expect(sorted(latest.map(fields))).toEqual(sorted([...newest.values()].map(fields)));
  const counts = await store.counts('2000-01-01', '2100-01-01');
  const sum = (key: 'stored' | 'duplicate') => counts.reduce((all, count) => all + count[key], 0);
  const received = journal.reduce((all, { values }) => all + Object.keys(values).length, 0);
  expect(sum('stored')).toBe(known.length);
  expect(sum('stored') + sum('duplicate')).toBe(received);
}
