import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileRule } from '#src/rules/compile';
import { evaluate } from '#src/rules/evaluate';
import { isAtRest, newMachineState, resumedState, step, track } from '#src/rules/machine';
import type { Band, Rule, Severity, ThresholdCondition } from '../../src/contracts/rule.ts';
import { LOW_OXYGEN, MINUTE, PLACE, ruleOf, T0 } from './harness.ts';
import { seed } from './seed.ts';

const context = { ...PLACE, now: T0, createdAt: T0, intervalSeconds: 60 };

/** Below 6 info, below 4 warning, below 2 critical; each at once, unknown after half an hour. */
const BANDS: ThresholdCondition = {
  type: 'threshold',
  metric: 'oxygen',
  beyond: 'below',
  limit: 6,
  clear: 6.5,
  forSeconds: 0,
  clearSeconds: 0,
  gapSeconds: 1800,
  bands: [
    { severity: 'warning', limit: 4, clear: 4.5 },
    { severity: 'critical', limit: 2, clear: 2.5 },
  ],
};

function banded(change: Partial<ThresholdCondition> = {}): Rule {
  return { ...ruleOf('bands', { ...BANDS, ...change }), severity: 'info' };
}

type Values = readonly (number | null)[];

/** Samples one minute apart, from `minute:value` words. */
function samplesOf(text: string): { time: number; value: number }[] {
  return text.split(' ').map((word) => {
    const [minute, value] = word.split(':').map(Number);
    return { time: T0 + (minute ?? 0) * MINUTE, value: value ?? 0 };
  });
}

/** Intervals as `onset-end severity@minute …`; `…` lasts. */
function said(rule: Rule, samples: { time: number; value: number }[]): string[] {
  const minute = (time: number): number => (time - T0) / MINUTE;
  return evaluate(rule, samples, context).map(({ onset, end, severities }) => {
    const steps = severities.map(({ time, severity }) => `${severity}@${minute(time)}`);
    return `${minute(onset)}-${end === null ? '…' : minute(end)} ${steps.join(' ')}`;
  });
}

describe('severity moves within the one alert', () => {
  const cases: [what: string, samples: string, intervals: string[]][] = [
    ['it opens at the severity it has', '0:7 1:3', ['1-… warning@1']],
    [
      'it gets graver and milder',
      '0:5 1:3 2:1 3:3 4:5',
      ['0-… info@0 warning@1 critical@2 warning@3 info@4'],
    ],
    ['between limit and clear a level stays', '0:3 1:4.4 2:4.5', ['0-… warning@0 info@2']],
    ['it ends from whatever severity', '0:1 1:9', ['0-1 critical@0']],
    ['a second one begins anew', '0:1 1:9 2:5', ['0-1 critical@0', '2-… info@2']],
    ['a gap changes nothing', '0:1 90:1', ['0-… critical@0']],
  ];
  for (const [what, samples, intervals] of cases) {
    test(what, () => expect(said(banded(), samplesOf(samples))).toEqual(intervals));
  }

  test('a graver level with a shorter duration opens first, and the milder goes on after it', () => {
    const rule = banded({
      forSeconds: 600,
      bands: [{ severity: 'critical', limit: 2, clear: 2.5, forSeconds: 0 }],
    });
    expect(said(rule, samplesOf('0:1 1:1 2:3'))).toEqual(['0-2 critical@0']);
    expect(said(rule, samplesOf('0:1 1:3 5:5 10:5'))).toEqual(['0-1 critical@0', '10-… info@10']);
  });

  test('a graver level needs its own duration', () => {
    const rule = banded({
      bands: [{ severity: 'critical', limit: 2, clear: 2.5, forSeconds: 300 }],
    });
    expect(said(rule, samplesOf('0:1 4:1 5:1'))).toEqual(['0-… info@0 critical@5']);
    expect(said(rule, samplesOf('0:1 4:3 5:1'))).toEqual(['0-… info@0']);
  });

  test('an alert that swings for ever keeps its first step and the latest', () => {
    const values = Array.from({ length: 500 }, (_, minute) => `${minute}:${minute % 2 ? 3 : 5}`);
    const [interval] = evaluate(banded(), samplesOf(values.join(' ')), context);
    expect(interval?.severities).toHaveLength(100);
    expect(interval?.severities[0]?.time).toBe(T0);
    expect(interval?.severities.at(-1)?.time).toBe(T0 + 499 * MINUTE);
  });
});

/** What one level is at each sample: open or not, by the definition alone, in quadratic time. */
function openByDefinition(level: LevelSpec, values: Values): boolean[] {
  const { sign, limit, clear, forMinutes, clearMinutes, gap } = level;
  const seen = values.flatMap((value, minute) => (value === null ? [] : [{ value, minute }]));
  const beyond = (value: number): boolean => sign * (value - limit) > 0;
  const isClear = (value: number): boolean => sign * (value - clear) <= 0;
  const open: boolean[] = [];
  let changed = -1;
  for (const [at, sample] of seen.entries()) {
    const was = open[at - 1] ?? false;
    const holds = was ? isClear : beyond;
    let first: number | null = null;
    for (let back = at; back > changed && holds(seen[back]?.value ?? Number.NaN); back--) {
      if (back < at && (seen[back + 1]?.minute ?? 0) - (seen[back]?.minute ?? 0) > gap) break;
      first = seen[back]?.minute ?? 0;
    }
    const flips = first !== null && sample.minute - first >= (was ? clearMinutes : forMinutes);
    if (flips) changed = at;
    open.push(was !== flips);
  }
  return open;
}

interface LevelSpec {
  severity: Severity;
  sign: 1 | -1;
  limit: number;
  clear: number;
  forMinutes: number;
  clearMinutes: number;
  gap: number;
}

/** The alert is the union of its levels, its severity that of the gravest open. */
function unionByDefinition(levels: readonly LevelSpec[], values: Values): string[] {
  const minutes = values.flatMap((value, minute) => (value === null ? [] : [minute]));
  const open = levels.map((level) => openByDefinition(level, values));
  const found: { onset: number; end: number | null; steps: string[] }[] = [];
  let before: Severity | undefined;
  for (const [at, minute] of minutes.entries()) {
    const now = levels.findLast((_, index) => open[index]?.[at])?.severity;
    const last = found.at(-1);
    if (now !== undefined && before === undefined) {
      found.push({ onset: minute, end: null, steps: [`${now}@${minute}`] });
    } else if (now === undefined && before !== undefined && last !== undefined) {
      last.end = minute;
    } else if (now !== before) last?.steps.push(`${now}@${minute}`);
    before = now;
  }
  return found.map(({ onset, end, steps }) => `${onset}-${end ?? '…'} ${steps.join(' ')}`);
}

const minutes = fc.constantFrom(0, 1, 3, 10);
const banding = fc.record({
  above: fc.boolean(),
  hysteresis: fc.constantFrom(0, 1, 2),
  spans: fc.array(fc.tuple(minutes, minutes), { minLength: 1, maxLength: 3 }),
  gap: fc.constantFrom(1, 2, 5),
  values: fc.array(fc.option(fc.nat(10), { freq: 5 }), { maxLength: 80 }),
});

test(`the machine equals the definition of levels and their union (seed ${seed})`, () => {
  const severities: Severity[] = ['info', 'warning', 'critical'];
  const property = fc.property(banding, ({ above, hysteresis, spans, gap, values }) => {
    const sign = above ? 1 : -1;
    const levels = spans.map(([forMinutes, clearMinutes], index): LevelSpec => {
      const limit = 5 + sign * 2 * index;
      const severity = severities[index] ?? 'critical';
      return {
        severity,
        sign,
        limit,
        clear: limit - sign * hysteresis,
        forMinutes,
        clearMinutes,
        gap,
      };
    });
    const [own, ...graver] = levels.map(
      ({ severity, limit, clear, forMinutes, clearMinutes }): Band => ({
        ...{ severity, limit, clear },
        ...{ forSeconds: forMinutes * 60, clearSeconds: clearMinutes * 60 },
      }),
    );
    const beyond = above ? ('above' as const) : ('below' as const);
    const condition = { ...BANDS, ...own, beyond, gapSeconds: gap * 60, bands: graver };
    const { severity: _, ...threshold } = condition as typeof condition & { severity?: Severity };
    const rule = { ...ruleOf('r', threshold), severity: levels[0]?.severity ?? 'info' };
    const samples = values.flatMap((value, minute) =>
      value === null ? [] : [{ time: T0 + minute * MINUTE, value }],
    );
    expect(said(rule, samples)).toEqual(unionByDefinition(levels, values));
  });
  fc.assert(property, { seed, numRuns: 4_000 });
});

describe('what a re-evaluation needs of it', () => {
  const rule = compileRule(LOW_OXYGEN, PLACE);
  const read = (minute: number, value: number) => {
    const levels = [{ beyond: value < 4, cleared: value >= 4.3 }];
    return { time: T0 + minute * MINUTE, value, levels };
  };

  test('a tracked run is the one under way, and opens nothing', () => {
    const state = newMachineState(rule);
    for (const minute of [0, 2, 4, 6]) track(rule, state, read(minute, 3));
    expect(state.open).toBeNull();
    expect(isAtRest(state)).toBe(false);
    expect(step(rule, state, read(7, 3))).toBe('opened');
    expect(state.open?.samples).toHaveLength(5);
  });

  test('a tracked run that ends leaves the machine at rest', () => {
    const state = newMachineState(rule);
    track(rule, state, read(0, 3));
    track(rule, state, read(1, 4));
    expect(isAtRest(state)).toBe(true);
  });

  test('an interval taken over is ended by the new limits, from the severity it had then', () => {
    const bands = compileRule(banded(), PLACE);
    const [interval] = evaluate(banded(), samplesOf('0:3 1:1'), context);
    if (interval === undefined) throw new Error('it is open');
    const early = resumedState(bands, interval, T0);
    expect(early.levels.map(({ isOpen }) => isOpen)).toEqual([true, true, false]);
    const late = resumedState(bands, interval, T0 + MINUTE);
    expect(late.levels.map(({ isOpen }) => isOpen)).toEqual([true, true, true]);
    const over = { beyond: false, cleared: true };
    const time = T0 + 2 * MINUTE;
    expect(step(bands, late, { time, value: 9, levels: [over, over, over] })).toBe('closed');
    expect(interval.end).toBeNull();
  });
});
