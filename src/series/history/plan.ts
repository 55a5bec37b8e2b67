import { DAY_MS } from '../../base/local-clock.ts';
import type { HistoryAggregate } from '../../contracts/history.ts';
import {
  type AggregateFunction,
  ROLLUP_FUNCTIONS,
  type RollupTier,
  type SeriesStore,
} from '../../contracts/series.ts';
import { createBucketing } from '../bucketing.ts';
import { zonePieces } from '../time-zone.ts';
import type { CorrectionList } from './corrector.ts';
import { HOUR_MS, hasIrregularChange, type Span } from './local-days.ts';
import type { RollupLedger } from './rollup-ledger.ts';

/** A stretch of the range that is read from one tier; null: from points. */
export interface Run extends Span {
  tier: RollupTier | null;
}

export interface Plan {
  /** One after the other, without gaps. */
  runs: Run[];
  /** Some bucket reaches over the bound between two runs: its parts are to be merged. */
  cutsBuckets: boolean;
}

export interface PlanRequest {
  kind: string;
  /** Absent: all there are. */
  devices: readonly string[] | undefined;
  metrics: readonly string[];
  span: Span;
  aggregate: HistoryAggregate;
  /** What devices said, not what was made of it: rollups hold corrected values. */
  isRaw: boolean;
}

/** Each run is a query of some milliseconds; more of them cost more than they save. */
const RUNS_MAX = 32;
/** Longer ranges hold no data worth a plan: looking through 55,000 days takes some 20 ms. */
const PLANNED_MS_MAX = 150 * 366 * DAY_MS;

const FROM_TIERS: readonly AggregateFunction[] = ['mean', ...ROLLUP_FUNCTIONS];

export interface PlannerOptions {
  store: Pick<SeriesStore, 'status'>;
  rollups: RollupLedger;
  corrections: CorrectionList;
}

/** Chooses for each stretch of a range the coarsest tier that gives the exact answer. */
export class Planner {
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  plan(request: PlanRequest): Plan {
    const { span, aggregate } = request;
    const isPlanned =
      aggregate.functions.every((name) => FROM_TIERS.includes(name)) &&
      this.#options.rollups.trusts(this.#options.store.status()) &&
      span.to - span.from <= PLANNED_MS_MAX &&
      !hasIrregularChange(aggregate.timeZone, span);
    if (!isPlanned) return { runs: [{ ...span, tier: null }], cutsBuckets: false };
    const bucketOf = createBucketing({ ...aggregate, ...span });
    const runs = coalesced(this.#runs(request, bucketOf));
    const cutsBuckets = runs.slice(1).some(({ from }) => bucketOf(from) === bucketOf(from - 1));
    return { runs, cutsBuckets };
  }

  #runs(request: PlanRequest, bucketOf: (time: number) => number): Run[] {
    const { kind, devices, span } = request;
    const { rollups } = this.#options;
    const { days } = rollups;
    const fits = windowCheck(request, bucketOf, days.timeZone);
    const dirty = rollups.dirtyWithin(kind, devices, span);
    const pointsFloor = rollups.floor(kind, 'points');
    const corrected = this.#correctedStretches(request);
    const runs: Run[] = [];
    const last = days.dayOf(span.to - 1);
    for (let number = days.dayOf(span.from); number <= last; number++) {
      const day = days.spanOf(number);
      const part = { from: Math.max(day.from, span.from), to: Math.min(day.to, span.to) };
      if (!(part.from < part.to)) continue;
      // Where the points have left for good, a dirty rollup is all there is.
      const isStale = dirty.has(number) && day.to > pointsFloor;
      const fromPoints =
        isStale || !days.isRegular(number) || corrected.some((one) => overlap(one, day));
      add(runs, part, fromPoints ? null : tierOf(day, part, { fits, rollups, kind }));
    }
    return runs;
  }

  /** For raw values: when rollups hold something else than what devices said. */
  #correctedStretches({ isRaw, devices, metrics, span }: PlanRequest): Span[] {
    if (!isRaw) return [];
    const { corrections } = this.#options;
    return corrections
      .touched(devices, metrics, span)
      .flatMap((pair) => corrections.of(pair)?.stretches ?? []);
  }
}

function overlap(one: Span, other: Span): boolean {
  return one.from < other.to && one.to > other.from;
}

/** Tells whether a window lies in one bucket. */
type Fits = (window: Span) => boolean;

function windowCheck(
  { aggregate, span }: PlanRequest,
  bucketOf: (time: number) => number,
  timeZone: string,
): Fits {
  const isOneBucket: Fits = ({ from, to }) => bucketOf(from) === bucketOf(to - 1);
  if (aggregate.timeZone === timeZone) return isOneBucket;
  // In a zone of its own the clocks may change within our windows, and its buckets with them.
  const changes = zonePieces(aggregate.timeZone, span.from, span.to)
    .slice(1)
    .map(({ from }) => from);
  return (window) =>
    isOneBucket(window) && !changes.some((at) => at > window.from && at < window.to);
}

function tierOf(
  day: Span,
  part: Span,
  { fits, rollups, kind }: { fits: Fits; rollups: RollupLedger; kind: string },
): RollupTier | null {
  const isWhole = part.from === day.from && part.to === day.to;
  if (isWhole && day.from >= rollups.floor(kind, 'day') && fits(day)) return 'day';
  const isCutAtHours =
    (part.from - day.from) % HOUR_MS === 0 && (part.to - day.from) % HOUR_MS === 0;
  if (!isCutAtHours || part.from < rollups.floor(kind, 'hour')) return null;
  for (let from = part.from; from < part.to; from += HOUR_MS) {
    if (!fits({ from, to: from + HOUR_MS })) return null;
  }
  return 'hour';
}

function add(runs: Run[], part: Span, tier: RollupTier | null): void {
  const last = runs.at(-1);
  if (last?.tier === tier) last.to = part.to;
  else runs.push({ ...part, tier });
}

/** Fewer runs with the same answer: hours instead of days between hours, then points. */
function coalesced(runs: Run[]): Run[] {
  if (runs.length <= RUNS_MAX) return runs;
  const joined: Run[] = [];
  const hasHours = runs.some(({ tier }) => tier === 'hour');
  for (const { tier, ...part } of runs)
    add(joined, part, tier !== null && hasHours ? 'hour' : tier);
  while (joined.length > RUNS_MAX) {
    const tiers = joined.filter(({ tier }) => tier !== null);
    const shortest = tiers.reduce((least, run) =>
      run.to - run.from < least.to - least.from ? run : least,
    );
    const place = joined.indexOf(shortest);
    const before = joined[place - 1];
    const after = joined[place + 1];
    const from = before?.tier === null ? before.from : shortest.from;
    const to = after?.tier === null ? after.to : shortest.to;
    const first = before?.tier === null ? place - 1 : place;
    const end = after?.tier === null ? place + 1 : place;
    joined.splice(first, end - first + 1, { from, to, tier: null });
  }
  return joined;
}
