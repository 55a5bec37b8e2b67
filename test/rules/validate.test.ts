import { expect, test } from 'vitest';
import { validateRule } from '#src/rules/validate';
import type { Rule, RuleCondition } from '../../src/contracts/rule.ts';
import { kindOf, LOW_OXYGEN, ruleOf } from './harness.ts';

const kinds = new Map([['probe', kindOf([])]]);
const changed = (change: object): Rule =>
  ruleOf('r', { ...LOW_OXYGEN.condition, ...change } as RuleCondition);

test('a rule that can be is taken', () => {
  expect(validateRule(LOW_OXYGEN, kinds).name).toBe('probe');
  expect(validateRule(changed({ clear: 4 }), kinds).name).toBe('probe');
});

const refused: [what: string, rule: Rule, field: string][] = [
  ['an unknown kind', { ...LOW_OXYGEN, kind: 'kite' }, 'kind'],
  ['an unknown metric', changed({ metric: 'oxigen' }), 'condition.metric'],
  ['a limit that is no number', changed({ limit: Number.NaN }), 'condition.limit'],
  ['a clear on the wrong side', changed({ clear: 3.9 }), 'condition.clear'],
  ['a negative duration', changed({ forSeconds: -1 }), 'condition.forSeconds'],
  ['no gap', changed({ gapSeconds: 0 }), 'condition.gapSeconds'],
  [
    'a silence of no time',
    ruleOf('r', { type: 'absence', afterSeconds: 0 }),
    'condition.afterSeconds',
  ],
];
for (const [what, rule, field] of refused) {
  test(`${what} is refused with the field and the fix`, () => {
    const refusal = expect.objectContaining({
      code: 'RULE_INVALID',
      field,
      hint: expect.stringMatching(/./),
    });
    expect(() => validateRule(rule, kinds)).toThrow(refusal);
  });
}
