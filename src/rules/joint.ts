import { cannotClear } from './corrected.ts';
import {
  type HeldInstant,
  heardByAll,
  type JointMemory,
  type RuleMemory,
  type SeriesMemory,
} from './device-memory.ts';
import { judge, type Moment } from './judge.ts';

/** What an observation brought of each series that is not a repeat; `value` undefined: left out. */
export type NewSamples = Map<
  SeriesMemory,
  { value: number | undefined; isSuspect: boolean; isNewest: boolean }
>;

/** What could not be judged at once. */
export interface NotJudged {
  /** Rules that had judged this instant before. */
  late: string[];
  /** Stretches that cold rules have before them. */
  cold: Array<{ rules: [string]; from: number; to: number }>;
}

/**
 * Instants held for one rule until the other device is heard: two hours at one a minute. Beyond
 * that the rule goes cold, and is judged from history once the other is back. 100 bytes each.
 */
const HELD_MAX = 120;

/** Moves the rules that are judged by instant over what was observed at `time`. */
export function advanceJoint(samples: NewSamples, time: number, moment: Moment): NotJudged {
  const found: NotJudged = { late: [], cold: [] };
  for (const target of moment.memory.joint) {
    const { joint } = target;
    if (joint === null) continue;
    const instant = instantOf(joint, samples, { time, receivedAt: moment.at });
    if (instant === null) continue;
    const { rule } = target.plan;
    if (time <= joint.judged) found.late.push(rule.id);
    else if (target.run === null) park(target, instant, { moment, found });
    else if (joint.waits) hold(target, instant, { moment, found });
    else if (instant.isKnown) judgeInstant(target, instant, moment);
  }
  return found;
}

interface NewInstant extends HeldInstant {
  /** At least one of its values counts. */
  isKnown: boolean;
  /** All of its samples are the newest of their series. */
  isNewest: boolean;
}

function instantOf(
  { inputs }: JointMemory,
  samples: NewSamples,
  { time, receivedAt }: { time: number; receivedAt: number },
): NewInstant | null {
  let instant: NewInstant | null = null;
  for (const [place, series] of inputs.entries()) {
    const sample = samples.get(series);
    if (sample === undefined) continue;
    instant ??= {
      time,
      receivedAt,
      values: inputs.map(() => undefined),
      isSuspect: false,
      isKnown: false,
      isNewest: true,
    };
    instant.isNewest &&= sample.isNewest;
    if (sample.value === undefined) continue;
    instant.values[place] = sample.value;
    instant.isSuspect ||= sample.isSuspect;
    instant.isKnown = true;
  }
  return instant;
}

/** Judges one instant, newer than all before it, by a warm rule. */
export function judgeInstant(target: RuleMemory, instant: HeldInstant, moment: Moment): void {
  const { joint, run } = target;
  if (joint === null || run === null) return;
  joint.judged = instant.time;
  const reading = run.push(instant);
  if (reading === null) return;
  judge(target, instant.isSuspect === true ? cannotClear(reading) : reading, moment);
}

/**
 * Keeps an instant until all devices of the rule were heard, and judges those that are due. One of
 * an earlier series of the same instant is completed.
 */
function hold(
  target: RuleMemory,
  instant: NewInstant,
  { moment, found }: { moment: Moment; found: NotJudged },
): void {
  const { joint, plan } = target;
  if (joint === null) return;
  if (instant.isKnown) insert(joint.held, instant);
  // A re-evaluation under way has passed this place already.
  const { late } = moment.memory;
  if (!instant.isNewest && late?.rules.has(plan.rule.id) === true) found.late.push(plan.rule.id);
  release(target, moment);
  if (joint.held.length <= HELD_MAX) return;
  joint.parked = joint.held[0]?.time ?? instant.time;
  joint.held = [];
  target.run = null;
}

/** Judges what is held and due. */
export function release(target: RuleMemory, moment: Moment): void {
  const { joint } = target;
  if (joint === null) return;
  const until = heardByAll(joint.inputs);
  let due = 0;
  for (const held of joint.held) {
    if (held.time > until) break;
    judgeInstant(target, held, moment);
    due++;
  }
  if (due > 0) joint.held = joint.held.slice(due);
}

/** Puts an instant at its place; values of one that is there already are replaced. */
export function insert(held: HeldInstant[], instant: HeldInstant): void {
  const place = held.findLastIndex(({ time }) => time <= instant.time);
  const same = held[place];
  if (same?.time !== instant.time) {
    held.splice(place + 1, 0, instant);
    return;
  }
  for (const [input, value] of instant.values.entries()) {
    if (value !== undefined) same.values[input] = value;
  }
  same.isSuspect = same.isSuspect === true || instant.isSuspect === true;
}

/**
 * A cold rule judges nothing: what is due is marked, to be read back. What comes in its order while
 * such a mark waits needs no other, since a cold rule is evaluated up to the newest.
 */
function park(
  { joint, plan }: RuleMemory,
  instant: NewInstant,
  { moment, found }: { moment: Moment; found: NotJudged },
): void {
  if (joint === null) return;
  const { id } = plan.rule;
  const isMarked = moment.memory.late?.rules.has(id) === true;
  joint.parked = Math.min(joint.parked, instant.time);
  if (isMarked && instant.isNewest) return;
  const until = joint.waits ? heardByAll(joint.inputs) : instant.time;
  if (until < joint.parked) return;
  found.cold.push({ rules: [id], from: joint.parked, to: Math.max(until, instant.time) });
}
