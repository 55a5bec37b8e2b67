/**
 * What flows, watched the whole time and not only after a command: leak, blockage, burst, pressure,
 * a dead meter, a valve that stands elsewhere than it should, and the litres of each part. Pure
 * folds over the samples of one meter, which several valves may share, and of one position.
 */
import type { Position } from '../contracts/actuator.ts';
import type { Quality } from '../contracts/observation.ts';
import {
  bandAround,
  type FlowBand,
  followFault,
  type HydraulicFault,
  RUNS_TO_LEARN,
  type SuspicionSince,
} from '../water/hydraulic-faults.ts';
import { INTERLOCKS } from '../water/interlocks.ts';
import { flowOf } from './flow-band.ts';
import {
  allBelow,
  endsBelow,
  hasOpenPath,
  type Meter,
  type Plant,
  type PlantPart,
  suppliesOf,
} from './parts.ts';

/** What should flow through a meter, as the plant is now. */
export interface Demand {
  /** Parts on the meter that let water through. */
  open: ReadonlyArray<{ device: string; since: number; band: FlowBand | null }>;
  /** All parts on the meter. */
  all: readonly string[];
  /** The last change of any of them, or of what feeds them; 0: none is known. */
  changedAt: number;
  /** `idle`: something is open whose supply stands. `unknown`: a position is not known. */
  state: 'flowing' | 'closed' | 'idle' | 'unknown';
  /** What a meter at rest may say, L/min. */
  leakLpm: number;
}

export interface MeterSample {
  /** Observed time. */
  at: number;
  receivedAt: number;
  quality: Quality;
  /** L/min; null when the report has none. */
  flowLpm: number | null;
  /** Of the same report, kPa. */
  pressureKpa?: number | null;
}

/** What is remembered of one meter; plain data. Begin with `startMeter`. */
export interface MeterMemory {
  /** Time of the newest sample; the beginning before the first. */
  at: number;
  /** Litres are counted up to here. */
  countedTo: number;
  flow: { at: number; lpm: number } | null;
  suspicion: SuspicionSince | null;
  /** The fault that was told, until it is over. */
  told: HydraulicFault | null;
  runs: Readonly<Record<string, RunFlow>>;
  /** Pressure of the newest runs in band, kPa, oldest first, with the change each belongs to. */
  pressures: ReadonlyArray<{ change: number; kpa: number }>;
}

/** The flow of one part since it was opened, once its pipes were full. */
interface RunFlow {
  since: number;
  sum: number;
  count: number;
  /** Nothing else was open meanwhile, and no fault was seen. */
  isClean: boolean;
}

/** A fault of the water, of all parts that may have caused it. */
export interface MeterFault {
  fault: HydraulicFault;
  devices: readonly string[];
  at: number;
  flowLpm: number | null;
  pressureKpa: number | null;
}

export interface MeterStep {
  memory: MeterMemory;
  /** Told once, until it was over in between. */
  fault: MeterFault | null;
  /** To add to what each part used. */
  litres: ReadonlyMap<string, number>;
}
/** A meter of a river; what is beyond would not even add up. */
const READABLE_MAX = 1e9;

const NOTHING: ReadonlyMap<string, number> = new Map();

export function startMeter(now: number): MeterMemory {
  const none = { flow: null, suspicion: null, told: null };
  return { at: now, countedTo: now, ...none, runs: {}, pressures: [] };
}

/** What the plant asks of a meter now. */
export function demandOn(plant: Plant, meter: Meter): Demand {
  const parts = plant.shownBy(meter).flatMap((device) => plant.get(device) ?? []);
  const around = new Set<PlantPart>(parts);
  const open: Array<{ part: PlantPart; band: FlowBand | null }> = [];
  let isIdle = false;
  for (const part of parts) {
    const { device } = part.actuator;
    const supplies = suppliesOf(plant, device);
    for (const other of [...supplies, ...allBelow(plant, device)]) around.add(other);
    if (part.state.position !== 'on') continue;
    const isFed = supplies.every(({ state }) => state.position === 'on');
    if (!isFed) isIdle = true;
    else if (plant.fedBy(device).length === 0 || hasOpenPath(plant, device)) {
      open.push({ part, band: bandOf(plant, part) });
    }
  }
  // A pump and its valves on one meter: the same water, counted where it comes out.
  const ends = open.filter(({ part }) => {
    const below = allBelow(plant, part.actuator.device);
    return !open.some((other) => below.includes(other.part));
  });
  const isUnknown = [...around].some(
    ({ state, starting }) =>
      starting.length > 0 || (state.position === 'unknown' && state.sequence > 0),
  );
  const state =
    (isUnknown && 'unknown') || (isIdle && 'idle') || (ends.length > 0 && 'flowing') || 'closed';
  return {
    open: ends.map(({ part, band }) => ({
      device: part.actuator.device,
      since: part.state.since ?? 0,
      band,
    })),
    all: parts.map(({ actuator }) => actuator.device),
    changedAt: Math.max(0, ...[...around].map((part) => part.state.since ?? 0)),
    state,
    leakLpm: Math.max(0, ...parts.map(({ actuator }) => actuator.witness?.off.max ?? 0)),
  };
}

/** What should flow through an open part; a supply passes what its open ends take. */
function bandOf(plant: Plant, { actuator, state }: PlantPart): FlowBand | null {
  const ends = endsBelow(plant, actuator.device).filter((end) => end.state.position === 'on');
  const bands = ends.map((end) => flowOf(end.state.goodRuns, end.actuator.nominalFlow).band);
  const own = flowOf(state.goodRuns, actuator.nominalFlow).band;
  return bands.length === 0 ? own : (sumOf(bands) ?? own);
}

/** The band of several flows at once; null as soon as one is not known. */
function sumOf(bands: ReadonlyArray<FlowBand | null>): FlowBand | null {
  let nominal = 0;
  for (const band of bands) {
    if (band === null) return null;
    nominal += band.nominalLpm;
  }
  return nominal > 0 ? bandAround(nominal) : null;
}

/** One more sample of a meter; one older than the newest, or of no good quality, is not heard. */
export function followMeter(before: MeterMemory, sample: MeterSample, demand: Demand): MeterStep {
  // A clock that runs ahead says nothing of what is not yet.
  const at = Math.min(sample.at, sample.receivedAt);
  const flowLpm = measured(sample.flowLpm);
  if (sample.quality !== 'good' || at <= before.at) {
    return { memory: before, fault: null, litres: NOTHING };
  }
  const counted = count({ ...before, at }, { at, flowLpm }, demand);
  const isJudged = demand.state === 'flowing' || demand.state === 'closed';
  if (!isJudged || at <= demand.changedAt) {
    const memory = { ...counted.memory, suspicion: null, told: null };
    return { memory, fault: null, litres: counted.litres };
  }
  const pressureKpa = sample.pressureKpa ?? null;
  const step = followFault(before.suspicion, {
    commanded: demand.state === 'flowing' ? 'open' : 'closed',
    secondsSinceChange: (at - demand.changedAt) / 1000,
    flowLpm,
    pressureKpa,
    band: sumOf(demand.open.map(({ band }) => band)),
    nominalPressureKpa: usualPressure(before),
    leakLpm: demand.leakLpm,
  });
  const told = step.fault ?? (step.since === null ? null : before.told);
  const isNews = step.fault !== null && step.fault !== before.told;
  const suspected = { ...counted.memory, suspicion: step.since, told };
  const memory = learn(
    suspected,
    { at, flowLpm, pressureKpa, isWell: step.since === null },
    demand,
  );
  const devices = demand.open.length > 0 ? demand.open.map(({ device }) => device) : demand.all;
  const fault =
    isNews && step.fault !== null ? { fault: step.fault, devices, at, flowLpm, pressureKpa } : null;
  return { memory, fault, litres: counted.litres };
}

function measured(value: number | null): number | null {
  return value !== null && value >= 0 && value <= READABLE_MAX ? value : null;
}

/** Counts the litres up to a sample and keeps its flow. */
function count(
  memory: MeterMemory,
  { at, flowLpm }: { at: number; flowLpm: number | null },
  demand: Demand,
): { memory: MeterMemory; litres: ReadonlyMap<string, number> } {
  if (flowLpm === null) return { memory, litres: NOTHING };
  const from = Math.max(memory.countedTo, demand.changedAt);
  const { flow } = memory;
  // What flowed before the change says nothing of what flows since.
  const first = flow !== null && flow.at > demand.changedAt ? flow.lpm : flowLpm;
  const litres = share(((first + flowLpm) / 2) * minutes(from, at), demand);
  const countedTo = Math.max(memory.countedTo, at);
  return { memory: { ...memory, countedTo, flow: { at, lpm: flowLpm } }, litres };
}

function minutes(from: number, to: number): number {
  return Math.max(0, to - from) / 60_000;
}

/** Divides litres among what is open, by their usual flows, else evenly. */
function share(litres: number, { open, state }: Demand): ReadonlyMap<string, number> {
  if (state !== 'flowing' || litres <= 0) return NOTHING;
  const sum = sumOf(open.map(({ band }) => band))?.nominalLpm ?? null;
  return new Map(
    open.map(({ device, band }) => {
      const part = sum === null || band === null ? 1 / open.length : band.nominalLpm / sum;
      return [device, litres * part];
    }),
  );
}

/**
 * What flowed since the newest sample, as far as one can say: at its flow, or, before a first one
 * since the change, at the usual flow.
 */
export function litresSince(
  { countedTo, flow }: MeterMemory,
  now: number,
  demand: Demand,
): ReadonlyMap<string, number> {
  const isOfNow = flow !== null && flow.at > demand.changedAt;
  const usual = sumOf(demand.open.map(({ band }) => band))?.nominalLpm ?? 0;
  const from = Math.max(countedTo, demand.changedAt);
  return share((isOfNow ? flow.lpm : usual) * minutes(from, now), demand);
}

/** Books them: asked with the demand as it was, before any part on the meter changes. */
export function settleMeter(
  before: MeterMemory,
  now: number,
  demand: Demand,
): Pick<MeterStep, 'memory' | 'litres'> {
  const litres = litresSince(before, now, demand);
  return { memory: { ...before, countedTo: Math.max(before.countedTo, now) }, litres };
}

/** Mean flow of a part's run so far, L/min; null unless it ran alone, in band and long enough. */
export function meanOfRun({ runs }: MeterMemory, device: string): number | null {
  const run = runs[device];
  return run?.isClean === true && run.count > 0 ? run.sum / run.count : null;
}

/** Keeps what a run teaches: its flow, and the pressure of a plant that is well. */
function learn(
  memory: MeterMemory,
  sample: { at: number; flowLpm: number | null; pressureKpa: number | null; isWell: boolean },
  { open, changedAt }: Demand,
): MeterMemory {
  const { at, flowLpm, pressureKpa, isWell } = sample;
  const isAlone = open.length === 1;
  const isFull = at - changedAt >= INTERLOCKS.blockage.fillSeconds * 1000;
  const runs = Object.fromEntries(
    open.map(({ device, since, band }) => {
      const kept = memory.runs[device];
      const run = kept?.since === since ? kept : { since, sum: 0, count: 0, isClean: true };
      const isInBand =
        flowLpm === null ||
        band === null ||
        (flowLpm >= band.lowestLpm && flowLpm <= band.highestLpm);
      const isClean = run.isClean && isAlone && (!isFull || (isWell && isInBand));
      if (flowLpm === null || !isFull) return [device, { ...run, isClean }];
      return [device, { since, sum: run.sum + flowLpm, count: run.count + 1, isClean }];
    }),
  );
  const isKnown = memory.pressures.at(-1)?.change === changedAt;
  const teaches = isAlone && isFull && isWell && flowLpm !== null && flowLpm > 0 && !isKnown;
  if (!teaches || pressureKpa === null || !(pressureKpa > 0)) return { ...memory, runs };
  const pressures = [...memory.pressures, { change: changedAt, kpa: pressureKpa }];
  return { ...memory, runs, pressures: pressures.slice(-RUNS_TO_LEARN.most) };
}

/** The median of the pressures of past runs, one of each; null while they are too few. */
function usualPressure({ pressures }: MeterMemory): number | null {
  if (pressures.length < RUNS_TO_LEARN.least) return null;
  const sorted = pressures.map(({ kpa }) => kpa).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** What a device says of its own position, after what it was last told. */
export interface PositionSample {
  /** Observed time. */
  at: number;
  receivedAt: number;
  quality: Quality;
  /** 0 or 1. */
  position: number;
}

/**
 * Whether a part stands elsewhere than it should for longer than two minutes, by its own word.
 * `since`: when it was told last, ms. A sample from before says nothing.
 */
export function isElsewhere(
  { at, receivedAt, quality, position }: PositionSample,
  { to, since }: { to: Position; since: number },
): boolean {
  const seconds = (Math.min(at, receivedAt) - since) / 1000;
  if (quality !== 'good' || !(seconds >= 0)) return false;
  const { fault } = followFault(null, {
    commanded: to === 'on' ? 'open' : 'closed',
    reported: position >= 0.5 ? 'open' : 'closed',
    secondsSinceChange: seconds,
    flowLpm: null,
    band: null,
    leakLpm: 0,
  });
  return fault === 'stuck-valve';
}
