import { describe, expect, test } from 'vitest';
import {
  type ActionThreshold,
  adviseBy,
  adviseField,
  MEASURE_UNITS,
  thresholdsFor,
} from '#src/pests/action-thresholds';
import {
  decideTreatment,
  economicInjuryLevel,
  economicThreshold,
} from '#src/pests/economic-threshold';
import { fieldDensity } from '#src/pests/field-counts';
import { spraySavings } from '#src/pests/savings';
import { ACTION_THRESHOLDS } from '#src/pests/threshold-records';
import { expectNear, vectorsOf } from '../water/vectors.ts';

describe('density in the field', () => {
  test.each([
    [120, 10, 36, 432],
    [30, 10, 25, 75],
    [0, 10, 36, 0],
    [75, 20, 33, 123.75],
    [400, 50, 30, 240],
  ])('%d insects on %d hills of %d per m² → %d', (insects, hills, hillsPerM2, density) => {
    expectNear(fieldDensity({ insects, hills, hillsPerM2 }), density, 0.01);
  });

  test.each([
    { insects: -1, hills: 10, hillsPerM2: 36 },
    { insects: 5, hills: 0, hillsPerM2: 36 },
    { insects: 5, hills: 10, hillsPerM2: Number.NaN },
  ])('refuses %j', (count) => {
    expect(() => fieldDensity(count)).toThrow(RangeError);
  });
});

describe('action thresholds', () => {
  test.each([
    ['NILALU', 'panicle-initiation', 'insects-per-m2', 999, 'scout'],
    ['NILALU', 'panicle-initiation', 'insects-per-m2', 1000, 'threshold'],
    ['NILALU', 'dough', 'insects-per-m2', 1500, 'scout'],
    ['NILALU', 'dough', 'insects-per-m2', 2000, 'threshold'],
    ['NILALU', 'tillering', 'insects-per-m2', 75, 'none'],
    ['NILALU', 'tillering', 'insects-per-tiller', 2, 'none'],
    ['NILALU', 'tillering', 'insects-per-tiller', 2.1, 'threshold'],
    ['SCIRIN', 'tillering', 'deadhearts-percent', 4.9, 'none'],
    ['SCIRIN', 'tillering', 'deadhearts-percent', 5, 'threshold'],
    ['SOGAFU', 'heading', 'insects-per-m2', 1000, 'threshold'],
    ['DACUDO', 'any', 'flies-per-trap-day', 50, 'scout'],
    ['STEHHA', 'pinhead', 'catch-per-trap', 4000, 'scout'],
    ['NILALU', 'any', 'catch-per-trap', 90_000, 'none'],
  ] as const)('%s, %s, %s %d → %s', (pest, stage, measure, value, advice) => {
    const finding = { pest, stage, measure, value, isVirusArea: false };
    expect(adviseField(finding, ACTION_THRESHOLDS).advice).toBe(advice);
  });

  test.each([
    ['cnapme-litsinger', 14.9, 'none'],
    ['cnapme-litsinger', 15, 'threshold'],
    ['scirin-litsinger-reproductive', 24.9, 'none'],
    ['scirin-litsinger-reproductive', 25, 'threshold'],
  ])('by %s alone, %d → %s', (id, value, advice) => {
    const record = ACTION_THRESHOLDS.find((one) => one.id === id);
    if (record === undefined) throw new Error(`no record ${id}`);
    expect(adviseBy(record, value)).toBe(advice);
  });

  test('where hoppers carry virus one is enough', () => {
    const finding = {
      pest: 'NILALU',
      stage: 'tillering',
      measure: 'insects-per-tiller',
      value: 0.1,
    } as const;
    const advice = (isVirusArea: boolean): string =>
      adviseField({ ...finding, isVirusArea }, ACTION_THRESHOLDS).advice;
    expect(advice(true)).toBe('threshold');
    expect(advice(false)).toBe('none');
  });

  test('sources that disagree are all found, and the one that spoke is named', () => {
    const finding = {
      pest: 'CNAPME',
      stage: 'tillering',
      measure: 'damaged-leaves-percent',
      isVirusArea: false,
    } as const;
    expect(thresholdsFor(finding, ACTION_THRESHOLDS).map(({ id }) => id)).toEqual([
      'cnapme-ba-ria',
      'cnapme-litsinger',
    ]);
    const spoken = adviseField({ ...finding, value: 12 }, ACTION_THRESHOLDS);
    expect(spoken).toMatchObject({ advice: 'threshold', by: { id: 'cnapme-ba-ria' } });
  });

  test('refuses a negative count', () => {
    expect(() => adviseBy(ACTION_THRESHOLDS[0] as ActionThreshold, -1)).toThrow(RangeError);
  });

  test('every record has its own name, a source, a unit and a range that holds its limit', () => {
    const ids = ACTION_THRESHOLDS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { source, measure, limit, range, stages, pests } of ACTION_THRESHOLDS) {
      expect(source.text).not.toBe('');
      expect(source.evidence).toMatch(/^[VCDU]$/);
      expect(MEASURE_UNITS[measure]).toBeDefined();
      expect(stages.length).toBeGreaterThan(0);
      for (const pest of pests) expect(pest).toMatch(/^[A-Z]{6}$/);
      if (range) expect(limit >= range[0] && limit <= range[1]).toBe(true);
    }
  });
});

describe('economic injury level', () => {
  const economics = ([
    cost = 0,
    pricePerKg = 0,
    lossKgPerInsectM2 = 0,
    prevented = 0,
  ]: number[]) => ({
    cost,
    pricePerKg,
    lossKgPerInsectM2,
    prevented,
  });

  test.each(vectorsOf('economicInjuryLevel'))('%j → %d per m²', (inputs, expected, tolerance) => {
    expectNear(economicInjuryLevel(economics(inputs)), expected, tolerance);
  });

  test('threshold, at three quarters', () => {
    const expected = [1607.143, 1224.49, 801.282, 1200, 1406.25];
    vectorsOf('economicInjuryLevel').forEach(([inputs], at) => {
      expectNear(economicThreshold(economics(inputs)), expected[at] ?? Number.NaN, 0.01);
    });
  });

  test.each([
    [[0, 7000, 0.05, 0.8]],
    [[600_000, -7000, 0.05, 0.8]],
    [[600_000, 7000, 0, 0.8]],
    [[600_000, 7000, 0.05, 1.1]],
    [[600_000, 7000, 0.05, Number.NaN]],
  ])('refuses %j', (inputs) => {
    expect(() => economicInjuryLevel(economics(inputs))).toThrow(RangeError);
  });
});

describe('a treatment', () => {
  const yes = {
    isThresholdReached: true,
    isStageVulnerable: true,
    doEnemiesProtect: null,
    isHarvestIntervalKept: true,
    daysAfterSowing: 55,
    isLeafFeeder: true,
    isVirusException: false,
  };

  test.each([
    [{}, []],
    [{ doEnemiesProtect: false }, []],
    [{ isThresholdReached: false }, ['below-threshold']],
    [{ isStageVulnerable: false }, ['stage-not-vulnerable']],
    [{ doEnemiesProtect: true }, ['enemies-protect']],
    [{ isHarvestIntervalKept: false }, ['too-near-harvest']],
    [{ daysAfterSowing: 40 }, ['too-early']],
    [{ daysAfterSowing: 41 }, []],
    [{ daysAfterSowing: 20, isLeafFeeder: false }, []],
    [{ daysAfterSowing: 20, isVirusException: true }, []],
    [{ isThresholdReached: false, daysAfterSowing: 9 }, ['below-threshold', 'too-early']],
  ])('with %j: against it %j', (change, against) => {
    expect(decideTreatment({ ...yes, ...change })).toEqual({
      advice: against.length === 0 ? 'treat' : 'scout',
      against,
    });
  });
});

describe('sprays saved', () => {
  test.each([
    [5, 2, 650_000, 1_950_000, 60],
    [8, 3, 900_000, 4_500_000, 62.5],
    [4, 4, 500_000, 0, 0],
    [3, 5, 600_000, -1_200_000, -66.667],
    [6, 0, 700_000, 4_200_000, 100],
    [0, 1, 500_000, -500_000, null],
  ])('%d at baseline, %d made, at %d: %d, %s %%', (before, made, costPerSpray, cost, percent) => {
    const savings = spraySavings({ baselineSprays: before, actualSprays: made, costPerSpray });
    expect(savings.cost).toBe(cost);
    expect(savings.activeKg).toBeNull();
    if (percent === null) expect(savings.percent).toBeNull();
    else expectNear(savings.percent, percent, 0.001);
  });

  test('active ingredient likewise', () => {
    const ledger = { baselineSprays: 3, actualSprays: 5, costPerSpray: 1, activeKgPerSpray: 0.2 };
    expectNear(spraySavings(ledger).activeKg, -0.4, 1e-12);
    expect(() => spraySavings({ ...ledger, actualSprays: -1 })).toThrow(RangeError);
  });
});
