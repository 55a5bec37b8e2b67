import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '#src/base/logger';
import { createMetrics } from '#src/base/metrics';
import { CLOCK_FAULT, reportedValue } from '#src/contracts/clock-fault';
import { type DeviceKind, defineDeviceKind } from '#src/contracts/device-kind';
import { createRuleEngine, type RuleEngine } from '#src/rules/engine';
import { JudgedCorrections } from '#src/series/history/applied';
import { CorrectionList } from '#src/series/history/corrector';
import { createState } from '#src/state/state';
import type { Alert, AlertChange, AlertDesk } from '../../src/contracts/alert.ts';
import type { DerivedMetric } from '../../src/contracts/derived.ts';
import type { Correction } from '../../src/contracts/history.ts';
import type { LiveEvent } from '../../src/contracts/live.ts';
import type { DecodedBatch, Observation, Quality } from '../../src/contracts/observation.ts';
import type { Registry } from '../../src/contracts/registry.ts';
import type { Rule, RuleCondition, RuleScope } from '../../src/contracts/rule.ts';
import type { State } from '../../src/contracts/state.ts';
import type { RuleContext } from '../../src/rules/compiled.ts';
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

/** Two metrics at once, and one over a window. */
const DERIVED: readonly DerivedMetric[] = [
  {
    ...{ name: 'both', unit: 'mg/L', min: -200, max: 200, decimals: 2, source: 'a test' },
    label: { vi: 'both', en: 'both', fr: 'both' },
    inputs: [
      { metric: 'oxygen', maxAgeSeconds: 0 },
      { metric: 'ph', maxAgeSeconds: 180 },
    ],
    derive: ({ values: [oxygen = 0, ph = 0] }) => ({ value: oxygen + ph, beside: { ph } }),
  },
  {
    ...{ name: 'lately', unit: 'mg/L', min: -2000, max: 2000, decimals: 2, source: 'a test' },
    label: { vi: 'lately', en: 'lately', fr: 'lately' },
    inputs: [{ metric: 'oxygen', maxAgeSeconds: 0 }],
    window: { seconds: 240 },
    derive: (at) => {
      const samples = at.samples(0);
      const sum = samples.reduce((before, { value }) => before + value, 0);
      return samples.length < 2 ? { value: null, reason: 'one sample' } : { value: sum };
    },
  },
];

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
  const kind = defineDeviceKind({
    name: 'probe',
    title: { vi: 'probe', en: 'probe', fr: 'probe' },
    siteKind: 'pond',
    intervalSeconds: 60,
    metrics: [metric('oxygen'), metric('ph')],
    derived: DERIVED,
    rules: [],
    simulator: { idPrefix: 'probe', values: () => null },
  });
  // Random rules may be foolish, such as a metric minus itself: they are judged all the same.
  return { ...kind, rules };
}

/** Where the probe stands, for what rules ask besides the samples. */
export const PLACE: RuleContext = {
  kind: kindOf([]),
  timeZone: 'Asia/Ho_Chi_Minh',
  startedOn: null,
};

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
    for (const observation of this.journal.slice(0, this.stored).flat()) {
      const { source, observedAt } = observation;
      if (source.device !== device || observedAt < from || observedAt >= to) continue;
      for (const metric of metrics) {
        const value = reportedValue(observation, metric);
        // As of the real one: where values of one instant are dated unlike the fault counts.
        const isFault = metric === CLOCK_FAULT.name && series.get(metric)?.get(observedAt) === 1;
        if (value !== undefined && !isFault) series.get(metric)?.set(observedAt, value);
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
  quality?: Quality;
}

/** One run of the engine over a journal that grows, with restarts. */
export class Farm {
  readonly clock = new ManualClock();
  readonly store = new Store();
  readonly events: Alert[] = [];
  /** What the desk was shown of what was committed. */
  readonly changes: AlertChange[] = [];
  readonly corrections: JudgedCorrections;
  readonly #corrected = new CorrectionList();
  #corrections: Correction[] = [];
  readonly state: TestState;
  /** The next so many commits fail. */
  failures = 0;
  engine: RuleEngine;
  #rules: readonly Rule[];
  #accepted = 0;

  constructor(state: TestState, rules: readonly Rule[]) {
    this.state = state;
    this.#rules = rules;
    this.corrections = new JudgedCorrections(this.#corrected);
    this.engine = this.#engine();
  }

  /** Records a correction, as a person does. */
  correct(change: Pick<Correction, 'device' | 'metric' | 'from' | 'to' | 'work'>): void {
    const id = `correction-${this.#corrections.length}`;
    const said = { id, version: 1, note: null, by: 'Lan', at: this.clock.now(), removed: false };
    this.#corrections.push({ ...change, ...said });
    this.#corrected.load(this.#corrections);
    this.corrections.tell(change);
  }

  /** Takes back the correction recorded last. */
  takeBack(): void {
    const last = this.#corrections.pop();
    if (last === undefined) return;
    this.#corrected.load(this.#corrections);
    this.corrections.tell(last);
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
      timeZone: PLACE.timeZone,
      corrections: this.corrections,
      desk: this.#desk(),
    });
  }

  /** Lets everything pass, and notes what was committed. */
  #desk(): AlertDesk {
    return {
      settle: async (_, changes) => {
        if (this.failures === 0) this.changes.push(...changes);
        return changes.map(({ after }) => after);
      },
    };
  }

  #faulty(): Pick<State, 'alerts' | 'rules' | 'cursors' | 'transaction'> {
    const { alerts, rules, cursors } = this.state;
    const transaction: State['transaction'] = (work) => {
      if (this.failures > 0) {
        return this.state.transaction(async (tx) => {
          await work(tx).finally(() => this.failures--);
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
      { ...device, intervalSeconds: null, tags: [], gateway: null, createdAt },
      new Uint8Array(32),
    );
  }

  /** Journals the reports as one frame. */
  journal(...reports: Report[]): void {
    const offset = this.store.journal.length;
    this.store.journal.push(
      reports.map(({ device, at, values, receivedAt, quality }, index) => ({
        source: { coop: 'coop', site: null, device, kind: 'probe' },
        offset,
        index,
        observedAt: at,
        receivedAt: receivedAt ?? Math.max(this.clock.now(), at),
        quality: quality ?? 'good',
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
