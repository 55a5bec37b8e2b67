import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineDeviceKind } from '#src/contracts/device-kind';
import { compileRule } from '#src/rules/compile';
import type { Derivation, DerivedMetric } from '../../src/contracts/derived.ts';
import type { CombinedCondition, RuleCondition, Test, View } from '../../src/contracts/rule.ts';
import type { Instant, Reading } from '../../src/rules/compiled.ts';
import { kindOf, LOW_OXYGEN, MINUTE, PLACE, ruleOf, T0 } from './harness.ts';
import { seed } from './seed.ts';

const text = { vi: 'a', en: 'a', fr: 'a' };

function derivedOf(name: string, more: Partial<DerivedMetric>): DerivedMetric {
  return {
    name,
    label: text,
    unit: '%',
    min: 0,
    max: 1000,
    decimals: 1,
    inputs: [
      { metric: 'oxygen', maxAgeSeconds: 0 },
      { metric: 'ph', maxAgeSeconds: 120 },
    ],
    source: 'a test',
    derive: ({ values: [oxygen = 0, ph = 0] }) => ({ value: oxygen + ph }),
    ...more,
  };
}

const SUM = derivedOf('sum', {});
const HOURLY = derivedOf('hourly', {
  window: { seconds: 3600 },
  derive: (at) => ({ value: at.samples(0).length * 100 + at.samples(1).length }),
});
const NIGHTLY = derivedOf('nightly', {
  inputs: [{ metric: 'oxygen', maxAgeSeconds: 0 }],
  window: { days: 2, startsAt: '12:00' },
  derive: (at) => ({ value: at.days(0).reduce((sum, { count }) => sum + count, 0) }),
});
const probe = kindOf([]);

function placeWith(...derived: DerivedMetric[]): typeof PLACE {
  return { ...PLACE, kind: defineDeviceKind({ ...probe, derived }) };
}

const ALWAYS = { beyond: 'above', limit: -50, clear: -60, forSeconds: 0, clearSeconds: 0 } as const;
const above = (metric: string, view?: View): RuleCondition => ({
  ...{ type: 'threshold', metric, ...ALWAYS, gapSeconds: 1800 },
  ...(view !== undefined && { view }),
});

/** Instants by minute, of the inputs in their order. */
function readings(
  condition: RuleCondition,
  rows: [minute: number, ...(number | undefined)[]][],
  place = PLACE,
): (Reading | null)[] {
  const run = compileRule(ruleOf('r', condition), place).start();
  return rows.map(([minute, ...values]) => run.push({ time: T0 + minute * MINUTE, values }));
}

const values = (found: (Reading | null)[]): (number | null)[] =>
  found.map((reading) => reading?.value ?? null);

describe('what a rule reads', () => {
  const place = placeWith(SUM, HOURLY, NIGHTLY);
  const compiled = (condition: RuleCondition) => compileRule(ruleOf('r', condition), place);

  test('a metric at its instant reaches back on nothing', () => {
    const { inputs, reachMs, unit } = compileRule(LOW_OXYGEN, place);
    expect({ inputs, reachMs, unit }).toEqual({
      inputs: [{ metric: 'oxygen', device: null }],
      reachMs: 0,
      unit: 'mg/L',
    });
  });

  test('a derived metric is read as what it is computed from', () => {
    const { inputs, reachMs, unit } = compiled(above('sum'));
    expect(inputs.map(({ metric }) => metric)).toEqual(['oxygen', 'ph']);
    expect({ reachMs, unit }).toEqual({ reachMs: 120_001, unit: '%' });
    expect(compiled(above('hourly')).reachMs).toBe(3_600_000);
    const mean: View = { type: 'rolling', function: 'mean', overSeconds: 600 };
    expect(compiled(above('sum', mean)).reachMs).toBe(720_001);
  });

  test('each series once, whatever asks for it', () => {
    const leaf = (metric: string, view?: View): Test => ({
      ...{ type: 'test', metric, beyond: 'above', limit: 1, clear: 1 },
      ...(view !== undefined && { view }),
    });
    const { inputs } = compiled({
      type: 'all',
      of: [
        leaf('ph'),
        leaf('sum'),
        {
          type: 'any',
          of: [
            leaf('oxygen'),
            leaf('ph', { type: 'minus', metric: 'ph', device: 'other', maxAgeSeconds: 60 }),
          ],
        },
      ],
      ...{ forSeconds: 0, clearSeconds: 0, gapSeconds: 60, maxAgeSeconds: 60 },
    });
    expect(inputs).toEqual([
      { metric: 'ph', device: null },
      { metric: 'oxygen', device: null },
      { metric: 'ph', device: 'other' },
    ]);
  });

  test('the unit is that of what is compared', () => {
    const heat = { ...probe.metrics[0], name: 'heat', unit: 'Cel' } as (typeof probe.metrics)[0];
    const warm = { ...PLACE, kind: { ...probe, metrics: [heat] } };
    const unit = (view?: View) => compileRule(ruleOf('r', above('heat', view)), warm).unit;
    expect(unit()).toBe('Cel');
    expect(unit({ type: 'rate', overSeconds: 60, perSeconds: 3600 })).toBe('K/h');
    expect(unit({ type: 'rate', overSeconds: 60, perSeconds: 7 })).toBeNull();
    expect(unit({ type: 'rolling', function: 'mean', overSeconds: 60 })).toBe('Cel');
    expect(unit({ type: 'rolling', function: 'swing', overSeconds: 60 })).toBe('K');
    expect(unit({ type: 'rolling', function: 'count', overSeconds: 60 })).toBe('1');
    expect(unit({ type: 'jump', most: 1, perSeconds: 60 })).toBe('1');
  });

  test('absence has no readings', () => {
    expect(() => compiled({ type: 'absence', afterSeconds: null })).toThrow(RangeError);
  });
});

describe('a derived metric', () => {
  test('is there at its first input, with others that are young enough', () => {
    const rows: Parameters<typeof readings>[1] = [
      [0, 5, undefined],
      [1, undefined, 2],
      [2, 5, undefined],
      [3, 6, undefined],
      [4, 7, undefined],
      [5, 7, 1],
    ];
    expect(values(readings(above('sum'), rows, placeWith(SUM)))).toEqual([
      null,
      null,
      7,
      8,
      null,
      8,
    ]);
  });

  test('reads samples no further back than its window', () => {
    const rows: Parameters<typeof readings>[1] = [
      [0, 1, 1],
      [30, 1, undefined],
      [59, 1, 1],
      [60, 1, 1],
    ];
    const place = placeWith({
      ...HOURLY,
      inputs: [SUM, SUM].map((_, index) => ({
        metric: index ? 'ph' : 'oxygen',
        maxAgeSeconds: index * 3600,
      })),
    });
    expect(values(readings(above('hourly'), rows, place))).toEqual([101, 201, 302, 302]);
  });

  test('reads local days that begin where it says', () => {
    // Local noon is 05:00 UTC, minute 300.
    const rows: Parameters<typeof readings>[1] = [
      [0, 1],
      [299, 1],
      [300, 1],
      [1740, 1],
      [3180, 1],
    ];
    expect(values(readings(above('nightly'), rows, placeWith(NIGHTLY)))).toEqual([1, 2, 3, 2, 2]);
  });

  test('is told the local time, ages and nothing else', () => {
    let told: Derivation | undefined;
    const spy = derivedOf('spy', {
      derive(at) {
        told = at;
        return { value: 1, beside: { other: 2 } };
      },
    });
    const found = readings(
      above('spy'),
      [
        [0, undefined, 8],
        [1, 5],
      ],
      placeWith(spy),
    );
    expect(told).toMatchObject({ localMinutes: 421, values: [5, 8], agesMs: [0, 60_000] });
    expect(told?.local(T0 - 8 * 60 * MINUTE)).toEqual({ day: '2026-11-21', minutes: 23 * 60 });
    expect(told?.samples(0)).toEqual([]);
    expect(found[1]?.beside).toEqual({ other: 2 });
  });

  test('without a value it is unknown, and takes nothing from before', () => {
    const fickle = derivedOf('fickle', {
      derive: ({ values: [oxygen = 0] }) =>
        oxygen > 5 ? { value: null, reason: 'too much' } : { value: oxygen, beside: { oxygen } },
    });
    const rows: Parameters<typeof readings>[1] = [
      [0, 1, 1],
      [1, 6, 1],
      [2, 2, 1],
    ];
    expect(values(readings(above('fickle'), rows, placeWith(fickle)))).toEqual([1, null, 2]);
  });
});

test('a graver level that is not known yet counts as between its limits', () => {
  const view: View = { type: 'rolling', function: 'max', overSeconds: 3600 };
  const bands = [{ severity: 'critical' as const, limit: 6, clear: 3 }];
  const gapSeconds = 1800;
  const condition: RuleCondition = {
    ...{ type: 'threshold', metric: 'oxygen', view, beyond: 'above', limit: 3, clear: 2 },
    ...{ forSeconds: 0, clearSeconds: 0, gapSeconds, bands },
  };
  const [first, second, third] = readings(condition, [
    [0, 1],
    [1, 4],
    [2, 7],
  ]);
  expect(first).toBeNull();
  const open = { beyond: true, cleared: false };
  expect(second?.levels).toEqual([open, { beyond: false, cleared: false }]);
  expect(third?.levels).toEqual([open, open]);
});

test('a test that cannot tell keeps its last word while that is young enough', () => {
  const view: View = { type: 'rolling', function: 'max', overSeconds: 180 };
  const condition: RuleCondition = {
    type: 'all',
    of: [{ type: 'test', metric: 'oxygen', view, beyond: 'above', limit: 3, clear: 3 }],
    ...{ forSeconds: 0, clearSeconds: 0, gapSeconds: 60, maxAgeSeconds: 360 },
  };
  const found = readings(condition, [
    [0, 5],
    [6, 1],
    [12, 1],
  ]);
  expect(found.map((reading) => reading?.levels[0]?.beyond)).toEqual([true, true, undefined]);
});

/** A rule on two metrics, whatever its tests are. */
const leaf = fc.record({
  metric: fc.constantFrom('oxygen', 'ph', 'sum'),
  beyond: fc.constantFrom('below' as const, 'above' as const),
  limit: fc.constantFrom(3, 5),
  band: fc.constantFrom(0, 1),
  view: fc.constantFrom<(View | undefined)[]>(
    undefined,
    undefined,
    { type: 'rolling', function: 'max', overSeconds: 180 },
    { type: 'minus', metric: 'ph', maxAgeSeconds: 60 },
  ),
});
const { tests } = fc.letrec<{ tests: Test; group: Test; leaf: Test }>((tie) => ({
  tests: fc.oneof({ maxDepth: 2, depthIdentifier: 'tests' }, tie('leaf'), tie('group')),
  group: fc.record({
    type: fc.constantFrom('all' as const, 'any' as const),
    of: fc.array(tie('tests'), { minLength: 1, maxLength: 3 }),
  }),
  leaf: leaf.map(({ metric, beyond, limit, band, view }): Test => {
    const clear = beyond === 'above' ? limit - band : limit + band;
    const isItself = view?.type === 'minus' && metric === 'ph';
    const signal = view === undefined || isItself ? { metric } : { metric, view };
    return { type: 'test', ...signal, beyond, limit, clear };
  }),
}));
const combined = fc.record({
  type: fc.constantFrom('all' as const, 'any' as const),
  of: fc.array(tests, { minLength: 1, maxLength: 3 }),
  forSeconds: fc.constant(0),
  clearSeconds: fc.constant(0),
  gapSeconds: fc.constantFrom(60, 300),
  maxAgeSeconds: fc.constantFrom(0, 60, 180),
});
const value = fc.option(fc.nat(8), { nil: undefined, freq: 3 });
const rows = fc.array(fc.record({ apart: fc.constantFrom(1, 1, 2, 5), oxygen: value, ph: value }), {
  minLength: 1,
  maxLength: 40,
});

type Row = { time: number; observed: { oxygen: number | undefined; ph: number | undefined } };

function instantsFor(found: ReturnType<typeof compileRule>, given: readonly Row[]): Instant[] {
  return given.map(({ time, observed }) => ({
    time,
    values: found.inputs.map(({ metric }) => observed[metric as 'oxygen']),
  }));
}

/** Kleene's tables, written out: null is UNKNOWN. */
function joined(type: 'all' | 'any', answers: (boolean | null)[]): boolean | null {
  const decisive = type === 'any';
  if (answers.includes(decisive)) return decisive;
  return answers.includes(null) ? null : !decisive;
}

/** What a tree of tests says at a row, each test's last word looked for among all rows before. */
function truthOf(test: Test | CombinedCondition, given: readonly Row[], maxAgeMs: number) {
  const now = given.at(-1)?.time ?? 0;
  const ask = (each: Test | CombinedCondition, what: 'beyond' | 'cleared'): boolean | null => {
    if (each.type !== 'test') {
      const turned = what === 'beyond' ? each.type : each.type === 'all' ? 'any' : 'all';
      return joined(
        turned,
        each.of.map((part) => ask(part, what)),
      );
    }
    const { type: _, ...signal } = each;
    const spans = { forSeconds: 0, clearSeconds: 0, gapSeconds: 60 };
    const condition = { ...signal, type: 'threshold' as const, ...spans };
    const compiled = compileRule(ruleOf('leaf', condition), placeWith(SUM));
    const run = compiled.start();
    const said = instantsFor(compiled, given).map((instant) => run.push(instant));
    const last = said.findLast((reading) => reading !== null);
    if (last === undefined || last === null || now - last.time > maxAgeMs) return null;
    const [level] = last.levels;
    return level?.[what] ?? null;
  };
  return { beyond: ask(test, 'beyond'), cleared: ask(test, 'cleared') };
}

function rowsOf(
  given: { apart: number; oxygen: number | undefined; ph: number | undefined }[],
): Row[] {
  let time = T0;
  return given.map(({ apart, ...observed }) => {
    time += apart * MINUTE;
    return { time, observed };
  });
}

test(`tests join by Kleene's tables, each by its last word (seed ${seed})`, () => {
  // A view over a window knows one side before the other; that is for the views' own test.
  const exact = combined.filter((condition) => !JSON.stringify(condition).includes('rolling'));
  const property = fc.property(exact, rows, (condition, given) => {
    const compiled = compileRule(ruleOf('r', condition), placeWith(SUM));
    const run = compiled.start();
    const all = rowsOf(given);
    for (const [at, instant] of instantsFor(compiled, all).entries()) {
      const levels = run.push(instant)?.levels;
      const seen = all.slice(0, at + 1);
      const { beyond, cleared } = truthOf(condition, seen, condition.maxAgeSeconds * 1000);
      const isKnown = isDriven(condition, all[at]) && (beyond !== null || cleared !== null);
      const wanted = [{ beyond: beyond === true, cleared: cleared === true }];
      expect(levels, `at ${at}`).toEqual(isKnown ? wanted : undefined);
    }
  });
  fc.assert(property, { seed, numRuns: 1_000 });
});

/** Whether a metric that a test is about was observed; what it is held against does not drive. */
function isDriven(test: Test | CombinedCondition, row: Row | undefined): boolean {
  if (test.type !== 'test') return test.of.some((each) => isDriven(each, row));
  const metric = test.metric === 'sum' ? 'oxygen' : test.metric;
  return row?.observed[metric as 'oxygen'] !== undefined;
}

test(`a run can be made again from its reach (seed ${seed})`, () => {
  const place = placeWith(SUM, HOURLY);
  const property = fc.property(combined, rows, (condition, given) => {
    const compiled = compileRule(ruleOf('r', condition), place);
    const run = compiled.start();
    const instants = instantsFor(compiled, rowsOf(given));
    for (const [at, instant] of instants.entries()) {
      const reading = run.push(instant);
      const again = compiled.start();
      let last: Reading | null = null;
      for (const each of instants.slice(0, at + 1)) {
        if (each !== instant && each.time <= instant.time - compiled.reachMs) continue;
        last = again.push(each);
      }
      expect(last, `at ${at}`).toEqual(reading);
    }
  });
  fc.assert(property, { seed, numRuns: 1_000 });
});
