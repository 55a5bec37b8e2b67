import { DAY_MS, dayName, type LocalClock, MINUTE_MS, minutesOfDay } from '../base/local-clock.ts';
import type { ActuatorState } from '../contracts/actuator.ts';
import type { AerationDecision, AerationPlan } from '../contracts/aeration.ts';

const DAY_MINUTES = 1_440;
const HOUR_SECONDS = 3_600;

/** Local times of day, `HH:MM`; the second does not belong, and may lie after midnight. */
export interface TimeSpan {
  from: string;
  to: string;
}

/** Whether minutes since midnight lie between the two. */
export function timesBetween({ from, to }: TimeSpan, minutes: number): boolean {
  const begin = minutesOfDay(from);
  return modulo(minutes - begin, DAY_MINUTES) < modulo(minutesOfDay(to) - begin, DAY_MINUTES);
}

/**
 * kWh since local midnight: what the aerators ran, what they would have run by the baseline, and
 * the difference, negative when they ran more. `powerKw` is of all together, so each has its part.
 */
export function energyOf(
  plan: Pick<AerationPlan, 'powerKw' | 'baseline' | 'aerators'>,
  states: ReadonlyArray<Pick<ActuatorState, 'use' | 'lease'>>,
  at: { now: number; clock: LocalClock },
): AerationDecision['energy'] {
  const { clock, now } = at;
  const today = clock.day(now);
  const day = dayName(today);
  const midnight = clock.instant(today * DAY_MS);
  // What runs is booked at its end.
  const seconds = states.reduce((sum, { use, lease }) => {
    const running = lease === null ? 0 : Math.max(0, now - Math.max(lease.from, midnight)) / 1_000;
    return sum + (use.day === day ? use.seconds : 0) + running;
  }, 0);
  const each = plan.powerKw / Math.max(1, plan.aerators.length);
  const spent = (each * seconds) / HOUR_SECONDS;
  if (plan.baseline === null) return { day, spent, baseline: null, saved: null };
  const baseline = (plan.powerKw * usualSeconds(plan.baseline, at)) / HOUR_SECONDS;
  return { day, spent, baseline, saved: baseline - spent };
}

/** Seconds of today, up to now, that lie within the usual times. */
function usualSeconds(span: TimeSpan, { now, clock }: { now: number; clock: LocalClock }): number {
  const today = clock.day(now);
  const midnight = clock.instant(today * DAY_MS);
  const begin = minutesOfDay(span.from);
  const length = modulo(minutesOfDay(span.to) - begin, DAY_MINUTES);
  // The one that began yesterday may reach into today.
  const overlaps = [today - 1, today].map((day) => {
    const from = clock.instant(day * DAY_MS + begin * MINUTE_MS);
    const to = clock.instant(day * DAY_MS + (begin + length) * MINUTE_MS);
    return Math.max(0, Math.min(to, now) - Math.max(from, midnight));
  });
  return overlaps.reduce((sum, ms) => sum + ms, 0) / 1_000;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
