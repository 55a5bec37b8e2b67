import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { PLANT_PROBLEMS, plantDetail } from '#src/api/plant-problems';
import { AppError } from '#src/base/errors';
import { readYaml } from '#src/base/yaml';
import { COMMAND_STATES } from '#src/contracts/command';
import { actuatorInputSchema, interlockSchema } from '../../schemas/actuator.ts';
import { programmeInputSchema } from '../../schemas/programme.ts';

const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');
const errors = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('the examples of the page are what the API takes', () => {
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => readYaml(text));
  const schemas: readonly z.ZodType[] = [actuatorInputSchema, programmeInputSchema];
  expect(examples.map((example, at) => schemas[at]?.safeParse(example).error)).toEqual([
    ...[undefined, undefined],
  ]);
});

test('the page tells every state and every interlock', () => {
  for (const state of COMMAND_STATES)
    expect(page).toMatch(new RegExp(`^\\| \\**\`${state}\``, 'm'));
  for (const option of interlockSchema.options) {
    const [type = ''] = option.shape.type.values;
    expect(page).toContain(`\`${type}\``);
    expect(page).toContain(`\`INTERLOCK_${type.toUpperCase().replaceAll('-', '_')}\``);
  }
});

test('every refusal of the plant is listed, and says its fix in three languages', () => {
  const codes = Object.keys(PLANT_PROBLEMS);
  expect(codes.filter((code) => !errors.includes(`| \`${code}\` |`))).toEqual([]);
  for (const [code, { title }] of Object.entries(PLANT_PROBLEMS)) {
    expect(new Set([title.vi, title.en, title.fr]).size).toBe(3);
    const detail = plantDetail(new AppError(code, 'what was wrong', { field: 'zones.0' }));
    if (detail === undefined) continue;
    expect(new Set(Object.values(detail)).size).toBe(3);
    for (const text of Object.values(detail)) {
      expect(text).toMatch(/[Ww]hat was wrong/);
      expect(text).not.toMatch(/[{}]/);
    }
  }
});
