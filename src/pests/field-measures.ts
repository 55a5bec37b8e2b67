import type { Measure } from './action-thresholds.ts';
import { fieldDensity } from './field-counts.ts';
import { fliesPerTrapPerDay } from './traps.ts';

/** What people count of one pest, and the metric it is kept under. */
export interface FieldMeasure {
  /** EPPO code. */
  pest: string;
  measure: Measure;
  metric: string;
}

/** Every measure a threshold of some source is given in, by pest. */
export const FIELD_MEASURES: readonly FieldMeasure[] = [
  { pest: 'NILALU', measure: 'insects-per-m2', metric: 'density_NILALU' },
  { pest: 'SOGAFU', measure: 'insects-per-m2', metric: 'density_SOGAFU' },
  { pest: 'NILALU', measure: 'insects-per-tiller', metric: 'per_tiller_NILALU' },
  { pest: 'NILALU', measure: 'insects-per-hill', metric: 'per_hill_NILALU' },
  { pest: 'SOGAFU', measure: 'insects-per-hill', metric: 'per_hill_SOGAFU' },
  { pest: 'CNAPME', measure: 'damaged-leaves-percent', metric: 'leaf_damage_CNAPME' },
  { pest: 'CNAPME', measure: 'damaged-leaves-per-hill', metric: 'leaves_per_hill_CNAPME' },
  { pest: 'SCIRIN', measure: 'deadhearts-percent', metric: 'deadheart_SCIRIN' },
  { pest: 'SCIRIN', measure: 'moths-per-m2', metric: 'moths_SCIRIN' },
  { pest: 'SCIRIN', measure: 'egg-masses-per-m2', metric: 'egg_masses_SCIRIN' },
  { pest: 'CHILSU', measure: 'egg-masses-per-m2', metric: 'egg_masses_CHILSU' },
  { pest: 'LAPHFR', measure: 'cut-seedlings-percent', metric: 'cut_seedlings_LAPHFR' },
  { pest: 'LAPHFR', measure: 'infested-plants-percent', metric: 'whorl_LAPHFR' },
  { pest: 'PLUTMA', measure: 'larvae-per-plant', metric: 'larvae_PLUTMA' },
  { pest: 'LAPHEG', measure: 'larvae-per-plant', metric: 'larvae_LAPHEG' },
  { pest: 'STEHHA', measure: 'bored-berries-percent', metric: 'bored_berries_STEHHA' },
  { pest: 'STEHHA', measure: 'catch-per-trap', metric: 'catch_STEHHA' },
  { pest: 'DACUDO', measure: 'flies-per-trap-day', metric: 'ftd_DACUDO' },
];

/** The metric that says how many hills, plants, leaves or traps a value was taken from. */
export function samplesMetric(metric: string): string {
  return `samples_${metric}`;
}

/** Hills a square metre where hills were counted: with it the count itself can be told again. */
export const HILLS_METRIC = 'hills_per_m2';

/** What a person wrote down; which of it goes together is said by the forms of the measure. */
export interface FieldSample {
  count?: number;
  percent?: number;
  hills?: number;
  hillsPerM2?: number;
  /** m², of all samples together. */
  area?: number;
  tillers?: number;
  plants?: number;
  traps?: number;
  days?: number;
  /** Hills, leaves, frames or points looked at, where none of the above says so. */
  samples?: number;
}

export type SampleField = keyof FieldSample;

/** One way to write a count down. */
export interface SampleForm {
  needs: readonly SampleField[];
  valueOf(sample: Required<FieldSample>): number;
  /** The field that says how many were looked at. */
  samples: SampleField;
}

const perHill: SampleForm = {
  needs: ['count', 'hills'],
  valueOf: ({ count, hills }) => count / hills,
  samples: 'hills',
};

const perSquareMetre: readonly SampleForm[] = [
  {
    needs: ['count', 'hills', 'hillsPerM2'],
    valueOf: ({ count, hills, hillsPerM2 }) => fieldDensity({ insects: count, hills, hillsPerM2 }),
    samples: 'hills',
  },
  {
    needs: ['count', 'area', 'samples'],
    valueOf: ({ count, area }) => count / area,
    samples: 'samples',
  },
];

const percent: readonly SampleForm[] = [
  { needs: ['percent', 'samples'], valueOf: (sample) => sample.percent, samples: 'samples' },
  {
    needs: ['count', 'samples'],
    valueOf: ({ count, samples }) => (100 * count) / samples,
    samples: 'samples',
  },
];

const percentOfPlants: readonly SampleForm[] = [
  ...percent,
  {
    needs: ['count', 'plants'],
    valueOf: ({ count, plants }) => (100 * count) / plants,
    samples: 'plants',
  },
];

/** How each measure may be written down; the first is how it is usually done. */
export const SAMPLE_FORMS: Readonly<Record<Measure, readonly SampleForm[]>> = {
  'insects-per-m2': perSquareMetre,
  'moths-per-m2': perSquareMetre,
  'egg-masses-per-m2': perSquareMetre,
  'insects-per-tiller': [
    {
      needs: ['count', 'tillers'],
      valueOf: ({ count, tillers }) => count / tillers,
      samples: 'tillers',
    },
  ],
  'insects-per-hill': [perHill],
  'damaged-leaves-per-hill': [perHill],
  'larvae-per-plant': [
    {
      needs: ['count', 'plants'],
      valueOf: ({ count, plants }) => count / plants,
      samples: 'plants',
    },
  ],
  'damaged-leaves-percent': percent,
  'deadhearts-percent': percent,
  'bored-berries-percent': percent,
  'cut-seedlings-percent': percentOfPlants,
  'infested-plants-percent': percentOfPlants,
  'catch-per-trap': [
    { needs: ['count', 'traps'], valueOf: ({ count, traps }) => count / traps, samples: 'traps' },
  ],
  'flies-per-trap-day': [
    {
      needs: ['count', 'traps', 'days'],
      valueOf: ({ count, traps, days }) =>
        fliesPerTrapPerDay({ flies: count, traps, days }) ?? Number.NaN,
      samples: 'traps',
    },
  ],
};
