/** V seen in the named source, C computed from it, D our own design rule, U not verified. */
export type Evidence = 'V' | 'C' | 'D' | 'U';

/** Where a number comes from, and for whom it was found. */
export interface LimitSource {
  text: string;
  evidence: Evidence;
  region: string;
  stage: string;
}

/** A limit found at one practical salinity. */
export type SalinityPoint = readonly [salinity: number, value: number];

export interface Limit {
  /** One number, or several found at rising salinities: straight lines between, flat outside. */
  value: number | readonly SalinityPoint[];
  source: LimitSource;
}

/** A value beyond a side is worse; one equal to it is not. */
export interface Sides {
  below?: Limit;
  above?: Limit;
}

/** What a quantity of the water should be. Beyond the optimum it is acceptable until `warn`. */
export interface Bands {
  metric: string;
  /** UCUM. */
  unit: string;
  optimum: Sides;
  warn: Sides;
  critical: Sides;
  /** Shown as a banner: at half an hour of this, animals die. */
  lethal?: Sides;
  /** How far back past a limit the value must come for an alert to end: our default. */
  hysteresis?: number;
}

export type ShrimpSpecies = 'vannamei' | 'monodon';

function source(text: string, evidence: Evidence, region = 'any', stage = 'grow-out'): LimitSource {
  return { text, evidence, region, stage };
}

const OURS = source('Our default, of no standard', 'D');
const VAN_WYK = source('Van Wyk & Scarpa 1999, whiteleg shrimp water quality table', 'V');
const PEDRAZZANI = source('Pedrazzani et al. 2023, welfare index for whiteleg shrimp', 'V');
const BOYD = source('Boyd, Global Seafood Advocate: warm-water shrimp', 'V');
const ACEH = source('Aceh brackish pond practice, black tiger shrimp', 'V', 'Indonesia');
const FAO_AC210E = source('FAO AC210E, black tiger shrimp', 'V');
const LIN_CHEN_2001 = source(
  'Lin & Chen 2001, safe total ammonia for whiteleg juveniles at salinity 15, 25 and 35',
  'V',
  'any',
  'juvenile',
);
const LIN_CHEN_2003 = source(
  'Lin & Chen 2003, safe nitrite for whiteleg juveniles at salinity 15, 25 and 35',
  'V',
  'any',
  'juvenile',
);
const QUARTER = source(
  'A quarter of the level Lin & Chen call safe: growth of F. paulensis suffers far below it',
  'D',
);
const POSTLARVAE = source(
  'P. monodon postlarvae: highest level without effect, and half growth, at 25 ‰ and 26–28 °C',
  'V',
  'any',
  'postlarva',
);
const MONOCEROS = source(
  'Metapenaeus monoceros larvae, 96-hour LC50 9.3 µg/L',
  'V',
  'any',
  'larva',
);
const LEGAL_TEXT = 'QCVN 02-19:2014/BNNPTNT, Appendix 1 Table 1 (seen second-hand)';
const LEGAL = source(LEGAL_TEXT, 'V', 'Vietnam');
const LEGAL_UNSEEN = source(`${LEGAL_TEXT}, row not seen`, 'U', 'Vietnam');

/** The same number, taken over for a species the source does not speak of. */
function carried(from: LimitSource): LimitSource {
  return { ...from, text: `${from.text}; taken over for black tiger shrimp`, evidence: 'U' };
}

type Amount = number | readonly SalinityPoint[];

const below = (value: Amount, from: LimitSource): Sides => ({ below: { value, source: from } });
const above = (value: Amount, from: LimitSource): Sides => ({ above: { value, source: from } });

const PH: Bands = {
  metric: 'ph',
  unit: '[pH]',
  optimum: { ...below(7.5, ACEH), ...above(8.5, ACEH) },
  warn: { ...below(7.5, ACEH), ...above(8.5, ACEH) },
  critical: { ...below(7, LEGAL), ...above(9, LEGAL) },
  hysteresis: 0.1,
};

/** Per local day, of `dailyPhSwing`. */
const PH_SWING: Bands = {
  metric: 'ph_swing',
  unit: '[pH]',
  optimum: above(0.5, LEGAL_UNSEEN),
  warn: above(0.5, LEGAL_UNSEEN),
  critical: above(1, OURS),
};

/** Over 24 hours. */
const TEMPERATURE_CHANGE: Bands = {
  metric: 'water_temperature_change_24h',
  unit: 'K',
  optimum: {},
  warn: above(3, OURS),
  critical: above(5, OURS),
};

/** Over 24 hours. */
const SALINITY_CHANGE: Bands = {
  metric: 'salinity_change_24h',
  unit: '1',
  optimum: {},
  warn: above(3, OURS),
  critical: above(5, OURS),
};

const TRANSPARENCY: Bands = {
  metric: 'transparency',
  unit: 'cm',
  optimum: { ...below(30, OURS), ...above(45, OURS) },
  warn: { ...below(25, OURS), ...above(50, LEGAL_UNSEEN) },
  critical: { ...below(20, LEGAL_UNSEEN), ...above(60, OURS) },
};

/** In ponds of low salinity nitrite harms at 1 mg/L as NO2; the slope up to 15 is ours. */
const NITRITE_WARN: readonly SalinityPoint[] = [
  [5, 0.3],
  [15, 1.5],
  [25, 3.8],
  [35, 6.4],
];
const NITRITE_CRITICAL: readonly SalinityPoint[] = [
  [15, 6.1],
  [25, 15.2],
  [35, 25.7],
];

const VANNAMEI: readonly Bands[] = [
  {
    metric: 'dissolved_oxygen',
    unit: 'mg/L',
    optimum: below(5, VAN_WYK),
    warn: below(4, PEDRAZZANI),
    critical: below(3, BOYD),
    lethal: below(2, PEDRAZZANI),
    hysteresis: 0.3,
  },
  PH,
  PH_SWING,
  {
    metric: 'water_temperature',
    unit: 'Cel',
    optimum: { ...below(28, VAN_WYK), ...above(32, VAN_WYK) },
    warn: { ...below(25.5, PEDRAZZANI), ...above(32.5, PEDRAZZANI) },
    critical: { ...below(18, LEGAL), ...above(35.4, PEDRAZZANI) },
    hysteresis: 0.3,
  },
  TEMPERATURE_CHANGE,
  {
    metric: 'salinity',
    unit: '1',
    optimum: { ...below(10, ACEH), ...above(25, ACEH) },
    warn: { ...below(5, LEGAL), ...above(35, LEGAL) },
    critical: { ...below(0.5, VAN_WYK), ...above(40, OURS) },
  },
  SALINITY_CHANGE,
  {
    metric: 'alkalinity',
    unit: 'mg/L',
    optimum: { ...below(100, VAN_WYK), ...above(180, LEGAL_UNSEEN) },
    warn: { ...below(80, OURS), ...above(200, OURS) },
    critical: below(60, LEGAL_UNSEEN),
  },
  {
    // Below salinity 15 shrimp bear less than this; the limit on un-ionised ammonia governs there.
    metric: 'total_ammonia_nitrogen',
    unit: 'mg/L',
    optimum: {},
    warn: above(
      [
        [15, 0.61],
        [25, 0.89],
        [35, 0.99],
      ],
      QUARTER,
    ),
    critical: above(
      [
        [15, 2.44],
        [25, 3.55],
        [35, 3.95],
      ],
      LIN_CHEN_2001,
    ),
  },
  {
    metric: 'unionised_ammonia_nitrogen',
    unit: 'mg/L',
    optimum: above(0.025, VAN_WYK),
    warn: above(0.025, VAN_WYK),
    critical: above(0.12, LIN_CHEN_2001),
  },
  {
    metric: 'nitrite_nitrogen',
    unit: 'mg/L',
    optimum: above(0.3, VAN_WYK),
    warn: above(NITRITE_WARN, QUARTER),
    critical: above(NITRITE_CRITICAL, LIN_CHEN_2003),
  },
  {
    metric: 'hydrogen_sulphide',
    unit: 'mg/L',
    optimum: above(0.002, VAN_WYK),
    warn: above(0.002, VAN_WYK),
    critical: above(0.009, MONOCEROS),
  },
  TRANSPARENCY,
  {
    metric: 'carbon_dioxide',
    unit: 'mg/L',
    optimum: above(20, VAN_WYK),
    warn: above(20, VAN_WYK),
    critical: {},
  },
];

const MONODON: readonly Bands[] = [
  {
    metric: 'dissolved_oxygen',
    unit: 'mg/L',
    optimum: below(5, ACEH),
    warn: below(4, BOYD),
    critical: below(3, BOYD),
    lethal: below(2, carried(PEDRAZZANI)),
    hysteresis: 0.3,
  },
  PH,
  PH_SWING,
  {
    metric: 'water_temperature',
    unit: 'Cel',
    optimum: { ...below(28, carried(VAN_WYK)), ...above(32, carried(VAN_WYK)) },
    warn: { ...below(25, OURS), ...above(33, OURS) },
    critical: { ...below(18, OURS), ...above(35, OURS) },
    hysteresis: 0.3,
  },
  TEMPERATURE_CHANGE,
  {
    metric: 'salinity',
    unit: '1',
    optimum: { ...below(15, OURS), ...above(25, ACEH) },
    warn: { ...below(5, LEGAL), ...above(35, LEGAL) },
    critical: { ...below(3, OURS), ...above(40, FAO_AC210E) },
  },
  SALINITY_CHANGE,
  {
    metric: 'alkalinity',
    unit: 'mg/L',
    optimum: { ...below(80, OURS), ...above(180, LEGAL_UNSEEN) },
    warn: below(80, OURS),
    critical: below(60, LEGAL_UNSEEN),
  },
  {
    metric: 'total_ammonia_nitrogen',
    unit: 'mg/L',
    optimum: above(0.3, OURS),
    warn: above(0.6, POSTLARVAE),
    critical: above(1.33, POSTLARVAE),
  },
  {
    metric: 'unionised_ammonia_nitrogen',
    unit: 'mg/L',
    optimum: above(0.025, carried(VAN_WYK)),
    warn: above(0.032, POSTLARVAE),
    critical: above(0.07, POSTLARVAE),
  },
  {
    metric: 'nitrite_nitrogen',
    unit: 'mg/L',
    optimum: above(0.3, carried(VAN_WYK)),
    warn: above(NITRITE_WARN, carried(QUARTER)),
    critical: above(NITRITE_CRITICAL, carried(LIN_CHEN_2003)),
  },
  {
    metric: 'hydrogen_sulphide',
    unit: 'mg/L',
    optimum: above(0.002, carried(VAN_WYK)),
    warn: above(0.002, carried(VAN_WYK)),
    critical: above(0.009, carried(MONOCEROS)),
  },
  TRANSPARENCY,
  {
    metric: 'carbon_dioxide',
    unit: 'mg/L',
    optimum: above(20, carried(VAN_WYK)),
    warn: above(20, carried(VAN_WYK)),
    critical: {},
  },
];

/**
 * What the water of a shrimp pond should be, for every intensity of farming alike: intensity
 * changes how often one looks, not what an animal bears. A redox potential has no band: no limit
 * for it could be verified, so it is a trend to look at and never an alarm.
 */
export const WATER_LIMITS: Readonly<Record<ShrimpSpecies, readonly Bands[]>> = {
  vannamei: VANNAMEI,
  monodon: MONODON,
};

/**
 * What the Vietnamese regulation on brackish shrimp farms asks for, shown beside the biological
 * limits and never in their place: its oxygen floor lies below where shrimp begin to suffer.
 */
export const LEGAL_LIMITS: readonly { metric: string; unit: string; sides: Sides }[] = [
  { metric: 'dissolved_oxygen', unit: 'mg/L', sides: below(3.5, LEGAL) },
  { metric: 'ph', unit: '[pH]', sides: { ...below(7, LEGAL), ...above(9, LEGAL) } },
  { metric: 'salinity', unit: '1', sides: { ...below(5, LEGAL), ...above(35, LEGAL) } },
  { metric: 'water_temperature', unit: 'Cel', sides: { ...below(18, LEGAL), ...above(33, LEGAL) } },
];

/** Before an oxygen alarm: two samples in a row or five minutes, whichever comes first. Ours. */
export const OXYGEN_HOLD = { samples: 2, seconds: 300 } as const;
