import type { DeviceKind, KindRegistry } from '../contracts/device-kind.ts';
import type { Source } from '../contracts/frame.ts';
import type { AbsenceCondition, Rule, ThresholdCondition } from '../contracts/rule.ts';
import { compileThreshold, type Threshold } from './threshold.ts';
import { validateRule } from './validate.ts';

export interface ThresholdRule {
  rule: Rule & { condition: ThresholdCondition };
  threshold: Threshold;
  unit: string | null;
}

export type SilenceRule = Rule & { condition: AbsenceCondition };

/** What is read of one device: its metrics with the rules on each. Shared by devices read alike. */
export interface Plan {
  kind: DeviceKind;
  metrics: readonly MetricPlan[];
  silences: readonly SilenceRule[];
}

export interface MetricPlan {
  name: string;
  rules: readonly ThresholdRule[];
}

/**
 * The rules in force: those of the kinds, each replaced by the saved one with the same id, and
 * other saved ones beside them.
 */
export class RuleBook {
  readonly #kinds: KindRegistry;
  #byKind = new Map<string, Rule[]>();
  #plans = new Map<string, Plan>();

  constructor(kinds: KindRegistry) {
    this.#kinds = kinds;
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
    for (const rule of rules.values()) {
      if (!rule.enabled) continue;
      const beside = this.#byKind.get(rule.kind);
      if (beside === undefined) this.#byKind.set(rule.kind, [rule]);
      else beside.push(rule);
    }
  }

  /** The rules that read this device, as the engine runs them; undefined for an unknown kind. */
  plan(source: Source): Plan | undefined {
    const kind = this.#kinds.get(source.kind);
    if (kind === undefined) return undefined;
    const rules = (this.#byKind.get(kind.name) ?? []).filter((rule) => isInScope(rule, source));
    const key = JSON.stringify([kind.name, ...rules.map(({ id }) => id)]);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = compilePlan(kind, rules);
    this.#plans.set(key, plan);
    return plan;
  }
}

function isInScope({ scope }: Rule, { coop, site, device }: Source): boolean {
  return (
    (scope.coop === undefined || scope.coop === coop) &&
    (scope.site === undefined || scope.site === site) &&
    (scope.device === undefined || scope.device === device)
  );
}

function compilePlan(kind: DeviceKind, rules: readonly Rule[]): Plan {
  const metrics = new Map<string, ThresholdRule[]>();
  const silences: SilenceRule[] = [];
  for (const rule of rules) {
    const { condition } = rule;
    if (condition.type === 'absence') {
      silences.push({ ...rule, condition });
      continue;
    }
    const unit = kind.metrics.find(({ name }) => name === condition.metric)?.unit ?? null;
    const compiled = { rule: { ...rule, condition }, threshold: compileThreshold(condition), unit };
    const beside = metrics.get(condition.metric);
    if (beside === undefined) metrics.set(condition.metric, [compiled]);
    else beside.push(compiled);
  }
  return {
    kind,
    metrics: [...metrics].map(([name, compiled]) => ({ name, rules: compiled })),
    silences,
  };
}
