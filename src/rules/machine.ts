import type { EvidenceSample } from '../contracts/alert.ts';
import type { CompiledRule, Reading, RuleLevel } from './compiled.ts';
import type { Interval } from './interval.ts';

/** Samples kept of the run that opens an interval: its first one and the latest nine. */
const RUN_SAMPLES_MAX = 10;
/**
 * Severity steps kept of one interval: its first and the latest. An alert that swings about a limit
 * for weeks stays below 5 KB.
 */
const SEVERITY_STEPS_MAX = 100;

/** One severity of a rule between two readings. */
export interface LevelState {
  isOpen: boolean;
  /** Start of the run: beyond the limit while closed, cleared while open; NaN without one. */
  since: number;
}

/** What is remembered between two readings. The same state and reading give the same step. */
export interface MachineState {
  /** The interval that lasts, or null. */
  open: Interval | null;
  /** Event time of the newest reading; -Infinity before the first. */
  last: number;
  /** As many as the rule's levels. */
  levels: LevelState[];
  /** The run beyond the mildest limit so far, while that level is closed. */
  run: EvidenceSample[];
  /** The most extreme value of that run; NaN without one. */
  runWorst: number;
}

/** `moved`: the interval that lasts has another severity, the newest of its `severities`. */
export type Step = 'none' | 'opened' | 'moved' | 'closed';

type Machine = Pick<CompiledRule, 'levels' | 'gapMs'>;

export function newMachineState({ levels }: Pick<CompiledRule, 'levels'>): MachineState {
  return {
    open: null,
    last: Number.NEGATIVE_INFINITY,
    levels: levels.map(() => ({ isOpen: false, since: Number.NaN })),
    run: [],
    runWorst: Number.NaN,
  };
}

/**
 * The state of a rule that takes over an interval which lasted at `at`, raised by an earlier version
 * of it: the levels up to the severity it had then are open, the mildest in any case.
 */
export function resumedState(rule: Machine, interval: Interval, at: number): MachineState {
  const state = newMachineState(rule);
  const severities = interval.severities.filter(({ time }) => time <= at);
  const stood = severities.at(-1)?.severity;
  const gravest = rule.levels.findLastIndex(({ severity }) => severity === stood);
  for (const [index, level] of state.levels.entries()) level.isOpen = index <= Math.max(0, gravest);
  state.open = { ...interval, end: null, severities };
  return state;
}

/** Nothing open and no run under way: what comes next depends on what comes next alone. */
export function isAtRest({ open, levels }: MachineState): boolean {
  return open === null && levels.every(({ since }) => Number.isNaN(since));
}

/**
 * Moves the machine over the next reading in event time. Each level opens at the reading that shows
 * it has been beyond its limit for long enough, and closes at the one that shows it has been clear
 * for long enough: both are instants at which something was observed. The interval is their union:
 * it opens with the first and ends with the last, and its severity is that of the gravest open. On
 * `closed` the interval that was open has its end.
 */
export function step(rule: Machine, state: MachineState, reading: Reading): Step {
  const isGapped = reading.time - state.last > rule.gapMs;
  state.last = reading.time;
  const [mildest] = state.levels;
  const isBeyond = reading.levels[0]?.beyond === true;
  // The common case: safe, nothing under way. No graver level has a run where the mildest has none.
  if (!isBeyond && state.open === null && Number.isNaN(mildest?.since ?? Number.NaN)) return 'none';
  if (mildest?.isOpen === false) followRun(rule, state, { reading, isGapped });
  let gravest = -1;
  for (const [index, level] of state.levels.entries()) {
    const limits = rule.levels[index];
    if (limits !== undefined) moveLevel(level, limits, { reading, index, isGapped });
    if (level.isOpen) gravest = index;
  }
  const taken = moveInterval(rule, state, { reading, gravest });
  if (mildest?.isOpen === true) endRun(state);
  return taken;
}

/**
 * Follows the runs beyond the limits without ever opening: how a re-evaluation finds out, from the
 * readings just before its start, which were under way there.
 */
export function track(rule: Machine, state: MachineState, reading: Reading): void {
  const isGapped = reading.time - state.last > rule.gapMs;
  state.last = reading.time;
  followRun(rule, state, { reading, isGapped });
  for (const [index, level] of state.levels.entries()) {
    level.since = sinceAfter(level.since, reading, {
      holds: reading.levels[index]?.beyond === true,
      isGapped,
    });
  }
}

function moveLevel(
  level: LevelState,
  { forMs, clearMs }: RuleLevel,
  { reading, index, isGapped }: { reading: Reading; index: number; isGapped: boolean },
): void {
  const says = reading.levels[index];
  const holds = (level.isOpen ? says?.cleared : says?.beyond) === true;
  level.since = sinceAfter(level.since, reading, { holds, isGapped });
  if (!(reading.time - level.since >= (level.isOpen ? clearMs : forMs))) return;
  level.isOpen = !level.isOpen;
  level.since = Number.NaN;
}

/** Nothing is known of a gap, so it neither adds to a duration nor bridges it: the run restarts. */
function sinceAfter(
  since: number,
  { time }: Reading,
  { holds, isGapped }: { holds: boolean; isGapped: boolean },
): number {
  if (!holds) return Number.NaN;
  return isGapped || Number.isNaN(since) ? time : since;
}

function moveInterval(
  rule: Machine,
  state: MachineState,
  { reading, gravest }: { reading: Reading; gravest: number },
): Step {
  const { time, value } = reading;
  const severity = rule.levels[gravest]?.severity;
  if (state.open === null) {
    if (severity === undefined) return 'none';
    state.open = {
      onset: time,
      end: null,
      worst: finiteOrNull(state.runWorst),
      samples: [...state.run],
      severities: [{ time, severity }],
    };
    return 'opened';
  }
  const { open } = state;
  if (reading.levels[0]?.beyond === true) {
    open.worst = finiteOrNull(worse(rule, open.worst ?? Number.NaN, value));
  }
  if (severity === undefined) {
    open.end = time;
    open.samples = [...open.samples, { time, value: finiteOrNull(value) }];
    state.open = null;
    return 'closed';
  }
  if (open.severities.at(-1)?.severity === severity) return 'none';
  if (open.severities.length >= SEVERITY_STEPS_MAX) open.severities.splice(1, 1);
  open.severities.push({ time, severity });
  return 'moved';
}

function followRun(
  rule: Machine,
  state: MachineState,
  { reading, isGapped }: { reading: Reading; isGapped: boolean },
): void {
  const isBeyond = reading.levels[0]?.beyond === true;
  if (isGapped || !isBeyond) endRun(state);
  if (!isBeyond) return;
  const { time, value } = reading;
  state.runWorst = worse(rule, state.runWorst, value);
  if (state.run.length >= RUN_SAMPLES_MAX) state.run.splice(1, 1);
  state.run.push({ time, value: finiteOrNull(value) });
}

function endRun(state: MachineState): void {
  if (state.run.length === 0) return;
  state.run = [];
  state.runWorst = Number.NaN;
}

function worse({ levels }: Machine, worst: number, value: number): number {
  const sign = levels[0]?.sign ?? 1;
  return Number.isNaN(worst) || sign * (value - worst) > 0 ? value : worst;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
