import { beforeEach, expect, test } from 'vitest';
import { reportedValue } from '#src/contracts/clock-fault';
import { evaluate } from '#src/rules/evaluate';
import type { Quality } from '../../src/contracts/observation.ts';
import { MINUTE, PLACE, ruleOf, T0 } from './harness.ts';
import { Scene } from './scene.ts';

const limits = { beyond: 'above', limit: 0, clear: 0 } as const;
const times = { forSeconds: 600, clearSeconds: 300, gapSeconds: 3600 };
const PLAIN = ruleOf('clock', { type: 'threshold', metric: 'clock_fault', ...limits, ...times });
const JOINT = ruleOf('often', {
  ...{ type: 'threshold', metric: 'clock_fault', ...limits, ...times, limit: 2, clear: 1 },
  ...{ forSeconds: 0, view: { type: 'rolling', function: 'sum', overSeconds: 900 } },
});
const scene = new Scene();

beforeEach(() => scene.begin([PLAIN, JOINT]));

type Said = readonly [minute: number, quality: Quality, values?: Record<string, number>];

/** One frame with these reports, accepted and not stored yet. */
async function hear(...reports: Said[]): Promise<void> {
  const { farm, device } = scene;
  const newest = T0 + Math.max(...reports.map(([minute]) => minute)) * MINUTE;
  farm.clock.advance(Math.max(0, newest - farm.clock.now()));
  farm.journal(
    ...reports.map(([minute, quality, values = { oxygen: 6 }]) => ({
      ...{ device, at: T0 + minute * MINUTE, quality, values },
    })),
  );
  await farm.accept();
}

/** The intervals of a rule, in minutes, once the engine says what the pure function says. */
async function intervals(id: string): Promise<Array<[number, number | null]>> {
  const { farm, device } = scene;
  const rule = [PLAIN, JOINT].find((each) => each.id === id) ?? PLAIN;
  const heard = farm.observations(device).map((observation) => ({
    time: observation.observedAt,
    value: reportedValue(observation, 'clock_fault') ?? Number.NaN,
  }));
  const context = { ...PLACE, now: farm.clock.now(), createdAt: T0, intervalSeconds: 60 };
  const spans = (each: ReadonlyArray<{ onset: number; end: number | null }>) =>
    each.map(({ onset, end }): [number, number | null] => [
      (onset - T0) / MINUTE,
      end === null ? null : (end - T0) / MINUTE,
    ]);
  const found = (await farm.alerts(device)).filter(
    (alert) => alert.rule === id && alert.end !== alert.onset,
  );
  expect(spans(found), id).toEqual(spans(evaluate(rule, heard, context)));
  return spans(found);
}

test('a clock that is wrong for ten minutes opens an alert with its metric, and ends it when right', async () => {
  await hear([0, 'good']);
  for (const minute of [5, 10, 15]) await hear([minute, 'clock']);
  await scene.farm.settle();
  expect(await intervals('clock')).toEqual([[15, null]]);
  const alert = (await scene.farm.alerts(scene.device)).find(({ rule }) => rule === 'clock');
  expect(alert?.evidence).toMatchObject({ metric: 'clock_fault', unit: '1', worst: 1 });
  for (const minute of [20, 25]) await hear([minute, 'good']);
  await scene.farm.restart();
  await scene.farm.settle();
  expect(await intervals('clock')).toEqual([[15, 25]]);
});

test('a late report is judged with those the store does not have yet', async () => {
  const { farm } = scene;
  await hear([0, 'clock']);
  await hear([5, 'clock']);
  farm.store.stored = farm.store.journal.length;
  await hear([3, 'good']);
  const stored = farm.store.journal.length;
  for (const minute of [8, 10, 13, 16]) await hear([minute, 'clock']);
  farm.store.stored = stored;
  await farm.engine.reevaluate();
  expect(await intervals('clock')).toEqual([[16, null]]);
  await farm.settle();
  await intervals('often');
});

test('two reports of one instant that are dated unlike are one fault', async () => {
  await hear([0, 'clock']);
  await hear([5, 'clock', { ph: 7 }], [5, 'good', { oxygen: 6 }]);
  await hear([10, 'good', { ph: 7 }], [10, 'clock', { oxygen: 6 }]);
  await scene.farm.settle();
  const alerts = (await scene.farm.alerts(scene.device)).filter(({ rule }) => rule === 'clock');
  expect(alerts.map(({ onset }) => (onset - T0) / MINUTE)).toEqual([10]);
});
