import { describe, expect, test } from 'vitest';
import { ruleInputSchema } from '#schemas/rule';
import { type DeviceKind, defineDeviceKind } from '#src/contracts/device-kind';
import { validateRule } from '#src/rules/validate';
import type { DerivedMetric } from '../../src/contracts/derived.ts';
import type { Rule, RuleCondition, Test, View } from '../../src/contracts/rule.ts';
import { kindOf, LOW_OXYGEN, ruleOf } from './harness.ts';

const SUM: DerivedMetric = {
  name: 'sum',
  label: { vi: 'a', en: 'a', fr: 'a' },
  unit: 'mg/L',
  min: 0,
  max: 50,
  decimals: 1,
  inputs: [{ metric: 'oxygen', maxAgeSeconds: 0 }],
  source: 'a test',
  derive: () => ({ value: 1 }),
};
const probe: DeviceKind = { ...kindOf([]), derived: [SUM] };
const field: DeviceKind = { ...probe, name: 'survey', siteKind: 'field', fieldCounts: true };
const kinds = new Map([probe, field].map((kind) => [kind.name, kind]));

const changed = (change: object): Rule =>
  ruleOf('r', { ...LOW_OXYGEN.condition, ...change } as RuleCondition);
const viewed = (view: View): Rule => changed({ view, limit: 4, clear: 4.3 });
const flagged = (view: View): Rule => changed({ view, beyond: 'above', limit: 2, clear: 2 });
const leaf: Test = { type: 'test', metric: 'oxygen', beyond: 'below', limit: 4, clear: 5 };
const spans = { forSeconds: 0, clearSeconds: 0, gapSeconds: 60, maxAgeSeconds: 60 };
const joined = (of: readonly Test[]): Rule => ruleOf('r', { type: 'all', of, ...spans });
const nested = (depth: number): Test =>
  depth === 0 ? leaf : { type: 'any', of: [nested(depth - 1)] };
const band = (...bands: object[]): Rule => ({ ...changed({ bands }), severity: 'info' });
const rolling: View = { type: 'rolling', function: 'mean', overSeconds: 600 };
const days: View = {
  ...{ type: 'days', each: 'sum', function: 'sum', days: 7, minimumDays: 3, startsAt: '12:00' },
};
const rice: Rule = { ...LOW_OXYGEN, kind: 'survey', scope: { crop: 'rice' } };

const taken: [what: string, rule: Rule][] = [
  ['a plain one', LOW_OXYGEN],
  ['a clear at the limit', changed({ clear: 4 })],
  [
    'bands',
    band({ severity: 'warning', limit: 3, clear: 4 }, { severity: 'critical', limit: 2, clear: 2 }),
  ],
  ['a derived metric', changed({ metric: 'sum' })],
  [
    'the clock every kind has',
    changed({ metric: 'clock_fault', beyond: 'above', limit: 0, clear: 0 }),
  ],
  ['a limit of a view that no value reaches', changed({ view: rolling, limit: -500, clear: 0 })],
  ['days', viewed(days)],
  ['a flag', flagged({ type: 'stuck', tolerance: 0, suspectSeconds: 60, failSeconds: 60 })],
  [
    'the same metric of another device',
    viewed({ type: 'minus', metric: 'oxygen', device: 'x', maxAgeSeconds: 0 }),
  ],
  ['tests three groups deep', joined([nested(2), leaf])],
  ['a silence of a metric', ruleOf('r', { type: 'absence', afterSeconds: null, metric: 'ph' })],
  [
    'a season',
    {
      ...LOW_OXYGEN,
      when: {
        hours: { from: '18:00', to: '07:00' },
        dates: { from: '02-29', to: '01-01' },
        cropDays: { from: 0, to: 0 },
      },
    },
  ],
  ['a species of a pond', { ...LOW_OXYGEN, scope: { species: 'Penaeus monodon' } }],
  ['a crop of a field', rice],
  ['advice to treat by what was counted', { ...rice, advises: 'treat' }],
  [
    'an unverified number that is off',
    { ...LOW_OXYGEN, enabled: false, source: { text: 'a', evidence: 'U' } },
  ],
];
test.each(taken)('%s is taken', (_, rule) => {
  expect(validateRule(rule, kinds)).toBe(kinds.get(rule.kind));
});

const refused: [field: string, what: string, rule: Rule, hint?: RegExp][] = [
  ['kind', 'an unknown kind', { ...LOW_OXYGEN, kind: 'prone' }, /Did you mean probe\?/],
  [
    'condition.metric',
    'a silence of the clock',
    ruleOf('r', { type: 'absence', afterSeconds: null, metric: 'clock_fault' }),
    /Its metrics are oxygen, ph\./,
  ],
  ['condition.metric', 'an unknown metric', changed({ metric: 'oxigen' }), /Did you mean oxygen\?/],
  [
    'condition.metric',
    'another one',
    changed({ metric: 'wind' }),
    /Its metrics are oxygen, ph, sum/,
  ],
  ['condition.limit', 'a limit that is no number', changed({ limit: Number.NaN })],
  [
    'condition.limit',
    'a limit no value can pass',
    changed({ limit: -101 }),
    /between -100 and 100/,
  ],
  [
    'condition.limit',
    'a flag there is none of',
    changed({
      view: { type: 'jump', most: 1, perSeconds: 1 },
      beyond: 'above',
      limit: 5,
      clear: 2,
    }),
  ],
  ['condition.clear', 'a clear on the wrong side', changed({ clear: 3.9 })],
  ['condition.clear', 'the same above', changed({ beyond: 'above', clear: 4.1 })],
  ['condition.forSeconds', 'a negative duration', changed({ forSeconds: -1 })],
  ['condition.gapSeconds', 'no gap', changed({ gapSeconds: 0 })],
  ['condition.clearSeconds', 'more than a year', changed({ clearSeconds: 4e7 })],
  [
    'condition.bands.0.severity',
    'a band no graver',
    { ...band({ severity: 'warning', limit: 3, clear: 3 }), severity: 'critical' },
  ],
  [
    'condition.bands.1.severity',
    'a severity twice',
    band({ severity: 'warning', limit: 3, clear: 3 }, { severity: 'warning', limit: 2, clear: 2 }),
  ],
  [
    'condition.bands.0.limit',
    'a band not beyond',
    band({ severity: 'warning', limit: 4, clear: 4 }),
  ],
  [
    'condition.bands.1.limit',
    'bands out of order',
    band({ severity: 'warning', limit: 2, clear: 2 }, { severity: 'critical', limit: 3, clear: 3 }),
  ],
  [
    'condition.bands.0.clear',
    'a clear of a band on the wrong side',
    band({ severity: 'warning', limit: 3, clear: 2.9 }),
  ],
  [
    'condition.bands.0.clear',
    'hysteresis wider than the band',
    band({ severity: 'warning', limit: 3, clear: 4.1 }),
    /between 3 and 4/,
  ],
  [
    'condition.bands.0.forSeconds',
    'a duration of a band',
    band({ severity: 'warning', limit: 3, clear: 3, forSeconds: -1 }),
  ],
  ['condition.view.overSeconds', 'a window of no time', viewed({ ...rolling, overSeconds: 0 })],
  [
    'condition.view.overSeconds',
    'a window of months',
    viewed({ ...rolling, overSeconds: 4e6 }),
    /count days/,
  ],
  [
    'condition.view.perSeconds',
    'a rate in no time',
    viewed({ type: 'rate', overSeconds: 60, perSeconds: 0 }),
  ],
  ['condition.view.days', 'no days', viewed({ ...days, days: 0, minimumDays: 1 })],
  ['condition.view.days', 'more than a year of days', viewed({ ...days, days: 367 })],
  [
    'condition.view.minimumDays',
    'more days asked for than there are',
    viewed({ ...days, minimumDays: 8 }),
  ],
  ['condition.view.startsAt', 'an hour no clock shows', viewed({ ...days, startsAt: '25:00' })],
  [
    'condition.view.metric',
    'a difference from an unknown metric',
    viewed({ type: 'minus', metric: 'phh', maxAgeSeconds: 60 }),
    /Did you mean ph\?/,
  ],
  [
    'condition.view.metric',
    'a metric minus itself',
    viewed({ type: 'minus', metric: 'oxygen', maxAgeSeconds: 60 }),
  ],
  [
    'condition.view.maxAgeSeconds',
    'an age below 0',
    viewed({ type: 'minus', metric: 'ph', maxAgeSeconds: -1 }),
  ],
  [
    'condition.view.failSeconds',
    'a failure before the suspicion',
    flagged({ type: 'stuck', tolerance: 1, suspectSeconds: 60, failSeconds: 30 }),
  ],
  [
    'condition.view.tolerance',
    'a tolerance below 0',
    flagged({ type: 'stuck', tolerance: -1, suspectSeconds: 60, failSeconds: 60 }),
  ],
  [
    'condition.view.fail',
    'a spike that fails first',
    flagged({ type: 'spike', suspect: 2, fail: 1 }),
  ],
  ['condition.view.most', 'a jump below 0', flagged({ type: 'jump', most: -1, perSeconds: 60 })],
  [
    'condition.view.suspect',
    'a range wider than that to fail',
    flagged({ type: 'range', suspect: [0, 9], fail: [1, 10] }),
  ],
  [
    'condition.view.fail',
    'an empty range',
    flagged({ type: 'range', suspect: [1, 2], fail: [5, 5] }),
  ],
  ['condition.of', 'nothing to join', joined([])],
  ['condition.of.0.of', 'nothing within', joined([{ type: 'any', of: [] }])],
  [
    'condition.of.1.metric',
    'an unknown metric within',
    joined([leaf, { ...leaf, metric: 'oxigen' }]),
  ],
  [
    'condition.of.0.of.0.clear',
    'a wrong clear within',
    joined([{ type: 'any', of: [{ ...leaf, clear: 3 }] }]),
  ],
  ['condition.of.0.of.0.of.0', 'groups four deep', joined([nested(3)])],
  ['condition.of', '21 tests', joined(Array(21).fill(leaf))],
  [
    'condition.maxAgeSeconds',
    'an age that is none',
    ruleOf('r', { type: 'any', of: [leaf], ...spans, maxAgeSeconds: -1 }),
  ],
  [
    'condition.afterSeconds',
    'a silence of no time',
    ruleOf('r', { type: 'absence', afterSeconds: 0 }),
  ],
  [
    'condition.metric',
    'a silence of a derived metric',
    ruleOf('r', { type: 'absence', afterSeconds: 60, metric: 'sum' }),
  ],
  ['scope.tag', 'an empty tag', { ...LOW_OXYGEN, scope: { tag: ' ' } }],
  ['scope.species', 'a species on a field', { ...rice, scope: { species: 'Penaeus monodon' } }],
  ['scope.crop', 'a crop in a pond', { ...LOW_OXYGEN, scope: { crop: 'rice' } }],
  ['topic', 'an empty topic', { ...LOW_OXYGEN, topic: '' }],
  [
    'when.hours.from',
    'hours no clock shows',
    { ...LOW_OXYGEN, when: { hours: { from: '24:00', to: '07:00' } } },
  ],
  [
    'when.hours.to',
    'hours that are none',
    { ...LOW_OXYGEN, when: { hours: { from: '07:00', to: '07:00' } } },
  ],
  [
    'when.dates.to',
    'a day no year has',
    { ...LOW_OXYGEN, when: { dates: { from: '01-01', to: '02-30' } } },
  ],
  [
    'when.cropDays.from',
    'days before the crop',
    { ...LOW_OXYGEN, when: { cropDays: { from: -1, to: 3 } } },
  ],
  [
    'when.cropDays.to',
    'days that end before they begin',
    { ...LOW_OXYGEN, when: { cropDays: { from: 4, to: 3 } } },
  ],
  ['advises', 'advice to treat by a sensor', { ...LOW_OXYGEN, advises: 'treat' }],
  [
    'enabled',
    'an unverified number that is on',
    { ...LOW_OXYGEN, source: { text: 'a', evidence: 'U' } },
  ],
  ['source.text', 'no source', { ...LOW_OXYGEN, source: { text: '', evidence: 'D' } }],
  [
    'source.validUntil',
    'a day that is none',
    { ...LOW_OXYGEN, source: { text: 'a', evidence: 'D', validUntil: '2027-02-29' } },
  ],
  ['title.fr', 'a missing language', { ...LOW_OXYGEN, title: { vi: 'a', en: 'a', fr: '' } }],
  ['advice.vi', 'no advice', { ...LOW_OXYGEN, advice: { vi: [], en: [], fr: [] } }],
  [
    'advice.vi',
    'four steps',
    { ...LOW_OXYGEN, advice: { vi: Array(4).fill('a'), en: ['a'], fr: ['a'] } },
  ],
  [
    'advice.fr',
    'other steps in another language',
    { ...LOW_OXYGEN, advice: { vi: ['a'], en: ['a'], fr: ['a', 'b'] } },
  ],
  ['advice.en.0', 'an empty step', { ...LOW_OXYGEN, advice: { vi: ['a'], en: [' '], fr: ['a'] } }],
];
test.each(refused)('%s: %s is refused with the fix', (path, _, rule, hint = /./) => {
  expect(() => validateRule(rule, kinds)).toThrow(
    expect.objectContaining({
      code: 'RULE_INVALID',
      field: path,
      message: expect.stringMatching(/^rule [\w-]+: ./),
      hint: expect.stringMatching(hint),
    }),
  );
});

describe('a kind', () => {
  const define = (change: Partial<DerivedMetric>, rules: Rule[] = []): DeviceKind =>
    defineDeviceKind({ ...probe, derived: [{ ...SUM, ...change }], rules });

  test('may have rules on its derived metrics', () => {
    expect(define({}, [changed({ metric: 'sum' })]).derived).toHaveLength(1);
  });

  const faults: [what: string, change: Partial<DerivedMetric>][] = [
    ['derived metric oxygen is defined twice', { name: 'oxygen' }],
    ['field name', { name: '2nd' }],
    ['empty range', { min: 9, max: 9 }],
    ['inputs: it reads nothing', { inputs: [] }],
    [
      'inputs.0.metric: probe has no metric wind',
      { inputs: [{ metric: 'wind', maxAgeSeconds: 0 }] },
    ],
    ['inputs.0.maxAgeSeconds', { inputs: [{ metric: 'ph', maxAgeSeconds: 1 }] }],
    [
      'twice',
      {
        inputs: [
          { metric: 'ph', maxAgeSeconds: 0 },
          { metric: 'ph', maxAgeSeconds: 1 },
        ],
      },
    ],
    ['window.seconds', { window: { seconds: 0 } }],
    ['window.days', { window: { days: 400, startsAt: '00:00' } }],
    ['window.startsAt', { window: { days: 4, startsAt: 'noon' } }],
    ['source', { source: ' ' }],
  ];
  test.each(faults)('is refused: %s', (what, change) => {
    const message = expect.stringContaining(what);
    expect(() => define(change)).toThrow(
      expect.objectContaining({ code: 'KIND_INVALID', message }),
    );
  });

  test('is refused with a rule that cannot be', () => {
    const message = expect.stringContaining('rule r, condition.view.days: 0 days');
    expect(() => define({}, [viewed({ ...days, days: 0 })])).toThrow(
      expect.objectContaining({ code: 'KIND_INVALID', message }),
    );
  });
});

describe('a rule as people write it', () => {
  const { version: _, ...written } = LOW_OXYGEN;
  const faultOf = (rule: object): string | undefined => {
    const parsed = ruleInputSchema.safeParse(rule);
    return parsed.success ? undefined : parsed.error.issues[0]?.path.join('.');
  };

  test('needs no version, and takes every form of condition', () => {
    expect(ruleInputSchema.parse(written)).toEqual(written);
    for (const [what, rule] of taken) expect(faultOf(rule), what).toBeUndefined();
  });

  const faults: [path: string, rule: object][] = [
    ['', { ...written, colour: 'red' }],
    ['id', { ...written, id: 'a b' }],
    ['version', { ...written, version: 0 }],
    ['title', { ...written, title: { vi: 'a', en: 'a', fr: 'a', de: 'a' } }],
    ['title.fr', { ...written, title: { vi: 'a', en: 'a', fr: '' } }],
    ['title.fr', { ...written, title: { vi: 'a', en: 'a', fr: 'x'.repeat(201) } }],
    ['condition', { ...written, condition: { ...written.condition, script: 'a' } }],
    ['condition.view', viewed({ ...rolling, also: 1 } as View)],
    ['condition.limit', changed({ limit: 1e300 })],
    ['condition.limit', changed({ limit: '4' })],
    ['condition.type', changed({ type: 'script' })],
    ['scope', { ...written, scope: { farm: 'a' } }],
    ['scope.tag', { ...written, scope: { tag: '' } }],
    ['when', { ...written, when: { moon: 'full' } }],
    ['advice.vi', { ...written, advice: { vi: Array(51).fill('a'), en: [], fr: [] } }],
    ['source.text', { ...written, source: { text: 'x'.repeat(1001), evidence: 'D' } }],
  ];
  test.each(faults)('is refused at %s: %j', (path, rule) => {
    expect(faultOf(rule)).toBe(path);
  });

  test('groups without end are refused, not followed', () => {
    let deep = '{"type":"test"}';
    for (let depth = 0; depth < 10_000; depth++) deep = `{"type":"any","of":[${deep}]}`;
    expect(faultOf({ ...written, condition: JSON.parse(deep) })).toBeDefined();
    expect(faultOf(joined([nested(3)]))).toBeUndefined();
  });
});
