import type { BalanceRow, Plot, Reason } from '../contracts/irrigation.ts';
import { netDepthDue } from '../water/soil-balance.ts';
import { beliefOf, chainDay, type DayInput, type ZoneModel } from './chain.ts';
import { DOSE_MM_MIN, type Dose, doseOf, NO_DOSE } from './drip-lines.ts';

/** Whether a zone is to be watered in the night after a day, and how much. */
export interface Decision {
  dose: Dose;
  reason: 'due' | 'not-yet-due' | 'rain-will-do' | 'too-little';
}

/**
 * By the depletion at the end of a day: it is filled up once RAW is used, less what rain will
 * likely bring.
 */
export function decide(
  plot: Plot,
  { depletion, raw }: Pick<BalanceRow, 'depletion' | 'raw'>,
  rainMm: number,
): Decision {
  const { netMm, reason } = netDepthDue({
    ...{ depletionMm: depletion, triggerMm: raw, rainMm, leastMm: DOSE_MM_MIN },
  });
  return { dose: reason === 'due' ? doseOf(plot, netMm) : NO_DOSE, reason };
}

/** What each of the days to come asks for when each before it was given what it asked for. */
export function planDays(
  plot: Plot,
  model: ZoneModel,
  { start, inputs, rainAfter }: PlanStart,
): Map<number, Decision> {
  const plan = new Map<number, Decision>();
  let belief = beliefOf(start);
  for (const input of inputs) {
    const row = chainDay(model, belief, input);
    // Before planting and after harvest nothing is asked for; the day itself is known to be so.
    if (row === null) {
      plan.set(input.day, { dose: NO_DOSE, reason: 'not-yet-due' });
      continue;
    }
    const decision = decide(plot, row, rainAfter(input.day));
    plan.set(input.day, decision);
    const { depletionMm, deviationMm } = beliefOf(row);
    belief = { depletionMm: Math.max(0, depletionMm - decision.dose.netMm), deviationMm };
  }
  return plan;
}

export interface PlanStart {
  /** The last day that is over. */
  start: Pick<BalanceRow, 'depletion' | 'deviation'>;
  /** Today and the days to come. */
  inputs: readonly DayInput[];
  /** Likely rain after the end of a day, that is left room for, mm. */
  rainAfter(day: number): number;
}

/** Numbers of a reason to two digits: what a person reads, and what stays the same by noise. */
export function reason(code: string, values: Reason['values'] = {}): Reason {
  const rounded = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.round(value * 100) / 100 : value,
  ]);
  return { code, values: Object.fromEntries(rounded) };
}
