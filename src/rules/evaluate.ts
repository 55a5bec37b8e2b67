import type { Rule } from '../contracts/rule.ts';
import type { Interval } from './interval.ts';
import { inEventOrder, type Sample } from './sample.ts';
import { allowedSilenceMs, silencesUntil } from './silence.ts';
import { compileThreshold, newThresholdState, step } from './threshold.ts';

/** What besides the samples decides about absence. */
export interface EvaluationContext {
  /** Silence that lasts is judged at this instant (ms). */
  now: number;
  /** The device's commissioning (ms): silence is counted from here, seen or never seen. */
  createdAt: number;
  /** The device's expected seconds between reports. */
  intervalSeconds: number;
}

/**
 * What a rule says about one device: the intervals in which its condition held, in order, without
 * overlap. A pure function of what was observed; neither the order of the samples nor when they
 * arrived matters, and of two at the same instant the later in the input wins. For a threshold the
 * samples are those of its metric, for absence those of any metric (their values are not read).
 */
export function evaluate(
  rule: Rule,
  samples: Iterable<Sample>,
  context: EvaluationContext,
): Interval[] {
  const { condition } = rule;
  const ordered = inEventOrder(samples);
  if (condition.type === 'absence') {
    const { createdAt, intervalSeconds, now } = context;
    const heard = ordered.map(({ time }) => time).filter((time) => time > createdAt);
    const afterMs = allowedSilenceMs(condition, intervalSeconds);
    return silencesUntil([createdAt, ...heard], afterMs, now);
  }
  const threshold = compileThreshold(condition);
  const state = newThresholdState();
  const intervals: Interval[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { time, value } of ordered) {
    const gapped = time - last > threshold.gapMs;
    last = time;
    const taken = step(threshold, state, { time, value, gapped });
    if (taken === 'opened' && state.open !== null) intervals.push(state.open);
  }
  return intervals;
}
