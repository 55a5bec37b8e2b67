import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureAlertLatency } from './alert-latency.ts';
import { type LoadDevice, wait } from './mqtt-load.ts';
import type { MemoryFigures } from './rule-memory.ts';
import { load, type SluiceTarget, startSluice } from './server.ts';
import { median } from './statistics.ts';
import type { Figure, Provision } from './suites.ts';

const DEVICES = 1_000;
const ROUNDS = 3;
const SECONDS = 8;
const WARM_UP_SECONDS = 3;
const IN_FLIGHT = 2;
const KIND = 'pond-sensor';

/** Rules of a report's five metrics, one on each side, none of which it ever passes. */
const METRICS: ReadonlyArray<readonly [metric: string, low: number, high: number]> = [
  ['dissolved_oxygen', 2, 30],
  ['water_temperature', 10, 45],
  ['ph', 4, 12],
  ['salinity', 1, 60],
  ['battery_voltage', 2, 50],
];

function plainRules(isBeyond: boolean): object[] {
  const text = { vi: 'thử', en: 'trial', fr: 'essai' };
  const durations = { forSeconds: 0, clearSeconds: 300, gapSeconds: 1_800 };
  return METRICS.flatMap(([metric, low, high]) =>
    (['below', 'above'] as const).map((side) => {
      const isBelow = side === 'below';
      // Where all are to be open, what is low is asked to be high.
      const limit = isBelow === isBeyond ? high : low;
      return {
        ...{ id: `bench-${metric}-${side}`.replaceAll('_', '-'), enabled: true, kind: KIND },
        ...{ title: text, severity: 'warning', scope: {} },
        condition: { type: 'threshold', metric, beyond: side, limit, clear: limit, ...durations },
        source: { text: 'a benchmark', evidence: 'D' },
        advice: { vi: ['a'], en: ['a'], fr: ['a'] },
      };
    }),
  );
}

interface RuleAnswer extends Record<string, unknown> {
  id: string;
  enabled: boolean;
  devices: number;
}

/** Rules in force, and for how many devices in all. */
async function rulesInForce(server: SluiceTarget): Promise<{ rules: RuleAnswer[]; pairs: number }> {
  const { items } = await server.call<{ items: RuleAnswer[] }>('GET', `/api/v1/rules?kind=${KIND}`);
  const rules = items.filter(({ enabled }) => enabled);
  return { rules, pairs: rules.reduce((sum, { devices }) => sum + devices, 0) };
}

/** A server whose devices are judged by the rules of the kind, by these instead, or by none. */
async function prepared(
  provision: Provision,
  rules: 'shipped' | readonly object[],
  dir?: string,
): Promise<{ server: SluiceTarget; devices: LoadDevice[]; pairs: number }> {
  const server = await startSluice({}, dir);
  const devices = await provision(server, DEVICES);
  if (rules !== 'shipped') {
    for (const rule of (await rulesInForce(server)).rules) {
      await server.call('PUT', `/api/v1/rules/${rule.id}`, { ...rule, enabled: false });
    }
    for (const rule of rules) await server.call('POST', '/api/v1/rules', rule);
  }
  return { server, devices, pairs: (await rulesInForce(server)).pairs };
}

interface Rate {
  pairs: number;
  /** Acknowledged a second. */
  perSecond: number;
  /** Taken a second, until the rules and the store have done with all of it. */
  wholePerSecond: number;
}

async function rateWith(provision: Provision, rules: 'shipped' | readonly object[]): Promise<Rate> {
  const { server, devices, pairs } = await prepared(provision, rules);
  const shape = { inFlight: IN_FLIGHT, seconds: SECONDS, warmUpSeconds: WARM_UP_SECONDS };
  const startedAt = performance.now();
  const { perSecond, sent } = await load({ port: server.port, devices, ...shape });
  for (const reader of ['rules', 'series']) {
    while ((await server.metric(`sluice_${reader}_backlog_frames`)) > 0) await wait(20);
  }
  const wholePerSecond = (sent * 1_000) / (performance.now() - startedAt);
  await server.stop();
  return { pairs, perSecond, wholePerSecond };
}

async function measureCost(provision: Provision): Promise<Figure[]> {
  const sets = { none: [], plain: plainRules(false), shipped: 'shipped' } as const;
  const rates: Record<keyof typeof sets, Rate[]> = { none: [], plain: [], shipped: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['none', 'plain', 'shipped'] as const) {
      rates[name].push(await rateWith(provision, sets[name]));
    }
  }
  const bare = median(rates.none.map(({ perSecond }) => perSecond));
  const bareWhole = median(rates.none.map(({ wholePerSecond }) => wholePerSecond));
  const costOf = (name: 'plain' | 'shipped'): [acknowledged: string, whole: string] => {
    const rate = median(rates[name].map(({ perSecond }) => perSecond));
    const whole = median(rates[name].map(({ wholePerSecond }) => wholePerSecond));
    const percent = (share: number): string => `${Math.round(100 * (1 - share))} %`;
    return [percent(rate / bare), percent(whole / bareWhole)];
  };
  const shape = `${DEVICES.toLocaleString('en')} devices, QoS 1`;
  const figures: Figure[] = [
    { what: `Acknowledged without rules (${shape})`, value: `${(bare / 1000).toFixed(1)} k/s` },
  ];
  for (const name of ['plain', 'shipped'] as const) {
    const [acknowledged, whole] = costOf(name);
    const pairs = (rates[name][0]?.pairs ?? 0).toLocaleString('en');
    const which = name === 'plain' ? 'plain rules' : 'the shipped rules';
    figures.push({
      what: `Cost of ${pairs} rule × device pairs, ${which}: acknowledged rate; rate until judged and stored`,
      value: `${acknowledged}; ${whole}`,
      goal: '≤ 25 %',
    });
  }
  return figures;
}

/** All rules open on all devices, then how soon a start is ready. */
async function measureRestart(provision: Provision): Promise<Figure> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  const { server, devices, pairs } = await prepared(provision, plainRules(true), dir);
  const shape = { inFlight: 1, seconds: 1, warmUpSeconds: 1, ratePerSecond: 1_000 };
  await load({ port: server.port, devices, firstAt: Date.now() - 5_000, ...shape });
  const until = performance.now() + 60_000;
  while ((await server.metric('sluice_rules_open_alerts')) < pairs && performance.now() < until) {
    await wait(100);
  }
  await server.rest();
  const times: number[] = [];
  let open = 0;
  for (let round = 0; round < 5; round++) {
    const again = await startSluice({}, dir);
    times.push(again.startMs);
    open = await again.metric('sluice_rules_open_alerts');
    await (round < 4 ? again.rest() : again.stop());
  }
  return {
    what: `Start with ${open.toLocaleString('en')} open alerts until it is ready`,
    value: `${(median(times) / 1000).toFixed(2)} s`,
    goal: '≤ 3 s',
  };
}

/** In a process of its own, whose heap is read after a collection. */
async function measureMemory(): Promise<Figure[]> {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), 'rule-memory.js');
  const child = fork(file, { execArgv: ['--expose-gc'] });
  const [{ atRest, open }] = (await once(child, 'message')) as [MemoryFigures];
  const value = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`;
  const what = 'Heap of a rule on a device';
  return [
    { what: `${what}, nothing under way`, value: value(atRest), goal: '≤ 4 KiB' },
    { what: `${what}, its alert open`, value: value(open), goal: '≤ 4 KiB' },
  ];
}

/** What ten thousand rules on devices cost: rate, time to tell, start and memory. */
export async function measureRules(provision: Provision): Promise<Figure[]> {
  return [
    ...(await measureCost(provision)),
    ...(await measureAlertLatency(provision, 5_000)),
    await measureRestart(provision),
    ...(await measureMemory()),
  ];
}
