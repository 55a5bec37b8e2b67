import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readYaml } from '#src/base/yaml';
import { VIEW_FUNCTIONS } from '#src/contracts/rule';
import { loadKinds } from '#src/ingest/kinds';
import { validateRule } from '#src/rules/validate';
import { ruleInputSchema } from '../../schemas/rule.ts';

const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const kinds = await loadKinds();
const whole = readYaml(examples[0] ?? '') as object;

/** A part of a rule in the place where it belongs, within the rule the page begins with. */
function ruleWith(text: string): object {
  const part = readYaml(text) as Record<string, unknown>;
  if ('id' in part) return part;
  return 'type' in part ? { ...whole, condition: part } : { ...whole, ...part };
}

describe('every example of docs/rules.md', () => {
  for (const [index, text] of examples.entries()) {
    test(`${index + 1}: ${text.split('\n').slice(0, 3).join(' ')}`, () => {
      const rule = ruleInputSchema.parse(ruleWith(text));
      expect(validateRule({ ...rule, version: 1 }, kinds).name).toBe(rule.kind);
    });
  }

  test('together they show each view, condition and part of a rule', () => {
    const text = examples.join('\n');
    const views = ['rate', 'rolling', 'days', 'minus', 'stuck', 'spike', 'jump', 'range'];
    const conditions = ['threshold', 'all', 'any', 'test', 'absence'];
    for (const type of [...views, ...conditions]) expect(text).toMatch(`type: ${type}`);
    for (const name of VIEW_FUNCTIONS) expect(page).toContain(`\`${name}\``);
    for (const name of Object.keys(ruleInputSchema.shape)) expect(page).toContain(`\`${name}\``);
  });
});
