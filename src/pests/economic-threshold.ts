/** What a treatment costs and spares, per hectare and in one currency. */
export interface TreatmentEconomics {
  /** Cost of one treatment per hectare. */
  cost: number;
  /** Price of a kilogram of the crop. */
  pricePerKg: number;
  /** Yield lost, kg per hectare, for each insect per m²: injury times damage. */
  lossKgPerInsectM2: number;
  /** Share of the damage a treatment prevents, above 0 and at most 1. */
  prevented: number;
}

/** Act at this share of the injury level, before it is reached: common practice, no standard. */
export const ECONOMIC_THRESHOLD_SHARE = 0.75;

/**
 * Economic injury level, insects per m²: C / (V · I · D · K), Stern 1959 and Pedigo 1986. Throws
 * RangeError for a cost, price, loss or share that cannot be.
 */
export function economicInjuryLevel(economics: TreatmentEconomics): number {
  const { cost, pricePerKg, lossKgPerInsectM2, prevented } = economics;
  for (const amount of [cost, pricePerKg, lossKgPerInsectM2, prevented]) {
    if (!(amount > 0) || !Number.isFinite(amount)) {
      throw new RangeError(`cost, price, loss and prevented share are above 0, not ${amount}`);
    }
  }
  if (prevented > 1) throw new RangeError(`a prevented share is at most 1, not ${prevented}`);
  return cost / (pricePerKg * lossKgPerInsectM2 * prevented);
}

/** Economic threshold, insects per m². */
export function economicThreshold(economics: TreatmentEconomics): number {
  return ECONOMIC_THRESHOLD_SHARE * economicInjuryLevel(economics);
}

/** Leaf feeders do no lasting harm this long after sowing (Huan 2005, Escalada: no early spray). */
export const NO_EARLY_SPRAY_DAYS = 40;

export interface TreatmentQuestion {
  /** A field count reached its threshold; a trap's catch never answers this. */
  isThresholdReached: boolean;
  isStageVulnerable: boolean;
  /** Null when the natural enemies were not counted. */
  doEnemiesProtect: boolean | null;
  /** The crop can still wait the days a product asks for between spray and harvest. */
  isHarvestIntervalKept: boolean;
  daysAfterSowing: number;
  isLeafFeeder: boolean;
  /** Planthoppers that carry virus are the exception to early calm. */
  isVirusException: boolean;
}

/** What speaks against a treatment. */
export type AgainstTreatment =
  | 'below-threshold'
  | 'stage-not-vulnerable'
  | 'enemies-protect'
  | 'too-near-harvest'
  | 'too-early';

/** Whether to treat, and everything that speaks against it. */
export function decideTreatment(question: TreatmentQuestion): {
  advice: 'treat' | 'scout';
  against: AgainstTreatment[];
} {
  const isEarly =
    question.isLeafFeeder &&
    !question.isVirusException &&
    question.daysAfterSowing <= NO_EARLY_SPRAY_DAYS;
  const checks: [boolean, AgainstTreatment][] = [
    [!question.isThresholdReached, 'below-threshold'],
    [!question.isStageVulnerable, 'stage-not-vulnerable'],
    [question.doEnemiesProtect === true, 'enemies-protect'],
    [!question.isHarvestIntervalKept, 'too-near-harvest'],
    [isEarly, 'too-early'],
  ];
  const against = checks.filter(([speaks]) => speaks).map(([, reason]) => reason);
  return { advice: against.length === 0 ? 'treat' : 'scout', against };
}
