import { type Clock, sleep, yieldToEventLoop } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { DAY_MS } from '../../base/local-clock.ts';
import { type Logger, repeatGuard } from '../../base/logger.ts';
import type { CounterMetric, Metrics } from '../../base/metrics.ts';
import type { Service } from '../../base/service.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { SeriesStore } from '../../contracts/series.ts';
import type { Corrections } from './corrections.ts';
import type { DayOfDevice, RollupLedger, StaleDay } from './rollup-ledger.ts';
import { computeWindows } from './windows.ts';

export interface RecomputeOptions {
  store: SeriesStore;
  rollups: RollupLedger;
  corrections: Pick<Corrections, 'applied' | 'settle'>;
  kinds: KindRegistry;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

const ROUND_EVERY_MS = 5_000;
const RETRY_MS_MAX = 60_000;
/** Devices report the last minutes of a day after it is over. */
const DAY_OVER_MS = 3 * 60_000;
/**
 * A day that is still being reported waits: twelve devices of a slow link that bring a report each
 * ten seconds would otherwise have their days computed anew after every one.
 */
const QUIET_MS = 60_000;
/** A day that is never quiet is tried all the same, this long after the last time. */
const UNREST_MS_MAX = 600_000;
/** Days of devices in one query: 25 windows of 12 metrics and 6 columns, 2 MB, written in 0.1 s. */
const DAYS_PER_QUERY_MAX = 128;
/** Days in a row in one query: what one device's raw points of a month are, 9,000 a metric. */
const DAYS_IN_A_ROW_MAX = 31;
/** Days marked in one transaction of the state. */
const MARKS_PER_CHUNK = 5_000;

/** Days that follow each other, dirty for all of these devices. */
interface Stretch {
  kind: string;
  devices: string[];
  firstDay: number;
  lastDay: number;
  stale: StaleDay[];
  hasWindows: boolean;
}

/** Computes the rollups of dirty days anew, one query at a time, and clears them. */
export class Recompute implements Service {
  readonly name = 'recompute';
  readonly #options: RecomputeOptions;
  readonly #windows: CounterMetric;
  readonly #stopper = new AbortController();
  #repairsSeen = 0;
  #running: Promise<void> = Promise.resolve();
  /** Two rounds at once would put the older answer over the newer. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RecomputeOptions) {
    this.#options = options;
    this.#windows = options.metrics.counter(
      'sluice_rollup_windows_total',
      'Hours and days of one device whose rollups were computed',
    );
  }

  async start(): Promise<void> {
    await this.#noteRepairs();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopper.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopper;
    const quiet = repeatGuard(clock);
    let waitMs = ROUND_EVERY_MS;
    while (!signal.aborted) {
      await sleep(waitMs, signal);
      if (signal.aborted) return;
      try {
        await this.round();
        waitMs = ROUND_EVERY_MS;
      } catch (error) {
        waitMs = Math.min(waitMs * 2, RETRY_MS_MAX);
        if (signal.aborted) return;
        quiet('recompute', (suppressed) =>
          logger.warn({ error: describeError(error), suppressed }, 'rollups have to wait'),
        );
      }
    }
  }

  /** Computes what is quiet. Returns how many days were cleared. */
  round(): Promise<number> {
    const run = this.#turn.then(() => this.#round());
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #round(): Promise<number> {
    const { store, rollups, corrections, kinds } = this.#options;
    await corrections.settle();
    await this.#noteRepairs();
    const status = store.status();
    if (!status.available || status.identity === null) return 0;
    if (!rollups.trusts(status)) await this.#markAll(status.identity);
    const due = [...rollups.stale()].filter((one) => kinds.has(one.kind) && this.#isDue(one));
    let cleared = 0;
    const failures: unknown[] = [];
    for (const stretch of stretchesOf(due, (one) => this.#hasWindows(one))) {
      if (this.#stopper.signal.aborted || !store.status().available) break;
      try {
        cleared += await this.#recompute(stretch);
      } catch (error) {
        // What cannot be computed waits, and does not keep the rest waiting.
        failures.push(error);
      }
      await yieldToEventLoop();
    }
    if (failures.length > 0) throw failures[0];
    return cleared;
  }

  /** What was mended may have lost windows that the ledger takes for computed. */
  async #noteRepairs(): Promise<void> {
    const { length } = this.#options.store.status().repairs;
    if (length === this.#repairsSeen) return;
    await this.#options.rollups.distrust();
    this.#repairsSeen = length;
  }

  #isDue({ span, pins, since, touchedAt, attemptedAt }: StaleDay): boolean {
    const { clock } = this.#options;
    const now = clock.now();
    if (pins > 0 || span.to + DAY_OVER_MS > now) return false;
    const elapsed = clock.monotonic();
    if (elapsed - touchedAt >= QUIET_MS) return true;
    return elapsed - Math.max(since, attemptedAt) >= UNREST_MS_MAX;
  }

  /** Days whose points have left for good keep the windows they have. */
  #hasWindows({ kind, day, span }: StaleDay): boolean {
    const { rollups } = this.#options;
    return rollups.days.isRegular(day) && span.from >= rollups.floor(kind, 'points');
  }

  async #recompute({ stale, hasWindows, ...stretch }: Stretch): Promise<number> {
    const { store, rollups, corrections, kinds } = this.#options;
    const claim = rollups.claim(stale);
    if (hasWindows && claim.size > 0) {
      const metrics = kinds.get(stretch.kind)?.metrics.map(({ name }) => name) ?? [];
      const options = { store, corrections: corrections.applied, days: rollups.days };
      const signal = this.#stopper.signal;
      const changes = await computeWindows(options, { ...stretch, metrics }, signal);
      await store.replaceRollups(changes);
      this.#windows.add(changes.reduce((sum, { windows }) => sum + windows.length, 0));
    }
    return rollups.clear(claim);
  }

  /** The store is another than the ledger is about: every day with points has to be computed. */
  async #markAll(identity: string): Promise<void> {
    const { store, rollups, kinds, clock, logger } = this.#options;
    const { days } = rollups;
    let count = 0;
    for (const { name: kind, metrics } of kinds.values()) {
      const blocks = store.query(
        {
          kind,
          metrics: metrics.map(({ name }) => name),
          filter: {},
          from: 0,
          to: clock.now() + 2 * DAY_MS,
          aggregate: {
            every: { count: 1, unit: 'day' },
            functions: ['count'],
            timeZone: days.timeZone,
          },
          order: 'ascending',
        },
        this.#stopper.signal,
      );
      let chunk: DayOfDevice[] = [];
      const mark = async (): Promise<void> => {
        (await rollups.mark(chunk))();
        chunk = [];
      };
      for await (const { device, times } of blocks) {
        for (const time of times) chunk.push({ kind, device, day: days.dayOf(time) });
        count += times.length;
        if (chunk.length >= MARKS_PER_CHUNK) await mark();
      }
      await mark();
    }
    if (store.status().identity !== identity) return;
    await rollups.adopt(identity);
    if (count > 0) logger.info({ days: rollups.size }, 'rollups of the whole store begin anew');
  }
}

/** Few queries for many days: of each device the days in a row, then devices with the same ones. */
function* stretchesOf(
  stale: readonly StaleDay[],
  hasWindows: (day: StaleDay) => boolean,
): Iterable<Stretch> {
  const byDevice = new Map<string, StaleDay[]>();
  for (const one of stale) add(byDevice, JSON.stringify([one.kind, one.device]), one);
  const alike = new Map<string, StaleDay[][]>();
  for (const own of byDevice.values()) {
    own.sort((left, right) => left.day - right.day);
    for (const row of rowsOf(own, hasWindows)) {
      const [first] = row;
      add(alike, JSON.stringify([first?.kind, first?.day, row.length]), row);
    }
  }
  for (const rows of alike.values()) {
    const [model = []] = rows;
    const [first] = model;
    const last = model.at(-1);
    if (first === undefined || last === undefined) continue;
    const together = Math.floor(DAYS_PER_QUERY_MAX / model.length);
    for (let start = 0; start < rows.length; start += together) {
      const some = rows.slice(start, start + together);
      yield {
        kind: first.kind,
        devices: some.flatMap(([one]) => one?.device ?? []),
        firstDay: first.day,
        lastDay: last.day,
        stale: some.flat(),
        hasWindows: hasWindows(first),
      };
    }
  }
}

function add<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  list.push(item);
}

/** Days in a row, none of which is told from the others by having windows. */
function* rowsOf(
  sorted: readonly StaleDay[],
  hasWindows: (day: StaleDay) => boolean,
): Iterable<StaleDay[]> {
  let row: StaleDay[] = [];
  for (const one of sorted) {
    const last = row.at(-1);
    const follows =
      last !== undefined &&
      one.day === last.day + 1 &&
      row.length < DAYS_IN_A_ROW_MAX &&
      hasWindows(one) === hasWindows(last);
    if (!follows && row.length > 0) {
      yield row;
      row = [];
    }
    row.push(one);
  }
  if (row.length > 0) yield row;
}
