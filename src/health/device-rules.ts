import { CLOCK_FAULT } from '../contracts/clock-fault.ts';
import type { Metric } from '../contracts/device-kind.ts';
import type { Localized } from '../contracts/localized.ts';
import type { Durations, Rule, RuleSeason, Severity, Test } from '../contracts/rule.ts';
import { type Plausibility, plausibilityOf } from './plausibility.ts';

/** Whose rules are made: the kind, and what the ids of its rules begin with. */
export interface Owner {
  kind: string;
  prefix: string;
}

/** What people read of a rule; its first step is the thing to do now. */
export type Words = Pick<Rule, 'title' | 'advice'>;

const HOUR = 3600;
/** A cell sags for minutes under a radio or a motor; an hour of it is an empty cell. */
const BATTERY_HOLD_SECONDS = HOUR;
const BATTERY_GAP_SECONDS = 6 * HOUR;
/** After a wild value a sensor is believed again when it was sane for an hour. */
const SANE_SECONDS = HOUR;
/** A device that starts needs minutes to fetch the time. */
const CLOCK_HOLD_SECONDS = 900;
/** A clock does not mend itself between two reports of a trap that speaks once a night. */
const CLOCK_GAP_SECONDS = 48 * HOUR;
/** What a sensor's greatest step is told for. */
const STEP_SECONDS = 900;
/** QARTOD flags above it are suspect, above the other one failed. */
const SUSPECT_ABOVE = 2;
const FAIL_ABOVE = 3;
const GOOD = 1;

interface Numbers {
  id: string;
  severity: Severity;
  condition: Rule['condition'];
  source: string;
  when?: RuleSeason | undefined;
}

/** UCUM codes as people read them after a number. */
const SYMBOLS: Readonly<Record<string, string>> = { '[pH]': '', Cel: ' °C', '%': ' %' };

function withUnit(amount: number | string, unit: string): string {
  return `${amount}${SYMBOLS[unit] ?? ` ${unit}`}`;
}

/** The numbers of a device's own health are ours, of no standard. */
function healthRule({ kind }: Owner, words: Words, numbers: Numbers): Rule {
  const { id, severity, condition, source, when } = numbers;
  return {
    id,
    version: 1,
    enabled: true,
    kind,
    topic: id,
    severity,
    scope: {},
    condition,
    source: { text: `${source}: our own rule`, evidence: 'D' },
    title: words.title,
    advice: words.advice,
    ...(when !== undefined && { when }),
  };
}

export interface Battery extends Words {
  /** Volts below which little is left, and at which it counts as charged again. */
  limit: number;
  clear: number;
  /** What battery the volts are for. */
  source: string;
}

/** Battery low for an hour, over when an hour at `clear`: `<prefix>-battery-low`, a warning. */
export function batteryLow(owner: Owner, { limit, clear, source, ...words }: Battery): Rule {
  return healthRule(owner, words, {
    id: `${owner.prefix}-battery-low`,
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: 'battery_voltage',
      beyond: 'below',
      limit,
      clear,
      forSeconds: BATTERY_HOLD_SECONDS,
      clearSeconds: BATTERY_HOLD_SECONDS,
      gapSeconds: BATTERY_GAP_SECONDS,
    },
    source,
  });
}

/** Three expected intervals without a report: `<prefix>-silent`, a warning. */
export function silent(owner: Owner, words: Words): Rule {
  return healthRule(owner, words, {
    id: `${owner.prefix}-silent`,
    severity: 'warning',
    condition: { type: 'absence', afterSeconds: null },
    source: 'three expected intervals without a report',
  });
}

/**
 * Reports with an unusable time for a quarter of an hour: `<prefix>-clock`, a warning. One of them
 * may be a start before the time was fetched; what lasts puts every reading where it arrived.
 */
export function clockWrong(owner: Owner): Rule {
  return healthRule(owner, CLOCK_WORDS, {
    id: `${owner.prefix}-clock`,
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: CLOCK_FAULT.name,
      beyond: 'above',
      limit: 0,
      clear: 0,
      forSeconds: CLOCK_HOLD_SECONDS,
      clearSeconds: CLOCK_HOLD_SECONDS,
      gapSeconds: CLOCK_GAP_SECONDS,
    },
    source: 'reports whose time is outside the accepted window for 15 minutes',
  });
}

const CLOCK_WORDS: Words = {
  title: {
    vi: 'Đồng hồ thiết bị sai giờ',
    en: 'Device clock wrong',
    fr: 'Horloge de l’appareil fausse',
  },
  advice: {
    vi: [
      'Chỉnh giờ của thiết bị: đặt ngày giờ, hoặc bật đồng bộ NTP.',
      'Sai lại sau khi mất điện: thay pin đồng hồ.',
      'Số đo vẫn lưu, theo giờ máy chủ nhận được.',
    ],
    en: [
      'Set the device’s date and time, or turn on NTP.',
      'Wrong again after a power cut: replace the battery of its clock.',
      'Readings are kept, at the time they arrived.',
    ],
    fr: [
      'Réglez la date et l’heure de l’appareil, ou activez NTP.',
      'De nouveau fausse après une coupure : remplacez la pile de son horloge.',
      'Les mesures sont gardées, à l’heure de leur arrivée.',
    ],
  },
};

export interface SensorSetting {
  /** Longest time between samples that still says what happened meanwhile. */
  gapSeconds: number;
  /** When a flat line counts, where nature itself stands still at times. */
  flatWhen?: RuleSeason;
}

/**
 * Soft faults of a sensor, by what is plausible of its metric. `<prefix>-<metric>-stuck`: a flat
 * line, informing when suspect and a warning when failed. `<prefix>-<metric>-erratic`, informing: a
 * spike, a step or a value that nature does not make. None for a metric nothing is known of.
 */
export function sensorFaults(owner: Owner, metric: Metric, setting: SensorSetting): Rule[] {
  const plausible = plausibilityOf(metric.name);
  if (plausible === undefined) return [];
  const base = `${owner.prefix}-${metric.name.replaceAll('_', '-')}`;
  const durations = { forSeconds: 0, clearSeconds: 0, gapSeconds: setting.gapSeconds };
  const rules = [
    healthRule(owner, erraticWords(metric.label), {
      id: `${base}-erratic`,
      severity: 'info',
      condition: {
        type: 'any',
        of: erraticTests(plausible),
        ...durations,
        clearSeconds: SANE_SECONDS,
        maxAgeSeconds: 0,
      },
      source: erraticSource(plausible, metric.unit),
    }),
  ];
  const { flat } = plausible;
  if (flat === undefined || !Number.isFinite(flat.failSeconds)) return rules;
  rules.push(
    healthRule(owner, stuckWords(metric.label), {
      id: `${base}-stuck`,
      severity: 'info',
      condition: stuckCondition(metric.name, flat, durations),
      source: `no change beyond ${withUnit(flat.tolerance, metric.unit)} for ${flat.suspectSeconds / HOUR} h, failed at ${flat.failSeconds / HOUR} h`,
      when: setting.flatWhen,
    }),
  );
  return rules;
}

function stuckCondition(
  metric: string,
  flat: NonNullable<Plausibility['flat']>,
  durations: Durations,
): Rule['condition'] {
  return {
    type: 'threshold',
    metric,
    view: { type: 'stuck', ...flat },
    beyond: 'above',
    limit: SUSPECT_ABOVE,
    clear: GOOD,
    ...durations,
    bands: [{ severity: 'warning', limit: FAIL_ABOVE, clear: FAIL_ABOVE }],
  };
}

/**
 * The plain value comes first, because it is what the alert shows. The step is asked over a quarter
 * of an hour, not between neighbours: a probe read each second has noise that would be a great step
 * if it went on.
 */
function erraticTests({ metric, suspect, stepMax, mayRiseFast }: Plausibility): Test[] {
  const [lowest, highest] = suspect;
  const tests: Test[] = [
    { type: 'test', metric, beyond: 'below', limit: lowest, clear: lowest },
    { type: 'test', metric, beyond: 'above', limit: highest, clear: highest },
  ];
  if (stepMax === undefined) return tests;
  const spike = { type: 'spike', suspect: stepMax, fail: 2 * stepMax } as const;
  const step = { type: 'rate', overSeconds: STEP_SECONDS, perSeconds: STEP_SECONDS } as const;
  const fast = { type: 'test', metric, view: step } as const;
  tests.push(
    { type: 'test', metric, view: spike, beyond: 'above', limit: SUSPECT_ABOVE, clear: GOOD },
    { ...fast, beyond: 'below', limit: -stepMax, clear: -stepMax },
  );
  if (mayRiseFast) return tests;
  return [...tests, { ...fast, beyond: 'above', limit: stepMax, clear: stepMax }];
}

function erraticSource({ suspect, stepMax }: Plausibility, unit: string): string {
  const range = `plausible from ${suspect[0]} to ${withUnit(suspect[1], unit)}`;
  return stepMax === undefined
    ? range
    : `${range}, a step of ${withUnit(stepMax, unit)} in 15 minutes at most`;
}

function stuckWords({ vi, en, fr }: Localized): Words {
  return {
    title: {
      vi: `${vi}: số đo đứng yên`,
      en: `${en}: reading stuck`,
      fr: `${fr} : mesure figée`,
    },
    advice: {
      vi: [
        'Đo đối chứng bằng máy cầm tay; chưa tin số này.',
        'Lau rửa đầu đo, kiểm tra dây và nguồn.',
        'Số vẫn đứng yên thì thay đầu đo hoặc gọi kỹ thuật.',
      ],
      en: [
        'Compare with a hand meter; do not trust this reading yet.',
        'Clean the probe; check its cable and power.',
        'Still stuck: replace the probe or call the technician.',
      ],
      fr: [
        'Comparez avec un appareil portatif ; ne vous fiez pas encore à cette mesure.',
        'Nettoyez la sonde ; vérifiez son câble et son alimentation.',
        'Toujours figée : remplacez la sonde ou appelez le technicien.',
      ],
    },
  };
}

function erraticWords({ vi, en, fr }: Localized): Words {
  return {
    title: {
      vi: `${vi}: số đo bất thường`,
      en: `${en}: reading doubtful`,
      fr: `${fr} : mesure douteuse`,
    },
    advice: {
      vi: [
        'Đo đối chứng bằng máy cầm tay trước khi xử lý.',
        'Xem đầu đo có ra khỏi nước, đất, hay bị bám bẩn không.',
      ],
      en: [
        'Compare with a hand meter before you act on it.',
        'See whether the probe is out of place or fouled.',
      ],
      fr: [
        'Comparez avec un appareil portatif avant d’agir.',
        'Voyez si la sonde est déplacée ou encrassée.',
      ],
    },
  };
}
