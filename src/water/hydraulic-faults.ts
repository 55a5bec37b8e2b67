/**
 * What flow and pressure tell of a valve: leak, blockage, burst, wrong pressure, a valve that does
 * not obey, a meter that does not count. The numbers are those of `INTERLOCKS`. Pure: one sample
 * makes a suspicion, and a suspicion that holds long enough is a fault.
 */
import { INTERLOCKS } from './interlocks.ts';
import { requireInside } from './valid-range.ts';

export type HydraulicFault =
  | 'leak'
  | 'blockage'
  | 'burst'
  | 'low-pressure'
  | 'high-pressure'
  | 'stuck-valve'
  | 'dead-meter';

/** What follows from a fault: the valve closes, or all that feeds it does. */
export const FAULT_ACTION: Readonly<
  Record<HydraulicFault, { close: 'valve' | 'supply' | 'none'; severity: 'warn' | 'critical' }>
> = {
  leak: { close: 'supply', severity: 'critical' },
  blockage: { close: 'valve', severity: 'warn' },
  burst: { close: 'supply', severity: 'critical' },
  'low-pressure': { close: 'supply', severity: 'warn' },
  'high-pressure': { close: 'supply', severity: 'warn' },
  // What stays open is stopped from above, and no pump may push against what stays shut.
  'stuck-valve': { close: 'supply', severity: 'critical' },
  'dead-meter': { close: 'valve', severity: 'warn' },
};

/** What a valve's flow was when all was well. */
export interface FlowBand {
  nominalLpm: number;
  /** Flow below is a blockage, above a burst. */
  lowestLpm: number;
  highestLpm: number;
}

/** L/min of a pipe of a metre; a drip line has 0.1. */
const FLOW = [0, 100_000] as const;

/** The band around a nominal flow. */
export function bandAround(nominalLpm: number): FlowBand {
  requireInside({ nominalLpm: [0.01, FLOW[1]] }, { nominalLpm });
  return {
    nominalLpm,
    lowestLpm: INTERLOCKS.blockage.share * nominalLpm,
    highestLpm: INTERLOCKS.burst.share * nominalLpm,
  };
}

/** Fewer runs than this teach nothing; more than the last twenty would remember another season. */
export const RUNS_TO_LEARN = { least: 5, most: 20 } as const;
/** Runs that scatter more than this share of their median are not one state of the plant. */
const SCATTER_MAX = 0.2;
/** Emitters clog slowly: a flow that crept this far from the declared one is news, not a norm. */
const DRIFT_MAX = 0.25;

export type LearnedBand =
  | { band: FlowBand; reason: null }
  | { band: null; reason: 'too-few-runs' | 'unsteady' | 'drifted' };

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/**
 * The band a valve taught by the mean flows (L/min, oldest first) of its good runs, the start-up
 * left out. With a declared flow, one that crept away from it is refused rather than learned.
 */
export function learnBand(runsLpm: readonly number[], declaredLpm?: number): LearnedBand {
  const recent = runsLpm.slice(-RUNS_TO_LEARN.most);
  for (const flowLpm of recent) requireInside({ flowLpm: FLOW }, { flowLpm });
  if (recent.length < RUNS_TO_LEARN.least) return { band: null, reason: 'too-few-runs' };
  const nominal = median(recent);
  // 1.4826 makes the median deviation that of a normal scatter, and one odd run does not count.
  const scatter = 1.4826 * median(recent.map((flow) => Math.abs(flow - nominal)));
  if (!(nominal >= 0.01) || scatter > SCATTER_MAX * nominal)
    return { band: null, reason: 'unsteady' };
  if (declaredLpm !== undefined) {
    requireInside({ declaredLpm: [0.01, FLOW[1]] }, { declaredLpm });
    const drift = Math.abs(nominal - declaredLpm) / declaredLpm;
    if (drift > DRIFT_MAX) return { band: null, reason: 'drifted' };
  }
  return { band: bandAround(nominal), reason: null };
}

export type ValvePosition = 'open' | 'closed';

export interface HydraulicSample {
  commanded: ValvePosition;
  /** What the valve itself reports; `failed` is its own word that it could not. */
  reported?: ValvePosition | 'failed' | null;
  /** Since the last command, or since another valve on the same meter changed. */
  secondsSinceChange: number;
  /** Null when the meter is silent or its value of bad quality. */
  flowLpm: number | null;
  pressureKpa?: number | null;
  /** Null until it is learned or declared: then flow of an open valve proves nothing. */
  band: FlowBand | null;
  nominalPressureKpa?: number | null;
  /** Flow with all closed that is still no leak: what the meter cannot resolve. */
  leakLpm: number;
}

export type FaultReason =
  | 'flow-with-all-closed'
  | 'flow-below-band'
  | 'flow-above-band'
  | 'pressure-below-band'
  | 'pressure-above-band'
  | 'valve-reports-failure'
  | 'valve-reports-other-state'
  | 'pressure-without-flow'
  // No fault is seen, because:
  | 'in-band'
  | 'too-soon'
  | 'nothing-measured';

/** A suspicion, and how long it must last to be a fault. */
export interface Suspicion {
  fault: HydraulicFault | null;
  reason: FaultReason;
  holdSeconds: number;
}

function suspect(fault: HydraulicFault, reason: FaultReason, holdSeconds = 0): Suspicion {
  return { fault, reason, holdSeconds };
}

const well = (reason: 'in-band' | 'too-soon' | 'nothing-measured'): Suspicion => ({
  fault: null,
  reason,
  holdSeconds: 0,
});

/** A value that can be judged, or null: what is not a number was not measured. */
function measured(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && value >= 0 && value < Infinity ? value : null;
}

function valveFault({
  commanded,
  reported,
  secondsSinceChange,
}: HydraulicSample): Suspicion | null {
  if (reported === 'failed') return suspect('stuck-valve', 'valve-reports-failure');
  if (reported === undefined || reported === null || reported === commanded) return null;
  const isLate = secondsSinceChange > INTERLOCKS.stuckValve.seconds;
  return isLate ? suspect('stuck-valve', 'valve-reports-other-state') : null;
}

function closedFault(sample: HydraulicSample, flowLpm: number | null): Suspicion {
  const { drainSeconds, holdSeconds } = INTERLOCKS.leak;
  if (flowLpm === null) return well('nothing-measured');
  if (flowLpm <= sample.leakLpm) return well('in-band');
  if (sample.secondsSinceChange < drainSeconds) return well('too-soon');
  return suspect('leak', 'flow-with-all-closed', holdSeconds);
}

function pressureFault(pressureKpa: number, nominalKpa: number): Suspicion | null {
  const { lowShare, highShare, holdSeconds } = INTERLOCKS.pressure;
  if (pressureKpa < lowShare * nominalKpa) {
    return suspect('low-pressure', 'pressure-below-band', holdSeconds);
  }
  if (pressureKpa > highShare * nominalKpa) {
    return suspect('high-pressure', 'pressure-above-band', holdSeconds);
  }
  return null;
}

function openFault(sample: HydraulicSample, flowLpm: number | null): Suspicion {
  const { band, secondsSinceChange } = sample;
  const nominalKpa = measured(sample.nominalPressureKpa);
  const pressureKpa = nominalKpa === null ? null : measured(sample.pressureKpa);
  // A burst empties the field from its first second on; all else waits until the pipes are full.
  if (band !== null && flowLpm !== null && flowLpm > band.highestLpm) {
    return suspect('burst', 'flow-above-band', INTERLOCKS.burst.holdSeconds);
  }
  if (secondsSinceChange < INTERLOCKS.blockage.fillSeconds) return well('too-soon');
  if (pressureKpa !== null && nominalKpa !== null) {
    // A pump that draws air loses both; its pressure names the cause.
    const fault = pressureFault(pressureKpa, nominalKpa);
    if (fault !== null) return fault;
    const { lowShare, highShare, holdSeconds } = INTERLOCKS.deadMeter;
    const runs = pressureKpa >= lowShare * nominalKpa && pressureKpa <= highShare * nominalKpa;
    // Shut emitters drive the pressure up; at the pressure of a good run water flows uncounted.
    if (runs && flowLpm === 0) return suspect('dead-meter', 'pressure-without-flow', holdSeconds);
  }
  if (flowLpm === null || band === null) {
    return well(pressureKpa === null ? 'nothing-measured' : 'in-band');
  }
  if (flowLpm < band.lowestLpm) return suspect('blockage', 'flow-below-band');
  return well('in-band');
}

/** What one sample makes one suspect. RangeError for a time or a leak limit that cannot be. */
export function suspectFault(sample: HydraulicSample): Suspicion {
  const { secondsSinceChange, leakLpm } = sample;
  requireInside(
    { secondsSinceChange: [0, 8.64e12], leakLpm: [0, 10_000] },
    { secondsSinceChange, leakLpm },
  );
  const flowLpm = measured(sample.flowLpm);
  const valve = valveFault(sample);
  const water =
    sample.commanded === 'closed' ? closedFault(sample, flowLpm) : openFault(sample, flowLpm);
  // Water that runs is worse than a valve that lies, so a leak or a burst is told first.
  const isUrgent = water.fault === 'leak' || water.fault === 'burst';
  return isUrgent ? water : (valve ?? water);
}

/** What is remembered between samples. Begin with `null`. */
export interface SuspicionSince {
  fault: HydraulicFault;
  /** Seconds since the change at which it was first seen. */
  sinceSeconds: number;
  commanded: ValvePosition;
}

export interface FaultStep {
  since: SuspicionSince | null;
  /** Set once the suspicion has held. */
  fault: HydraulicFault | null;
  reason: FaultReason;
}

/**
 * A suspicion followed from sample to sample of one meter. A leak must last longer than its hold,
 * the others as long as theirs. A silent meter neither ends a suspicion nor confirms it.
 */
export function followFault(before: SuspicionSince | null, sample: HydraulicSample): FaultStep {
  const { fault, reason, holdSeconds } = suspectFault(sample);
  const { commanded, secondsSinceChange: now } = sample;
  // A change of command starts the clock of the sample anew, and with it every suspicion.
  const kept = before?.commanded === commanded && before.sinceSeconds <= now ? before : null;
  if (fault === null) {
    const isSilent = reason === 'nothing-measured';
    return { since: isSilent ? kept : null, fault: null, reason };
  }
  const since = kept?.fault === fault ? kept : { fault, sinceSeconds: now, commanded };
  const held = now - since.sinceSeconds;
  const isHeld = fault === 'leak' ? held > holdSeconds : held >= holdSeconds;
  return { since, fault: isHeld ? fault : null, reason };
}
