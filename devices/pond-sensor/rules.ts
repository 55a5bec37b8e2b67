import type { CombinedCondition, Durations, Rule } from '../../src/contracts/rule.ts';
import {
  batteryLow,
  clockWrong,
  type Owner,
  sensorFaults,
  silent,
} from '../../src/health/device-rules.ts';
import { AMMONIA_OXYGEN_PERCENT, bandsOf } from '../../src/water/classify.ts';
import { OXYGEN_HOLD, type ShrimpSpecies } from '../../src/water/limits.ts';
import { limitRules, MONODON, type Quantity } from './limit-rules.ts';
import { metricNamed } from './metrics.ts';
import * as words from './words.ts';
import * as chemistry from './words-chemistry.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const owner: Owner = { kind: 'pond-sensor', prefix: 'pond' };

/** Longest time between samples that still says what happened meanwhile, by quantity. */
const GAP = { oxygen: 30 * MINUTE, ph: HOUR, salinity: 2 * HOUR, kit: 3 * DAY };
/** pH and heat move slowly; a quarter of an hour keeps a wet electrode from waking anyone. */
const SLOW_HOLD = 15 * MINUTE;
const HOLD = OXYGEN_HOLD.seconds;

function held(seconds: number, gapSeconds: number): Durations {
  return { forSeconds: seconds, clearSeconds: seconds, gapSeconds };
}

const kit = { durations: held(0, GAP.kit) };
const ph = { limits: 'ph', durations: held(SLOW_HOLD, GAP.ph) };
const heat = { limits: 'water_temperature', durations: held(SLOW_HOLD, GAP.oxygen) };
const salt = { limits: 'salinity', hysteresis: 0.5, durations: held(SLOW_HOLD, GAP.salinity) };
/** A day's change: a gap that could hide a sunset would leave it UNKNOWN for ever. */
const change = { side: 'above', durations: held(SLOW_HOLD, GAP.salinity) } as const;
const wholeDay = { type: 'rolling', function: 'swing', overSeconds: DAY } as const;

const quantities: readonly Quantity[] = [
  {
    id: 'pond-oxygen-low',
    words: words.oxygenLow,
    limits: 'dissolved_oxygen',
    side: 'below',
    // No hold: a single sample is enough to look, and the next one may be a quarter of an hour off.
    durations: { forSeconds: 0, clearSeconds: HOLD, gapSeconds: GAP.oxygen },
    criticalForSeconds: HOLD,
  },
  { id: 'pond-ph-low', words: words.phLow, side: 'below', ...ph },
  { id: 'pond-ph-high', words: words.phHigh, side: 'above', ...ph },
  {
    id: 'pond-ph-swing',
    words: words.phSwing,
    limits: 'ph_swing',
    side: 'above',
    hysteresis: 0.1,
    // One judgement each evening: the alert of a day stands until the next one is better.
    durations: held(0, 2 * DAY),
  },
  { id: 'pond-temperature-low', words: words.cold, side: 'below', ...heat },
  { id: 'pond-temperature-high', words: words.hot, side: 'above', ...heat },
  {
    id: 'pond-temperature-change',
    words: words.temperatureChange,
    limits: 'water_temperature_change_24h',
    signal: { metric: 'water_temperature', view: wholeDay },
    hysteresis: 0.3,
    ...change,
  },
  { id: 'pond-salinity-low', words: words.fresh, side: 'below', ...salt },
  { id: 'pond-salinity-high', words: words.salty, side: 'above', ...salt },
  {
    id: 'pond-salinity-change',
    words: words.salinityChange,
    limits: 'salinity_change_24h',
    signal: { metric: 'salinity', view: wholeDay },
    hysteresis: 0.5,
    ...change,
  },
  {
    id: 'pond-ammonia-high',
    words: chemistry.ammoniaHigh,
    limits: 'total_ammonia_nitrogen',
    side: 'above',
    level: 'ammonia_level',
    hysteresis: 0.05,
    ...kit,
  },
  {
    id: 'pond-nh3-high',
    words: chemistry.nh3High,
    limits: 'unionised_ammonia_nitrogen',
    side: 'above',
    hysteresis: 0.003,
    ...kit,
  },
  {
    id: 'pond-nitrite-high',
    words: chemistry.nitriteHigh,
    limits: 'nitrite_nitrogen',
    side: 'above',
    level: 'nitrite_level',
    ...kit,
  },
  {
    id: 'pond-sulphide-high',
    words: chemistry.sulphideHigh,
    limits: 'hydrogen_sulphide',
    side: 'above',
    hysteresis: 0.0002,
    ...kit,
  },
  ...lowAndHigh('pond-alkalinity', {
    limits: 'alkalinity',
    hysteresis: 5,
    words: [chemistry.alkalinityLow, chemistry.alkalinityHigh],
  }),
  ...lowAndHigh('pond-transparency', {
    limits: 'transparency',
    hysteresis: 2,
    words: [chemistry.turbid, chemistry.clear],
  }),
];

function lowAndHigh(
  id: string,
  both: { limits: string; hysteresis: number; words: [Quantity['words'], Quantity['words']] },
): Quantity[] {
  const [low, high] = both.words;
  return [
    { ...both, ...kit, id: `${id}-low`, side: 'below', words: low },
    { ...both, ...kit, id: `${id}-high`, side: 'above', words: high },
  ];
}

/** A limit from the water's table. Throws RangeError when it has none. */
function limitOf(
  species: ShrimpSpecies,
  metric: string,
  pick: 'warn' | 'critical' | 'lethal',
): { value: number; text: string } {
  const sides = bandsOf(species, metric)?.[pick];
  const limit = sides?.below ?? sides?.above;
  if (typeof limit?.value !== 'number') {
    throw new RangeError(`${species} has no ${pick} limit of ${metric}`);
  }
  return { value: limit.value, text: limit.source.text };
}

/**
 * The straight line errs on the safe side, so it is held to graver limits than what is measured:
 * it warns when dawn would be critical, and is critical when dawn would be lethal.
 */
function dawnRule(): Rule {
  const critical = limitOf('vannamei', 'dissolved_oxygen', 'critical');
  const lethal = limitOf('vannamei', 'dissolved_oxygen', 'lethal');
  const back = bandsOf('vannamei', 'dissolved_oxygen')?.hysteresis ?? 0;
  return {
    id: 'pond-dawn-oxygen-low',
    version: 1,
    enabled: true,
    kind: owner.kind,
    topic: 'pond-dawn-oxygen-low',
    severity: 'warning',
    scope: {},
    // What was foreseen stands until the sun is up: from 03:00 on nothing new is foreseen.
    when: { hours: { from: '20:00', to: '06:00' } },
    condition: {
      type: 'threshold',
      metric: 'dawn_oxygen',
      beyond: 'below',
      limit: critical.value,
      clear: critical.value + back,
      forSeconds: 0,
      clearSeconds: SLOW_HOLD,
      gapSeconds: GAP.oxygen,
      bands: [{ severity: 'critical', limit: lethal.value, clear: lethal.value + back }],
    },
    source: {
      text:
        'straight line from dusk to 05:30 (Boyd, Romaire & Johnston 1978) against what is critical ' +
        `(${critical.text}) and lethal (${lethal.text}): our own rule`,
      evidence: 'D',
      region: 'any',
      stage: 'grow-out',
    },
    ...words.dawnOxygen,
  };
}

/** Only three expected intervals tell a lost probe from a report that is late. */
const oxygenMissing: Rule = {
  id: 'pond-oxygen-missing',
  version: 1,
  enabled: true,
  kind: owner.kind,
  topic: 'pond-oxygen-missing',
  severity: 'critical',
  scope: {},
  when: { hours: { from: '18:00', to: '07:00' } },
  condition: { type: 'absence', metric: 'dissolved_oxygen', afterSeconds: null },
  source: {
    text: 'nobody knows of oxygen in the hours in which it runs out: our own rule',
    evidence: 'D',
  },
  ...words.oxygenMissing,
};

/** Ammonia past its warning limit in water short of oxygen is graver by one class. */
function ammoniaLowOxygenRule(species: ShrimpSpecies): Rule {
  const id = 'pond-nh3-low-oxygen';
  const ammonia = limitOf(species, 'unionised_ammonia_nitrogen', 'warn');
  const condition: CombinedCondition = {
    type: 'all',
    of: [
      {
        type: 'test',
        metric: 'unionised_ammonia_nitrogen',
        beyond: 'above',
        limit: ammonia.value,
        clear: ammonia.value,
      },
      {
        type: 'test',
        metric: 'oxygen_saturation',
        beyond: 'below',
        limit: AMMONIA_OXYGEN_PERCENT,
        clear: AMMONIA_OXYGEN_PERCENT + 5,
      },
    ],
    ...held(HOLD, GAP.oxygen),
    // The morning's kit still counts in the night that follows, when oxygen falls.
    maxAgeSeconds: DAY,
  };
  return {
    id: species === 'vannamei' ? id : `${id}-monodon`,
    version: 1,
    enabled: true,
    kind: owner.kind,
    topic: id,
    severity: 'critical',
    scope: species === 'vannamei' ? {} : { species: MONODON },
    condition,
    source: {
      text:
        `NH₃-N above ${ammonia.value} mg/L (${ammonia.text}) below ${AMMONIA_OXYGEN_PERCENT} % of ` +
        'saturation, where P. semisulcatus suffers more of it; one class graver is our own rule',
      evidence: 'D',
      region: 'any',
      stage: 'grow-out',
    },
    ...chemistry.nh3LowOxygen,
  };
}

/**
 * Rules for whiteleg shrimp (Litopenaeus vannamei), also where no species is known, and for black
 * tiger shrimp (Penaeus monodon). Every limit is that of `src/water/limits.ts`. A value equal to a
 * limit is the milder.
 */
export const rules: readonly Rule[] = [
  ...quantities.flatMap(limitRules),
  dawnRule(),
  oxygenMissing,
  ammoniaLowOxygenRule('vannamei'),
  ammoniaLowOxygenRule('monodon'),
  ...sensorFaults(owner, metricNamed('dissolved_oxygen'), {
    gapSeconds: GAP.oxygen,
    // At night oxygen may well stand still.
    flatWhen: { hours: { from: '07:00', to: '18:00' } },
  }),
  ...sensorFaults(owner, metricNamed('ph'), { gapSeconds: GAP.ph }),
  ...sensorFaults(owner, metricNamed('water_temperature'), { gapSeconds: GAP.oxygen }),
  batteryLow(owner, {
    ...words.batteryLow,
    limit: 3.4,
    clear: 3.6,
    source: 'one lithium-ion cell, about a tenth of its charge left',
  }),
  silent(owner, words.silent),
  clockWrong(owner),
];
