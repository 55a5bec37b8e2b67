import type { Severity } from '../api/types.ts';
import type { Test, TestGroup, ThresholdCondition } from '../api/work-types.ts';

/** One limit of a rule with the severity it has. */
export interface Level {
  severity: Severity;
  limit: number;
  clear: number;
  forSeconds: number;
}

/** From the mildest on. */
export function levelsOf(severity: Severity, condition: ThresholdCondition): Level[] {
  const { limit, clear, forSeconds, bands = [] } = condition;
  return [
    { severity, limit, clear, forSeconds },
    ...bands.map((band) => ({ ...band, forSeconds: band.forSeconds ?? forSeconds })),
  ];
}

/** The tests of a group in their order, those within groups as well. */
export function testsOf({ of }: TestGroup): Array<Extract<Test, { type: 'test' }>> {
  return of.flatMap((test) => (test.type === 'test' ? [test] : testsOf(test)));
}
