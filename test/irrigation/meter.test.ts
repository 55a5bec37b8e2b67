import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ofFlow, ofTotal, type Reading } from '#src/irrigation/water-meter';
import { runs } from '../support/random.ts';

const MINUTE = 60_000;
const limits = { nominalLitresPerHour: 4000 };
const every = (minutes: number, values: readonly number[]): Reading[] =>
  values.map((value, index) => ({ at: index * minutes * MINUTE, value }));
const sum = (passed: ReadonlyArray<{ litres: number }>): number =>
  passed.reduce((total, { litres }) => total + litres, 0);

test('differences of a meter, from the reading before the first', () => {
  const passed = ofTotal(every(30, [100, 100, 2100, 4100, 4100]), limits);
  expect(passed).toEqual([
    { at: 60 * MINUTE, litres: 2000 },
    { at: 90 * MINUTE, litres: 2000 },
  ]);
});

test('a meter that restarts has counted from 0 since', () => {
  const passed = ofTotal(every(30, [90_000, 91_500, 250, 1750]), limits);
  expect(passed.map(({ litres }) => litres)).toEqual([1500, 250, 1500]);
  expect(passed[1]?.note).toBe('meter-restarted');
});

test('a leap beyond what the lines can pass is no water, either way', () => {
  const up = ofTotal(every(30, [100, 2_000_000, 2_001_000]), limits);
  expect(up.map(({ litres, note }) => [litres, note])).toEqual([
    [0, 'meter-implausible'],
    [1000, undefined],
  ]);
  const down = ofTotal(every(30, [2_000_000, 1_990_000, 1_991_000]), limits);
  expect(down.map(({ litres, note }) => [litres, note])).toEqual([
    [0, 'meter-implausible'],
    [1000, undefined],
  ]);
});

test('however often it restarts, a meter never counts more than passed, and misses little', () => {
  const steps = fc.array(
    fc.record({ litres: fc.integer({ min: 0, max: 2000 }), restarts: fc.boolean() }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (plan) => {
      let total = 0;
      let truth = 0;
      let lost = 0;
      const values = [0];
      for (const { litres, restarts } of plan) {
        // What passed between the last reading and the restart nobody counted.
        const before = restarts ? litres / 2 : 0;
        lost += before;
        total = restarts ? litres - before : total + litres;
        truth += litres;
        values.push(total);
      }
      const counted = sum(ofTotal(every(30, values), limits));
      expect(counted).toBeLessThanOrEqual(truth + 1e-6);
      // A meter that shows more after a restart than before it hides its restart.
      if (!plan.some(({ restarts }) => restarts)) expect(counted).toBeCloseTo(truth, 6);
      if (lost === 0) expect(counted).toBeCloseTo(truth, 6);
    }),
    runs(200),
  );
});

test('a flow is integrated, and nothing is made up across a silence', () => {
  const flow = every(10, [0, 30, 30, 0.1, 0]);
  expect(sum(ofFlow(flow, 30 * MINUTE))).toBeCloseTo(150 + 300 + 150.5, 6);
  const silent = [
    { at: 0, value: 30 },
    { at: 600 * MINUTE, value: 30 },
  ];
  expect(ofFlow(silent, 30 * MINUTE)).toEqual([
    { at: 600 * MINUTE, litres: 0, note: 'meter-silent' },
  ]);
});
