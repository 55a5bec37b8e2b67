import type { EvidenceSample } from '../contracts/alert.ts';
import type { ThresholdCondition } from '../contracts/rule.ts';
import type { Interval } from './interval.ts';

/** A threshold condition in the form the machine reads: `sign * (value - limit) > 0` is beyond. */
export interface Threshold {
  sign: 1 | -1;
  limit: number;
  clear: number;
  forMs: number;
  clearMs: number;
  gapMs: number;
}

/** Samples kept of the run that opens an interval: its first one and the latest nine. */
const RUN_SAMPLES_MAX = 10;

/** What the machine remembers between two samples. The same state and sample give the same step. */
export interface ThresholdState {
  /** The interval that lasts, or null. */
  open: Interval | null;
  /** Start of the run: beyond the limit while closed, past clear while open; NaN without one. */
  since: number;
  /** The run beyond the limit so far, while closed. */
  run: EvidenceSample[];
  /** The most extreme value of that run; NaN without one. */
  runWorst: number;
}

export type Step = 'none' | 'opened' | 'closed';

export function compileThreshold(condition: ThresholdCondition): Threshold {
  return {
    sign: condition.beyond === 'above' ? 1 : -1,
    limit: condition.limit,
    clear: condition.clear,
    forMs: condition.forSeconds * 1000,
    clearMs: condition.clearSeconds * 1000,
    gapMs: condition.gapSeconds * 1000,
  };
}

export function newThresholdState(): ThresholdState {
  return { open: null, since: Number.NaN, run: [], runWorst: Number.NaN };
}

/**
 * Moves the machine over the next sample in event time; `gapped` says that the sample before it is
 * further away than the rule's gap. An interval begins at the sample that shows the condition has
 * held long enough, and ends at the one that shows it has been over long enough: both are instants
 * at which something was observed. On `closed` the interval that was open has its end.
 */
export function step(
  threshold: Threshold,
  state: ThresholdState,
  sample: { time: number; value: number; gapped: boolean },
): Step {
  return state.open === null
    ? stepClosed(threshold, state, sample)
    : stepOpen(threshold, state, sample);
}

function stepClosed(
  threshold: Threshold,
  state: ThresholdState,
  { time, value, gapped }: { time: number; value: number; gapped: boolean },
): Step {
  const isBeyond = threshold.sign * (value - threshold.limit) > 0;
  // Nothing is known of a gap, so it neither adds to a duration nor bridges it: the run restarts.
  const hasRun = !Number.isNaN(state.since);
  if (hasRun && (gapped || !isBeyond)) endRun(state);
  if (!isBeyond) return 'none';
  if (Number.isNaN(state.since)) state.since = time;
  extendRun(threshold, state, { time, value });
  if (time - state.since < threshold.forMs) return 'none';
  state.open = { onset: time, end: null, worst: state.runWorst, samples: state.run };
  endRun(state);
  return 'opened';
}

function stepOpen(
  threshold: Threshold,
  state: ThresholdState,
  { time, value, gapped }: { time: number; value: number; gapped: boolean },
): Step {
  const open = state.open;
  if (open === null) return 'none';
  if (threshold.sign * (value - (open.worst ?? value)) > 0) open.worst = value;
  if (threshold.sign * (value - threshold.clear) > 0) {
    state.since = Number.NaN;
    return 'none';
  }
  if (gapped || Number.isNaN(state.since)) state.since = time;
  if (time - state.since < threshold.clearMs) return 'none';
  open.end = time;
  open.samples = [...open.samples, { time, value }];
  state.open = null;
  endRun(state);
  return 'closed';
}

/**
 * Follows the run beyond the limit without ever opening: how a re-evaluation finds out, from the
 * samples just before its start, which run was under way there.
 */
export function track(
  threshold: Threshold,
  state: ThresholdState,
  { time, value, gapped }: { time: number; value: number; gapped: boolean },
): void {
  const isBeyond = threshold.sign * (value - threshold.limit) > 0;
  if (!Number.isNaN(state.since) && (gapped || !isBeyond)) endRun(state);
  if (!isBeyond) return;
  if (Number.isNaN(state.since)) state.since = time;
  extendRun(threshold, state, { time, value });
}

/** Forgets the run under way; an open interval stays. */
export function endRun(state: ThresholdState): void {
  state.since = Number.NaN;
  state.run = [];
  state.runWorst = Number.NaN;
}

function extendRun(threshold: Threshold, state: ThresholdState, sample: EvidenceSample): void {
  const value = sample.value ?? Number.NaN;
  if (!(threshold.sign * (value - state.runWorst) <= 0)) state.runWorst = value;
  if (state.run.length >= RUN_SAMPLES_MAX) state.run.splice(1, 1);
  state.run.push(sample);
}
