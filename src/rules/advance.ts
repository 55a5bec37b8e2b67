import type { Observation } from '../contracts/observation.ts';
import { alertId } from './alert-id.ts';
import type { DeviceMemory, SeriesMemory, ThresholdMemory } from './device-memory.ts';
import type { Findings } from './finding.ts';
import { markLate } from './late-mark.ts';
import { step } from './threshold.ts';

/**
 * While an alert lasts its worst value is written down at most once in this event time: 1,000 open
 * alerts that all get worse then cost 17 rows a second.
 */
const EVIDENCE_EVERY_MS = 60_000;
/** A clock slower than this is a fault of its own; such reports are history. */
const SLOW_CLOCK_MS = 86_400_000;
/** Time between receipts over time between observations of a device that reports as it observes. */
const PACE_MIN = 0.5;
const PACE_MAX = 2;

/**
 * Moves the threshold rules of a device over one observation. A sample newer than all before it
 * costs one step for each rule on its metric; a repeated one costs nothing; a late one is marked,
 * to be evaluated again once the store has all below `needed`. Returns how many
 * samples were late.
 */
export function advance(
  memory: DeviceMemory,
  observation: Observation,
  { findings, needed }: { findings: Findings; needed: number },
): number {
  const { observedAt: time, values } = observation;
  let late = 0;
  for (const series of memory.series) {
    const value = values[series.plan.name];
    if (value === undefined) continue;
    if (time <= series.last) {
      if (series.recent.repeats(time, value)) continue;
      markLate(memory, series.plan.name, { observation, needed });
      late++;
      continue;
    }
    advanceSeries({ memory, series, observation, findings }, value);
  }
  return late;
}

interface Situation {
  memory: DeviceMemory;
  series: SeriesMemory;
  observation: Observation;
  findings: Findings;
}

function advanceSeries(situation: Situation, value: number): void {
  const { series, observation } = situation;
  const time = observation.observedAt;
  const elapsed = time - series.last;
  const pace = (observation.receivedAt - series.lastReceivedAt) / elapsed;
  series.last = time;
  series.lastReceivedAt = observation.receivedAt;
  series.recent.add(time, value);
  for (const target of series.rules) {
    const { state, rule } = target;
    const { threshold } = rule;
    // The common case, a safe value with nothing under way, changes nothing.
    const isQuiet = state.open === null && Number.isNaN(state.since);
    if (isQuiet && !(threshold.sign * (value - threshold.limit) > 0)) continue;
    const gapped = elapsed > threshold.gapMs;
    const taken = step(threshold, state, { time, value, gapped });
    if (taken === 'opened') open(target, situation, pace);
    else if (taken === 'closed') close(target, situation);
    else if (state.open !== null) goOn(target, situation, { value, pace });
  }
}

/**
 * Whether a sample tells how things stand, so that people should know. One younger than the rule's
 * gap does. So does an older one from a device whose clock is slow: its reports come at the pace at
 * which they were observed, while those of a device that catches up come faster.
 */
function isFresh({ receivedAt, observedAt }: Observation, gapMs: number, pace: number): boolean {
  const age = receivedAt - observedAt;
  return age <= gapMs || (age <= SLOW_CLOCK_MS && pace >= PACE_MIN && pace <= PACE_MAX);
}

function open(target: ThresholdMemory, situation: Situation, pace: number): void {
  const { memory, observation } = situation;
  const interval = target.state.open;
  if (interval === null) return;
  const { onset } = interval;
  const place = { rule: target.rule.rule.id, device: memory.id, onset };
  target.alert = {
    id: alertId(place, 0),
    interval,
    coop: observation.source.coop,
    site: observation.source.site,
    known: observation.receivedAt,
    raised: isFresh(observation, target.rule.threshold.gapMs, pace),
    savedWorst: interval.worst,
    savedAt: onset,
  };
  tell(target, situation, null);
}

function close(target: ThresholdMemory, situation: Situation): void {
  tell(target, situation, null);
  target.latestEnd = situation.observation.observedAt;
  target.alert = null;
}

function goOn(
  target: ThresholdMemory,
  situation: Situation,
  { value, pace }: { value: number; pace: number },
): void {
  const { alert } = target;
  if (alert === null) return;
  const { observation } = situation;
  const time = observation.observedAt;
  const rises = !alert.raised && isFresh(observation, target.rule.threshold.gapMs, pace);
  const isWorse = alert.interval.worst !== alert.savedWorst;
  if (!rises && !(isWorse && time - alert.savedAt >= EVIDENCE_EVERY_MS)) return;
  alert.raised ||= rises;
  alert.savedWorst = alert.interval.worst;
  alert.savedAt = time;
  tell(target, situation, value);
}

function tell(target: ThresholdMemory, situation: Situation, value: number | null): void {
  const { alert, rule } = target;
  if (alert === null) return;
  const { memory, observation, findings } = situation;
  findings.add({
    alert,
    rule: rule.rule,
    device: memory.id,
    unit: rule.unit,
    latest: value === null ? null : { time: observation.observedAt, value },
    withdrawn: false,
    at: observation.receivedAt,
    note: null,
  });
}
