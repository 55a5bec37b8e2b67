import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localClock } from '#src/base/local-clock';
import { flatLine, grossRange, rateOfChange, spike } from '#src/rules/quality-flags';
import { compileSignal } from '#src/rules/signal';
import { RuleInputs } from '#src/rules/source';
import type { View } from '../../src/contracts/rule.ts';
import type { Known } from '../../src/rules/known.ts';
import { kindOf, MINUTE, PLACE, T0 } from './harness.ts';
import { seed } from './seed.ts';
import { type TimedValue, viewAt } from './view-reference.ts';

const probe = kindOf([]);
const [oxygen] = probe.metrics;
if (oxygen === undefined) throw new Error('the probe has a metric');
const counter = { ...oxygen, name: 'flies', shape: 'count' as const, min: 0 };
const kind = { ...probe, metrics: [oxygen, counter] };

/** What a view says at each sample; null where it is UNKNOWN. */
function look(
  view: View,
  samples: readonly TimedValue[],
  { gapMs = 60 * MINUTE, metric = 'oxygen' } = {},
): (Known | null)[] {
  const compilation = { context: { ...PLACE, kind }, inputs: new RuleInputs() };
  const run = compileSignal({ metric, view }, gapMs, compilation).start();
  return samples.map(({ time, value }) => run.push({ time, values: [value] }) ?? null);
}

/** The same from no more than its reach, as a re-evaluation makes it again. */
function lookAgain(
  view: View,
  samples: readonly TimedValue[],
  { gapMs, metric }: { gapMs: number; metric: string },
): Known | null {
  const compilation = { context: { ...PLACE, kind }, inputs: new RuleInputs() };
  const { reachMs } = compileSignal({ metric, view }, gapMs, compilation);
  const last = samples.at(-1);
  const reached = samples.filter(
    (each) => each === last || each.time > (last?.time ?? 0) - reachMs,
  );
  return look(view, reached, { gapMs, metric }).at(-1) ?? null;
}

const minutesApart = (minutes: number, values: readonly (number | null)[]): TimedValue[] =>
  values.flatMap((value, at) =>
    value === null ? [] : [{ time: T0 + at * minutes * MINUTE, value }],
  );

/** What is known as words: `5`, `≥5`, `≤5`, `5–9` or `?`. */
function word(known: Known | null): string {
  if (known === null) return '?';
  const { low, high } = known;
  if (low === high) return String(low);
  if (high === Number.POSITIVE_INFINITY) return `≥${low}`;
  return low === Number.NEGATIVE_INFINITY ? `≤${high}` : `${low}–${high}`;
}
const words = (view: View, samples: TimedValue[], more = {}): string =>
  look(view, samples, more).map(word).join(' ');

describe('a rate', () => {
  const perHour: View = { type: 'rate', overSeconds: 1800, perSeconds: 3600 };
  test('is taken from the newest sample far enough back', () => {
    expect(words(perHour, minutesApart(10, [1, 2, 3, 4, 6]))).toBe('? ? ? 6 8');
  });
  test('is unknown when that one is further back than by a gap', () => {
    const samples = minutesApart(10, [1, null, null, null, null, 2]);
    expect(words(perHour, samples, { gapMs: 20 * MINUTE })).toBe('? 1.2');
    expect(words(perHour, samples, { gapMs: 19 * MINUTE })).toBe('? ?');
  });
});

describe('a rolling function', () => {
  const over = (name: 'sum' | 'mean' | 'max' | 'min' | 'swing' | 'count'): View => ({
    ...{ type: 'rolling', function: name, overSeconds: 1800 },
  });
  const gapMs = 10 * MINUTE;
  test('is known once its samples leave no gap', () => {
    expect(words(over('mean'), minutesApart(10, [1, 2, 3, 7]), { gapMs })).toBe('? ? 2 4');
    expect(words(over('sum'), minutesApart(10, [1, 2, 3, 7]), { gapMs })).toBe('? ? 6 12');
  });
  test('a sum of counts, a count, a swing and an extreme are known one-sided before', () => {
    const samples = minutesApart(10, [1, 5, 3, 7]);
    const setting = { gapMs, metric: 'flies' };
    expect(words(over('sum'), samples, setting)).toBe('≥1 ≥6 9 15');
    expect(words(over('count'), samples, { gapMs })).toBe('≥1 ≥2 3 3');
    expect(words(over('max'), samples, { gapMs })).toBe('≥1 ≥5 5 7');
    expect(words(over('min'), samples, { gapMs })).toBe('≤1 ≤1 1 3');
    expect(words(over('swing'), samples, { gapMs })).toBe('≥0 ≥4 4 4');
  });
  test('a gap within the window makes it unknown until the window is past it', () => {
    const samples = minutesApart(10, [1, 1, 1, null, 1, 1, 1]);
    expect(words(over('mean'), samples, { gapMs })).toBe('? ? 1 ? ? 1');
  });
  test('more samples than are kept are no knowledge of the whole', () => {
    const samples = Array.from({ length: 20_500 }, (_, at) => ({ time: T0 + at, value: 1 }));
    const view: View = { type: 'rolling', function: 'sum', overSeconds: 20.4 };
    const found = look(view, samples, { gapMs: 200, metric: 'flies' });
    expect(word(found[20_399] ?? null)).toBe('≥20000');
  });
});

describe('days', () => {
  const nights = (minimumDays: number): View => ({
    type: 'days',
    each: 'sum',
    function: 'sum',
    days: 3,
    minimumDays,
    startsAt: '12:00',
  });
  // Samples six hours apart from 07:00 local time on: night 0 has one, the next ones four each.
  const samples = minutesApart(360, [1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4]);
  test('local days begin where they are said to', () => {
    expect(words(nights(1), samples)).toBe('1 3 5 7 9 12 15 18 21 24 28');
  });
  test('with fewer days than asked for only a sum that grows is known', () => {
    expect(words(nights(2), samples.slice(0, 3))).toBe('? 3 5');
    expect(words(nights(3), samples.slice(0, 7))).toBe('? ? ? ? ? 12 15');
    expect(words(nights(3), samples.slice(0, 6), { metric: 'flies' })).toBe('≥1 ≥3 ≥5 ≥7 ≥9 12');
  });
  test('a day without a sample is no zero', () => {
    const mean: View = { ...nights(2), each: 'mean', function: 'min' } as View;
    expect(words(mean, minutesApart(1440, [5, null, 7, 8]))).toBe('≤5 5 7');
  });
});

describe('minus', () => {
  const both = (view: View, values: (readonly [number | undefined, number | undefined])[]) => {
    const inputs = new RuleInputs();
    const run = compileSignal({ metric: 'oxygen', view }, MINUTE, {
      context: { ...PLACE, kind },
      inputs,
    }).start();
    expect(inputs.list).toHaveLength(2);
    return values
      .map((pair, at) => run.push({ time: T0 + at * MINUTE, values: pair }))
      .map((known) => (known === undefined ? '-' : word(known)));
  };
  const pairs = [
    [5, undefined],
    [undefined, 2],
    [5, undefined],
    [1, undefined],
    [5, undefined],
    [5, 9],
  ] as const;
  test('the newest of the other counts while it is young enough', () => {
    const view: View = { type: 'minus', metric: 'flies', maxAgeSeconds: 120 };
    expect(both(view, [...pairs])).toEqual(['?', '-', '3', '-1', '?', '-4']);
    expect(both({ ...view, absolute: true }, [...pairs])).toEqual(['?', '-', '3', '1', '?', '4']);
  });
  test('another device is an input of its own', () => {
    const view: View = { type: 'minus', metric: 'oxygen', device: 'other', maxAgeSeconds: 0 };
    expect(both(view, [...pairs])).toEqual(['?', '-', '?', '?', '?', '-4']);
  });
});

/** The flags of ioos_qc's own test file (`tests/test_qartod.py` at 9c1853a), by domain.md D6. */
describe('QARTOD', () => {
  const n = null;
  const known = (flags: readonly number[]): number[] => flags.filter((flag) => flag !== 9);
  /** The least each view knows, for each value that is there. */
  const flags = (view: View, values: (number | null)[], seconds = 900): number[] => {
    const samples = values.flatMap((value, at) =>
      value === n ? [] : [{ time: T0 + at * seconds * 1000, value }],
    );
    return look(view, samples, { gapMs: 4 * seconds * 1000 }).map((each) => each?.low ?? 2);
  };

  test('spike: the flag of a value is told at the next one', () => {
    const found = flags(
      { type: 'spike', suspect: 25, fail: 50 },
      [10, 12, 999.99, 13, 15, 40, 9, 9],
    );
    expect([...found.slice(1), 2]).toEqual([2, 4, 4, 4, 1, 3, 1, 2]);
  });

  const jump: View = { type: 'jump', most: 5, perSeconds: 900 };
  const jumps: [values: (number | null)[], flags: number[]][] = [
    [
      [2, 10, 2.1, 3, 4, 5, 7, 10, 0, 2, 2.2, 2, 1, 2, 3, 90, 91, 92, 93, 1, 2, 3, 4, 5],
      [1, 3, 3, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 1, 1],
    ],
    [
      [2, 10, 2, 3, n, n, 7, 10],
      [1, 3, 3, 1, 9, 9, 1, 1],
    ],
    [
      [-2, -10, -2, -3],
      [1, 3, 3, 1],
    ],
  ];
  test('jump: the first value, which QARTOD calls good, has nothing to be told from', () => {
    for (const [values, wanted] of jumps) {
      expect(flags(jump, values)).toEqual([2, ...known(wanted).slice(1)]);
    }
  });

  const stuck: View = { type: 'stuck', tolerance: 0.01, suspectSeconds: 3000, failSeconds: 4800 };
  const inSeconds = (tolerance: number, failSeconds: number): View => ({
    ...{ type: 'stuck', tolerance, suspectSeconds: 3, failSeconds },
  });
  const flats: [view: View, seconds: number, values: (number | null)[], flags: number[]][] = [
    [
      stuck,
      900,
      [1, 2, 2.0001, 2, 2.0001, 2, 2.0001, 2, 4, 5, 3, 3.0001, 3.0005, 3.00001],
      [1, 1, 1, 1, 3, 3, 4, 4, 1, 1, 1, 1, 1, 3],
    ],
    [
      stuck,
      900,
      [2, 2.0001, 2, 2.0001, 2, 2.0001, 2, 4, 5, 3, 3.0001, 3.0005, 3.00001],
      [1, 1, 1, 3, 3, 4, 4, 1, 1, 1, 1, 1, 3],
    ],
    [
      stuck,
      900,
      [1, n, n, 2, 2.0001, 2, 2.0001, 2, 4, n, 3, n, n, 3.00001],
      [1, 9, 9, 1, 3, 3, 4, 4, 1, 9, 1, 9, 9, 3],
    ],
    [inSeconds(0.1, 5), 1, [5, 5, 5, 5, 5], [1, 1, 1, 3, 3]],
    [inSeconds(0.1, 5), 1, [5, 5, 5, 5, 5, 5], [1, 1, 1, 3, 3, 4]],
    [inSeconds(4, 6), 1, [1, 1, 1, 1, 1, 6, 5, 4, 3, 2], [1, 1, 1, 3, 3, 1, 1, 1, 3, 3]],
  ];
  test('stuck', () => {
    for (const [view, seconds, values, wanted] of flats) {
      expect(flags(view, values, seconds)).toEqual(known(wanted));
    }
  });
  test('stuck: before the first change nobody knows how long it was so', () => {
    const samples = minutesApart(15, [2, 2, 2, 2, 2, 2, 2, 3, 3]);
    expect(words(stuck, samples)).toBe('1–4 1–4 1–4 3–4 3–4 4 4 1 1');
    const other = minutesApart(15, [1, 2, n, n, n, n, n, 2]);
    expect(words(stuck, other)).toBe('1–4 1 1–4');
  });

  test('range: both ends belong', () => {
    const found = flags(
      { type: 'range', fail: [10, 50], suspect: [20, 40] },
      [5, 10, 15, 20, 25, 30, 35, 40, 45, 51],
    );
    expect(found).toEqual([4, 3, 3, 1, 1, 1, 1, 1, 3, 4]);
  });

  test('twelve equal values of oxygen, 15 minutes apart, are suspect', () => {
    const view: View = {
      type: 'stuck',
      tolerance: 0.01,
      suspectSeconds: 3600,
      failSeconds: 14_400,
    };
    expect(flags(view, Array(12).fill(8)).at(-1)).toBeGreaterThanOrEqual(3);
  });

  test(`the views agree with the tests over whole rows (seed ${seed})`, () => {
    // Steps of 0.3 never meet the tolerance or a limit exactly.
    const values = fc.array(
      fc.nat(12).map((step) => step * 0.3),
      { minLength: 3, maxLength: 40 },
    );
    const property = fc.property(values, (row) => {
      const times = row.map((_, at) => T0 + at * 900_000);
      const limits = { suspect: 0.7, fail: 1.4 };
      expect(flags({ type: 'spike', ...limits }, row).slice(1)).toEqual(
        spike(row, limits).slice(0, -1),
      );
      expect(flags({ type: 'jump', most: 1, perSeconds: 900 }, row).slice(1)).toEqual(
        rateOfChange(row, times, 1 / 900).slice(1),
      );
      const spans: { suspect: [number, number]; fail: [number, number] } = {
        suspect: [1, 3],
        fail: [0.5, 3.2],
      };
      expect(flags({ type: 'range', ...spans }, row)).toEqual(grossRange(row, spans));
      const flat = { tolerance: 0.5, suspectSeconds: 3000, failSeconds: 4800 };
      expect(flags({ type: 'stuck', ...flat }, row)).toEqual(flatLine(row, times, flat));
    });
    fc.assert(property, { seed, numRuns: 1_000 });
  });
});

const functions = fc.constantFrom<('mean' | 'min' | 'max' | 'sum' | 'count' | 'swing')[]>(
  ...(['mean', 'min', 'max', 'sum', 'count', 'swing'] as const),
);
const seconds = fc.constantFrom(60, 300, 1200, 3600);
const anyView: fc.Arbitrary<Exclude<View, { type: 'minus' }>> = fc.oneof(
  fc.record({ type: fc.constant('rate'), overSeconds: seconds, perSeconds: seconds }),
  fc.record({ type: fc.constant('rolling'), function: functions, overSeconds: seconds }),
  fc.record({
    ...{ type: fc.constant('days'), each: functions, function: functions },
    ...{ days: fc.constantFrom(1, 2, 3), minimumDays: fc.constantFrom(1, 2) },
    startsAt: fc.constantFrom('00:00', '12:00', '18:00'),
  }),
  fc.record({
    ...{ type: fc.constant('stuck'), tolerance: fc.constantFrom(0, 0.25, 1) },
    ...{ suspectSeconds: seconds, failSeconds: fc.constant(3600) },
  }),
  fc.constant({ type: 'spike', suspect: 0.5, fail: 1 }),
  fc.constant({ type: 'jump', most: 0.5, perSeconds: 300 }),
) as fc.Arbitrary<Exclude<View, { type: 'minus' }>>;
const trace = fc.record({
  view: anyView,
  metric: fc.constantFrom('oxygen', 'flies'),
  gapMinutes: fc.constantFrom(1, 5, 30),
  // Binary fractions: their sums are exact in any order.
  steps: fc.array(
    fc.record({
      minutes: fc.constantFrom(1, 1, 1, 5, 5, 6, 31, 120, 700),
      value: fc.nat(16).map((quarters) => quarters / 4),
    }),
    { minLength: 1, maxLength: 50 },
  ),
});

test(`each view equals its definition, and can be made again from its reach (seed ${seed})`, () => {
  const property = fc.property(trace, ({ view, metric, gapMinutes, steps }) => {
    const samples: TimedValue[] = [];
    let time = T0;
    for (const { minutes, value } of steps) {
      time += minutes * MINUTE;
      samples.push({ time, value });
    }
    const gapMs = gapMinutes * MINUTE;
    const found = look(view, samples, { gapMs, metric });
    const setting = { gapMs, isCount: metric === 'flies', timeZone: PLACE.timeZone };
    for (const at of samples.keys()) {
      const seen = samples.slice(0, at + 1);
      const wanted = viewAt(view, seen, setting);
      const round = (known: Known | null | undefined) =>
        known && [known.low, known.high].map((value) => Math.fround(value));
      expect(round(found[at]), `at ${at}`).toEqual(round(wanted));
      expect(lookAgain(view, seen, { gapMs, metric }), `again at ${at}`).toEqual(found[at]);
    }
  });
  fc.assert(property, { seed, numRuns: 2_500 });
});

test(`a sum is the same to the last bit however a run came to its window (seed ${seed})`, () => {
  const view: View = { type: 'rolling', function: 'sum', overSeconds: 1800 };
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
    minLength: 30,
    maxLength: 90,
  });
  const property = fc.property(values, (given) => {
    const samples = minutesApart(1, given);
    const gapMs = 5 * MINUTE;
    const last = look(view, samples, { gapMs }).at(-1);
    expect(lookAgain(view, samples, { gapMs, metric: 'oxygen' })).toEqual(last);
  });
  fc.assert(property, { seed, numRuns: 500 });
});

test('the clock asked is the one of the place', () => {
  expect(localClock(PLACE.timeZone).minutes(T0)).toBe(7 * 60);
});
