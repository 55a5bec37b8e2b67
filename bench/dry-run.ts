import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../src/base/clock.ts';
import { createLogger } from '../src/base/logger.ts';
import { createMetrics } from '../src/base/metrics.ts';
import type { Observation } from '../src/contracts/observation.ts';
import type { RuleCondition } from '../src/contracts/rule.ts';
import { loadKinds } from '../src/ingest/kinds.ts';
import { createDuckDbStore } from '../src/series/duckdb/store.ts';
import { SERIES_KIND, SERIES_METRICS, seriesValue } from './series-data.ts';
import { type SluiceTarget, startSluice } from './server.ts';
import { median } from './statistics.ts';
import type { Figure, Provision } from './suites.ts';

const MINUTE_MS = 60_000;
const DAYS = 31;
const REPORTS_PER_BATCH = 20_000;
const REPETITIONS = 7;
const WARM_UP = 2;
const DEVICE = 'bench-0';

const limits = { beyond: 'below', limit: 4, clear: 4.3 } as const;
const durations = { forSeconds: 300, clearSeconds: 300, gapSeconds: 1800 };
const oxygen = { type: 'threshold', metric: 'dissolved_oxygen', ...limits, ...durations } as const;

const CONDITIONS: ReadonlyArray<readonly [what: string, condition: RuleCondition]> = [
  ['one limit with a band', { ...oxygen, bands: [{ severity: 'critical', limit: 3, clear: 3.3 }] }],
  [
    'the mean of 6 h',
    { ...oxygen, view: { type: 'rolling', function: 'mean', overSeconds: 21_600 } },
  ],
  [
    'three tests joined',
    {
      ...{ type: 'all', ...durations, maxAgeSeconds: 900 },
      of: [
        { type: 'test', metric: 'dissolved_oxygen', ...limits },
        { type: 'test', metric: 'water_temperature', beyond: 'above', limit: 30, clear: 29.8 },
        { type: 'test', metric: 'ph', beyond: 'above', limit: 8, clear: 7.9 },
      ],
    },
  ],
];

/** A month of one pond that reports every minute, replayed by the API as people ask for it. */
export async function measureDryRun(provision: Provision): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  const to = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const from = to - DAYS * 1440 * MINUTE_MS;
  try {
    await fillMonth(path.join(dir, 'series-duckdb'), from, to);
    const server = await startSluice({}, dir);
    try {
      await provision(server, 1);
      const figures: Figure[] = [];
      for (const [what, condition] of CONDITIONS) {
        const ms = await timed(server, { rule: ruleOf(condition), devices: [DEVICE], from, to });
        figures.push({
          what: `Dry run over a month of one pond’s 1-minute data, ${what}`,
          value: `${ms.toFixed(0)} ms`,
          goal: '≤ 1 s',
        });
      }
      return figures;
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function ruleOf(condition: RuleCondition): object {
  const text = { vi: 'thử', en: 'trial', fr: 'essai' };
  const advice = { vi: ['a'], en: ['a'], fr: ['a'] };
  const source = { text: 'a benchmark', evidence: 'D' };
  const about = { id: 'bench', enabled: true, kind: SERIES_KIND, title: text, severity: 'warning' };
  return { ...about, scope: {}, condition, source, advice };
}

/** Through the store itself, before a server has ever seen it. */
async function fillMonth(dir: string, from: number, to: number): Promise<void> {
  const store = createDuckDbStore({
    dir,
    kinds: await loadKinds(),
    timeZone: 'Asia/Ho_Chi_Minh',
    clock: systemClock,
    logger: createLogger('warn'),
    metrics: createMetrics(),
  });
  await store.start(new AbortController().signal);
  const source = { coop: 'bench', site: 'pond', device: DEVICE, kind: SERIES_KIND };
  let offset = 0;
  let observations: Observation[] = [];
  const write = async (): Promise<void> => {
    const next = offset + observations.length;
    await store.write({ from: offset, next, observations });
    offset = next;
    observations = [];
  };
  for (let time = from; time < to; time += MINUTE_MS) {
    const values = Object.fromEntries(
      SERIES_METRICS.map((name, metric) => [name, seriesValue(0, metric, time)]),
    );
    const place = { source, offset: offset + observations.length, index: 0 };
    observations.push({
      ...{ ...place, observedAt: time, receivedAt: time + 1_000, quality: 'good', values },
    });
    if (observations.length >= REPORTS_PER_BATCH) await write();
  }
  await write();
  await store.stop();
}

async function timed(server: SluiceTarget, body: object): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < REPETITIONS + WARM_UP; round++) {
    const startedAt = performance.now();
    const route = '/api/v1/rules/dry-run';
    const { samples } = await server.call<{ samples: number }>('POST', route, body);
    if (round >= WARM_UP) times.push(performance.now() - startedAt);
    if (samples < DAYS * 1440) throw new Error(`only ${samples} samples were replayed`);
  }
  return median(times);
}
