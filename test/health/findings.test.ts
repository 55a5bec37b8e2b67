import { describe, expect, test } from 'vitest';
import { type HealthFacts, healthFindings } from '#src/health/findings';
import type { Alert } from '../../src/contracts/alert.ts';
import { alertOf } from '../api/support/alerts.ts';

const AT = Date.parse('2026-11-22T05:00:00Z');
const sound: HealthFacts = {
  today: { received: 10_000, rejected: 0, repeated: 0, clockFaults: 0 },
  alerts: [],
  declaredSeconds: 60,
  learnedSeconds: 70,
  timeZone: 'Asia/Ho_Chi_Minh',
};
const today = (change: Partial<HealthFacts['today']>): HealthFacts => ({
  ...sound,
  today: { ...sound.today, ...change },
});
const evidence = (change: Partial<Alert['evidence']>): Alert['evidence'] => ({
  ...alertOf().evidence,
  ...change,
});
const silent = (change: Partial<Alert> = {}): Alert =>
  alertOf({
    severity: 'warning',
    evidence: evidence({ metric: null, worst: null, samples: [{ time: AT, value: null }] }),
    ...change,
  });
const said = (facts: HealthFacts): string[] =>
  healthFindings(facts).map(({ code, severity }) => `${code} ${severity}`);
const english = (facts: HealthFacts): string => healthFindings(facts)[0]?.text.en ?? '';

describe('health findings', () => {
  test('are none for a sound device, nor for one that was never heard or has other alerts', () => {
    expect(healthFindings(sound)).toEqual([]);
    expect(healthFindings({ ...today({ received: 0 }), learnedSeconds: null })).toEqual([]);
    expect(healthFindings({ ...sound, alerts: [alertOf()] })).toEqual([]);
  });

  test('a flood of repeats is more than half of many values', () => {
    expect(said(today({ received: 1_200, repeated: 700 }))).toEqual(['repeats warning']);
    expect(english(today({ received: 1_200, repeated: 700 }))).toContain('58 %');
    expect(said(today({ received: 600, repeated: 500 }))).toEqual([]);
    expect(said(today({ received: 2_000, repeated: 1_000 }))).toEqual([]);
  });

  test('refused values count by their share', () => {
    expect(said(today({ rejected: 19, received: 20 }))).toEqual([]);
    expect(said(today({ rejected: 400 }))).toEqual([]);
    expect(said(today({ rejected: 600 }))).toEqual(['rejected info']);
    expect(said(today({ rejected: 6_000 }))).toEqual(['rejected warning']);
  });

  test('a wrong clock is told from the first value on, and is grave when it lasts', () => {
    expect(said(today({ clockFaults: 3 }))).toEqual(['clock info']);
    expect(said(today({ clockFaults: 3_000 }))).toEqual(['clock warning']);
    const alert = alertOf({ severity: 'critical', evidence: evidence({ metric: 'clock_fault' }) });
    expect(said({ ...sound, alerts: [alert] })).toEqual(['clock critical']);
  });

  test('silence names its beginning, and its cause when it is known', () => {
    const told = (alert: Alert): string => english({ ...sound, alerts: [alert] });
    expect(told(silent())).toBe('Silent since 22/11/2026, 12:00.');
    expect(told(silent({ cause: 'other' }))).toContain('its gateway or the link');
    const outage = (what: string): Alert =>
      silent({ evidence: { ...silent().evidence, beside: { outage: what } } });
    expect(told(outage('link'))).toContain(': the link is down.');
    expect(told(outage('device'))).toContain(': the device is down.');
    const oneMetric = silent({ evidence: { ...silent().evidence, metric: 'dissolved_oxygen' } });
    expect(told(oneMetric)).toBe('');
  });

  test('an interval is wrong by more than twice, either way', () => {
    const seconds = (declaredSeconds: number | null, learnedSeconds: number): string[] =>
      said({ ...sound, declaredSeconds, learnedSeconds });
    expect(seconds(60, 120)).toEqual([]);
    expect(seconds(60, 121)).toEqual(['interval info']);
    expect(seconds(121, 60)).toEqual(['interval info']);
    expect(seconds(null, 600)).toEqual([]);
  });

  test('come gravest first, in three languages', () => {
    const battery = alertOf({
      evidence: evidence({ metric: 'battery_voltage', samples: [{ time: AT, value: 3.28 }] }),
    });
    const facts = { ...today({ clockFaults: 3, rejected: 6_000 }), alerts: [silent(), battery] };
    expect(said(facts)).toEqual([
      'battery critical',
      'silent warning',
      'rejected warning',
      'clock info',
    ]);
    expect(healthFindings(facts)[0]?.text).toEqual({
      vi: 'Pin yếu: 3,28 V.',
      en: 'Battery low: 3.28 V.',
      fr: 'Batterie faible : 3,28 V.',
    });
    for (const { text } of healthFindings(facts)) {
      expect(new Set(Object.values(text)).size).toBe(3);
    }
  });
});
