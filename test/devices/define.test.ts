import { describe, expect, test } from 'vitest';
import { type DeviceKind, defineDeviceKind, type Metric } from '#src/contracts/device-kind';
import type { Rule, ThresholdCondition } from '#src/contracts/rule';

const text = { vi: 'Mực nước', en: 'Level', fr: 'Niveau' };

const metric: Metric = {
  name: 'level',
  label: text,
  unit: 'cm',
  min: 0,
  max: 10,
  decimals: 1,
  shape: 'gauge',
};

const condition: ThresholdCondition = {
  type: 'threshold',
  metric: 'level',
  beyond: 'below',
  limit: 3,
  clear: 3.3,
  forSeconds: 0,
  clearSeconds: 0,
  gapSeconds: 60,
};

const rule: Rule = {
  id: 'level-low',
  version: 1,
  enabled: true,
  kind: 'gauge-post',
  title: text,
  severity: 'warning',
  scope: {},
  condition,
  source: { text: 'a test', evidence: 'D' },
  advice: { vi: ['Xem.'], en: ['Look.'], fr: ['Voyez.'] },
};

function kindWith(change: Partial<DeviceKind>): DeviceKind {
  return {
    name: 'gauge-post',
    title: text,
    siteKind: 'pond',
    intervalSeconds: 60,
    metrics: [metric],
    rules: [rule],
    simulator: { idPrefix: 'coc', values: () => ({ level: 5 }) },
    ...change,
  };
}

const withMetric = (change: Partial<Metric>): Partial<DeviceKind> => ({
  metrics: [{ ...metric, ...change }],
});
const withRule = (change: Partial<Rule>): Partial<DeviceKind> => ({
  rules: [{ ...rule, ...change }],
});

test('a sound kind is accepted and frozen', () => {
  const kind = defineDeviceKind(kindWith({}));
  expect(Object.isFrozen(kind)).toBe(true);
  expect(Object.isFrozen(kind.metrics)).toBe(true);
});

describe('a kind that cannot mean what it says is refused', () => {
  const faults: Array<[string, Partial<DeviceKind>]> = [
    ['kebab-case', { name: 'Gauge' }],
    ['interval', { intervalSeconds: 0 }],
    ['no metric', { metrics: [], rules: [] }],
    ['twice', { metrics: [metric, metric] }],
    [
      'metric clock_fault has a name that every kind has',
      { metrics: [{ ...metric, name: 'clock_fault' }] },
    ],
    ['field name', withMetric({ name: '1level' })],
    ['empty range', withMetric({ min: 10 })],
    ['decimals', withMetric({ decimals: 0.5 })],
    ['not 0 or 1', withMetric({ shape: 'state' })],
    ['safe range outside', withMetric({ safe: { max: 11 } })],
    ['empty safe range', withMetric({ safe: { min: 5, max: 5 } })],
    ['is for kind', withRule({ kind: 'other' })],
    ['rule level-low is defined twice', { rules: [rule, rule] }],
    ['advises 0 steps', withRule({ advice: { vi: [], en: [], fr: [] } })],
    ['advice.fr', withRule({ advice: { ...rule.advice, fr: [] } })],
    ['unverified', withRule({ source: { text: 'memory', evidence: 'U' } })],
    ['has no metric depth', withRule({ condition: { ...condition, metric: 'depth' } })],
    ['no value can pass', withRule({ condition: { ...condition, limit: -1 } })],
    ['wrong side', withRule({ condition: { ...condition, clear: 2.9 } })],
    ['wrong side', withRule({ condition: { ...condition, beyond: 'above' } })],
    ['condition.gapSeconds', withRule({ condition: { ...condition, gapSeconds: 0 } })],
    [
      'command',
      {
        commands: [
          { action: 'open', label: text, maxSeconds: 60 },
          { action: 'open', label: text },
        ],
      },
    ],
  ];
  test.each(faults)('%s', (message, change) => {
    expect(() => defineDeviceKind(kindWith(change))).toThrow(
      expect.objectContaining({ code: 'KIND_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
