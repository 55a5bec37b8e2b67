import { describe, expect, test } from 'vitest';
import { evaluate } from '#src/rules/evaluate';
import type { ThresholdCondition } from '../../src/contracts/rule.ts';
import type { Interval } from '../../src/rules/interval.ts';
import { LOW_OXYGEN, MINUTE, PLACE, ruleOf, T0 } from './harness.ts';

const context = { ...PLACE, now: T0 + 600 * MINUTE, createdAt: T0, intervalSeconds: 60 };

/** Samples as `minute:value` words, and intervals as `onset-end` in minutes; `…` lasts. */
function samplesOf(text: string): { time: number; value: number }[] {
  return text.split(/\s+/).map((word) => {
    const [minute, value] = word.split(':').map(Number);
    return { time: T0 + (minute ?? 0) * MINUTE, value: value ?? 0 };
  });
}

function intervalsOf(rule: Parameters<typeof evaluate>[0], text: string, now = 600): string[] {
  return said(evaluate(rule, samplesOf(text), { ...context, now: T0 + now * MINUTE }));
}

function said(found: readonly Interval[]): string[] {
  const minute = (time: number): number => (time - T0) / MINUTE;
  return found.map(({ onset, end }) => `${minute(onset)}-${end === null ? '…' : minute(end)}`);
}

describe('a threshold below 4 for 5 minutes, over at 4.3 for 5, unknown after 30', () => {
  const cases: [what: string, samples: string, intervals: string[]][] = [
    ['safe values are nothing', '0:6 5:5 10:4.1', []],
    ['equal to the limit is not beyond it', '0:4 5:4 10:4 15:4', []],
    ['beyond for the duration opens at the sample that shows it', '0:6 5:3.9 10:3.9', ['10-…']],
    ['the onset is a sample even when the duration ends between two', '0:3 4:3 9:3', ['9-…']],
    ['beyond for less than the duration is nothing', '0:6 5:3.9 9:3.9 10:5', []],
    ['one value at the limit breaks the run', '0:3 4:4 5:3 9:3 10:5', []],
    ['past clear for its time ends it', '0:3 5:3 10:4.3 15:5', ['5-15']],
    ['between limit and clear it stays open', '0:3 5:3 10:4.2 60:4.2', ['5-…']],
    [
      'between limit and clear the time to clear starts again',
      '0:3 5:3 10:5 14:4.2 15:5 19:5 20:5',
      ['5-20'],
    ],
    [
      'a dip beyond the limit starts the time to clear again',
      '0:3 5:3 10:5 14:3 15:5 20:5',
      ['5-20'],
    ],
    ['two intervals', '0:3 5:3 10:5 15:5 20:3 25:3 30:5 35:5', ['5-15', '25-35']],
    ['a gap of exactly 30 minutes is still known', '0:3 30:3', ['30-…']],
    ['a gap adds nothing to the duration', '0:3 31:3 33:5', []],
    ['after a gap the run begins anew', '0:3 31:3 36:3', ['36-…']],
    ['a gap does not clear', '0:3 5:3 100:4.2', ['5-…']],
    ['a gap adds nothing to the time to clear', '0:3 5:3 10:5 41:5 45:5', ['5-…']],
    ['after a gap the time to clear begins anew', '0:3 5:3 10:5 41:5 46:5', ['5-46']],
    ['a lone sample, however late it came, is no duration', '0:6 5:6 10:2 15:6 20:6', []],
    ['a lone sample at the end is no duration', '0:6 5:6 10:2', []],
  ];
  for (const [what, samples, intervals] of cases) {
    test(what, () => expect(intervalsOf(LOW_OXYGEN, samples)).toEqual(intervals));
  }

  test('without a duration one sample opens and one ends it', () => {
    const condition = { ...LOW_OXYGEN.condition, forSeconds: 0, clearSeconds: 0 };
    const rule = ruleOf('at-once', condition as ThresholdCondition);
    expect(intervalsOf(rule, '0:6 1:3 2:4.2 3:4.3 4:3')).toEqual(['1-3', '4-…']);
  });

  test('the later of two writes for one instant wins', () => {
    expect(intervalsOf(LOW_OXYGEN, '0:3 5:3 5:6')).toEqual([]);
    expect(intervalsOf(LOW_OXYGEN, '0:3 5:6 5:3')).toEqual(['5-…']);
  });

  test('evidence: the run that opened it, its worst value, the sample that ended it', () => {
    const [interval] = evaluate(LOW_OXYGEN, samplesOf('0:6 1:3.5 3:2 6:3 7:1 8:5 13:5'), context);
    const at = (minute: number, value: number) => ({ time: T0 + minute * MINUTE, value });
    expect(interval?.worst).toBe(1);
    expect(interval?.samples).toEqual([at(1, 3.5), at(3, 2), at(6, 3), at(13, 5)]);
  });

  test('evidence of a long run: its first sample and the latest nine', () => {
    const rule = ruleOf('slow', {
      ...LOW_OXYGEN.condition,
      forSeconds: 3600,
    } as ThresholdCondition);
    const text = Array.from({ length: 70 }, (_, minute) => `${minute}:3`).join(' ');
    const [interval] = evaluate(rule, samplesOf(text), context);
    const minutes = interval?.samples.map(({ time }) => (time - T0) / MINUTE);
    expect(minutes).toEqual([0, 52, 53, 54, 55, 56, 57, 58, 59, 60]);
  });
});

describe('absence for more than 10 minutes', () => {
  const rule = ruleOf('silence', { type: 'absence', afterSeconds: 600 });
  const cases: [what: string, samples: string, now: number, intervals: string[]][] = [
    ['reports in time are no absence', '0:1 10:1 20:1', 25, []],
    [
      'silence begins when the time is over and ends with the next report',
      '0:1 15:1',
      16,
      ['10-15'],
    ],
    ['silence that lasts', '0:1 5:1', 15, ['15-…']],
    ['not yet', '0:1 5:1', 14.9, []],
    ['the clock starts at commissioning', '30:1', 31, ['10-30']],
    ['what was seen before commissioning is not judged', '-100:1 -50:1 5:1', 6, []],
  ];
  for (const [what, samples, now, intervals] of cases) {
    test(what, () => expect(intervalsOf(rule, samples, now)).toEqual(intervals));
  }

  test('a device never seen is silent from its commissioning on', () => {
    const found = evaluate(rule, [], { ...context, now: T0 + 60 * MINUTE });
    expect(found.map(({ onset, end }) => [onset, end])).toEqual([[T0 + 10 * MINUTE, null]]);
  });

  test('without a time of its own it allows three intervals of the device', () => {
    const byInterval = ruleOf('silence', { type: 'absence', afterSeconds: null });
    expect(intervalsOf(byInterval, '0:1 4:1 7:1', 8)).toEqual(['3-4']);
  });
});

describe('a difference between two devices', () => {
  const rule = ruleOf('difference', {
    ...{ type: 'threshold', metric: 'oxygen', beyond: 'above', limit: 1, clear: 1 },
    ...{ forSeconds: 0, clearSeconds: 0, gapSeconds: 1800 },
    view: { type: 'minus', metric: 'oxygen', device: 'other', maxAgeSeconds: 300, absolute: true },
  });
  const between = (own: string, other: string): string[] =>
    said(
      evaluate(rule, ({ device }) => samplesOf(device === null ? own : other), {
        ...context,
        now: T0,
      }),
    );

  test('is judged where both were heard', () => {
    expect(between('0:5 10:5 20:5', '0:5 10:2 20:5')).toEqual(['10-20']);
  });
  test('no further than the instant until which both were heard', () => {
    expect(between('0:5 10:5 20:5', '0:2 10:2')).toEqual(['0-…']);
    expect(between('0:5 10:5', '0:2 10:5 20:5')).toEqual(['0-10']);
    expect(between('0:5 10:9 12:9', '0:5 10:5 11:9')).toEqual(['10-…']);
  });
  test('is unknown while the other is too old', () => {
    expect(between('0:5 4:9 6:5 7:5', '0:5 7:5')).toEqual(['4-7']);
  });
});

test('samples of several inputs may come in any order, the later of two at an instant wins', () => {
  const rule = ruleOf('both', {
    type: 'all',
    of: [
      { type: 'test', metric: 'oxygen', beyond: 'below', limit: 4, clear: 4 },
      { type: 'test', metric: 'ph', beyond: 'above', limit: 8, clear: 8 },
    ],
    ...{ forSeconds: 0, clearSeconds: 0, gapSeconds: 1800, maxAgeSeconds: 120 },
  });
  const byMetric: Record<string, string> = {
    oxygen: '5:3 0:3 2:3 5:5',
    ph: '4:7 1:9 4:9',
  };
  const found = evaluate(rule, ({ metric }) => samplesOf(byMetric[metric] ?? ''), context);
  expect(said(found)).toEqual(['1-5']);
});
