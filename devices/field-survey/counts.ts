import type { DerivedMetric } from '../../src/contracts/derived.ts';
import type { Metric } from '../../src/contracts/device-kind.ts';
import type { Localized } from '../../src/contracts/localized.ts';
import { MEASURE_UNITS, type Measure } from '../../src/pests/action-thresholds.ts';
import {
  FIELD_MEASURES,
  type FieldMeasure,
  HILLS_METRIC,
  samplesMetric,
} from '../../src/pests/field-measures.ts';
import { ACTION_THRESHOLDS } from '../../src/pests/threshold-records.ts';
import { MEASURES, PESTS } from './words.ts';

const DAY = 86_400;

/** Ten times what an outbreak reaches: 500 hoppers on a hill make 12,500 a square metre. */
const MOST: Readonly<Record<Measure, number>> = {
  'insects-per-m2': 100_000,
  'insects-per-tiller': 1_000,
  'insects-per-hill': 10_000,
  'larvae-per-plant': 1_000,
  'egg-masses-per-m2': 1_000,
  'moths-per-m2': 1_000,
  'damaged-leaves-per-hill': 1_000,
  'damaged-leaves-percent': 100,
  'deadhearts-percent': 100,
  'cut-seedlings-percent': 100,
  'infested-plants-percent': 100,
  'bored-berries-percent': 100,
  'catch-per-trap': 1_000_000,
  'flies-per-trap-day': 1_000_000,
};
/** Nobody looks at more leaves on one visit; a whole field of hills has fewer by hand. */
const SAMPLES_MAX = 100_000;
const HILLS_PER_M2_MAX = 1_000;

function labelOf({ pest, measure }: Pick<FieldMeasure, 'pest' | 'measure'>): Localized {
  const name = PESTS[pest];
  const words = MEASURES[measure];
  return {
    vi: `${name?.vi}, ${words.vi}`,
    en: `${name?.en}, ${words.en}`,
    fr: `${name?.fr}, ${words.fr}`,
  };
}

function shapeOf(measure: Measure): Pick<Metric, 'unit' | 'min' | 'max' | 'decimals'> {
  const decimals = measure === 'flies-per-trap-day' ? 4 : 2;
  return { unit: MEASURE_UNITS[measure], min: 0, max: MOST[measure], decimals };
}

/** What was found, and from how many samples. */
export const metrics: readonly Metric[] = [
  ...FIELD_MEASURES.map(
    (one): Metric => ({
      name: one.metric,
      label: labelOf(one),
      ...shapeOf(one.measure),
      shape: 'gauge',
    }),
  ),
  ...FIELD_MEASURES.map((one): Metric => {
    const { vi, en, fr } = labelOf(one);
    return {
      name: samplesMetric(one.metric),
      label: { vi: `${vi}: số mẫu`, en: `${en}: samples`, fr: `${fr} : échantillons` },
      unit: '{count}',
      min: 1,
      max: SAMPLES_MAX,
      decimals: 0,
      shape: 'gauge',
    };
  }),
  {
    name: HILLS_METRIC,
    label: { vi: 'Số bụi lúa/m²', en: 'Hills per m²', fr: 'Touffes par m²' },
    unit: '1/m2',
    min: 0.1,
    max: HILLS_PER_M2_MAX,
    decimals: 1,
    shape: 'gauge',
  },
];

/** The derived metric that rules read: the value, with its sample beside it. */
export function surveyed(metric: string): string {
  return `survey_${metric}`;
}

const alone: readonly DerivedMetric[] = FIELD_MEASURES.map((one) => ({
  name: surveyed(one.metric),
  label: labelOf(one),
  ...shapeOf(one.measure),
  inputs: [
    { metric: one.metric, maxAgeSeconds: 0 },
    { metric: samplesMetric(one.metric), maxAgeSeconds: 0 },
  ],
  source: 'the count as it was made; without its sample it says nothing: our own rule',
  derive: ({ values: [value = Number.NaN, samples = 0] }) => ({ value, beside: { samples } }),
}));

/** Two pests whose counts one threshold adds: the metric of each, this one driving. */
export interface Together {
  name: string;
  driver: FieldMeasure;
  other: FieldMeasure;
}

/** Both orders, for either pest may be counted last. */
function togetherOf(pests: readonly string[], measure: Measure): Together[] {
  const of = FIELD_MEASURES.filter((one) => one.measure === measure && pests.includes(one.pest));
  const [first, second] = of;
  if (pests.length < 2 || first === undefined || second === undefined) return [];
  return [
    { name: `together_${first.metric}`, driver: first, other: second },
    { name: `together_${second.metric}`, driver: second, other: first },
  ];
}

/** By measure: each pair is asked for by several thresholds. */
export const TOGETHER: ReadonlyMap<Measure, readonly Together[]> = new Map(
  ACTION_THRESHOLDS.filter(({ pests }) => pests.length > 1).map(({ pests, measure }) => [
    measure,
    togetherOf(pests, measure),
  ]),
);

const together: readonly DerivedMetric[] = [...TOGETHER.values()].flat().map((pair) => {
  const { driver, other, name } = pair;
  const label = labelOf(driver);
  const beside = PESTS[other.pest];
  return {
    name,
    label: {
      vi: `${label.vi}, cả ${beside?.vi}`,
      en: `${label.en}, with ${beside?.en}`,
      fr: `${label.fr}, avec ${beside?.fr}`,
    },
    ...shapeOf(driver.measure),
    max: 2 * MOST[driver.measure],
    inputs: [
      { metric: driver.metric, maxAgeSeconds: 0 },
      { metric: samplesMetric(driver.metric), maxAgeSeconds: 0 },
      { metric: other.metric, maxAgeSeconds: DAY },
      { metric: samplesMetric(other.metric), maxAgeSeconds: DAY },
    ],
    source: 'counts of both pests within a day, added, as the thresholds ask',
    derive: ({ values: [value = Number.NaN, samples = 0, more = Number.NaN, of = 0] }) => ({
      value: value + more,
      beside: {
        [driver.pest]: value,
        [other.pest]: more,
        samples: Math.min(samples, of),
      },
    }),
  };
});

export const derived: readonly DerivedMetric[] = [...alone, ...together];
