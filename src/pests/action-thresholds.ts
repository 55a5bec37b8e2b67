import type { PestSource } from './evidence.ts';

/** `seedling` to `dough` are rice's; `whorl` to `tassel` maize's; the last three coffee's. */
export type CropStage =
  | 'any'
  | 'seedling'
  | 'tillering'
  | 'panicle-initiation'
  | 'booting'
  | 'heading'
  | 'flowering'
  | 'dough'
  | 'ripening'
  | 'early-whorl'
  | 'late-whorl'
  | 'tassel'
  | 'pinhead';

/**
 * What was counted. Only counts in the field decide on a treatment; `catch-per-trap` and
 * `flies-per-trap-day` are of traps and only ever send somebody to look.
 */
export type Measure =
  | 'insects-per-m2'
  | 'insects-per-tiller'
  | 'insects-per-hill'
  | 'larvae-per-plant'
  | 'egg-masses-per-m2'
  | 'moths-per-m2'
  | 'damaged-leaves-per-hill'
  | 'damaged-leaves-percent'
  | 'deadhearts-percent'
  | 'cut-seedlings-percent'
  | 'infested-plants-percent'
  | 'bored-berries-percent'
  | 'catch-per-trap'
  | 'flies-per-trap-day';

const TRAP_MEASURES: readonly Measure[] = ['catch-per-trap', 'flies-per-trap-day'];

/** UCUM unit of each measure; annotations say what is counted. */
export const MEASURE_UNITS: Readonly<Record<Measure, string>> = {
  'insects-per-m2': '1/m2',
  'insects-per-tiller': '{count}/{tiller}',
  'insects-per-hill': '{count}/{hill}',
  'larvae-per-plant': '{count}/{plant}',
  'egg-masses-per-m2': '1/m2',
  'moths-per-m2': '1/m2',
  'damaged-leaves-per-hill': '{count}/{hill}',
  'damaged-leaves-percent': '%',
  'deadhearts-percent': '%',
  'cut-seedlings-percent': '%',
  'infested-plants-percent': '%',
  'bored-berries-percent': '%',
  'catch-per-trap': '{count}/{trap}',
  'flies-per-trap-day': '1/d',
};

/** One threshold of one source. Sources disagree, so each is a record and none a constant. */
export interface ActionThreshold {
  id: string;
  /** EPPO codes; counts of several are added. */
  pests: readonly string[];
  /** EPPO code of the crop, absent where the source names several. */
  crop?: string;
  stages: readonly CropStage[];
  measure: Measure;
  /** Reached at the limit. Where a source gives a range, its lower end. */
  limit: number;
  range?: readonly [number, number];
  /** Reached only above the limit. */
  isExclusive?: boolean;
  /** Holds only where the insect carries virus. */
  isVirusOnly?: boolean;
  /** From this share of the limit on the field is looked at again: our rule. */
  scoutShare?: number;
  source: PestSource;
}

export interface FieldFinding {
  /** EPPO code. */
  pest: string;
  stage: CropStage;
  measure: Measure;
  value: number;
  isVirusArea: boolean;
}

/** The records that speak of a finding; more than one where sources disagree. */
export function thresholdsFor(
  finding: Omit<FieldFinding, 'value'>,
  records: readonly ActionThreshold[],
): ActionThreshold[] {
  return records.filter(
    ({ pests, stages, measure, isVirusOnly }) =>
      pests.includes(finding.pest) &&
      (stages.includes('any') || stages.includes(finding.stage)) &&
      measure === finding.measure &&
      (isVirusOnly !== true || finding.isVirusArea),
  );
}

/** `threshold`: reached, a treatment may be considered. `scout`: look again. */
export type FieldAdvice = 'none' | 'scout' | 'threshold';

/** What a value says by one record. Of a trap it is never more than `scout`. */
export function adviseBy(threshold: ActionThreshold, value: number): FieldAdvice {
  if (!(value >= 0)) throw new RangeError(`a count is 0 or more, not ${value}`);
  const { limit, isExclusive, scoutShare, measure } = threshold;
  const isReached = isExclusive === true ? value > limit : value >= limit;
  if (isReached) return TRAP_MEASURES.includes(measure) ? 'scout' : 'threshold';
  return scoutShare !== undefined && value >= scoutShare * limit ? 'scout' : 'none';
}

/** What a finding says by all records that speak of it: the most that any of them says. */
export function adviseField(
  finding: FieldFinding,
  records: readonly ActionThreshold[],
): { advice: FieldAdvice; by: ActionThreshold | null } {
  let advice: FieldAdvice = 'none';
  let by: ActionThreshold | null = null;
  for (const threshold of thresholdsFor(finding, records)) {
    const one = adviseBy(threshold, finding.value);
    if (by === null || (one !== advice && (one === 'threshold' || advice === 'none'))) {
      advice = one;
      by = threshold;
    }
  }
  return { advice, by };
}
