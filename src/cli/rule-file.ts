import type { Rule } from '../contracts/rule.ts';
import { readYamlFile } from './yaml-file.ts';

/** A rule from a file; the server says what is wrong with it, this only that it is one. */
export function readRuleFile(file: string): Rule {
  return readYamlFile<Rule>(file, {
    code: 'RULE_FILE_INVALID',
    what: 'a rule',
    key: 'id',
    hint: '"sluice rules show <id>" prints one to begin with.',
  });
}
