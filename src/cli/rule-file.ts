import { readFileSync } from 'node:fs';
import { AppError } from '../base/errors.ts';
import { readYaml } from '../base/yaml.ts';
import type { Rule } from '../contracts/rule.ts';

/** A rule from a file; the server says what is wrong with it, this only that it is one. */
export function readRuleFile(file: string): Rule {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new AppError('RULE_FILE_INVALID', `${file} cannot be read`, { cause });
  }
  const rule = readYaml(text);
  if (typeof rule === 'object' && rule !== null && 'id' in rule) return rule as Rule;
  throw new AppError('RULE_FILE_INVALID', `${file} is not a rule`, {
    field: 'id',
    hint: '"sluice rules show <id>" prints one to begin with.',
  });
}
