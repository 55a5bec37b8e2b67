/** Sprays of a season against a baseline that was declared beforehand. */
export interface SprayLedger {
  /** Own last season, a paired neighbour or the district's mean; never what was recommended. */
  baselineSprays: number;
  actualSprays: number;
  /** In any currency, per hectare and spray. */
  costPerSpray: number;
  /** Active ingredient, kg per hectare and spray. */
  activeKgPerSpray?: number;
}

export interface SpraySavings {
  sprays: number;
  /** Per hectare; negative when more was sprayed, and shown as negative. */
  cost: number;
  activeKg: number | null;
  /** Null on a baseline of no sprays. */
  percent: number | null;
}

/** Throws RangeError for a negative number. */
export function spraySavings(ledger: SprayLedger): SpraySavings {
  const { baselineSprays, actualSprays, costPerSpray, activeKgPerSpray } = ledger;
  for (const amount of [baselineSprays, actualSprays, costPerSpray, activeKgPerSpray ?? 0]) {
    if (!(amount >= 0)) throw new RangeError(`a spray ledger has no negative entry: ${amount}`);
  }
  const sprays = baselineSprays - actualSprays;
  return {
    sprays,
    cost: sprays * costPerSpray,
    activeKg: activeKgPerSpray === undefined ? null : sprays * activeKgPerSpray,
    percent: baselineSprays === 0 ? null : (100 * sprays) / baselineSprays,
  };
}
