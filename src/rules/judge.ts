import type { Source } from '../contracts/frame.ts';
import { alertId } from './alert-id.ts';
import type { Reading } from './compiled.ts';
import type { DeviceMemory, RuleMemory } from './device-memory.ts';
import type { Findings } from './finding.ts';
import { isAtRest, newMachineState, step } from './machine.ts';

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

/** The report that moves a rule on. */
export interface Moment {
  memory: DeviceMemory;
  findings: Findings;
  /** Where the device stands whose alerts these are. */
  source: Source;
  /** Receive time. */
  at: number;
  /** Time between the receipts of this sample and the one before, over that between the samples. */
  pace: number;
}

/** Moves a rule over its next reading and tells what became of its alert. */
export function judge(target: RuleMemory, reading: Reading, moment: Moment): void {
  const { compiled } = target.plan;
  // Safe and nothing under way: the common case.
  if (target.state === null && reading.levels[0]?.beyond !== true) return;
  const state = target.state ?? newMachineState(compiled);
  const taken = step(compiled, state, reading);
  target.state = isAtRest(state) ? null : state;
  if (taken === 'opened') open(target, reading, moment);
  else if (taken === 'closed') close(target, reading, moment);
  else if (state.open !== null) goOn(target, reading, { moment, moved: taken === 'moved' });
}

/**
 * Whether a sample tells how things stand, so that people should know. One younger than the rule's
 * gap does. So does an older one from a device whose clock is slow: its reports come at the pace at
 * which they were observed, while those of a device that catches up come faster.
 */
function isFresh({ plan }: RuleMemory, observedAt: number, { at, pace }: Moment): boolean {
  const age = at - observedAt;
  if (age <= plan.compiled.gapMs) return true;
  return age <= SLOW_CLOCK_MS && pace >= PACE_MIN && pace <= PACE_MAX;
}

function open(target: RuleMemory, reading: Reading, moment: Moment): void {
  const { memory, source, at } = moment;
  const interval = target.state?.open;
  if (!interval) return;
  const { onset } = interval;
  target.alert = {
    id: alertId({ rule: target.plan.rule.id, device: memory.id, onset }, 0),
    interval,
    coop: source.coop,
    site: source.site,
    known: at,
    raised: isFresh(target, onset, moment),
    savedWorst: interval.worst,
    savedAt: onset,
  };
  tell(target, reading, { moment, shows: false });
}

function close(target: RuleMemory, reading: Reading, moment: Moment): void {
  tell(target, reading, { moment, shows: false });
  target.latestEnd = reading.time;
  target.alert = null;
}

function goOn(
  target: RuleMemory,
  reading: Reading,
  { moment, moved }: { moment: Moment; moved: boolean },
): void {
  const { alert } = target;
  if (alert === null) return;
  const { time } = reading;
  const rises = !alert.raised && isFresh(target, time, moment);
  const isWorse = alert.interval.worst !== alert.savedWorst;
  if (!rises && !moved && !(isWorse && time - alert.savedAt >= EVIDENCE_EVERY_MS)) return;
  alert.raised ||= rises;
  alert.savedWorst = alert.interval.worst;
  alert.savedAt = time;
  tell(target, reading, { moment, shows: true });
}

function tell(
  { alert, plan }: RuleMemory,
  { time, value, beside }: Reading,
  { moment, shows }: { moment: Moment; shows: boolean },
): void {
  if (alert === null) return;
  const { memory, findings, at } = moment;
  const { rule, compiled, metric } = plan;
  findings.add({
    alert,
    rule,
    levels: compiled.levels,
    device: memory.id,
    metric,
    unit: compiled.unit,
    latest: shows ? { time, value: Number.isFinite(value) ? value : null } : null,
    ...(beside !== undefined && { beside }),
    withdrawn: false,
    at,
    note: null,
  });
}
