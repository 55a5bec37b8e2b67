import type { DevelopmentThresholds } from './degree-days.ts';
import { singleSineDegreeDays } from './degree-days.ts';
import type { Evidence, PestSource } from './evidence.ts';

/** Degree-days one stage, or the whole way from egg to adult, asks for. */
export interface StageModel extends DevelopmentThresholds {
  stage: 'egg' | 'larva' | 'nymph' | 'pupa' | 'egg-to-adult';
  /** K·d. */
  requirement: number;
  /** Least and greatest, where the paper or the derivation leaves a range. */
  range?: readonly [number, number];
  /** How far the requirement is known; the thresholds have the tag of the model's source. */
  requirementEvidence: Evidence;
}

export interface DevelopmentModel {
  /** EPPO code. */
  pest: string;
  name: string;
  source: PestSource;
  /** Stages that follow on each other, each with its own thresholds, or one whole. */
  stages: readonly StageModel[];
  /** Which stages the sources leave out; a generation cannot be told when there are any. */
  missing?: readonly StageModel['stage'][];
}

type Fit = Omit<StageModel, 'stage' | 'requirementEvidence'>;

function stage(name: StageModel['stage'], requirementEvidence: Evidence, fit: Fit): StageModel {
  return { stage: name, requirementEvidence, ...fit };
}

/** The paper gives no upper threshold; the generation time quoted for it supposes this one. */
const GOLIZADEH = 'Golizadeh 2007; upper threshold of Marchioro & Foerster 2011';

/**
 * Development of the pests of the delta. Count from the first sustained catch or a peak, with the
 * temperature of the canopy: air at 2 m is twice as far out for the brown planthopper (Mochizuki
 * 2024: 6.4 days against 2.8).
 */
export const DEVELOPMENT_MODELS: readonly DevelopmentModel[] = [
  {
    pest: 'LAPHFR',
    name: 'Fall armyworm',
    source: { text: 'du Plessis et al. 2020, Insects 11:228', evidence: 'V', region: 'not stated' },
    stages: [stage('egg-to-adult', 'U', { lower: 12.57, upper: 30, requirement: 391.61 })],
  },
  {
    pest: 'LAPHFR',
    name: 'Fall armyworm, by stage',
    source: { text: 'du Plessis et al. 2020, Insects 11:228', evidence: 'V', region: 'not stated' },
    stages: [
      stage('egg', 'U', { lower: 13.01, upper: 30, requirement: 35.68 }),
      stage('larva', 'U', { lower: 12.12, upper: 30, requirement: 204.6 }),
      stage('pupa', 'U', { lower: 13.06, upper: 30, requirement: 150.54 }),
    ],
  },
  {
    pest: 'LAPHFR',
    name: 'Fall armyworm, China',
    source: { text: 'He et al. 2019', evidence: 'V', region: 'China' },
    stages: [stage('egg-to-adult', 'V', { lower: 11.34, requirement: 390.55 })],
  },
  {
    pest: 'LAPHFR',
    name: 'Fall armyworm, China, by stage',
    source: { text: 'He et al. 2019', evidence: 'V', region: 'China' },
    stages: [
      stage('egg', 'V', { lower: 10.27, requirement: 44.57 }),
      stage('larva', 'V', { lower: 11.1, requirement: 211.93 }),
      stage('pupa', 'V', { lower: 12.2, requirement: 135.69 }),
    ],
  },
  {
    pest: 'PLUTMA',
    name: 'Diamondback moth',
    source: { text: 'Marchioro & Foerster 2011', evidence: 'V', region: 'not stated' },
    stages: [stage('egg-to-adult', 'V', { lower: 6.3, upper: 32.5, requirement: 312.5 })],
  },
  {
    pest: 'PLUTMA',
    name: 'Diamondback moth on cauliflower',
    source: { text: GOLIZADEH, evidence: 'V', region: 'not stated' },
    stages: [stage('egg-to-adult', 'V', { lower: 7.06, upper: 32.5, requirement: 263.74 })],
  },
  {
    pest: 'PLUTMA',
    name: 'Diamondback moth on cabbage',
    source: { text: GOLIZADEH, evidence: 'V', region: 'not stated' },
    stages: [stage('egg-to-adult', 'V', { lower: 7.84, upper: 32.5, requirement: 261.58 })],
  },
  {
    pest: 'NILALU',
    name: 'Brown planthopper',
    source: {
      text: 'Lower threshold 11.3 to 12.2 °C in Korea; requirement calibrated here from the 22.38 days of Huỳnh et al. 2012 at 27 to 28 °C, not published',
      evidence: 'V',
      region: 'Korea; Mekong delta',
    },
    stages: [
      // The middle of the range: 22.38 d × (27 − 12.2) to 22.38 d × (28 − 11.3).
      stage('egg-to-adult', 'C', {
        lower: 11.75,
        upper: 32,
        requirement: 352.5,
        range: [331, 374],
      }),
    ],
  },
  {
    pest: 'SOGAFU',
    name: 'White-backed planthopper',
    source: { text: 'Park 2013', evidence: 'V', region: 'not stated' },
    stages: [
      stage('egg', 'V', { lower: 10.2, upper: 32.5, requirement: 122 }),
      stage('nymph', 'V', { lower: 12.3, upper: 32.5, requirement: 156.3 }),
    ],
  },
  {
    pest: 'SCIRIN',
    name: 'Yellow stem borer',
    source: { text: 'Lin 1959', evidence: 'V', region: 'not stated' },
    stages: [
      stage('egg', 'V', { lower: 16, requirement: 81.1 }),
      stage('larva', 'V', { lower: 12, requirement: 507.2 }),
      stage('pupa', 'V', { lower: 15, requirement: 103.7 }),
    ],
  },
  {
    pest: 'CHILSU',
    name: 'Striped stem borer',
    source: { text: 'Chen 1956', evidence: 'V', region: 'not stated' },
    stages: [
      stage('egg', 'V', { lower: 9.9, requirement: 88.2, range: [85.6, 90.8] }),
      stage('larva', 'V', { lower: 14.9, requirement: 476, range: [439.4, 512.6] }),
    ],
    missing: ['pupa'],
  },
];

/** Days a stage takes when every day is like this one; null when the day gives no warmth for it. */
export function stageDays(
  model: StageModel,
  day: { minimum: number; maximum: number },
): number | null {
  const perDay = singleSineDegreeDays(day, model);
  return perDay > 0 ? model.requirement / perDay : null;
}

/**
 * Days from egg to adult when every day is like this one: the stages' days added up, for each has
 * thresholds of its own. Null when a stage gets no warmth or its requirement is not known.
 */
export function generationDays(
  model: DevelopmentModel,
  day: { minimum: number; maximum: number },
): number | null {
  if (model.missing !== undefined) return null;
  let days = 0;
  for (const one of model.stages) {
    const needed = stageDays(one, day);
    if (needed === null) return null;
    days += needed;
  }
  return days;
}
