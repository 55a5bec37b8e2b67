import { type Clock, sleep } from '../base/clock.ts';
import { runAt } from '../base/cron.ts';
import { AppError, describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';
import type { Service } from '../base/service.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import { RETENTION_TIERS, type RetentionTier, type SeriesStore } from '../contracts/series.ts';
import type { State } from '../contracts/state.ts';
import {
  ageOf,
  cutOff,
  type KeptTier,
  type RetentionRule,
  type StateTier,
} from './retention-rules.ts';

/** Midday: at night, when the oxygen of ponds falls, nothing may stand in an alert's way. */
const DAILY_AT = '30 12 * * *';
/** After a start stores catch up first; a machine that is off at midday has its turn here. */
const FIRST_AFTER_MS = 5 * 60_000;
/** Between two steps live work has the store to itself. */
const PAUSE_MS = 250;
/** While the store is behind, or a backup is made, nothing is removed; this often we look again. */
const BUSY_PAUSE_MS = 5_000;
/** What cannot be done within an hour is left to the next day. */
const BUSY_MS_MAX = 3_600_000;
/** Of the 15 s a stop may take, what a step under way gets to end by itself. */
const STOP_MS = 3_000;
/** Steps for one tier and kind in one run: a store that removes a month a step has decades. */
const STEPS_MAX = 1_000;
/** Rows removed from the state at once: some 5 ms of its writer. */
const STATE_ROWS = 500;

export interface RetentionOptions {
  rules: readonly RetentionRule[];
  series: Pick<SeriesStore, 'name' | 'expire'>;
  state: Pick<State, 'alerts' | 'ledger'>;
  kinds: KindRegistry;
  timeZone: string;
  /** Whether live work needs the stores for itself now. */
  busy: () => boolean;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

/** What one run did. */
export interface RetentionReport {
  startedAt: number;
  /** Values, windows or rows that left, by tier; tiers with none are absent. */
  removed: Partial<Record<KeptTier, number>>;
  /** What did not work, one line each. */
  failures: string[];
}

export interface Retention extends Service {
  /** Goes through all tiers now; a second call while one runs gets the same report. */
  run(): Promise<RetentionReport>;
  readiness(): ReadinessCheck;
}

/** Lets what is older than the rules say leave its tier, once a day. */
export function createRetention(options: RetentionOptions): Retention {
  return new DailyRetention(options);
}

interface Step {
  tier: KeptTier;
  kind: string | null;
  before: number;
  /** Answers how many left; 0 when there is nothing more to do. */
  work: () => Promise<number>;
}

class DailyRetention implements Retention {
  readonly name = 'retention';
  readonly #options: RetentionOptions;
  readonly #removed: CounterMetric;
  readonly #stopper = new AbortController();
  /** Failures told already: each is logged once, and again when it is another. */
  readonly #told = new Map<string, string>();
  #stopSchedule: () => void = () => undefined;
  #running: Promise<RetentionReport> | null = null;
  #report: RetentionReport | null = null;

  constructor(options: RetentionOptions) {
    this.#options = options;
    const { metrics } = options;
    this.#removed = metrics.counter(
      'sluice_retention_removed_total',
      'Values, windows or rows that left a tier because of their age',
      ['tier'],
    );
    metrics.gauge(
      'sluice_retention_failures',
      'What did not work in the last run of the retention',
      () => this.#report?.failures.length ?? 0,
    );
    metrics.gauge(
      'sluice_retention_last_run_seconds',
      'When the retention ran last, in seconds since 1970; 0 before the first time',
      () => Math.floor((this.#report?.startedAt ?? 0) / 1_000),
    );
  }

  async start(): Promise<void> {
    const { timeZone } = this.#options;
    this.#stopSchedule = runAt(DAILY_AT, timeZone, async () => void (await this.run()));
    const { signal } = this.#stopper;
    void sleep(FIRST_AFTER_MS, signal).then(() => (signal.aborted ? undefined : this.run()));
  }

  async stop(): Promise<void> {
    this.#stopSchedule();
    this.#stopper.abort();
    // A step under way ends with the store, which stops after this.
    await Promise.race([this.#running, sleep(STOP_MS)]);
  }

  run(): Promise<RetentionReport> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  readiness(): ReadinessCheck {
    const { name } = this;
    if (this.#report === null) return { name, ok: true, detail: 'did not run yet' };
    const { startedAt, removed, failures } = this.#report;
    const counts = Object.entries(removed).map(([tier, count]) => `${count} left ${tier}`);
    const what = counts.length === 0 ? 'nothing was too old' : counts.join(', ');
    const at = new Date(startedAt).toISOString();
    return { name, ok: true, detail: [`ran at ${at}, ${what}`, ...failures].join('; ') };
  }

  async #run(): Promise<RetentionReport> {
    const { clock, logger } = this.#options;
    const report: RetentionReport = { startedAt: clock.now(), removed: {}, failures: [] };
    for (const step of this.#steps(report.startedAt)) {
      if (this.#stopper.signal.aborted) break;
      await this.#take(step, report);
    }
    this.#report = report;
    const { removed, failures } = report;
    if (Object.keys(removed).length > 0) logger.info({ removed, failures }, 'old data left');
    return report;
  }

  /** Every tier and kind that has an end, each with its own date. */
  #steps(now: number): Step[] {
    const { rules, kinds, timeZone } = this.#options;
    const steps: Step[] = [];
    const add = (
      tier: KeptTier,
      kind: string | null,
      work: (before: number) => Promise<number>,
    ) => {
      const age = ageOf(rules, tier, kind);
      if (age === null) return;
      const before = cutOff(age, now, timeZone);
      steps.push({ tier, kind, before, work: () => work(before) });
    };
    for (const tier of RETENTION_TIERS) {
      for (const kind of kinds.keys()) {
        add(tier, kind, (before) => this.#expireSeries(tier, kind, before));
      }
    }
    const { alerts, ledger } = this.#options.state;
    const state: Record<StateTier, (before: number) => Promise<number>> = {
      rejections: (before) => ledger.expireRejections(before, STATE_ROWS),
      alerts: (before) => alerts.expire(before, STATE_ROWS),
    };
    for (const [tier, work] of Object.entries(state)) add(tier as StateTier, null, work);
    return steps;
  }

  async #expireSeries(tier: RetentionTier, kind: string, before: number): Promise<number> {
    const { values, files } = await this.#options.series.expire(tier, kind, before);
    for (const file of files) this.#options.logger.info({ tier, kind, file }, 'retention');
    return values;
  }

  /** Again and again until nothing more leaves; a failure ends this tier and kind for today. */
  async #take({ tier, kind, work }: Step, report: RetentionReport): Promise<void> {
    const { signal } = this.#stopper;
    const what = kind === null ? tier : `${kind}.${tier}`;
    try {
      for (let step = 0; step < STEPS_MAX && !signal.aborted; step++) {
        await this.#giveWay();
        if (signal.aborted) return;
        const count = await work();
        if (count === 0) break;
        report.removed[tier] = (report.removed[tier] ?? 0) + count;
        this.#removed.add(count, { tier });
        await sleep(PAUSE_MS, signal);
      }
      this.#told.delete(what);
    } catch (error) {
      report.failures.push(`${what}: ${describeError(error)}`);
      this.#tell(what, error);
    }
  }

  async #giveWay(): Promise<void> {
    const { busy, clock } = this.#options;
    const until = clock.monotonic() + BUSY_MS_MAX;
    while (busy()) {
      if (clock.monotonic() > until) {
        throw new AppError('RETENTION_POSTPONED', 'the stores were busy for too long');
      }
      await sleep(BUSY_PAUSE_MS, this.#stopper.signal);
      if (this.#stopper.signal.aborted) return;
    }
  }

  #tell(what: string, error: unknown): void {
    const reason = describeError(error);
    if (this.#told.get(what) === reason) return;
    this.#told.set(what, reason);
    this.#options.logger.warn({ what, error }, 'retention failed; it is tried again tomorrow');
  }
}
