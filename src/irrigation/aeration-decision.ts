import { DAY_MS, type LocalClock, MINUTE_MS } from '../base/local-clock.ts';
import type { AerationDecision, AerationPlan } from '../contracts/aeration.ts';
import type { Reason } from '../contracts/irrigation.ts';
import { DAWN_HOUR, DUSK_HOUR, dawnOxygen } from '../water/dawn-oxygen.ts';
import { oxygenPercent } from '../water/oxygen.ts';
import { firstOutside, VALID_RANGES } from '../water/valid-range.ts';
import { timesBetween } from './aeration-energy.ts';

export interface OxygenSample {
  /** ms. */
  time: number;
  /** mg/L. */
  value: number;
}

/** What a pond's sensor told, as far as it can be trusted. */
export interface PondReadings {
  /** Good ones of the last hours, ascending, one for each instant. */
  oxygen: readonly OxygenSample[];
  /** The newest is marked doubtful: its time is not the device's, or a person said so. */
  isDoubtful: boolean;
  /** Newest values beside it; null when they are too old. */
  temperatureC: number | null;
  salinity: number | null;
  /** Older ones say nothing of now. */
  freshMs: number;
}

/** What the aerators of a plan do, by evidence. */
export interface AeratorRuns {
  /** Some run on the plan's own lease. */
  isOurs: boolean;
  /** All of them run, whoever started them, but those that a person has just laid to rest. */
  isWhole: boolean;
  /** When one of them last started or stopped, ms. */
  changedAt: number | null;
  /** When the plan last started one and nobody stopped it since, ms; null: it did not. */
  neededAt: number | null;
}

export interface AerationView {
  plan: Pick<AerationPlan, 'startBelow' | 'stopAbove' | 'baseline'>;
  now: number;
  clock: LocalClock;
  readings: PondReadings;
  runs: AeratorRuns;
}

export type AerationVerdict = Pick<
  AerationDecision,
  'decision' | 'oxygen' | 'projected' | 'reasons'
>;

/** Oxygen must have stood above the limit for so long, as measured, before anything stops. */
const ABOVE_MS = 30 * MINUTE_MS;
/** A sensor's clock may be that far ahead of ours; further, nobody knows when it measured. */
const AHEAD_MS = 5 * MINUTE_MS;
/** More is not expected even in an afternoon's bloom (`src/health/plausibility.ts`). */
const OXYGEN_MAX_MG_L = 25;
/** By day no pond keeps its oxygen within this for an hour: the sensor is stuck or dry. */
const FLAT_MG_L = 0.01;
const FLAT_MS = 60 * MINUTE_MS;
const FLAT_SAMPLES_MIN = 4;
/** What was needed that long ago says nothing of today. */
const NEEDED_MS = DAY_MS;

/**
 * Whether the aerators of a pond should run, from what is known now; pure. It says `stop` on
 * fresh, measured oxygen alone: whatever is stale, missing or doubtful keeps what runs.
 */
export function decideAeration(view: AerationView): AerationVerdict {
  const unknown = whyUnknown(view);
  return unknown === null ? decideKnown(view) : decideBlind(view, unknown);
}

/** Dusk to dawn, when oxygen only falls. */
export function isNight(time: number, clock: LocalClock): boolean {
  const hour = clock.minutes(time) / 60;
  return hour >= DUSK_HOUR || hour < DAWN_HOUR - 24;
}

/** Why nobody knows the oxygen now, or null. */
function whyUnknown({ now, readings }: AerationView): Reason | null {
  const newest = readings.oxygen.at(-1);
  if (readings.isDoubtful) return reason('oxygen-doubtful', { value: newest?.value ?? null });
  if (newest === undefined) return reason('oxygen-missing', {});
  const minutesOld = minutes(now - newest.time);
  if (newest.time > now + AHEAD_MS) return reason('oxygen-ahead', { minutes: -minutesOld });
  if (now - newest.time > readings.freshMs) {
    const mostMinutes = minutes(readings.freshMs);
    return reason('oxygen-stale', { minutes: minutesOld, mostMinutes, oxygen: newest.value });
  }
  if (!(newest.value <= OXYGEN_MAX_MG_L)) {
    return reason('oxygen-doubtful', { value: newest.value });
  }
  return null;
}

function decideBlind(view: AerationView, why: Reason): AerationVerdict {
  const { plan, now, clock, runs } = view;
  const blind = (decision: 'start' | 'keep', what: Reason): AerationVerdict => ({
    ...{ decision, oxygen: null, projected: null, reasons: [why, what] },
  });
  const { baseline } = plan;
  const isUsual = baseline !== null && timesBetween(baseline, clock.minutes(now));
  // An aerator fails on: where nobody knows, the farm's habit stands in for the sensor.
  if (isUsual && !runs.isWhole) return blind('start', reason('blind-baseline', { ...baseline }));
  const { neededAt } = runs;
  if (neededAt !== null && now - neededAt < NEEDED_MS && !runs.isWhole) {
    return blind('start', reason('needed-before', { minutes: minutes(now - neededAt) }));
  }
  if (runs.isOurs) return blind('keep', reason('kept-blind', {}));
  return blind('keep', reason('nothing-known', {}));
}

function decideKnown(view: AerationView): AerationVerdict {
  const { plan, now, clock, readings, runs } = view;
  const newest = readings.oxygen.at(-1) ?? { time: now, value: Number.NaN };
  const oxygen = newest.value;
  const dawn = dawnOxygen({
    newest,
    localMinutes: clock.minutes(newest.time),
    samples: readings.oxygen,
    aerationChangedAt: runs.changedAt,
  });
  const projected = dawn.value;
  const reasons: Reason[] = [
    reason('oxygen', { oxygen, minutes: minutes(now - newest.time), percent: percentOf(readings) }),
    dawn.value === null
      ? reason('no-projection', { why: dawn.reason })
      : reason('projection', { projected: dawn.value, logLinear: dawn.logLinear }),
  ];
  const say = (decision: AerationVerdict['decision'], why: Reason): AerationVerdict => ({
    ...{ decision, oxygen, projected, reasons: [...reasons, why] },
  });
  const { startBelow } = plan;
  if (oxygen < startBelow) return say('start', reason('oxygen-low', { oxygen, startBelow }));
  if (projected !== null && projected < startBelow) {
    return say('start', reason('dawn-low', { projected, startBelow }));
  }
  const { neededAt } = runs;
  // A lease ended early, or a device began anew: the night is still the one it was for.
  if (neededAt !== null && !runs.isWhole && isSameNight(neededAt, now, clock)) {
    return say('start', reason('needed-tonight', { minutes: minutes(now - neededAt) }));
  }
  if (runs.isOurs) return say(...hold(view, oxygen));
  return say('none', reason('oxygen-enough', { oxygen, startBelow }));
}

/** Of what runs on the plan's lease: whether it may stop yet. */
function hold(view: AerationView, oxygen: number): ['keep' | 'stop', Reason] {
  const { plan, now, clock, readings } = view;
  const { stopAbove } = plan;
  if (isNight(now, clock)) return ['keep', reason('not-yet-dawn', { oxygen })];
  if (!(oxygen > stopAbove)) return ['keep', reason('not-yet-above', { oxygen, stopAbove })];
  const aboveMs = measuredAboveMs(readings, stopAbove);
  const aboveMinutes = minutes(aboveMs);
  if (aboveMs < ABOVE_MS) {
    const ofMinutes = minutes(ABOVE_MS);
    return ['keep', reason('above-for', { minutes: aboveMinutes, ofMinutes, stopAbove })];
  }
  if (isFlat(readings.oxygen)) return ['keep', reason('oxygen-flat', { oxygen })];
  return ['stop', reason('oxygen-recovered', { minutes: aboveMinutes, stopAbove })];
}

/** From the first of the newest samples that lie above a level without a gap to the last, ms. */
function measuredAboveMs({ oxygen, freshMs }: PondReadings, level: number): number {
  const newest = oxygen.at(-1);
  if (newest === undefined) return 0;
  let since = newest.time;
  for (let at = oxygen.length - 1; at >= 0; at--) {
    const sample = oxygen[at];
    if (sample === undefined || since - sample.time > freshMs) break;
    if (!(sample.value > level && sample.value <= OXYGEN_MAX_MG_L)) break;
    since = sample.time;
  }
  return newest.time - since;
}

function isFlat(oxygen: readonly OxygenSample[]): boolean {
  const newest = oxygen.at(-1);
  if (newest === undefined) return false;
  const lately = oxygen.filter(({ time }) => time >= newest.time - FLAT_MS);
  const values = lately.map(({ value }) => value);
  return values.length >= FLAT_SAMPLES_MIN && Math.max(...values) - Math.min(...values) < FLAT_MG_L;
}

function isSameNight(earlier: number, now: number, clock: LocalClock): boolean {
  const evening = (time: number): number => clock.day(time - DUSK_HOUR * 60 * MINUTE_MS);
  return isNight(now, clock) && isNight(earlier, clock) && evening(earlier) === evening(now);
}

function percentOf({ oxygen, temperatureC, salinity }: PondReadings): number | null {
  const newest = oxygen.at(-1);
  if (newest === undefined || temperatureC === null || salinity === null) return null;
  const conditions = { temperatureC, salinity };
  if (firstOutside(VALID_RANGES.oxygen, conditions) !== null) return null;
  return Math.round(oxygenPercent(newest.value, conditions));
}

function reason(code: string, values: Reason['values']): Reason {
  const rounded = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.round(value * 100) / 100 : value,
  ]);
  return { code, values: Object.fromEntries(rounded) };
}

function minutes(ms: number): number {
  return Math.round(ms / MINUTE_MS);
}
