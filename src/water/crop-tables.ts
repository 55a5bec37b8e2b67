/**
 * What FAO-56 tabulates of crops grown in the delta: single crop coefficients (Table 12, for a
 * humidity of 45 % and a wind of 2 m/s), lengths of stages (Table 11, in each case the entry whose
 * climate is nearest), greatest rooting depth and depletion fraction (Table 22). All are taken from
 * the transcription in pyfao56, not from the paper itself.
 */
import type { Evidence } from './limits.ts';
import type { Range } from './valid-range.ts';

export interface NumberSource {
  text: string;
  evidence: Evidence;
}

/** Days of the four stages of FAO-56, in their order. */
export interface StageDays {
  initial: number;
  development: number;
  middle: number;
  late: number;
}

export interface CropWater {
  crop: string;
  /** Kc ini, at planting. */
  initial: number;
  /** Kc mid, at full cover. */
  middle: number;
  /** Kc end, at harvest: a range where it depends on how the crop is harvested. */
  end: Range;
  /** h, m: the mean greatest height of the plants, for the adjustment to a climate. */
  heightM: number | null;
  stages: (StageDays & { region: string }) | null;
  /** Zr, m: greatest rooting depth; the smaller value is the one to irrigate by. */
  rootDepthM: Range | null;
  /** p at a crop evapotranspiration of 5 mm per day. */
  depletionFraction: number | null;
  source: NumberSource;
}

const TABLES: NumberSource = {
  text: 'FAO-56 Tables 11, 12 and 22, by the transcription in pyfao56',
  evidence: 'V',
};

type Coefficients = readonly [initial: number, middle: number, end: number | Range];
type Stages = readonly [days: readonly [number, number, number, number], region: string];
type Roots = readonly [lowestM: number, highestM: number, depletionFraction: number];

interface Entry {
  kc: Coefficients;
  heightM?: number;
  stages?: Stages;
  roots?: Roots;
  source?: NumberSource;
}

function crop(name: string, entry: Entry): CropWater {
  const [initial, middle, end] = entry.kc;
  const [days, region] = entry.stages ?? [null, ''];
  return {
    crop: name,
    initial,
    middle,
    end: typeof end === 'number' ? [end, end] : end,
    heightM: entry.heightM ?? null,
    stages: days && {
      initial: days[0],
      development: days[1],
      middle: days[2],
      late: days[3],
      region,
    },
    rootDepthM: entry.roots ? [entry.roots[0], entry.roots[1]] : null,
    depletionFraction: entry.roots?.[2] ?? null,
    source: entry.source ?? TABLES,
  };
}

const ONION_GREEN: Entry = {
  kc: [0.7, 1, 1],
  heightM: 0.3,
  stages: [[25, 30, 10, 5], 'Mediterranean'],
  roots: [0.3, 0.6, 0.3],
};

export const CROP_WATER: readonly CropWater[] = [
  // Its depletion fraction is of saturation, not of what the soil holds between its two limits.
  crop('rice', {
    kc: [1.05, 1.2, [0.6, 0.9]],
    heightM: 1,
    stages: [[30, 30, 60, 30], 'tropics'],
    roots: [0.5, 1, 0.2],
  }),
  crop('onion-dry', {
    kc: [0.7, 1.05, 0.75],
    heightM: 0.4,
    stages: [[15, 25, 70, 40], 'Mediterranean'],
    roots: [0.3, 0.6, 0.3],
  }),
  crop('onion-green', ONION_GREEN),
  crop('shallot', {
    ...ONION_GREEN,
    source: { text: `${TABLES.text}; green onion taken over for shallot`, evidence: 'U' },
  }),
  crop('garlic', { kc: [0.7, 1, 0.7], heightM: 0.3 }),
  crop('cabbage', {
    kc: [0.7, 1.05, 0.95],
    heightM: 0.4,
    stages: [[20, 30, 20, 10], 'Mediterranean, crucifers'],
    roots: [0.5, 0.8, 0.45],
  }),
  crop('lettuce', {
    kc: [0.7, 1, 0.95],
    heightM: 0.3,
    stages: [[20, 30, 15, 10], 'Mediterranean'],
    roots: [0.3, 0.5, 0.3],
  }),
  crop('tomato', {
    kc: [0.6, 1.15, [0.7, 0.9]],
    heightM: 0.6,
    stages: [[30, 40, 45, 30], 'Mediterranean'],
    roots: [0.7, 1.5, 0.4],
  }),
  crop('sweet-pepper', {
    kc: [0.6, 1.05, 0.9],
    heightM: 0.7,
    stages: [[30, 35, 40, 20], 'Mediterranean'],
    roots: [0.5, 1, 0.3],
  }),
  crop('cucumber', {
    kc: [0.6, 1, 0.75],
    heightM: 0.3,
    stages: [[20, 30, 40, 15], 'arid region'],
  }),
  crop('watermelon', {
    kc: [0.4, 1, 0.75],
    heightM: 0.4,
    stages: [[20, 30, 30, 30], 'Italy'],
    roots: [0.8, 1.5, 0.4],
  }),
  crop('sweet-potato', {
    kc: [0.5, 1.15, 0.65],
    heightM: 0.4,
    stages: [[15, 30, 50, 30], 'tropics, rainy season'],
    roots: [1, 1.5, 0.65],
  }),
  crop('peanut', {
    kc: [0.4, 1.15, 0.6],
    heightM: 0.4,
    stages: [[25, 35, 45, 25], 'West Africa, dry season'],
    roots: [0.5, 1, 0.5],
  }),
  crop('soybean', {
    kc: [0.5, 1.15, 0.5],
    heightM: 0.75,
    stages: [[15, 15, 40, 15], 'tropics'],
    roots: [0.6, 1.3, 0.5],
  }),
  crop('maize-grain', {
    kc: [0.3, 1.2, [0.35, 0.6]],
    heightM: 2,
    stages: [[20, 35, 40, 30], 'Nigeria, humid'],
    roots: [1, 1.7, 0.55],
  }),
  // Rooting of maize is tabled for grain; sweet corn stands in a row of its own there, not seen.
  crop('sweet-corn', {
    kc: [0.3, 1.15, 1.05],
    heightM: 1.5,
    stages: [[20, 20, 30, 10], 'Philippines'],
  }),
  crop('sugarcane', {
    kc: [0.4, 1.25, 0.75],
    heightM: 3,
    stages: [[50, 70, 220, 140], 'tropics, virgin'],
    roots: [1.2, 2, 0.65],
  }),
  crop('banana-first-year', {
    kc: [0.5, 1.1, 1],
    heightM: 3,
    stages: [[120, 90, 120, 60], 'Mediterranean'],
    roots: [0.5, 0.9, 0.35],
  }),
  crop('banana-second-year', {
    kc: [1, 1.2, 1.1],
    heightM: 4,
    stages: [[120, 60, 180, 5], 'Mediterranean'],
    roots: [0.5, 0.9, 0.35],
  }),
  // 70 % canopy over bare ground.
  crop('citrus', {
    kc: [0.7, 0.65, 0.7],
    stages: [[60, 90, 120, 95], 'Mediterranean'],
    roots: [1.2, 1.5, 0.5],
  }),
  // Over bare ground.
  crop('coffee', { kc: [0.9, 0.95, 0.95], heightM: 2.5, roots: [0.9, 1.5, 0.4] }),
  crop('palm', { kc: [0.95, 1, 1], heightM: 8, roots: [0.7, 1.1, 0.65] }),
  // Over bare ground.
  crop('pineapple', {
    kc: [0.5, 0.3, 0.3],
    heightM: 0.9,
    stages: [[60, 120, 600, 10], 'Hawaii'],
    roots: [0.3, 0.6, 0.5],
  }),
];

/** Grown in the delta and not in FAO-56: their coefficients must be found on the spot. */
export const CROPS_WITHOUT_TABLE: readonly string[] = [
  'mango',
  'durian',
  'longan',
  'pomelo',
  'dragon-fruit',
];

/** The row of a crop, or null with the reason. */
export function cropWaterOf(
  name: string,
): { row: CropWater; reason: null } | { row: null; reason: 'needs-local-values' | 'unknown-crop' } {
  const row = CROP_WATER.find((one) => one.crop === name);
  if (row !== undefined) return { row, reason: null };
  const isLocal = CROPS_WITHOUT_TABLE.includes(name);
  return { row: null, reason: isLocal ? 'needs-local-values' : 'unknown-crop' };
}
