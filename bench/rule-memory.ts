// A process of its own, started with --expose-gc: what the engine's heap holds for each rule on a
// device, as the difference between many rules and none, with everything else the same.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../src/base/clock.ts';
import { createLogger } from '../src/base/logger.ts';
import { createMetrics } from '../src/base/metrics.ts';
import { type DeviceKind, defineDeviceKind } from '../src/contracts/device-kind.ts';
import type { Observation } from '../src/contracts/observation.ts';
import type { Rule } from '../src/contracts/rule.ts';
import { createRuleEngine } from '../src/rules/engine.ts';
import { createState } from '../src/state/state.ts';

/** Bytes of the heap for each pair of a rule and a device. */
export interface MemoryFigures {
  atRest: number;
  open: number;
}

const DEVICES = 1_000;
const RULES = 10;
const REPORTS = 30;
const INTERVAL_MS = 10_000;
const SETTLE_MS = 100;
const words = { vi: 'a', en: 'a', fr: 'a' };

function kindWith(ruleCount: number): DeviceKind {
  const rules = Array.from({ length: ruleCount }, (_, index): Rule => {
    const condition = { type: 'threshold', metric: 'level', beyond: 'below', limit: 4 } as const;
    return {
      ...{ id: `rule-${index}`, version: 1, enabled: true, kind: 'probe', severity: 'warning' },
      ...{ title: words, scope: {}, source: { text: 'a benchmark', evidence: 'D' } },
      condition: { ...condition, clear: 4.3, forSeconds: 60, clearSeconds: 60, gapSeconds: 1_800 },
      advice: { vi: ['a'], en: ['a'], fr: ['a'] },
    };
  });
  const range = { min: 0, max: 100, decimals: 2, shape: 'gauge' } as const;
  return defineDeviceKind({
    ...{ name: 'probe', title: words, siteKind: 'pond', intervalSeconds: 60, rules },
    metrics: [{ name: 'level', label: words, unit: 'mg/L', ...range }],
    simulator: { idPrefix: 'probe', values: () => null },
  });
}

/** Heap in use after a collection, with an engine that has judged reports of this value. */
async function heapWith(ruleCount: number, value: number): Promise<number> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  const common = { clock: systemClock, logger: createLogger('silent') };
  const state = createState({ file: path.join(dir, 'state.sqlite'), ...common });
  await state.start(new AbortController().signal);
  await state.coops.create({ id: 'bench', name: 'Bench' });
  const createdAt = systemClock.now() - REPORTS * INTERVAL_MS;
  const ids = Array.from({ length: DEVICES }, (_, index) => `probe-${index}`);
  for (const id of ids) {
    const place = { id, coop: 'bench', site: null, kind: 'probe', name: null };
    const rest = { intervalSeconds: null, tags: [], gateway: null, createdAt };
    await state.devices.create({ ...place, ...rest }, new Uint8Array(32));
  }
  const engine = createRuleEngine({
    ...{ state, registry: state.registry, ...common, metrics: createMetrics() },
    ...{ kinds: new Map([['probe', kindWith(ruleCount)]]), timeZone: 'Asia/Ho_Chi_Minh' },
    live: { publish: () => undefined },
    history: { cursor: () => 0, read: async () => new Map() },
  });
  for (let report = 0; report < REPORTS; report++) {
    const observedAt = createdAt + report * INTERVAL_MS + 1;
    const observations = ids.map((device): Observation => {
      const source = { coop: 'bench', site: null, device, kind: 'probe' };
      const times = { observedAt, receivedAt: observedAt, quality: 'good' } as const;
      return { source, offset: report, index: 0, ...times, values: { level: value } };
    });
    const nothing = { rejections: [], claims: [], statuses: [], acks: [] };
    await engine.accept({ from: report, next: report + 1, observations, ...nothing });
  }
  await engine.tick();
  const bytes = await settledHeap();
  await engine.stop();
  await state.stop();
  rmSync(dir, { recursive: true, force: true });
  return bytes;
}

async function settledHeap(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }
  return process.memoryUsage().heapUsed;
}

async function measure(): Promise<MemoryFigures> {
  // The first engine of a process also pays for its code.
  await heapWith(RULES, 2);
  const of = async (value: number): Promise<number> => {
    const without = await heapWith(0, value);
    return ((await heapWith(RULES, value)) - without) / (DEVICES * RULES);
  };
  return { atRest: await of(6), open: await of(2) };
}

if (process.send !== undefined) {
  const figures = await measure();
  process.send(figures, () => process.exit(0));
}
