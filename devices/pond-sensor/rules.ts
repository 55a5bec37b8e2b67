import type {
  AbsenceCondition,
  Evidence,
  Rule,
  ThresholdCondition,
} from '../../src/contracts/rule.ts';
import * as words from './words.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Longest time between samples that still says what happened meanwhile, by quantity. */
const GAP = { oxygen: 30 * MINUTE, ph: HOUR, salinity: 2 * HOUR, kit: 3 * DAY, battery: 6 * HOUR };
/** Two samples of a device that reports each five minutes. */
const HOLD = 5 * MINUTE;
/** pH and heat move slowly; a quarter of an hour keeps a wet electrode from waking anyone. */
const SLOW_HOLD = 15 * MINUTE;

interface Numbers {
  id: string;
  severity: Rule['severity'];
  condition: ThresholdCondition | AbsenceCondition;
  evidence: Evidence;
  source: string;
}

/** A rule stands disabled when nobody has verified its number. */
function pondRule(text: words.Words, numbers: Numbers): Rule {
  const { id, severity, condition, evidence, source } = numbers;
  return {
    id,
    version: 1,
    enabled: evidence !== 'U',
    kind: 'pond-sensor',
    severity,
    scope: {},
    condition,
    source: { text: source, evidence },
    ...text,
  };
}

interface Limit {
  metric: string;
  limit: number;
  /** How far back on the safe side the value must be for the alert to end. */
  hysteresis: number;
  forSeconds: number;
  gapSeconds: number;
}

function below({ hysteresis, ...limit }: Limit): ThresholdCondition {
  const clear = round(limit.limit + hysteresis);
  return { type: 'threshold', beyond: 'below', clear, clearSeconds: limit.forSeconds, ...limit };
}

function above({ hysteresis, ...limit }: Limit): ThresholdCondition {
  const clear = round(limit.limit - hysteresis);
  return { type: 'threshold', beyond: 'above', clear, clearSeconds: limit.forSeconds, ...limit };
}

/** 3 + 0.3 as a person writes it. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const oxygen = { metric: 'dissolved_oxygen', hysteresis: 0.3, gapSeconds: GAP.oxygen };
const ph = { metric: 'ph', hysteresis: 0.1, forSeconds: SLOW_HOLD, gapSeconds: GAP.ph };
const heat = {
  metric: 'water_temperature',
  hysteresis: 0.3,
  forSeconds: SLOW_HOLD,
  gapSeconds: GAP.oxygen,
};
const salt = {
  metric: 'salinity',
  hysteresis: 0.5,
  forSeconds: SLOW_HOLD,
  gapSeconds: GAP.salinity,
};
const ammonia = {
  metric: 'total_ammonia_nitrogen',
  hysteresis: 0.05,
  forSeconds: 0,
  gapSeconds: GAP.kit,
};
const secchi = { metric: 'transparency', hysteresis: 2, forSeconds: 0, gapSeconds: GAP.kit };

const OXYGEN_SOURCE =
  'Boyd (Global Seafood Advocate): keep the daily minimum above 3 mg/L; Pedrazzani 2023: 4 mg/L ' +
  'and more is optimal; Van Wyk & Scarpa 1999: 5–9 mg/L';
const HOLD_SOURCE = 'hold of two samples or 5 minutes and hysteresis of 0.3 mg/L: our own rule';
const PH_SOURCE = 'Aceh tambak BMP: 7.5–8.5; QCVN 02-19:2014/BNNPTNT (read second-hand): 7–9';
const HEAT_SOURCE =
  'Pedrazzani 2023, whiteleg shrimp: 25.5–32.4 °C optimal, lethal above 35.4 °C, feeding stops ' +
  'near 18 °C; Van Wyk & Scarpa 1999: 28–32 °C';
const SALT_SOURCE =
  'bands drawn by us from QCVN 02-19:2014 (5–35), Van Wyk & Scarpa 1999 (0.5–35), FAO AC210E ' +
  '(tolerates 5–40)';
const SECCHI_SOURCE = 'QCVN 02-19:2014 (20–50 cm, from memory); bands drawn by us';

/** Limits for whiteleg shrimp (Litopenaeus vannamei). A value equal to a limit is the milder. */
export const rules: readonly Rule[] = [
  pondRule(words.oxygenCritical, {
    id: 'pond-oxygen-critical',
    severity: 'critical',
    condition: below({ ...oxygen, limit: 3, forSeconds: HOLD }),
    evidence: 'V',
    source: `${OXYGEN_SOURCE}; ${HOLD_SOURCE}`,
  }),
  pondRule(words.oxygenLow, {
    id: 'pond-oxygen-low',
    severity: 'warning',
    // No hold: a single sample is enough to look, and the next one may be a quarter of an hour off.
    condition: { ...below({ ...oxygen, limit: 4, forSeconds: 0 }), clearSeconds: HOLD },
    evidence: 'V',
    source: `${OXYGEN_SOURCE}; opens at the first sample: our own rule`,
  }),
  pondRule(words.phVeryLow, {
    id: 'pond-ph-low-critical',
    severity: 'critical',
    condition: below({ ...ph, limit: 7 }),
    evidence: 'V',
    source: PH_SOURCE,
  }),
  pondRule(words.phLow, {
    id: 'pond-ph-low',
    severity: 'warning',
    condition: below({ ...ph, limit: 7.5 }),
    evidence: 'V',
    source: PH_SOURCE,
  }),
  pondRule(words.phVeryHigh, {
    id: 'pond-ph-high-critical',
    severity: 'critical',
    condition: above({ ...ph, limit: 9 }),
    evidence: 'V',
    source: PH_SOURCE,
  }),
  pondRule(words.phHigh, {
    id: 'pond-ph-high',
    severity: 'warning',
    condition: above({ ...ph, limit: 8.5 }),
    evidence: 'V',
    source: PH_SOURCE,
  }),
  pondRule(words.veryCold, {
    id: 'pond-temperature-low-critical',
    severity: 'critical',
    condition: below({ ...heat, limit: 18 }),
    evidence: 'V',
    source: HEAT_SOURCE,
  }),
  pondRule(words.cold, {
    id: 'pond-temperature-low',
    severity: 'warning',
    condition: below({ ...heat, limit: 25.5 }),
    evidence: 'V',
    source: HEAT_SOURCE,
  }),
  pondRule(words.veryHot, {
    id: 'pond-temperature-high-critical',
    severity: 'critical',
    condition: above({ ...heat, limit: 35.4 }),
    evidence: 'V',
    source: HEAT_SOURCE,
  }),
  pondRule(words.hot, {
    id: 'pond-temperature-high',
    severity: 'warning',
    condition: above({ ...heat, limit: 32.5 }),
    evidence: 'V',
    source: HEAT_SOURCE,
  }),
  pondRule(words.veryFresh, {
    id: 'pond-salinity-low-critical',
    severity: 'critical',
    condition: below({ ...salt, limit: 0.5, hysteresis: 0.2 }),
    evidence: 'D',
    source: SALT_SOURCE,
  }),
  pondRule(words.fresh, {
    id: 'pond-salinity-low',
    severity: 'warning',
    condition: below({ ...salt, limit: 5 }),
    evidence: 'D',
    source: SALT_SOURCE,
  }),
  pondRule(words.verySalty, {
    id: 'pond-salinity-high-critical',
    severity: 'critical',
    condition: above({ ...salt, limit: 40 }),
    evidence: 'D',
    source: SALT_SOURCE,
  }),
  pondRule(words.salty, {
    id: 'pond-salinity-high',
    severity: 'warning',
    condition: above({ ...salt, limit: 35 }),
    evidence: 'D',
    source: SALT_SOURCE,
  }),
  pondRule(words.ammoniaCritical, {
    id: 'pond-ammonia-critical',
    severity: 'critical',
    condition: above({ ...ammonia, limit: 2.44 }),
    evidence: 'V',
    source: 'Lin & Chen 2001, whiteleg shrimp: safe level of TAN 2.44 mg/L at salinity 15',
  }),
  pondRule(words.ammoniaHigh, {
    id: 'pond-ammonia-high',
    severity: 'warning',
    condition: above({ ...ammonia, limit: 0.61 }),
    evidence: 'D',
    source:
      'a quarter of the safe level of Lin & Chen 2001 (2.44 mg/L at salinity 15), because growth ' +
      'suffers below it: our own rule',
  }),
  pondRule(words.turbid, {
    id: 'pond-transparency-low',
    severity: 'warning',
    condition: below({ ...secchi, limit: 25 }),
    evidence: 'U',
    source: SECCHI_SOURCE,
  }),
  pondRule(words.clear, {
    id: 'pond-transparency-high',
    severity: 'warning',
    condition: above({ ...secchi, limit: 50 }),
    evidence: 'U',
    source: SECCHI_SOURCE,
  }),
  pondRule(words.batteryLow, {
    id: 'pond-battery-low',
    severity: 'warning',
    condition: below({
      metric: 'battery_voltage',
      limit: 3.4,
      hysteresis: 0.2,
      forSeconds: HOUR,
      gapSeconds: GAP.battery,
    }),
    evidence: 'D',
    source: 'one lithium-ion cell, about a tenth of its charge left: our own rule',
  }),
  pondRule(words.silent, {
    id: 'pond-silent',
    severity: 'warning',
    condition: { type: 'absence', afterSeconds: null },
    evidence: 'D',
    source: 'three expected intervals without a report: our own rule',
  }),
];
