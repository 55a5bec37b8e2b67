import { describe, expect, test } from 'vitest';
import { bandsOf, classifyWater, escalateAmmonia, limitAt } from '#src/water/classify';
import {
  type Bands,
  LEGAL_LIMITS,
  type Limit,
  type ShrimpSpecies,
  WATER_LIMITS,
} from '#src/water/limits';
import { expectNear } from './vectors.ts';

function bands(species: ShrimpSpecies, metric: string): Bands {
  const found = bandsOf(species, metric);
  if (found === undefined) throw new Error(`no bands of ${metric}`);
  return found;
}

const all = Object.values(WATER_LIMITS).flat();

describe('classes of whiteleg shrimp water', () => {
  test.each([
    ['dissolved_oxygen', 5.2, null, 'optimum'],
    ['dissolved_oxygen', 4, null, 'acceptable'],
    ['dissolved_oxygen', 3.99, null, 'warn'],
    ['dissolved_oxygen', 3, null, 'warn'],
    ['dissolved_oxygen', 2.99, null, 'critical'],
    ['dissolved_oxygen', 1.9, null, 'critical'],
    ['ph', 7.5, null, 'optimum'],
    ['ph', 7.49, null, 'warn'],
    ['ph', 9, null, 'warn'],
    ['ph', 9.01, null, 'critical'],
    ['ph', 6.99, null, 'critical'],
    ['water_temperature', 30, null, 'optimum'],
    ['water_temperature', 32.6, null, 'warn'],
    ['water_temperature', 35.5, null, 'critical'],
    ['water_temperature', 17.9, null, 'critical'],
    ['water_temperature', 25.5, null, 'acceptable'],
    ['salinity', 12, null, 'optimum'],
    ['salinity', 4.9, null, 'warn'],
    ['salinity', 0.4, null, 'critical'],
    ['salinity', 35, null, 'acceptable'],
    ['salinity', 35.1, null, 'warn'],
    ['salinity', 41, null, 'critical'],
    ['total_ammonia_nitrogen', 0.8, 15, 'warn'],
    ['total_ammonia_nitrogen', 0.8, 25, 'optimum'],
    ['total_ammonia_nitrogen', 2.5, 15, 'critical'],
    ['total_ammonia_nitrogen', 2, 20, 'warn'],
    ['unionised_ammonia_nitrogen', 0.026, null, 'warn'],
    ['unionised_ammonia_nitrogen', 0.12, null, 'warn'],
    ['unionised_ammonia_nitrogen', 0.121, null, 'critical'],
  ] as const)('%s %d (salinity %s) → %s', (metric, value, salinity, level) => {
    const { level: actual, isLethal } = classifyWater(bands('vannamei', metric), value, salinity);
    expect(actual).toBe(level);
    expect(isLethal).toBe(metric === 'dissolved_oxygen' && value < 2);
  });

  test('a limit that depends on salinity is not told without it', () => {
    const total = bands('vannamei', 'total_ammonia_nitrogen');
    expect(classifyWater(total, 9)).toEqual({
      level: null,
      isLethal: false,
      reason: 'salinity-unknown',
    });
    expect(classifyWater(total, Number.NaN, 15).reason).toBe('no-value');
  });
});

describe('limits by salinity', () => {
  const limit = (metric: string, side: 'warn' | 'critical'): Limit => {
    const found = bands('vannamei', metric)[side].above;
    if (found === undefined) throw new Error(`${metric} has no upper limit`);
    return found;
  };

  test.each([
    [0, 0.61, 2.44],
    [15, 0.61, 2.44],
    [20, 0.75, 2.995],
    [25, 0.89, 3.55],
    [30, 0.94, 3.75],
    [35, 0.99, 3.95],
    [40, 0.99, 3.95],
  ])('total ammonia at salinity %d: %d and %d', (salinity, warn, critical) => {
    expectNear(limitAt(limit('total_ammonia_nitrogen', 'warn'), salinity), warn, 1e-9);
    expectNear(limitAt(limit('total_ammonia_nitrogen', 'critical'), salinity), critical, 1e-9);
  });

  test.each([
    [2, 0.3, 6.1],
    [15, 1.5, 6.1],
    [25, 3.8, 15.2],
    [35, 6.4, 25.7],
  ])('nitrite at salinity %d: %d and %d', (salinity, warn, critical) => {
    expectNear(limitAt(limit('nitrite_nitrogen', 'warn'), salinity), warn, 1e-9);
    expectNear(limitAt(limit('nitrite_nitrogen', 'critical'), salinity), critical, 1e-9);
  });

  test.each(['total_ammonia_nitrogen', 'nitrite_nitrogen'])('%s warns at a quarter', (metric) => {
    for (const salinity of [15, 25, 35]) {
      const safe = limitAt(limit(metric, 'critical'), salinity) ?? Number.NaN;
      const warn = limitAt(limit(metric, 'warn'), salinity) ?? Number.NaN;
      expect(Math.abs(warn - safe / 4)).toBeLessThan(0.05);
    }
  });
});

describe('black tiger shrimp', () => {
  test.each([
    ['salinity', 3, 'warn'],
    ['salinity', 2.9, 'critical'],
    ['water_temperature', 33.1, 'warn'],
    ['alkalinity', 210, 'acceptable'],
    ['total_ammonia_nitrogen', 0.5, 'acceptable'],
    ['total_ammonia_nitrogen', 1.34, 'critical'],
    ['unionised_ammonia_nitrogen', 0.03, 'acceptable'],
    ['unionised_ammonia_nitrogen', 0.071, 'critical'],
  ] as const)('%s %d → %s', (metric, value, level) => {
    expect(classifyWater(bands('monodon', metric), value).level).toBe(level);
  });
});

test('ammonia in water short of oxygen counts one class worse', () => {
  expect(escalateAmmonia('warn', 54.9)).toBe('critical');
  expect(escalateAmmonia('acceptable', 54.9)).toBe('warn');
  expect(escalateAmmonia('optimum', 27)).toBe('optimum');
  expect(escalateAmmonia('critical', 27)).toBe('critical');
  expect(escalateAmmonia('warn', 55)).toBe('warn');
});

describe('every number', () => {
  const limitsOf = ({ optimum, warn, critical, lethal = {} }: Bands): Limit[] =>
    [optimum, warn, critical, lethal].flatMap(({ below, above }) =>
      [below, above].filter((limit) => limit !== undefined),
    );

  test('has a source and an evidence tag', () => {
    const limits = [...all.flatMap(limitsOf), ...LEGAL_LIMITS.flatMap(({ sides }) => sides.below)];
    for (const limit of limits) {
      expect(limit?.source.text).not.toBe('');
      expect(limit?.source.evidence).toMatch(/^[VCDU]$/);
    }
  });

  test('is milder the earlier it speaks', () => {
    for (const { metric, optimum, warn, critical, lethal = {} } of all) {
      for (const salinity of [2, 15, 20, 35]) {
        const lows = [optimum, warn, critical, lethal].map(({ below }) => below);
        const highs = [optimum, warn, critical, lethal].map(({ above }) => above);
        const numbers = (limits: (Limit | undefined)[]): (number | null)[] =>
          limits.filter((one) => one !== undefined).map((one) => limitAt(one, salinity));
        const falling = numbers(lows);
        const rising = numbers(highs);
        expect(falling, metric).toEqual([...falling].sort((a, b) => (b ?? 0) - (a ?? 0)));
        expect(rising, metric).toEqual([...rising].sort((a, b) => (a ?? 0) - (b ?? 0)));
      }
    }
  });

  test('of the law lies below the biological warning for oxygen', () => {
    const legal = LEGAL_LIMITS.find(({ metric }) => metric === 'dissolved_oxygen')?.sides.below;
    expect(legal?.value).toBe(3.5);
  });
});
