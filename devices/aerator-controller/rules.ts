import type { Durations, Rule, Severity, Test } from '../../src/contracts/rule.ts';
import {
  batteryLow,
  clockWrong,
  type Owner,
  silent,
  type Words,
} from '../../src/health/device-rules.ts';
import * as words from './words.ts';

const MINUTE = 60;

const owner: Owner = { kind: 'aerator-controller', prefix: 'aerator' };

/** What is known of a motor is useful for three reports of a ten-minute device. */
const GAP = 30 * MINUTE;
/** Values of one report are judged together; one that is missing may come with the next. */
const TOGETHER = 10 * MINUTE;
/** A motor draws several times its current while it starts, and none while a contactor moves. */
const START_HOLD = MINUTE;

/** A motor that draws less than this stands; a clamp at rest shows up to 0.3, A. */
const STANDS = 0.5;
/** Of a 1.5 kW motor on one phase, A: rules on its shares stand disabled until it is set. */
const NOMINAL_CURRENT = 7;
/** One phase of the village line, V; between two phases it is 380. */
const NOMINAL_VOLTAGE = 220;

interface Numbers {
  id: string;
  severity: Severity;
  condition: Rule['condition'];
  source: string;
  evidence?: 'D' | 'U';
  enabled?: boolean;
}

function ownRule(text: Words, numbers: Numbers): Rule {
  const { id, severity, condition, source, evidence = 'D', enabled = true } = numbers;
  return {
    id,
    version: 1,
    enabled,
    kind: owner.kind,
    topic: id,
    severity,
    scope: {},
    condition,
    source: { text: `${source}: our own rule`, evidence },
    ...text,
  };
}

function held(seconds: number): Durations {
  return { forSeconds: seconds, clearSeconds: seconds, gapSeconds: GAP };
}

function above(metric: string, limit: number, clear = limit): Test {
  return { type: 'test', metric, beyond: 'above', limit, clear };
}

function below(metric: string, limit: number, clear = limit): Test {
  return { type: 'test', metric, beyond: 'below', limit, clear };
}

/** The first test's value is the one an alert shows. */
function together(forSeconds: number, ...of: Test[]): Rule['condition'] {
  return { type: 'all', of, ...held(forSeconds), maxAgeSeconds: TOGETHER };
}

const isOn = above('aerator_on', 0.5);
const isOff = below('aerator_on', 0.5);

const motor: readonly Rule[] = [
  ownRule(words.motorStopped, {
    id: 'aerator-motor-stopped',
    severity: 'critical',
    condition: together(START_HOLD, below('motor_current', STANDS), isOn),
    source: 'less than 0.5 A for a minute through a closed contactor',
  }),
  ownRule(words.runsUnordered, {
    id: 'aerator-runs-unordered',
    severity: 'warning',
    condition: together(START_HOLD, above('motor_current', STANDS), isOff),
    source: 'more than 0.5 A for a minute past an open contactor',
  }),
  ownRule(words.overcurrent, {
    id: 'aerator-overcurrent',
    severity: 'critical',
    enabled: false,
    condition: {
      type: 'threshold',
      metric: 'motor_current',
      beyond: 'above',
      limit: 1.2 * NOMINAL_CURRENT,
      clear: 1.05 * NOMINAL_CURRENT,
      ...held(START_HOLD),
    },
    source: '120 % of a nameplate current of 7 A; set it for the motor, then enable it',
  }),
  ownRule(words.runsDry, {
    id: 'aerator-runs-dry',
    severity: 'warning',
    enabled: false,
    condition: together(
      START_HOLD,
      below('motor_current', 0.5 * NOMINAL_CURRENT, 0.6 * NOMINAL_CURRENT),
      above('motor_current', STANDS),
    ),
    source: 'half of a nameplate current of 7 A; set it for the motor, then enable it',
  }),
  ownRule(words.motorHot, {
    id: 'aerator-motor-hot',
    severity: 'warning',
    enabled: false,
    condition: {
      type: 'threshold',
      metric: 'motor_temperature',
      beyond: 'above',
      limit: 120,
      clear: 110,
      ...held(5 * MINUTE),
      bands: [{ severity: 'critical', limit: 140, clear: 130 }],
    },
    source: 'a winding of insulation class F (155 °C) with reserve; no plate of a pond motor seen',
    evidence: 'U',
  }),
];

const supply: readonly Rule[] = [
  ownRule(words.supplyLost, {
    id: 'aerator-supply-lost',
    severity: 'critical',
    condition: {
      type: 'threshold',
      metric: 'supply_voltage',
      beyond: 'below',
      limit: 100,
      clear: 0.85 * NOMINAL_VOLTAGE,
      ...held(MINUTE),
    },
    source:
      'less than 100 V for a minute; a full pond loses 3 mg/L of oxygen within half an hour to ten',
  }),
  ownRule(words.supplyLow, {
    id: 'aerator-supply-low',
    severity: 'warning',
    condition: together(
      5 * MINUTE,
      below('supply_voltage', 0.85 * NOMINAL_VOLTAGE, 0.9 * NOMINAL_VOLTAGE),
      above('supply_voltage', 100),
    ),
    source: '85 % of 220 V for 5 minutes: a motor draws more, turns slower and runs hot',
  }),
];

export const rules: readonly Rule[] = [
  ...motor,
  ...supply,
  batteryLow(owner, {
    ...words.batteryLow,
    limit: 11.8,
    clear: 12.3,
    source: '12 V lead-acid battery at rest',
  }),
  silent(owner, words.silent),
  clockWrong(owner),
];
