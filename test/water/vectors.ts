import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Published cases of one formula: inputs in the formula's order, and what it gives. */
interface Vectors {
  unit: string;
  tolerance: number;
  cases: [number[], number | number[]][];
}

const all: Record<string, Vectors> = JSON.parse(
  readFileSync(new URL('./vectors.json', import.meta.url), 'utf8'),
);

function named(name: string): Vectors {
  const vectors = all[name];
  if (vectors === undefined) throw new Error(`no vectors of ${name}`);
  return vectors;
}

/** The cases of a formula as rows for `test.each`, each with its tolerance. */
export function vectorsOf(name: string): [inputs: number[], expected: number, tolerance: number][] {
  const { cases, tolerance } = named(name);
  return cases.map(([inputs, expected]) => {
    if (typeof expected !== 'number') throw new Error(`${name} gives several numbers`);
    return [inputs, expected, tolerance];
  });
}

/** The same for a formula that gives several numbers. */
export function listsOf(name: string): [inputs: number[], expected: number[], tolerance: number][] {
  const { cases, tolerance } = named(name);
  return cases.map(([inputs, expected]) => [inputs, [expected].flat(), tolerance]);
}

export function expectNear(actual: number | null, expected: number, tolerance: number): void {
  expect(actual).not.toBeNull();
  expect(
    Math.abs((actual ?? Number.NaN) - expected),
    `${actual} for ${expected}`,
  ).toBeLessThanOrEqual(tolerance);
}
