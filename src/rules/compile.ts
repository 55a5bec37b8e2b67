import type { CombinedCondition, Rule, Test, ThresholdCondition } from '../contracts/rule.ts';
import type {
  CompiledRule,
  Instant,
  Reading,
  RuleContext,
  RuleLevel,
  RuleRun,
} from './compiled.ts';
import { isBeyond, type Known, shown, signOf, TRUTH, type Truth } from './known.ts';
import { compileSeason, type Season } from './season.ts';
import { compileSignal, type SignalPlan, type SignalRun } from './signal.ts';
import { type Compilation, RuleInputs } from './source.ts';

/** What a condition says where something was observed; undefined where nothing was. */
interface ConditionRun {
  push(instant: Instant): Reading | null | undefined;
}

interface ConditionPlan {
  reachMs: number;
  unit: string | null;
  levels: readonly RuleLevel[];
  start(): ConditionRun;
}

/**
 * A rule on a threshold or on several tests in the form the machine reads, for one device. Absence
 * is no matter of readings: a rule on it throws RangeError.
 */
export function compileRule(rule: Rule, context: RuleContext): CompiledRule {
  const { condition } = rule;
  if (condition.type === 'absence') throw new RangeError(`rule ${rule.id} has no readings`);
  const inputs = new RuleInputs();
  const plan =
    condition.type === 'threshold'
      ? compileThreshold(rule, condition, { context, inputs })
      : compileCombined(rule, condition, { context, inputs });
  const season = compileSeason(rule.when, context);
  const start = (): RuleRun => inSeason(plan, season);
  // Of several inputs a run remembers which of them its instant brought.
  const isForgetful = plan.reachMs === 0 && inputs.list.length === 1;
  const shared = start();
  return {
    rule,
    unit: plan.unit,
    inputs: inputs.list,
    reachMs: plan.reachMs,
    gapMs: condition.gapSeconds * 1000,
    levels: plan.levels,
    start: isForgetful ? () => shared : start,
  };
}

function inSeason({ levels, start }: ConditionPlan, season: Season | null): RuleRun {
  return season === null ? new AlwaysRun(start()) : new SeasonRun(start(), levels, season);
}

class AlwaysRun implements RuleRun {
  readonly #run: ConditionRun;

  constructor(run: ConditionRun) {
    this.#run = run;
  }

  push(instant: Instant): Reading | null {
    return this.#run.push(instant) ?? null;
  }
}

/** Outside its season a rule is over wherever something was observed, whatever that was. */
class SeasonRun implements RuleRun {
  readonly #run: ConditionRun;
  readonly #levels: ConditionPlan['levels'];
  readonly #season: Season;

  constructor(run: ConditionRun, levels: ConditionPlan['levels'], season: Season) {
    this.#run = run;
    this.#levels = levels;
    this.#season = season;
  }

  push(instant: Instant): Reading | null {
    const reading = this.#run.push(instant);
    if (reading === undefined) return null;
    const isOn = this.#season.isOn(instant.time);
    if (isOn === null || isOn) return isOn ? reading : null;
    const value = reading?.value ?? Number.NaN;
    return { time: instant.time, value, levels: overOf(this.#levels) };
  }
}

function overOf(levels: readonly unknown[]): Reading['levels'] {
  return levels.map(() => ({ beyond: false, cleared: true }));
}

function compileThreshold(
  rule: Rule,
  condition: ThresholdCondition,
  compilation: Compilation,
): ConditionPlan {
  const signal = compileSignal(condition, condition.gapSeconds * 1000, compilation);
  const { limit, clear, forSeconds, clearSeconds } = condition;
  const sign = signOf(condition);
  const own = { severity: rule.severity, limit, clear, forSeconds, clearSeconds };
  const bands = (condition.bands ?? []).map((band) => ({ ...own, ...band }));
  const all = [own, ...bands];
  const levels = all.map((level) => ({
    severity: level.severity,
    sign,
    limit: level.limit,
    forMs: level.forSeconds * 1000,
    clearMs: level.clearSeconds * 1000,
  }));
  const graver = bands.map((band) => ({ sign, limit: band.limit, clear: band.clear }));
  const limits: [LevelLimits, ...LevelLimits[]] = [{ sign, limit, clear }, ...graver];
  return { ...signal, levels, start: () => new ThresholdRun(signal.start(), limits) };
}

interface LevelLimits {
  sign: 1 | -1;
  limit: number;
  clear: number;
}

/** Whether it is beyond its limit and whether it is over. */
interface Answer {
  beyond: Truth;
  cleared: Truth;
}

function answerOf(known: Known, { sign, limit, clear }: LevelLimits): Answer {
  const notCleared = isBeyond(known, sign, clear);
  return { beyond: isBeyond(known, sign, limit), cleared: -notCleared as Truth };
}

function isUnknown({ beyond, cleared }: Answer): boolean {
  return beyond === TRUTH.unknown && cleared === TRUTH.unknown;
}

/** Half an answer is no answer to the other half: such a level counts as between its limits. */
function levelOf({ beyond, cleared }: Answer): Reading['levels'][number] {
  return { beyond: beyond === TRUTH.yes, cleared: cleared === TRUTH.yes };
}

class ThresholdRun implements ConditionRun {
  readonly #signal: SignalRun;
  readonly #limits: readonly LevelLimits[];
  /** What is clear of this is clear of every level. */
  readonly #safest: LevelLimits;
  readonly #over: Reading['levels'];

  constructor(signal: SignalRun, limits: readonly [LevelLimits, ...LevelLimits[]]) {
    this.#signal = signal;
    this.#limits = limits;
    this.#safest = limits.reduce((safest, each) =>
      each.sign * (each.clear - safest.clear) < 0 ? each : safest,
    );
    this.#over = overOf(limits);
  }

  push(instant: Instant): Reading | null | undefined {
    const known = this.#signal.push(instant);
    if (known === undefined || known === null) return known;
    const { time } = instant;
    const { beside } = this.#signal;
    const shownBeside = beside !== undefined && { beside };
    // Nearly every sample there is: one object for the machine, and nothing to compare further.
    if (isBeyond(known, this.#safest.sign, this.#safest.clear) === TRUTH.no) {
      return { time, value: shown(known), levels: this.#over, ...shownBeside };
    }
    const answers = this.#limits.map((limits) => answerOf(known, limits));
    if (answers.every(isUnknown)) return null;
    return { time, value: shown(known), levels: answers.map(levelOf), ...shownBeside };
  }
}

function compileCombined(
  rule: Rule,
  condition: CombinedCondition,
  compilation: Compilation,
): ConditionPlan {
  const gapMs = condition.gapSeconds * 1000;
  const maxAgeMs = condition.maxAgeSeconds * 1000;
  const leaves: Leaf[] = [];
  const tree = compileTest(condition, (test) => {
    const signal = compileSignal(test, gapMs, compilation);
    const { limit, clear } = test;
    return leaves.push({ signal, limits: { sign: signOf(test), limit, clear } }) - 1;
  });
  const first = leaves[0];
  if (first === undefined) throw new RangeError(`rule ${rule.id} has no test`);
  const reach = Math.max(...leaves.map(({ signal }) => signal.reachMs));
  const level: RuleLevel = {
    severity: rule.severity,
    sign: first.limits.sign,
    limit: first.limits.limit,
    forMs: condition.forSeconds * 1000,
    clearMs: condition.clearSeconds * 1000,
  };
  return {
    reachMs: reach + (maxAgeMs === 0 ? 0 : maxAgeMs + 1),
    unit: first.signal.unit,
    levels: [level],
    start: () => new CombinedRun(tree, leaves, maxAgeMs),
  };
}

interface Leaf {
  signal: SignalPlan;
  limits: LevelLimits;
}

/** The tests as a tree over the places of their leaves. */
type Tree = number | { type: 'all' | 'any'; of: readonly Tree[] };

function compileTest(
  test: Exclude<Test, { type: 'test' }> | Test,
  leaf: (test: Extract<Test, { type: 'test' }>) => number,
): Tree {
  if (test.type === 'test') return leaf(test);
  return { type: test.type, of: test.of.map((each) => compileTest(each, leaf)) };
}

/** The last reading of one test. */
interface LeafState {
  run: SignalRun;
  limits: LevelLimits;
  time: number;
  answer: Answer;
  value: number;
}

const NO_ANSWER: Answer = { beyond: TRUTH.unknown, cleared: TRUTH.unknown };

class CombinedRun implements ConditionRun {
  readonly #tree: Tree;
  readonly #leaves: readonly LeafState[];
  readonly #maxAgeMs: number;

  constructor(tree: Tree, leaves: readonly Leaf[], maxAgeMs: number) {
    this.#tree = tree;
    this.#maxAgeMs = maxAgeMs;
    this.#leaves = leaves.map(({ signal, limits }) => ({
      run: signal.start(),
      limits,
      time: Number.NEGATIVE_INFINITY,
      answer: NO_ANSWER,
      value: Number.NaN,
    }));
  }

  push(instant: Instant): Reading | null | undefined {
    const { time } = instant;
    let isObserved = false;
    for (const leaf of this.#leaves) {
      const known = leaf.run.push(instant);
      if (known === undefined) continue;
      isObserved = true;
      if (known === null) continue;
      const answer = answerOf(known, leaf.limits);
      if (isUnknown(answer)) continue;
      leaf.time = time;
      leaf.answer = answer;
      leaf.value = shown(known);
    }
    if (!isObserved) return undefined;
    for (const leaf of this.#leaves) {
      if (time - leaf.time <= this.#maxAgeMs) continue;
      leaf.answer = NO_ANSWER;
      leaf.value = Number.NaN;
    }
    const answer = join(this.#tree, this.#leaves);
    if (isUnknown(answer)) return null;
    const first = this.#leaves[0];
    const beside = first?.time === time ? first.run.beside : undefined;
    return {
      time,
      value: first?.value ?? Number.NaN,
      levels: [levelOf(answer)],
      ...(beside !== undefined && { beside }),
    };
  }
}

/** Kleene's `and` is the least of the answers, his `or` the greatest; over is the other way round. */
function join(tree: Tree, leaves: readonly LeafState[]): Answer {
  if (typeof tree === 'number') return leaves[tree]?.answer ?? NO_ANSWER;
  const answers = tree.of.map((each) => join(each, leaves));
  const beyond = answers.map((answer) => answer.beyond);
  const cleared = answers.map((answer) => answer.cleared);
  const [least, most] = [Math.min, Math.max];
  return tree.type === 'all'
    ? { beyond: least(...beyond) as Truth, cleared: most(...cleared) as Truth }
    : { beyond: most(...beyond) as Truth, cleared: least(...cleared) as Truth };
}
