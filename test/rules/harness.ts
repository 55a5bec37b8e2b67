import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '#src/base/logger';
import { createMetrics } from '#src/base/metrics';
import { type DeviceKind, defineDeviceKind } from '#src/contracts/device-kind';
import { createRuleEngine, type RuleEngine } from '#src/rules/engine';
import { createState } from '#src/state/state';
import type { Alert } from '../../src/contracts/alert.ts';
import type { LiveEvent } from '../../src/contracts/live.ts';
import type { DecodedBatch, Observation } from '../../src/contracts/observation.ts';
import type { Registry } from '../../src/contracts/registry.ts';
import type { Rule, RuleCondition, RuleScope } from '../../src/contracts/rule.ts';
import type { State } from '../../src/contracts/state.ts';
import type { HistoryRequest, SampleHistory } from '../../src/rules/history.ts';
import type { StateService } from '../../src/state/state.ts';

export const MINUTE = 60_000;
/** 2026-11-22T00:00:00Z, a round instant to count from. */
export const T0 = Date.UTC(2026, 10, 22);

export const logger = createLogger('silent');

export class ManualClock {
  wall = T0;
  #monotonic = 0;
  now(): number {
    return this.wall;
  }
  monotonic(): number {
    return this.#monotonic;
  }
  advance(ms: number): void {
    this.wall += ms;
    this.#monotonic += ms;
  }
}

export function ruleOf(
  id: string,
  condition: RuleCondition,
  more: { version?: number; enabled?: boolean; scope?: RuleScope } = {},
): Rule {
  const title = { vi: id, en: id, fr: id };
  return {
    id,
    version: 1,
    enabled: true,
    kind: 'probe',
    title,
    severity: 'critical',
    scope: {},
    condition,
    source: { text: 'a test', evidence: 'D' },
    advice: { vi: ['a'], en: ['a'], fr: ['a'] },
    ...more,
  };
}

/** Oxygen below 4 for five minutes, over at 4.3 for five; unknown after half an hour. */
export const LOW_OXYGEN = ruleOf('low-oxygen', {
  type: 'threshold',
  metric: 'oxygen',
  beyond: 'below',
  limit: 4,
  clear: 4.3,
  forSeconds: 300,
  clearSeconds: 300,
  gapSeconds: 1800,
});

export function kindOf(rules: readonly Rule[]): DeviceKind {
  const metric = (name: string): DeviceKind['metrics'][number] => ({
    name,
    label: { vi: name, en: name, fr: name },
    unit: 'mg/L',
    min: -100,
    max: 100,
    decimals: 2,
    shape: 'gauge',
  });
  return defineDeviceKind({
    name: 'probe',
    title: { vi: 'probe', en: 'probe', fr: 'probe' },
    siteKind: 'pond',
    intervalSeconds: 60,
    metrics: [metric('oxygen'), metric('ph')],
    rules,
    simulator: { idPrefix: 'probe', values: () => null },
  });
}

/** The journal's frames and a series store that has taken some of them. */
export class Store implements SampleHistory {
  journal: Observation[][] = [];
  stored = 0;
  down = false;
  reads = 0;

  cursor(): number {
    return this.down ? 0 : this.stored;
  }

  async read({
    device,
    metrics,
    from,
    to,
  }: HistoryRequest): Promise<Map<string, { time: number; value: number }[]>> {
    this.reads++;
    if (this.down) throw new Error('the store is down');
    const series = new Map<string, Map<number, number>>();
    for (const metric of metrics) series.set(metric, new Map());
    for (const { source, observedAt, values } of this.journal.slice(0, this.stored).flat()) {
      if (source.device !== device || observedAt < from || observedAt >= to) continue;
      for (const metric of metrics) {
        const value = values[metric];
        if (value !== undefined) series.get(metric)?.set(observedAt, value);
      }
    }
    const sorted = (points: Map<number, number>): { time: number; value: number }[] =>
      [...points].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value }));
    return new Map([...series].map(([metric, points]) => [metric, sorted(points)]));
  }
}

/** What the engine and this harness need of the state. */
export interface TestState extends Pick<State, 'alerts' | 'rules' | 'cursors' | 'transaction'> {
  registry: Registry;
  devices: Pick<State['devices'], 'create' | 'remove'>;
}

/** A real state in a folder of its own, with one cooperative. */
export async function openState(): Promise<{ state: StateService; close: () => Promise<void> }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-rules-'));
  const clock = new ManualClock();
  const state = createState({ file: path.join(dir, 'state.sqlite'), clock, logger });
  await state.start(new AbortController().signal);
  await state.coops.create({ id: 'coop', name: 'Coop' });
  return {
    state,
    close: async () => {
      await state.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface Report {
  device: string;
  at: number;
  values: Record<string, number>;
  receivedAt?: number;
}

/** One run of the engine over a journal that grows, with restarts. */
export class Farm {
  readonly clock = new ManualClock();
  readonly store = new Store();
  readonly events: Alert[] = [];
  readonly state: TestState;
  /** The next so many commits fail. */
  failures = 0;
  engine: RuleEngine;
  #rules: readonly Rule[];
  #accepted = 0;

  constructor(state: TestState, rules: readonly Rule[]) {
    this.state = state;
    this.#rules = rules;
    this.engine = this.#engine();
  }

  #engine(): RuleEngine {
    return createRuleEngine({
      state: this.#faulty() as State,
      registry: this.state.registry,
      kinds: new Map([['probe', kindOf(this.#rules)]]),
      live: {
        publish: (event: LiveEvent) => {
          if (event.type === 'alert') this.events.push(event.data);
        },
      },
      clock: this.clock,
      logger,
      metrics: createMetrics(),
      history: this.store,
      head: () => this.store.journal.length,
    });
  }

  #faulty(): Pick<State, 'alerts' | 'rules' | 'cursors' | 'transaction'> {
    const { alerts, rules, cursors } = this.state;
    const transaction: State['transaction'] = (work) => {
      if (this.failures > 0) {
        this.failures--;
        return this.state.transaction(async (tx) => {
          await work(tx);
          throw new Error('the state failed at the commit');
        });
      }
      return this.state.transaction(work);
    };
    return { alerts, rules, cursors, transaction };
  }

  /** A crash and a start: nothing is saved on the way out. */
  async restart(rules?: readonly Rule[]): Promise<void> {
    this.#rules = rules ?? this.#rules;
    this.engine = this.#engine();
    this.#accepted = await this.engine.cursor();
  }

  async addDevice(id: string, createdAt: number = T0): Promise<void> {
    const device = { id, coop: 'coop', site: null, kind: 'probe', name: null };
    await this.state.devices.create(
      { ...device, intervalSeconds: null, createdAt },
      new Uint8Array(32),
    );
  }

  /** Journals the reports as one frame. */
  journal(...reports: Report[]): void {
    const offset = this.store.journal.length;
    this.store.journal.push(
      reports.map(({ device, at, values, receivedAt }, index) => ({
        source: { coop: 'coop', site: null, device, kind: 'probe' },
        offset,
        index,
        observedAt: at,
        receivedAt: receivedAt ?? Math.max(this.clock.now(), at),
        quality: 'good',
        values,
      })),
    );
  }

  /** The engine accepts the frames up to `next`. */
  async accept(next: number = this.store.journal.length): Promise<void> {
    try {
      await this.engine.accept(this.batch(this.#accepted, next));
      this.#accepted = next;
    } catch (error) {
      // As the pump does: ask where it stands, and try again later.
      this.#accepted = await this.engine.cursor();
      if (this.failures > 0) throw error;
      await this.accept(next);
    }
  }

  batch(from: number, next: number): DecodedBatch {
    const observations = this.store.journal.slice(from, next).flat();
    return { from, next, observations, rejections: [], claims: [], statuses: [], acks: [] };
  }

  /** Reports it in a frame of its own, stores it and lets the engine judge it. */
  async report(device: string, minute: number, values: Record<string, number>): Promise<void> {
    this.journal({ device, at: T0 + minute * MINUTE, values });
    await this.accept();
    this.store.stored = this.store.journal.length;
  }

  /** Everything is stored and judged, late reports included. */
  async settle(): Promise<void> {
    await this.accept();
    this.store.down = false;
    this.store.stored = this.store.journal.length;
    for (let round = 0; (await this.engine.reevaluate()) > 0; round++) {
      if (round > 100) throw new Error('late reports are never settled');
    }
    await this.engine.tick();
  }

  async alerts(device: string): Promise<Alert[]> {
    const { items } = await this.state.alerts.list({ device }, { limit: 1000 });
    return items.reverse();
  }

  observations(device: string): Observation[] {
    return this.store.journal.flat().filter(({ source }) => source.device === device);
  }
}
