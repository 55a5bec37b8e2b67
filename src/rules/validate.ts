import { AppError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { DeviceKind, KindRegistry } from '../contracts/device-kind.ts';
import type { Rule } from '../contracts/rule.ts';
import { type RuleFault, ruleFaults } from '../contracts/rule-faults.ts';

/** The kind a rule reads. Throws RULE_INVALID, with the field and the fix, when it cannot be. */
export function validateRule(rule: Rule, kinds: KindRegistry): DeviceKind {
  const kind = kinds.get(rule.kind);
  if (kind === undefined) {
    const meant = nearest(rule.kind, kinds.keys());
    const hint = `The kinds here are ${[...kinds.keys()].join(', ')}.`;
    throw invalid(rule, {
      field: 'kind',
      why: `there is no device kind ${rule.kind}`,
      hint: meant === undefined ? hint : `Did you mean ${meant}? ${hint}`,
    });
  }
  for (const fault of ruleFaults(rule, kind)) throw invalid(rule, fault);
  return kind;
}

function invalid(rule: Rule, { field, why, hint }: RuleFault): AppError {
  return new AppError('RULE_INVALID', `rule ${rule.id}: ${why}`, { field, hint });
}
