import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Observation } from '#src/contracts/observation';
import type { LearnedInterval } from '#src/contracts/state';
import { IntervalLearner } from '#src/ingest/interval-learner';
import { learnedSeconds, learnFrom, spacingsFrom, WINDOW } from '#src/ingest/report-interval';
import { seed } from '../rules/seed.ts';

const T0 = Date.UTC(2026, 10, 22);
const source = { coop: 'c', site: null, device: 'd', kind: 'k' };
const seconds = (count: number, each: number): number[] => Array(count).fill(each * 1000);

function observationsOf(times: readonly number[]): Observation[] {
  return times.map((observedAt, offset) => ({
    ...{ source, offset, index: 0, observedAt, quality: 'good', values: { level: 1 } },
    receivedAt: T0 + offset * 1000,
  }));
}

function timesOf(spacings: readonly number[]): number[] {
  let time = T0;
  return [time, ...spacings.map((spacing) => (time += spacing))];
}

/** What a learner says after these observations, in batches of these sizes. */
function learned(observations: readonly Observation[], sizes: readonly number[]): number | null {
  const learner = new IntervalLearner();
  let said: number | null = null;
  let from = 0;
  for (let turn = 0; from < observations.length; turn++) {
    const to = from + (sizes[turn % sizes.length] ?? 1);
    for (const each of learner.observe(observations.slice(from, to))) said = each.seconds;
    from = to;
  }
  return said;
}

describe('the learned interval', () => {
  test('is the rounded median of at least twenty spacings', () => {
    expect(learnedSeconds(seconds(19, 60), null)).toBe(null);
    expect(learnedSeconds(seconds(20, 60), null)).toBe(60);
    expect(learnedSeconds(seconds(40, 59.7), null)).toBe(60);
    expect(learnedSeconds(seconds(40, 898), null)).toBe(900);
    expect(learnedSeconds(seconds(40, 86_399), null)).toBe(86_400);
    const lossy = [...seconds(30, 60), ...seconds(8, 120), ...seconds(2, 7_200)];
    const mixed = lossy.map((_, place) => lossy[(place * 7) % lossy.length] ?? 0);
    expect(learnedSeconds(mixed, null)).toBe(60);
  });

  test('is not made of bursts, nor of a change that has only begun', () => {
    const bursts = Array.from({ length: 40 }, (_, at) => (at % 5 === 4 ? 3_600_000 : 2_000));
    expect(learnedSeconds(bursts, null)).toBe(null);
    expect(learnedSeconds(bursts, 300)).toBe(300);
    expect(learnedSeconds([...seconds(18, 60), ...seconds(22, 90)], 60)).toBe(60);
  });

  test('stays when it is about the same, and follows a device that was set otherwise', () => {
    expect(learnedSeconds(seconds(40, 74), 60)).toBe(60);
    expect(learnedSeconds(seconds(40, 76), 60)).toBe(76);
    const spacings = spacingsFrom(T0);
    const changes: Array<number | null> = [];
    for (const time of timesOf([...seconds(60, 60), ...seconds(60, 300)])) {
      if (learnFrom(spacings, time)) changes.push(spacings.seconds);
    }
    expect(changes).toEqual([60, 300]);
  });

  test('leaves out parts of one report, outages, late and imported ones', () => {
    const parts = Array.from({ length: 90 }, (_, at) => (at % 3 === 2 ? 59_800 : 100));
    expect(learned(observationsOf(timesOf(parts)), [7])).toBe(60);
    const outages = seconds(30, 60).flatMap((each, at) =>
      at % 2 === 0 ? [each] : [each, 32 * 86_400_000],
    );
    expect(learned(observationsOf(timesOf(outages)), [7])).toBe(60);
    const late = timesOf(seconds(30, 60)).flatMap((time) => [time, time - 10_000, time - 20_000]);
    expect(learned(observationsOf(late), [7])).toBe(60);
    const imported = observationsOf(timesOf(seconds(60, 60)));
    expect(
      learned(
        imported.map((each) => ({ ...each, imported: true as const })),
        [7],
      ),
    ).toBe(null);
  });

  test('another kind under the same id begins anew', () => {
    const learner = new IntervalLearner();
    const before = observationsOf(timesOf(seconds(40, 60)));
    learner.kept(learner.observe(before), Number.NEGATIVE_INFINITY);
    const after = { ...before[0], observedAt: T0 + 1e9 } as Observation;
    const other = { ...after, source: { ...source, kind: 'other' } };
    expect(learner.observe([after])[0]?.seconds).toBe(60);
    expect(learner.observe([other])[0]?.seconds).toBe(null);
  });

  const spacing = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 55_000, max: 65_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 280_000, max: 320_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -600_000, max: 4_000_000 }) },
  );

  test(`depends neither on batches, nor on those that come twice, nor on restarts (SEED=${seed})`, () => {
    fc.assert(
      fc.property(
        fc.array(spacing, { maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.constantFrom('on', 'again', 'restart'), { minLength: 1, maxLength: 8 }),
        (spacings, sizes, fates) => {
          const observations = observationsOf(timesOf(spacings));
          const expected = learned(observations, [observations.length]);
          expect(learned(observations, sizes)).toBe(expected);
          let learner = new IntervalLearner();
          let disk: LearnedInterval[] = [];
          let from = 0;
          for (let turn = 0; from < observations.length; turn++) {
            const to = from + (sizes[turn % sizes.length] ?? 1);
            const batch = observations.slice(from, to);
            let kept = learner.observe(batch);
            const fate = fates[turn % fates.length];
            // The commit failed, and the batch comes again.
            if (fate === 'again') kept = learner.observe(batch);
            if (kept.length > 0) disk = kept;
            if (fate === 'restart') {
              learner = new IntervalLearner();
              learner.load(disk);
            }
            from = to;
          }
          expect(disk[0]?.seconds ?? null).toBe(expected);
        },
      ),
      { seed, numRuns: 1_000 },
    );
  });

  test('a restart forgets no interval, and a damaged row is learned anew', () => {
    const learner = new IntervalLearner();
    learner.load([{ device: 'd', seconds: 300, spacings: JSON.stringify([T0, 3]) }]);
    expect(learner.observe(observationsOf([T0 + 1e6]))[0]?.seconds).toBe(300);
    learner.load([
      { device: 'd', seconds: 300, spacings: '{"last":' },
      { device: 'd', seconds: 300, spacings: '["x"]' },
    ]);
    expect(learner.observe(observationsOf([T0 + 1e6]))[0]?.seconds).toBe(null);
    expect(WINDOW).toBe(40);
  });
});
