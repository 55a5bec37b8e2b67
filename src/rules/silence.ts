import type { AbsenceCondition } from '../contracts/rule.ts';
import type { Interval } from './interval.ts';

/** Reports a device may miss before its silence counts, when the rule names no time itself. */
const MISSED_INTERVALS = 3;

/** How long a device may be silent under this rule. */
export function allowedSilenceMs(condition: AbsenceCondition, intervalSeconds: number): number {
  return (condition.afterSeconds ?? MISSED_INTERVALS * intervalSeconds) * 1000;
}

/** The silence that begins after `since`, the device's last word or its commissioning. */
export function silenceAfter(since: number, afterMs: number, end: number | null): Interval {
  return {
    onset: since + afterMs,
    end,
    worst: null,
    samples: [{ time: since, value: null }],
    severities: [],
  };
}

/** The silences between consecutive instants (ascending) at which the device was heard. */
export function silencesBetween(times: readonly number[], afterMs: number): Interval[] {
  const found: Interval[] = [];
  for (let index = 1; index < times.length; index++) {
    const [before, after] = [times[index - 1], times[index]];
    if (before === undefined || after === undefined || after - before <= afterMs) continue;
    found.push(silenceAfter(before, afterMs, after));
  }
  return found;
}

/** The same, with the silence that still lasts at `now`. */
export function silencesUntil(times: readonly number[], afterMs: number, now: number): Interval[] {
  const found = silencesBetween(times, afterMs);
  const last = times.at(-1);
  if (last !== undefined && now - last >= afterMs) found.push(silenceAfter(last, afterMs, null));
  return found;
}
