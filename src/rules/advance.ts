import { clockFaultOf } from '../contracts/clock-fault.ts';
import type { DeviceCorrections } from '../contracts/corrections.ts';
import type { Observation } from '../contracts/observation.ts';
import type { Instant } from './compiled.ts';
import { cannotClear } from './corrected.ts';
import type { RuleMemory, SeriesMemory } from './device-memory.ts';
import { LATE_NOTE } from './finding.ts';
import { advanceJoint, type NewSamples } from './joint.ts';
import { judge, type Moment } from './judge.ts';
import { markLate } from './late-mark.ts';

/** Reports of one device, told to the rules of this one or of another that reads it. */
export interface Hearing {
  /** As it stands with the report in hand. */
  moment: Moment;
  /** The series that are heard. */
  heard: readonly SeriesMemory[];
  /** Corrections of the device that was heard. */
  corrections: DeviceCorrections | undefined;
  /** End of the batch, for late reports. */
  needed: number;
}

/**
 * Moves the rules of a device over one observation. A sample newer than all before it costs one
 * step for each rule on its metric; a repeated one costs nothing; a late one is marked, to be
 * evaluated again once the store has all below `needed`. Returns how many were late.
 */
export function advance(hearing: Hearing, observation: Observation): number {
  const { observedAt, receivedAt, values, quality } = observation;
  const { moment, heard, corrections } = hearing;
  const fresh: NewSamples | null = moment.memory.joint.length === 0 ? null : new Map();
  moment.at = receivedAt;
  let late: SeriesMemory[] | null = null;
  for (const series of heard) {
    const { metric, isClock } = series.plan;
    const raw = isClock ? clockFaultOf(quality) : values[metric];
    if (raw === undefined) continue;
    const isNewest = observedAt > series.last;
    if (!isNewest && series.recent.repeats(observedAt, raw)) continue;
    const corrected = corrections?.apply(metric, observedAt, raw);
    const value = corrected === undefined ? raw : corrected?.value;
    const isSuspect = corrected?.suspect === true;
    fresh?.set(series, { value, isSuspect, isNewest });
    if (!isNewest) {
      late = [...(late ?? []), series];
      continue;
    }
    moment.pace = (receivedAt - series.lastReceivedAt) / (observedAt - series.last);
    series.last = observedAt;
    series.lastReceivedAt = receivedAt;
    series.recent.add(observedAt, raw);
    if (value !== undefined) advancePlain(series, { time: observedAt, value, isSuspect }, moment);
  }
  if (fresh !== null && fresh.size > 0) {
    const joint = advanceJoint(fresh, observedAt, moment);
    for (const stretch of joint.cold) mark(hearing, stretch);
    if (joint.late.length > 0)
      mark(hearing, { rules: joint.late, from: observedAt, to: observedAt });
  }
  for (const { rules } of late ?? []) {
    const ids = rules.map(({ plan }) => plan.rule.id);
    if (ids.length > 0) mark(hearing, { rules: ids, from: observedAt, to: observedAt });
  }
  return late?.length ?? 0;
}

function mark(
  { moment, needed }: Hearing,
  { rules, from, to }: { rules: readonly string[]; from: number; to: number },
): void {
  const { memory, at: known } = moment;
  const { coop, site } = moment.source;
  const stretch = { from, to, rules: new Set(rules), needed, known, coop, site, note: LATE_NOTE };
  markLate(memory, stretch);
}

function advancePlain(
  { rules }: SeriesMemory,
  { time, value, isSuspect }: { time: number; value: number; isSuspect: boolean },
  moment: Moment,
): void {
  let instant: Instant | null = null;
  for (const target of rules) {
    // The common case, a safe value with nothing under way, changes nothing.
    if (isQuiet(target, value)) continue;
    instant ??= { time, values: [value] };
    const reading = target.run?.push(instant) ?? null;
    if (reading === null) continue;
    judge(target, isSuspect ? cannotClear(reading) : reading, moment);
  }
}

/** Whether nothing is under way for a rule and the value of its metric starts nothing either. */
function isQuiet({ state, plan: { plainLimit } }: RuleMemory, value: number): boolean {
  if (state !== null || plainLimit === null) return false;
  return !(plainLimit.sign * (value - plainLimit.limit) > 0);
}
