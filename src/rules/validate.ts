import { AppError } from '../base/errors.ts';
import type { DeviceKind, KindRegistry } from '../contracts/device-kind.ts';
import type { Rule, ThresholdCondition } from '../contracts/rule.ts';

/** The kind a rule reads. Throws RULE_INVALID, with the field and the fix, when it cannot be. */
export function validateRule(rule: Rule, kinds: KindRegistry): DeviceKind {
  const kind = kinds.get(rule.kind);
  if (kind === undefined) {
    throw invalid(rule, 'kind', `there is no device kind ${rule.kind}`, {
      hint: `The kinds here are ${[...kinds.keys()].join(', ')}.`,
    });
  }
  const { condition } = rule;
  if (condition.type === 'threshold') {
    validateThreshold(rule, condition, kind);
  } else if (condition.afterSeconds !== null && !(condition.afterSeconds > 0)) {
    throw invalid(rule, 'condition.afterSeconds', 'the allowed silence is not above 0', {
      hint: 'Give seconds, or null for three of the device’s intervals.',
    });
  }
  return kind;
}

function validateThreshold(rule: Rule, condition: ThresholdCondition, kind: DeviceKind): void {
  const { metric, beyond, limit, clear } = condition;
  if (!kind.metrics.some(({ name }) => name === metric)) {
    throw invalid(rule, 'condition.metric', `${kind.name} has no metric ${metric}`, {
      hint: `Its metrics are ${kind.metrics.map(({ name }) => name).join(', ')}.`,
    });
  }
  if (!Number.isFinite(limit)) {
    throw invalid(rule, 'condition.limit', 'the limit is not a number', { hint: 'Give a number.' });
  }
  if (!(beyond === 'below' ? clear >= limit : clear <= limit)) {
    throw invalid(rule, 'condition.clear', `${clear} is on the wrong side of the limit`, {
      hint: `A rule that warns ${beyond} ${limit} ends at ${limit} or on its safe side.`,
    });
  }
  for (const field of ['forSeconds', 'clearSeconds', 'gapSeconds'] as const) {
    const value = condition[field];
    if (Number.isFinite(value) && value >= 0 && (field !== 'gapSeconds' || value > 0)) continue;
    throw invalid(rule, `condition.${field}`, `${value} seconds is not a duration`, {
      hint: field === 'gapSeconds' ? 'Give a number above 0.' : 'Give 0 or more.',
    });
  }
}

function invalid(rule: Rule, field: string, why: string, { hint }: { hint: string }): AppError {
  return new AppError('RULE_INVALID', `rule ${rule.id}: ${why}`, { field, hint });
}
