import type { Band, Witness } from '../contracts/actuator.ts';
import { bandAround, type FlowBand, learnBand } from '../water/hydraulic-faults.ts';

/** Where a flow band comes from; `none`: neither enough good runs nor a declared flow. */
export interface FlowKnowledge {
  band: FlowBand | null;
  from: 'learned' | 'declared' | 'none';
}

/** L/min that a mean of a run can be; what lies outside was never a flow. */
const FLOW = { least: 0, most: 100_000 } as const;
/**
 * Without a band any clear difference from rest is a flow: twice what a meter at rest may say, and
 * a litre in ten minutes more than it, for meters that say 0.
 */
const CLEAR = { share: 2, leastLpm: 0.1 } as const;

/** The flow of an actuator while it is on, by its good runs (L/min), else as it was declared. */
export function flowOf(goodRuns: readonly number[], nominalFlow: number | null): FlowKnowledge {
  const runs = goodRuns.filter((flow) => flow >= FLOW.least && flow <= FLOW.most);
  // Runs that drifted from the declared flow are news for people; until they decide it stands.
  const { band } = learnBand(runs, nominalFlow ?? undefined);
  if (band !== null) return { band, from: 'learned' };
  if (nominalFlow === null) return { band: null, from: 'none' };
  return { band: bandAround(nominalFlow), from: 'declared' };
}

/** The bands of a witness as numbers, and what made the one it shows while the part is on. */
export interface WitnessBands {
  on: Band;
  off: Band;
  from: 'given' | FlowKnowledge['from'];
}

/** Resolves `learned`; a band that is not learned yet is all that differs clearly from rest. */
export function bandsOf(
  { on, off }: Pick<Witness, 'on' | 'off'>,
  goodRuns: readonly number[],
  nominalFlow: number | null,
): WitnessBands {
  if (on !== 'learned') return { on, off, from: 'given' };
  const { band, from } = flowOf(goodRuns, nominalFlow);
  const rest = off.max ?? 0;
  const clear = Math.max(CLEAR.share * rest, rest + CLEAR.leastLpm);
  if (band === null) return { on: { min: clear, max: null }, off, from };
  // A valve that was learned nearly dry must still be told from one that is closed.
  return { on: { min: Math.max(band.lowestLpm, clear), max: band.highestLpm }, off, from };
}

/** Both ends belong. What is no number is in no band. */
export function isInBand({ min, max }: Band, value: number): boolean {
  return !Number.isNaN(value) && (min === null || value >= min) && (max === null || value <= max);
}
