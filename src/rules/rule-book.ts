import { CLOCK_FAULT } from '../contracts/clock-fault.ts';
import type { DeviceKind, KindRegistry } from '../contracts/device-kind.ts';
import type { AbsenceCondition, Rule, RuleCondition } from '../contracts/rule.ts';
import type { Device, Site } from '../contracts/state.ts';
import { chooseRules } from './choice.ts';
import { compileRule } from './compile.ts';
import type { CompiledRule, RuleContext } from './compiled.ts';
import { compileSeason, type Season } from './season.ts';
import { validateRule } from './validate.ts';

/** A threshold or combined rule on one device. */
export interface PlannedRule {
  compiled: CompiledRule;
  rule: Rule;
  /** The metric its evidence names. */
  metric: string;
  /** Places of its inputs in the plan's series. */
  inputs: readonly number[];
  /**
   * Its readings depend on more than one sample: it is judged by instant, and what it remembers
   * must be made from history after a start.
   */
  isJoint: boolean;
  /** It compares the sample itself: one that is not beyond starts nothing. Null for other rules. */
  plainLimit: { sign: 1 | -1; limit: number } | null;
  /** Longest a run can have lasted that has opened nothing yet, and the gap before it. */
  lookBackMs: number;
}

export interface PlannedSilence {
  rule: SilenceRule;
  season: Season | null;
  /** Place of its metric in the plan's series; null when any observation breaks the silence. */
  series: number | null;
}

export type SilenceRule = Rule & { condition: AbsenceCondition };

/** One series that rules of a device read: its own, or another device's. */
export interface SeriesPlan {
  /** Its name in what is remembered of the device. */
  key: string;
  metric: string;
  device: string | null;
  /** Not a value of the device but how it dated them: `clock_fault`. */
  isClock: boolean;
  /** Ids of all rules that read it, the rules of absence apart. */
  readers: readonly string[];
}

/** What is read for one device: the series and the rules on them. Shared by devices read alike. */
export interface Plan {
  kind: DeviceKind;
  series: readonly SeriesPlan[];
  rules: readonly PlannedRule[];
  silences: readonly PlannedSilence[];
}

/**
 * The rules in force: those of the kinds, each replaced by the saved one with the same id, and
 * other saved ones beside them.
 */
export class RuleBook {
  readonly #kinds: KindRegistry;
  readonly #timeZone: string;
  #byKind = new Map<string, Rule[]>();
  #plans = new Map<string, Plan>();

  constructor(kinds: KindRegistry, timeZone: string) {
    this.#kinds = kinds;
    this.#timeZone = timeZone;
  }

  /** Takes the saved rules. One that cannot be is left out and handed to `refused`. */
  load(saved: readonly Rule[], refused: (rule: Rule, error: unknown) => void): void {
    const rules = new Map<string, Rule>();
    for (const kind of this.#kinds.values()) {
      for (const rule of kind.rules) rules.set(rule.id, rule);
    }
    for (const rule of saved) {
      try {
        validateRule(rule, this.#kinds);
        rules.set(rule.id, rule);
      } catch (error) {
        refused(rule, error);
      }
    }
    this.#plans = new Map();
    this.#byKind = new Map();
    // A disabled rule stays: it keeps the others of its topic from standing in.
    for (const rule of rules.values()) {
      const beside = this.#byKind.get(rule.kind);
      if (beside === undefined) this.#byKind.set(rule.kind, [rule]);
      else beside.push(rule);
    }
  }

  /** The rules that read this device, as the engine runs them; undefined for an unknown kind. */
  plan(device: Device, site: Site | undefined): Plan | undefined {
    const kind = this.#kinds.get(device.kind);
    if (kind === undefined) return undefined;
    const subject = { device, site: site ?? null, siteKind: kind.siteKind };
    const rules = chooseRules(this.#byKind.get(kind.name) ?? [], subject);
    const startedOn = site?.startedOn ?? null;
    const key = JSON.stringify([kind.name, startedOn, ...rules.map(({ id }) => id)]);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = compilePlan(rules, { kind, timeZone: this.#timeZone, startedOn });
    this.#plans.set(key, plan);
    return plan;
  }
}

function compilePlan(rules: readonly Rule[], context: RuleContext): Plan {
  const series: Array<SeriesPlan & { readers: string[] }> = [];
  const placeOf = (metric: string, device: string | null): number => {
    const key = device === null ? metric : `${metric}@${device}`;
    const known = series.findIndex((each) => each.key === key);
    return known === -1
      ? series.push({ key, metric, device, isClock: metric === CLOCK_FAULT.name, readers: [] }) - 1
      : known;
  };
  const planned: PlannedRule[] = [];
  const silences: PlannedSilence[] = [];
  for (const rule of rules) {
    const { condition } = rule;
    if (condition.type === 'absence') {
      const place = condition.metric === undefined ? null : placeOf(condition.metric, null);
      const season = compileSeason(rule.when, context);
      silences.push({ rule: { ...rule, condition }, season, series: place });
      continue;
    }
    const compiled = compileRule(rule, context);
    const inputs = compiled.inputs.map(({ metric, device }) => placeOf(metric, device));
    for (const input of inputs) series[input]?.readers.push(rule.id);
    planned.push(plannedRule(compiled, inputs, metricOf(condition)));
  }
  return { kind: context.kind, series, rules: planned, silences };
}

function plannedRule(compiled: CompiledRule, inputs: number[], metric: string): PlannedRule {
  const { rule, reachMs, gapMs, levels } = compiled;
  const isOwn = compiled.inputs.every(({ device }) => device === null);
  const [mildest] = levels;
  const isPlain =
    rule.condition.type === 'threshold' &&
    rule.condition.view === undefined &&
    compiled.inputs[0]?.metric === metric;
  return {
    compiled,
    rule,
    metric,
    inputs,
    isJoint: inputs.length > 1 || reachMs > 0 || !isOwn,
    plainLimit:
      isPlain && mildest !== undefined ? { sign: mildest.sign, limit: mildest.limit } : null,
    lookBackMs: Math.max(...levels.map(({ forMs }) => forMs)) + gapMs,
  };
}

/** The metric a condition names first. */
function metricOf(condition: Exclude<RuleCondition, AbsenceCondition>): string {
  if (condition.type === 'threshold') return condition.metric;
  let test = condition.of[0];
  while (test !== undefined && test.type !== 'test') test = test.of[0];
  return test?.metric ?? '';
}
