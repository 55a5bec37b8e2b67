import type { Durations, Rule, Severity, Test } from '../../src/contracts/rule.ts';
import {
  batteryLow,
  clockWrong,
  type Owner,
  sensorFaults,
  silent,
  type Words,
} from '../../src/health/device-rules.ts';
import { metrics } from './metrics.ts';
import * as words from './words.ts';

const MINUTE = 60;
const HOUR = 3600;

const owner: Owner = { kind: 'drip-controller', prefix: 'drip' };

/** An "open" carries its own end; nobody grants more than an hour at a time. */
export const OPEN_SECONDS_MAX = 3600;

/** Two samples of a controller that reports each five minutes. */
const HOLD = 5 * MINUTE;
/** Flow, pressure and level are useful for three reports of a ten-minute device. */
const LEVEL_GAP = 30 * MINUTE;
const SALINITY_GAP = 2 * HOUR;
const SOIL_GAP = 6 * HOUR;
/** Values of one report are judged together; one that is missing may come with the next. */
const TOGETHER = 10 * MINUTE;

/** A meter that turns slower than this does not turn, L/min. */
const LEAK_FLOW = 0.2;
/** A pump that draws more than this runs, A. */
const PUMP_RUNS = 0.5;
/** What drip emitters are made for, kPa, and the shares of it that burst or starve a line. */
const NOMINAL_PRESSURE = 100;
/** A block as it is often laid out, L/min: rules on its shares stand disabled until it is set. */
const NOMINAL_FLOW = 20;

interface Numbers {
  id: string;
  severity: Severity;
  condition: Rule['condition'];
  source: string;
  enabled?: boolean;
}

function ownRule(text: Words, numbers: Numbers): Rule {
  const { id, severity, condition, source, enabled = true } = numbers;
  return {
    id,
    version: 1,
    enabled,
    kind: owner.kind,
    topic: id,
    severity,
    scope: {},
    condition,
    source: { text: `${source}: our own rule`, evidence: 'D' },
    ...text,
  };
}

function held(forSeconds: number): Durations {
  return { forSeconds, clearSeconds: forSeconds, gapSeconds: LEVEL_GAP };
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

const valveOpen = above('valve_open', 0.5);
const valveClosed = below('valve_open', 0.5);
const noFlow = below('flow_rate', LEAK_FLOW);

/**
 * Interlock faults of a valve, by what its witnesses say of it. Holds are those of the line: a
 * minute to fill it, two minutes to drain it and one to be sure.
 */
const faults: readonly Rule[] = [
  ownRule(words.leak, {
    id: 'drip-leak',
    severity: 'critical',
    condition: together(3 * MINUTE, above('flow_rate', LEAK_FLOW), valveClosed),
    source: 'more than 0.2 L/min for a minute through a closed valve, after 2 minutes to drain',
  }),
  ownRule(words.noFlow, {
    id: 'drip-no-flow',
    severity: 'warning',
    condition: together(MINUTE, noFlow, valveOpen),
    source: 'less than 0.2 L/min through an open valve, after a minute to fill the line',
  }),
  ownRule(words.flowLow, {
    id: 'drip-flow-low',
    severity: 'warning',
    enabled: false,
    condition: together(MINUTE, below('flow_rate', 0.3 * NOMINAL_FLOW), valveOpen),
    source: '30 % of a nominal flow of 20 L/min; set it for the block, then enable it',
  }),
  ownRule(words.flowHigh, {
    id: 'drip-flow-high',
    severity: 'critical',
    enabled: false,
    condition: together(30, above('flow_rate', 1.3 * NOMINAL_FLOW), valveOpen),
    source: '130 % of a nominal flow of 20 L/min; set it for the block, then enable it',
  }),
  ownRule(words.pressureLow, {
    id: 'drip-pressure-low',
    severity: 'warning',
    condition: together(30, below('pressure', NOMINAL_PRESSURE / 2), valveOpen),
    source: 'half of the 100 kPa that drip lines are made for',
  }),
  ownRule(words.pressureHigh, {
    id: 'drip-pressure-high',
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: 'pressure',
      beyond: 'above',
      limit: 1.5 * NOMINAL_PRESSURE,
      clear: 1.4 * NOMINAL_PRESSURE,
      ...held(30),
    },
    source: 'one and a half times the 100 kPa that drip lines are made for',
  }),
  ownRule(words.pumpDry, {
    id: 'drip-pump-dry',
    severity: 'critical',
    condition: together(MINUTE, above('pump_current', PUMP_RUNS), noFlow),
    source: 'a pump that draws more than 0.5 A for a minute while no water flows',
  }),
  ownRule(words.openTooLong, {
    id: 'drip-open-too-long',
    severity: 'critical',
    condition: {
      type: 'threshold',
      metric: 'valve_open',
      beyond: 'above',
      limit: 0.5,
      clear: 0.5,
      // A report later than the longest lease: by then the device must have ended it.
      forSeconds: OPEN_SECONDS_MAX + HOLD,
      clearSeconds: 0,
      gapSeconds: LEVEL_GAP,
    },
    source: 'an open valve past the longest lease of 3600 s and one report more',
  }),
  ownRule(words.tankLow, {
    id: 'drip-tank-low',
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: 'tank_level',
      beyond: 'below',
      limit: 20,
      clear: 25,
      forSeconds: 0,
      clearSeconds: HOLD,
      gapSeconds: LEVEL_GAP,
    },
    source: 'mark of 20 % with 5 % hysteresis against dry running',
  }),
];

const NEWSPAPER = 'Báo Đồng Khởi 09-03-2023, quoting the Bến Tre department of agriculture';
const GO_CONG = 'list of Gò Công Đông';

interface CutOff {
  id: string;
  /** As the sites name it; null for every other. */
  crop: string | null;
  limit: number;
  source: string;
}

/** What a crop bears in its irrigation water, g/kg; where two sources differ the stricter. */
const CUT_OFFS: readonly CutOff[] = [
  {
    id: '',
    crop: null,
    limit: 1,
    source: `${NEWSPAPER}: banana, longan, papaya, mangosteen and leafy vegetables at most 1 ‰`,
  },
  {
    id: '-durian',
    crop: 'Sầu riêng',
    limit: 0.5,
    source: `below 0.5 ‰ in one list, at most 1 ‰ in ${NEWSPAPER}`,
  },
  { id: '-pomelo', crop: 'Bưởi', limit: 1.55, source: `${NEWSPAPER}: below 1.55 ‰` },
  { id: '-rice', crop: 'Lúa', limit: 2, source: `${NEWSPAPER}: below 2 ‰` },
  { id: '-maize', crop: 'Bắp', limit: 2, source: `${NEWSPAPER}: below 2 ‰` },
  { id: '-tomato', crop: 'Cà chua', limit: 2, source: `${NEWSPAPER}: below 2 ‰; 2–4 ‰ elsewhere` },
  { id: '-orange', crop: 'Cam', limit: 2, source: `${GO_CONG}: at most 2 ‰; ${NEWSPAPER}: 2–3 ‰` },
  { id: '-mango', crop: 'Xoài', limit: 3, source: `${GO_CONG}: 3–8 ‰; ${NEWSPAPER}: 4–5 ‰` },
  { id: '-coconut', crop: 'Dừa', limit: 3, source: `${GO_CONG}: 3–8 ‰; ${NEWSPAPER}: below 10 ‰` },
];

/** Two samples close the inlet; half an hour below nine tenths of the limit opens it again. */
function salinityRule({ id, crop, limit, source }: CutOff): Rule {
  const clear = (of: number): number => Math.round(of * 900) / 1000;
  return {
    id: `drip-source-salinity-high${id}`,
    version: 1,
    enabled: true,
    kind: owner.kind,
    topic: 'drip-source-salinity-high',
    severity: 'warning',
    scope: crop === null ? {} : { crop },
    condition: {
      type: 'threshold',
      metric: 'source_salinity',
      beyond: 'above',
      limit,
      clear: clear(limit),
      forSeconds: HOLD,
      clearSeconds: 30 * MINUTE,
      gapSeconds: SALINITY_GAP,
      bands: [{ severity: 'critical', limit: 2 * limit, clear: clear(2 * limit) }],
    },
    source: {
      text: `${source} [V]; twice of it critical [D]`,
      evidence: 'D',
      region: 'Mekong delta, Vietnam',
      stage: crop ?? 'every other crop',
    },
    ...words.saltySource,
  };
}

const soilProbe = metrics
  .filter(({ name }) => name === 'soil_moisture')
  .flatMap((metric) => sensorFaults(owner, metric, { gapSeconds: SOIL_GAP }));

export const rules: readonly Rule[] = [
  ...faults,
  ...CUT_OFFS.map(salinityRule),
  ...soilProbe,
  batteryLow(owner, {
    ...words.batteryLow,
    limit: 11.8,
    clear: 12.3,
    source: '12 V lead-acid battery at rest',
  }),
  silent(owner, words.silent),
  clockWrong(owner),
];
