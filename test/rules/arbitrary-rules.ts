import fc from 'fast-check';
import type {
  Band,
  Rule,
  RuleCondition,
  RuleSeason,
  Severity,
  Signal,
  Test,
  View,
} from '../../src/contracts/rule.ts';
import { ruleOf } from './harness.ts';

/** Random rules over a device and another one, in minutes, for traces of 40 of them. */

const metric = fc.constantFrom('oxygen', 'ph', 'clock_fault');
/** Absence is of what a device measures. */
const measured = fc.constantFrom('oxygen', 'ph');

const views = (other: string): fc.Arbitrary<View> =>
  fc.oneof(
    fc.record({
      type: fc.constant('rate' as const),
      overSeconds: fc.constantFrom(60, 180, 600),
      perSeconds: fc.constantFrom(60, 300),
    }),
    fc.record({
      type: fc.constant('rolling' as const),
      function: fc.constantFrom('mean', 'min', 'max', 'sum', 'count', 'swing'),
      overSeconds: fc.constantFrom(120, 300, 720),
    }),
    fc.record({
      type: fc.constant('days' as const),
      each: fc.constantFrom('mean', 'min', 'max', 'sum', 'count', 'swing'),
      function: fc.constantFrom('mean', 'min', 'max', 'sum', 'count'),
      days: fc.constantFrom(1, 2),
      minimumDays: fc.constant(1),
      // The traces begin at seven in the morning, local time.
      startsAt: fc.constantFrom('00:00', '07:13', '07:30'),
    }),
    fc.record({
      type: fc.constant('minus' as const),
      metric,
      maxAgeSeconds: fc.constantFrom(0, 120, 600),
      absolute: fc.boolean(),
    }),
    fc.record({
      type: fc.constant('minus' as const),
      metric,
      device: fc.constant(other),
      maxAgeSeconds: fc.constantFrom(0, 120, 600),
    }),
    fc.constantFrom<View>(
      { type: 'stuck', tolerance: 0.5, suspectSeconds: 120, failSeconds: 300 },
      { type: 'spike', suspect: 1, fail: 2 },
      { type: 'jump', most: 1, perSeconds: 60 },
      { type: 'range', suspect: [2.5, 5.5], fail: [2, 6] },
    ),
  );

const signal = (other: string): fc.Arbitrary<Signal> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ metric }) },
    { weight: 1, arbitrary: fc.record({ metric: fc.constantFrom('both', 'lately') }) },
    { weight: 4, arbitrary: fc.record({ metric, view: views(other) }) },
  );

const QUALITY_VIEWS = ['stuck', 'spike', 'jump', 'range'];

const limits = fc.record({
  beyond: fc.constantFrom('below' as const, 'above' as const),
  limit: fc.constantFrom(0, 1, 4, 8),
  hysteresis: fc.constantFrom(0, 1),
});

const durations = fc.record({
  forSeconds: fc.constantFrom(0, 60, 180),
  clearSeconds: fc.constantFrom(0, 60, 180),
  gapSeconds: fc.constantFrom(60, 240, 1800),
});

function limited(
  each: Signal,
  { beyond, limit, hysteresis }: { beyond: 'below' | 'above'; limit: number; hysteresis: number },
): Signal & { beyond: 'below' | 'above'; limit: number; clear: number } {
  if (QUALITY_VIEWS.includes(each.view?.type ?? '')) {
    return { ...each, beyond: 'above', limit: 2, clear: 2 };
  }
  const clear = beyond === 'below' ? limit + hysteresis : limit - hysteresis;
  return { ...each, beyond, limit, clear };
}

const bands = fc.array(
  fc.record({
    forSeconds: fc.option(fc.constantFrom(0, 60, 240), { nil: undefined }),
    clearSeconds: fc.option(fc.constantFrom(0, 120), { nil: undefined }),
  }),
  { maxLength: 2 },
);

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

const threshold = (other: string): fc.Arbitrary<RuleCondition> =>
  fc.tuple(signal(other), limits, durations, bands).map(([each, edge, times, graver]) => {
    const mildest = limited(each, edge);
    const step = mildest.beyond === 'below' ? -1 : 1;
    const made = graver.map(({ forSeconds, clearSeconds }, index): Band => {
      const shift = step * (index + 1);
      return {
        severity: SEVERITIES[index + 1] ?? 'critical',
        limit: mildest.limit + shift,
        clear: mildest.clear + shift,
        ...(forSeconds !== undefined && { forSeconds }),
        ...(clearSeconds !== undefined && { clearSeconds }),
      };
    });
    const isQuality = QUALITY_VIEWS.includes(each.view?.type ?? '');
    const some = isQuality ? made.slice(0, 1) : made;
    return {
      type: 'threshold' as const,
      ...mildest,
      ...times,
      ...(some.length > 0 && { bands: some }),
    };
  });

const test = (other: string): fc.Arbitrary<Test> =>
  fc
    .tuple(signal(other), limits)
    .map(([each, edge]) => ({ type: 'test' as const, ...limited(each, edge) }));

const combined = (other: string): fc.Arbitrary<RuleCondition> => {
  const group = fc.record({
    type: fc.constantFrom('all' as const, 'any' as const),
    of: fc.array(test(other), { minLength: 1, maxLength: 2 }),
  });
  return fc
    .tuple(
      fc.constantFrom('all' as const, 'any' as const),
      fc.tuple(test(other), fc.oneof(test(other), group)),
      fc.constantFrom(0, 120, 900),
      durations,
    )
    .map(([type, of, maxAgeSeconds, times]) => ({ type, of, maxAgeSeconds, ...times }));
};

const absence: fc.Arbitrary<RuleCondition> = fc
  .record({
    afterSeconds: fc.constantFrom(null, 120, 240, 900),
    metric: fc.option(measured, { nil: undefined }),
  })
  .map(({ afterSeconds, metric: only }) => ({
    type: 'absence' as const,
    afterSeconds,
    ...(only !== undefined && { metric: only }),
  }));

const season: fc.Arbitrary<RuleSeason | undefined> = fc.option(
  fc.oneof(
    fc.constantFrom<RuleSeason>(
      { hours: { from: '07:06', to: '07:21' } },
      { hours: { from: '07:20', to: '07:10' } },
      { dates: { from: '11-22', to: '11-22' } },
      { cropDays: { from: 0, to: 0 } },
      { cropDays: { from: 1, to: 9 }, hours: { from: '07:00', to: '08:00' } },
    ),
  ),
  { nil: undefined, freq: 3 },
);

export function arbitraryRules(other: string): fc.Arbitrary<Rule[]> {
  const condition = fc.oneof(
    { weight: 5, arbitrary: threshold(other) },
    { weight: 2, arbitrary: combined(other) },
    { weight: 2, arbitrary: absence },
  );
  const some = fc.array(fc.tuple(condition, season), { minLength: 1, maxLength: 3 });
  return some.map((parts) =>
    parts.map(([each, when], index) => ({
      ...ruleOf(`rule-${index}`, each),
      severity: each.type === 'threshold' ? ('info' as const) : ('critical' as const),
      ...(when !== undefined && { when }),
    })),
  );
}
