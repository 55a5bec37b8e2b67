import type { AbsenceCondition, Rule } from '../contracts/rule.ts';
import { compileRule } from './compile.ts';
import type { Instant, RuleContext, RuleInput } from './compiled.ts';
import { cannotClear } from './corrected.ts';
import type { Interval } from './interval.ts';
import { newMachineState, step } from './machine.ts';
import { inEventOrder, type Sample } from './sample.ts';
import { compileSeason, cutToSeason } from './season.ts';
import { allowedSilenceMs, silencesUntil } from './silence.ts';

/** What besides the samples decides what a rule says about a device. */
export interface EvaluationContext extends RuleContext {
  /** Silence that lasts is judged at this instant (ms). */
  now: number;
  /** The device's commissioning (ms): silence is counted from here, seen or never seen. */
  createdAt: number;
  /** The device's expected seconds between reports. */
  intervalSeconds: number;
}

/**
 * What was observed: the samples of a rule's only input, or those of each. Absence of anything at
 * all asks for the metric `ANY_METRIC`.
 */
export type Observed = Iterable<Sample> | ((input: RuleInput) => Iterable<Sample>);

/** Stands for every metric a device reports; no metric has such a name. */
export const ANY_METRIC = '*';

/**
 * What a rule says about one device: the intervals in which its condition held, in order, without
 * overlap. A pure function of what was observed; neither the order of the samples nor when they
 * arrived matters, and of two of one input at the same instant the later in the input wins. For
 * absence the samples are those that break a silence; their values are not read.
 */
export function evaluate(rule: Rule, observed: Observed, context: EvaluationContext): Interval[] {
  const samplesOf = typeof observed === 'function' ? observed : () => observed;
  const { condition } = rule;
  if (condition.type !== 'absence') return evaluateReadings(rule, samplesOf, context);
  const metric = condition.metric ?? ANY_METRIC;
  const heard = inEventOrder(samplesOf({ metric, device: null }));
  return evaluateAbsence({ ...rule, condition }, heard, context);
}

function evaluateReadings(
  rule: Rule,
  samplesOf: (input: RuleInput) => Iterable<Sample>,
  context: RuleContext,
): Interval[] {
  const compiled = compileRule(rule, context);
  const run = compiled.start();
  const state = newMachineState(compiled);
  const intervals: Interval[] = [];
  for (const instant of instantsOf(compiled.inputs, samplesOf)) {
    const reading = run.push(instant);
    if (reading === null) continue;
    const judged = instant.isSuspect === true ? cannotClear(reading) : reading;
    const taken = step(compiled, state, judged);
    if (taken === 'opened' && state.open !== null) intervals.push(state.open);
  }
  return intervals;
}

/** What was observed by instant, up to the one until which every device of the rule was heard. */
export function instantsOf(
  inputs: readonly RuleInput[],
  samplesOf: (input: RuleInput) => Iterable<Sample>,
): Instant[] {
  const instants = new Map<number, Instant & { values: Array<number | undefined> }>();
  const heardUntil = new Map<string | null, number>();
  for (const [place, input] of inputs.entries()) {
    let last = heardUntil.get(input.device) ?? Number.NEGATIVE_INFINITY;
    for (const { time, value, isSuspect } of samplesOf(input)) {
      last = Math.max(last, time);
      if (Number.isNaN(value)) continue;
      let instant = instants.get(time);
      if (instant === undefined) {
        instant = { time, values: inputs.map(() => undefined) };
        instants.set(time, instant);
      }
      instant.values[place] = value;
      if (isSuspect === true) instant.isSuspect = true;
    }
    heardUntil.set(input.device, last);
  }
  const until = Math.min(...heardUntil.values());
  return [...instants.values()]
    .filter(({ time }) => time <= until)
    .sort((left, right) => left.time - right.time);
}

function evaluateAbsence(
  rule: Rule & { condition: AbsenceCondition },
  ordered: readonly Sample[],
  context: EvaluationContext,
): Interval[] {
  const { createdAt, intervalSeconds, now } = context;
  const heard = ordered.map(({ time }) => time).filter((time) => time > createdAt);
  // A metric that was never reported is not missing: the device has no such sensor.
  if (rule.condition.metric !== undefined && heard.length === 0) return [];
  const afterMs = allowedSilenceMs(rule.condition, intervalSeconds);
  const season = compileSeason(rule.when, context);
  return silencesUntil([createdAt, ...heard], afterMs, now)
    .flatMap((silence) => cutToSeason(silence, season, now))
    .map((silence) => ({
      ...silence,
      severities: [{ time: silence.onset, severity: rule.severity }],
    }));
}
