import { describe, expect, test } from 'vitest';
import pond from '#devices/pond-sensor/kind';
import type { DeviceKind } from '#src/contracts/device-kind';
import { ruleFaults } from '#src/contracts/rule-faults';
import { hour, judge, judgedOn, lastReading, type Observed, standing, steady } from './judge.ts';

/** An hour of the same water. */
function held(values: Record<string, number>): Observed {
  return Object.fromEntries(
    Object.entries(values).map(([metric, value]) => [metric, steady(value, 9, 10)]),
  );
}

/** The kind as if a derived metric came from a probe of its own. */
function observing(name: string): DeviceKind {
  const derived = pond.derived?.find((one) => one.name === name);
  if (derived === undefined) throw new Error(name);
  const { label, unit, min, max, decimals } = derived;
  return {
    ...pond,
    metrics: [...pond.metrics, { name, label, unit, min, max, decimals, shape: 'gauge' }],
    derived: (pond.derived ?? []).filter((one) => one !== derived),
  };
}

describe('the published classes, through the rules', () => {
  const cases: Array<[metric: string, value: number, rule: string, expected: string | null]> = [
    ['dissolved_oxygen', 5.2, 'pond-oxygen-low', null],
    ['dissolved_oxygen', 4, 'pond-oxygen-low', null],
    ['dissolved_oxygen', 3.99, 'pond-oxygen-low', 'warning'],
    ['dissolved_oxygen', 3, 'pond-oxygen-low', 'warning'],
    ['dissolved_oxygen', 2.99, 'pond-oxygen-low', 'critical'],
    ['dissolved_oxygen', 1.9, 'pond-oxygen-low', 'critical'],
    ['ph', 7.5, 'pond-ph-low', null],
    ['ph', 7.49, 'pond-ph-low', 'warning'],
    ['ph', 9, 'pond-ph-high', 'warning'],
    ['ph', 9.01, 'pond-ph-high', 'critical'],
    ['ph', 6.99, 'pond-ph-low', 'critical'],
    ['water_temperature', 30, 'pond-temperature-high', null],
    ['water_temperature', 32.6, 'pond-temperature-high', 'warning'],
    ['water_temperature', 35.5, 'pond-temperature-high', 'critical'],
    ['water_temperature', 17.9, 'pond-temperature-low', 'critical'],
    ['water_temperature', 25.5, 'pond-temperature-low', null],
    ['salinity', 12, 'pond-salinity-low', null],
    ['salinity', 4.9, 'pond-salinity-low', 'warning'],
    ['salinity', 0.4, 'pond-salinity-low', 'critical'],
    ['salinity', 35, 'pond-salinity-high', null],
    ['salinity', 35.1, 'pond-salinity-high', 'warning'],
    ['salinity', 41, 'pond-salinity-high', 'critical'],
    ['salinity', 2.9, 'pond-salinity-low-monodon', 'critical'],
    ['water_temperature', 32.9, 'pond-temperature-high-monodon', null],
    ['total_ammonia_nitrogen', 0.6, 'pond-ammonia-high-monodon', null],
    ['total_ammonia_nitrogen', 0.61, 'pond-ammonia-high-monodon', 'warning'],
    ['total_ammonia_nitrogen', 1.34, 'pond-ammonia-high-monodon', 'critical'],
    ['alkalinity', 79, 'pond-alkalinity-low', 'warning'],
    ['transparency', 61, 'pond-transparency-high-critical', 'critical'],
  ];
  test.each(cases)('%s %d: %s %s', (metric, value, rule, expected) => {
    expect(standing(pond, rule, held({ [metric]: value }))).toBe(expected);
  });

  const bySalinity: Array<[metric: string, value: number, salinity: number, string | null]> = [
    ['total_ammonia_nitrogen', 0.8, 15, 'warning'],
    ['total_ammonia_nitrogen', 0.8, 25, null],
    ['total_ammonia_nitrogen', 2.5, 15, 'critical'],
    ['total_ammonia_nitrogen', 2, 20, 'warning'],
    ['total_ammonia_nitrogen', 2.995, 20, 'warning'],
    ['total_ammonia_nitrogen', 3, 20, 'critical'],
    ['total_ammonia_nitrogen', 0.61, 8, null],
    ['total_ammonia_nitrogen', 2.44, 15, 'warning'],
    ['nitrite_nitrogen', 1.5, 15, null],
    ['nitrite_nitrogen', 1.6, 15, 'warning'],
    ['nitrite_nitrogen', 0.31, 4, 'warning'],
    ['nitrite_nitrogen', 15.3, 25, 'critical'],
  ];
  test.each(bySalinity)('%s %d at salinity %d: %s', (metric, value, salinity, expected) => {
    const rule = metric.startsWith('nitrite') ? 'pond-nitrite-high' : 'pond-ammonia-high';
    expect(standing(pond, rule, held({ [metric]: value, salinity }))).toBe(expected);
    expect(judge(pond, rule, held({ [metric]: value })), 'without a salinity').toEqual([]);
  });

  const computed: Array<[metric: string, value: number, rule: string, expected: string | null]> = [
    ['unionised_ammonia_nitrogen', 0.025, 'pond-nh3-high', null],
    ['unionised_ammonia_nitrogen', 0.026, 'pond-nh3-high', 'warning'],
    ['unionised_ammonia_nitrogen', 0.12, 'pond-nh3-high', 'warning'],
    ['unionised_ammonia_nitrogen', 0.121, 'pond-nh3-high', 'critical'],
    ['unionised_ammonia_nitrogen', 0.071, 'pond-nh3-high-monodon', 'critical'],
    ['hydrogen_sulphide', 0.002, 'pond-sulphide-high', null],
    ['hydrogen_sulphide', 0.0091, 'pond-sulphide-high', 'critical'],
    ['ph_swing', 1, 'pond-ph-swing-critical', null],
    ['ph_swing', 1.1, 'pond-ph-swing-critical', 'critical'],
  ];
  test.each(computed)('%s %d: %s %s', (metric, value, rule, expected) => {
    expect(standing(observing(metric), rule, held({ [metric]: value }))).toBe(expected);
  });
});

describe('oxygen', () => {
  test('warns from the first sample, and is critical after two or five minutes', () => {
    const [first, second] = [hour(3), hour(3.25)];
    const seen = { dissolved_oxygen: [first, second].map((time) => ({ time, value: 2.5 })) };
    const [alert] = judge(pond, 'pond-oxygen-low', seen);
    expect(alert?.onset).toBe(first);
    expect(alert?.severities).toEqual([
      { time: first, severity: 'warning' },
      { time: second, severity: 'critical' },
    ]);
  });

  test('8.0 at 18:00 and 6.8 at 20:00 is 1.1 at dawn: critical at 20:00', () => {
    const seen = {
      dissolved_oxygen: [
        { time: hour(18), value: 8 },
        { time: hour(20), value: 6.8 },
      ],
    };
    const reading = lastReading(pond, 'pond-dawn-oxygen-low', seen);
    expect(reading?.value).toBeCloseTo(1.1, 9);
    expect(reading?.beside).toMatchObject({ since: '18:00', reaches4At: '00:40' });
    expect(reading?.beside?.['logLinear']).toBeCloseTo(8 * (6.8 / 8) ** 5.75, 9);
    const [alert] = judge(pond, 'pond-dawn-oxygen-low', seen);
    expect(alert?.onset).toBe(hour(20));
    expect(alert?.severities).toEqual([{ time: hour(20), severity: 'critical' }]);
  });

  const falling = (until: number): Observed => ({
    dissolved_oxygen: steady(0, 17, until, 10).map(({ time }) => ({
      time,
      value: 8 - (time - hour(18)) / 6_000_000,
    })),
  });

  test('nothing is foretold before 20:00, after 03:00, without dusk, or of what does not fall', () => {
    expect(lastReading(pond, 'pond-dawn-oxygen-low', falling(26.99))?.value).toBeCloseTo(1.1, 9);
    expect(lastReading(pond, 'pond-dawn-oxygen-low', falling(27.34))).toBeNull();
    const late = judge(pond, 'pond-dawn-oxygen-low', falling(27.5));
    expect(
      late.map(({ end }) => end),
      'stands until the morning',
    ).toEqual([null]);
    const morning = judge(pond, 'pond-dawn-oxygen-low', falling(30.5));
    expect(morning.map(({ end }) => end)).toEqual([hour(30) + 1_200_000]);
    const calm = { dissolved_oxygen: steady(7, 17, 23) };
    expect(judge(pond, 'pond-dawn-oxygen-low', calm)).toEqual([]);
    const duskless = { dissolved_oxygen: falling(23)['dissolved_oxygen']?.slice(12) ?? [] };
    expect(lastReading(pond, 'pond-dawn-oxygen-low', duskless)).toBeNull();
  });

  test('missing at night is critical, by day it is not asked', () => {
    const day = { dissolved_oxygen: steady(7, 0, 10), ph: steady(8, 0, 48) };
    expect(judge(pond, 'pond-oxygen-missing', day, 17.9)).toEqual([]);
    const [alert, ...others] = judge(pond, 'pond-oxygen-missing', day, 20);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ onset: hour(18), end: null });
    const night = { dissolved_oxygen: [...steady(7, 0, 20), ...steady(5, 21, 24)] };
    const spans = judge(pond, 'pond-oxygen-missing', night, 24);
    expect(spans.map(({ onset, end }) => [onset, end])).toEqual([[hour(20.25), hour(21)]]);
  });

  test('ammonia that only warns is critical below 55 % of saturation', () => {
    // 0.5 mg N/L at pH 8.2, 30 °C and salinity 15 is 0.051 mg/L of NH3-N; 3.8 mg/L is 54.6 %.
    const kit = { total_ammonia_nitrogen: [{ time: hour(7), value: 0.5 }] };
    const water = { ph: steady(8.2, 6, 26), water_temperature: steady(30, 6, 26) };
    const salt = { salinity: steady(15, 6, 26) };
    const oxygen = { dissolved_oxygen: [...steady(6, 6, 24), ...steady(3.8, 24.25, 26)] };
    const seen = { ...kit, ...water, ...salt, ...oxygen };
    const [alert, ...others] = judge(pond, 'pond-nh3-low-oxygen', seen);
    expect(others).toEqual([]);
    expect(alert?.onset).toBe(hour(24.25) + 300_000);
    expect(standing(pond, 'pond-nh3-high', seen)).toBe('warning');
    expect(judge(pond, 'pond-nh3-low-oxygen', { ...water, ...salt, ...oxygen })).toEqual([]);
  });
});

describe('derived metrics', () => {
  test('NH3-N of the published chain with its band; none with a pH older than 15 minutes', () => {
    const at = (value: number, time = hour(7)) => [{ time, value }];
    const water = { water_temperature: at(28), salinity: at(10) };
    const seen = { ...water, total_ammonia_nitrogen: at(2), ph: at(8.5, hour(6.75)) };
    const reading = lastReading(pond, 'pond-nh3-high', seen);
    expect(reading?.value).toBeCloseTo(0.34179, 4);
    expect(reading?.beside?.['ammonia']).toBeCloseTo(0.41558, 4);
    expect(Number(reading?.beside?.['lower'])).toBeLessThan(0.29);
    expect(Number(reading?.beside?.['upper'])).toBeGreaterThan(0.4);
    const old = { ...seen, ph: at(8.5, hour(6.75) - 1) };
    expect(lastReading(pond, 'pond-nh3-high', old)).toBeNull();
  });

  const value = (name: string, values: number[]) =>
    pond.derived
      ?.find((one) => one.name === name)
      ?.derive({
        time: hour(7),
        localMinutes: 420,
        values,
        agesMs: values.map(() => 0),
        samples: () => [],
        days: () => [],
        local: () => ({ day: '2026-11-22', minutes: 420 }),
      });

  test('are those of the published vectors', () => {
    expect(value('oxygen_saturation', [12, 32, 20])?.value).toBeCloseTo(183.086, 2);
    expect(value('practical_salinity', [30, 28])?.value).toBeCloseTo(17.4132, 3);
    expect(value('practical_salinity', [0.5, 25])).toMatchObject({
      beside: { caution: 'indicative' },
    });
    // 0.08708 of the sulphide at 30 °C, pH 7.5 and salinity 20.
    expect(value('hydrogen_sulphide', [0.1, 7.5, 30, 20])?.value).toBeCloseTo(0.00926, 5);
    expect(value('oxygen_saturation', [6, 41, 20])).toEqual({
      value: null,
      reason: 'out-of-range',
    });
    expect(value('unionised_ammonia_nitrogen', [1, 5.5, 28, 20])).toMatchObject({ value: null });
    expect(value('ammonia_level', [1.22, 15])).toMatchObject({
      beside: { warningLimit: 0.61, criticalLimit: 2.44 },
    });
  });

  const swing = (samples: Observed['ph']) =>
    lastReading(pond, 'pond-ph-swing', { ph: samples ?? [] });

  test('a day of pH swings from its lowest to its highest, when both were seen', () => {
    const day = steady(0, 0, 18, 60).map(({ time }) => {
      const at = (time - hour(0)) / 3_600_000;
      return { time, value: at === 6 ? 7.8 : at === 15 ? 8.4 : 8.1 };
    });
    expect(swing(day)?.value).toBeCloseTo(0.6, 9);
    expect(swing(day.filter(({ time }) => time < hour(17))), 'before evening').toBeNull();
    expect(swing(day.filter(({ time }) => time > hour(7.5))), 'no dawn').toBeNull();
    const gapped = day.filter(({ time }) => time < hour(8) || time > hour(11));
    expect(swing(gapped), 'a gap').toBeNull();
  });
});

describe('a day that changes', () => {
  test('warms by more than three degrees: a warning; by more than five: critical', () => {
    const warming = (by: number): Observed => ({
      water_temperature: [...steady(27, 0, 12), ...steady(27 + by, 12.1, 30)],
    });
    expect(standing(pond, 'pond-temperature-change', warming(3))).toBeNull();
    expect(standing(pond, 'pond-temperature-change', warming(3.2))).toBe('warning');
    expect(standing(pond, 'pond-temperature-change', warming(5.2))).toBe('critical');
    const later = [...(warming(5.2)['water_temperature'] ?? []), ...steady(32.2, 30, 37)];
    expect(standing(pond, 'pond-temperature-change', { water_temperature: later })).toBeNull();
  });

  test('freshens by more than three: a warning', () => {
    const rain = [...steady(18, 0, 12), ...steady(14.5, 12.1, 20)];
    expect(standing(pond, 'pond-salinity-change', { salinity: rain })).toBe('warning');
  });
});

describe('the pack', () => {
  test('can be, and judges a species by its own rules', () => {
    for (const rule of pond.rules) expect([...ruleFaults(rule, pond)], rule.id).toEqual([]);
    const whiteleg = judgedOn(pond, { species: 'Litopenaeus vannamei' });
    expect(judgedOn(pond, {})).toEqual(whiteleg);
    expect([...whiteleg].filter((id) => id.endsWith('-monodon'))).toEqual([]);
    const tiger = judgedOn(pond, { species: 'Penaeus monodon' });
    expect(tiger).toContain('pond-oxygen-low-monodon');
    expect(tiger).not.toContain('pond-oxygen-low');
    // Not verified for the tiger shrimp: neither its own nor the other's number is judged.
    for (const id of ['pond-nitrite-high', 'pond-sulphide-high', 'pond-alkalinity-high']) {
      expect(whiteleg, id).toContain(id);
      expect([...tiger].filter((one) => one.startsWith(id))).toEqual([]);
    }
  });

  test('says of every limit where it was found', () => {
    for (const { id, source } of pond.rules) {
      if (!/-(low|high|change|swing)(-critical)?(-monodon)?$/.test(id)) continue;
      if (id === 'pond-battery-low') continue;
      expect(source.region, id).toBeTruthy();
      expect(source.stage, id).toBeTruthy();
    }
  });
});
