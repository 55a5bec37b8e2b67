import type { Alert } from '../contracts/alert.ts';
import type { AlertReader } from './alert-reader.ts';
import type { Reading, RuleRun } from './compiled.ts';
import { cannotClear, type JudgedSample } from './corrected.ts';
import type { DeviceMemory, HeldInstant, RuleMemory, SeriesMemory } from './device-memory.ts';
import { type Findings, fromStored, isWithdrawn, type OpenAlert } from './finding.ts';
import type { Interval } from './interval.ts';
import type { LateMark } from './late-mark.ts';
import {
  isAtRest,
  type MachineState,
  newMachineState,
  resumedState,
  step,
  track,
} from './machine.ts';
import { matchAlerts } from './revise.ts';

/** One rule on its way again through the stretch that late reports reached. */
export interface Scan {
  target: RuleMemory;
  inputs: readonly SeriesMemory[];
  state: MachineState;
  run: RuleRun;
  /** Samples from here on are read: they fill what the readings at `trackFrom` are made of. */
  readFrom: number;
  /** Readings from here on are followed: they tell which runs were under way at `start`. */
  trackFrom: number;
  /** Intervals are found from here on; what began before stands. */
  start: number;
  /** Readings later than this do not depend on what came late. Infinity: all is to be made anew. */
  touchedUntil: number;
  /** The alerts that stood before, by onset, and the first of them not yet passed. */
  before: Alert[];
  passed: number;
  intervals: Interval[];
  /** Newest reading. */
  last: Reading | null;
  /** Newest instant that was judged. */
  judged: number;
  /** Instants ahead of what all devices of the rule said. */
  held: HeldInstant[];
  /** Event time from which everything is as it was before, or null while it is not. */
  rejoined: number | null;
}

/** Finds out where to begin. */
export async function beginScan(
  target: RuleMemory,
  { memory, mark, alerts }: { memory: DeviceMemory; mark: LateMark; alerts: AlertReader },
): Promise<Scan> {
  const { plan, from } = target;
  const { compiled } = plan;
  const first = Math.max(mark.from, from);
  const meetsAlerts = target.alert !== null || first <= target.latestEnd;
  const stored = meetsAlerts ? await alerts.since(plan.rule.id, memory.id, first) : [];
  const before = stored.filter((alert) => !isWithdrawn(alert));
  const covering = before.find(({ onset, end }) => onset < first && (end ?? first) >= first);
  let state = newMachineState(compiled);
  let start = first;
  let trackFrom = first - plan.lookBackMs;
  if (covering !== undefined && covering.onset > from) {
    start = covering.onset;
    trackFrom = start - plan.lookBackMs;
  }
  if (covering !== undefined && covering.onset <= from) {
    // Raised by an earlier version, carried over: it was open when this version began.
    start = from;
    trackFrom = from;
    state = resumedState(compiled, fromStored(covering).interval, from);
  }
  trackFrom = Math.max(trackFrom, from);
  return {
    target,
    inputs: memoryInputs(memory, target),
    state,
    run: compiled.start(),
    readFrom: trackFrom - compiled.reachMs,
    trackFrom,
    start,
    touchedUntil: target.run === null ? Number.POSITIVE_INFINITY : mark.to + compiled.reachMs,
    before,
    passed: 0,
    intervals: state.open === null ? [] : [state.open],
    last: null,
    judged: Number.NEGATIVE_INFINITY,
    held: [],
    rejoined: null,
  };
}

function memoryInputs(memory: DeviceMemory, target: RuleMemory): readonly SeriesMemory[] {
  if (target.joint !== null) return target.joint.inputs;
  return memory.series.filter(({ rules }) => rules.includes(target));
}

/**
 * Walks over the next stretch of samples, later than all before it, up to the instant until which
 * all devices of the rule were heard; ends once all is as it was.
 */
export function walk(
  scan: Scan,
  samples: ReadonlyMap<SeriesMemory, readonly JudgedSample[]>,
  heardUntil: number,
): void {
  const instants = instantsOf(scan, samples);
  const ahead = scan.held.length === 0 ? instants : mergedByTime([...scan.held, ...instants]);
  const waiting = ahead.findIndex(({ time }) => time > heardUntil);
  scan.held = waiting === -1 ? [] : ahead.slice(waiting);
  for (const instant of waiting === -1 ? ahead : ahead.slice(0, waiting)) {
    if (scan.rejoined !== null) return;
    walkInstant(scan, instant);
  }
}

function instantsOf(
  { inputs, readFrom }: Scan,
  samples: ReadonlyMap<SeriesMemory, readonly JudgedSample[]>,
): HeldInstant[] {
  const instants: HeldInstant[] = [];
  for (const [place, series] of inputs.entries()) {
    for (const { time, value, isSuspect } of samples.get(series) ?? []) {
      if (time < readFrom) continue;
      const values: Array<number | undefined> = inputs.map(() => undefined);
      values[place] = value;
      instants.push({ time, values, isSuspect, receivedAt: time });
    }
  }
  return inputs.length === 1 ? instants : mergedByTime(instants);
}

function mergedByTime(instants: HeldInstant[]): HeldInstant[] {
  instants.sort((left, right) => left.time - right.time);
  const merged: HeldInstant[] = [];
  for (const instant of instants) {
    const same = merged.at(-1);
    if (same?.time !== instant.time) {
      merged.push(instant);
      continue;
    }
    for (const [place, value] of instant.values.entries()) {
      if (value !== undefined) same.values[place] = value;
    }
    same.isSuspect = same.isSuspect === true || instant.isSuspect === true;
  }
  return merged;
}

function walkInstant(scan: Scan, instant: HeldInstant): void {
  const { target, state, run, start, trackFrom } = scan;
  const { compiled } = target.plan;
  const { time } = instant;
  scan.judged = time;
  const read = run.push(instant);
  if (read === null || time < trackFrom || time <= target.from) return;
  const reading = instant.isSuspect === true ? cannotClear(read) : read;
  scan.last = reading;
  if (time < start) {
    track(compiled, state, reading);
    return;
  }
  const taken = step(compiled, state, reading);
  if (taken === 'opened' && state.open !== null) scan.intervals.push(state.open);
  // At rest as it was before: from here on nothing can differ.
  if (time > scan.touchedUntil && isAtRest(state) && wasClosed(scan, time)) scan.rejoined = time;
}

/** Whether no alert lasted at this time before the re-evaluation; times only grow. */
function wasClosed(scan: Scan, time: number): boolean {
  for (; scan.passed < scan.before.length; scan.passed++) {
    const alert = scan.before[scan.passed];
    if (alert === undefined || alert.end === null || alert.end > time) {
      return alert === undefined || alert.onset > time;
    }
  }
  return true;
}

interface Situation {
  alerts: AlertReader;
  findings: Findings;
  now: number;
}

/** Gives each interval its alert, and lets the rule go on from the new state. */
export async function applyScan(
  scan: Scan,
  { memory, mark }: { memory: DeviceMemory; mark: LateMark },
  { alerts, findings, now }: Situation,
): Promise<void> {
  const { target, start, rejoined, last } = scan;
  const { rule, compiled, metric } = target.plan;
  const meetsAlerts = target.alert !== null || start <= target.latestEnd;
  const stored = meetsAlerts ? await alerts.since(rule.id, memory.id, start) : [];
  const until = rejoined ?? Number.POSITIVE_INFINITY;
  const covering = scan.intervals[0]?.onset ?? start;
  const reached = stored.filter(
    ({ onset }) => (onset >= start || onset === covering) && onset <= until,
  );
  const isFresh = last !== null && now - last.time <= compiled.gapMs;
  if (rejoined === null) goOnFrom(scan);
  for (const { alert: before, interval } of matchAlerts(reached, scan.intervals)) {
    const alert = await alertFor({ memory, target, mark }, { before, interval, isFresh }, alerts);
    if (interval !== null) {
      if (interval.end === null) target.alert = alert;
      else target.latestEnd = Math.max(target.latestEnd, interval.end);
      if (before !== undefined && saysThe(before, alert)) continue;
    }
    findings.add({
      alert,
      rule,
      levels: compiled.levels,
      device: memory.id,
      metric,
      unit: compiled.unit,
      latest: last && { time: last.time, value: Number.isFinite(last.value) ? last.value : null },
      ...(last?.beside !== undefined && interval?.end === null && { beside: last.beside }),
      withdrawn: interval === null,
      at: mark.known,
      note: interval === null || before !== undefined ? mark.note : null,
    });
  }
}

/** The live rule takes over where the scan ended. */
function goOnFrom({ target, state, run, judged, held }: Scan): void {
  target.state = isAtRest(state) ? null : state;
  target.alert = null;
  target.run = run;
  const { joint } = target;
  if (joint === null) return;
  joint.judged = Math.max(joint.judged, judged);
  joint.held = held;
  joint.parked = Number.POSITIVE_INFINITY;
}

async function alertFor(
  { memory, target, mark }: { memory: DeviceMemory; target: RuleMemory; mark: LateMark },
  revision: { before: Alert | undefined; interval: Interval | null; isFresh: boolean },
  alerts: AlertReader,
): Promise<OpenAlert> {
  const { before, interval, isFresh } = revision;
  const lasts = interval !== null && interval.end === null;
  if (before !== undefined) {
    const stood = fromStored(before);
    if (interval === null) return stood;
    return {
      ...stood,
      interval,
      raised: stood.raised || (lasts && isFresh),
      savedWorst: interval.worst,
    };
  }
  const onset = interval?.onset ?? mark.from;
  const nothing = { onset, end: null, worst: null, samples: [], severities: [] };
  return {
    id: await alerts.freeId({ rule: target.plan.rule.id, device: memory.id, onset }),
    interval: interval ?? nothing,
    coop: mark.coop,
    site: mark.site,
    known: mark.known,
    raised: lasts && isFresh,
    savedWorst: interval?.worst ?? null,
    savedAt: onset,
  };
}

/** Whether the stored alert says the same already, its newest sample apart. */
function saysThe(stored: Alert, { interval, raised }: OpenAlert): boolean {
  const wasRaised = stored.timeline.some(({ event }) => event === 'raised');
  return (
    stored.onset === interval.onset &&
    stored.end === interval.end &&
    stored.evidence.worst === interval.worst &&
    wasRaised === raised &&
    JSON.stringify(stored.severities) === JSON.stringify(interval.severities) &&
    (interval.end === null ||
      JSON.stringify(stored.evidence.samples) === JSON.stringify(interval.samples))
  );
}
