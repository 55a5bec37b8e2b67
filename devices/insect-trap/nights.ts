import type { Derivation, Derived, DerivedMetric } from '../../src/contracts/derived.ts';
import type { Localized } from '../../src/contracts/localized.ts';
import { singleSineDegreeDays } from '../../src/pests/degree-days.ts';
import { DEVELOPMENT_MODELS } from '../../src/pests/generations.ts';
import { moonIllumination } from '../../src/pests/moon.ts';
import { findPeaks, medianBefore, nextPeak, threeNightMean } from '../../src/pests/peaks.ts';
import {
  fliesPerTrapPerDay,
  STANDARD_NIGHT_HOURS,
  standardTrapNight,
  type TrapNight,
} from '../../src/pests/traps.ts';

/** A night begins at noon, so that its catch and the morning it is counted in are one. */
const NIGHT_STARTS = '12:00';
const DAY_MS = 86_400_000;
/** Lamp hours come with the count, or with weather reports before it. */
const LAMP_AGE_SECONDS = 86_400;
/** Scaled up from a third of a night at most: three times what a night can catch. */
const CATCH_MAX = 3_000_000;

/** A species with its labels, as the kind names it. */
export interface Counted {
  code: string;
  label: Localized;
}

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * The last nights, the one just counted at the end; null for one of which nothing was heard. Input
 * 0 is the catch, input 1 the lamp hours.
 */
function nightsOf(at: Derivation, nights: number): Array<{ day: string; night: TrapNight }> {
  const catches = new Map(at.days(0).map(({ day, sum }) => [day, sum]));
  const lamps = new Map(at.days(1).map(({ day, sum }) => [day, sum]));
  const last = at.days(0).at(-1)?.day;
  if (last === undefined) return [];
  return Array.from({ length: nights }, (_, place) => {
    const day = dayBefore(last, nights - 1 - place);
    const insects = catches.get(day) ?? null;
    return { day, night: standardTrapNight({ insects, lampHours: lamps.get(day) ?? null }) };
  });
}

const LABELS = {
  night: { vi: 'một đêm chuẩn', en: 'a standard night', fr: 'une nuit standard' },
  rise: { vi: 'so với bình thường', en: 'against the usual', fr: 'face à l’habituel' },
  peak: { vi: 'đỉnh di cư', en: 'migration peak', fr: 'pic de migration' },
  ftd: { vi: 'con/bẫy/ngày', en: 'flies per trap and day', fr: 'mouches par piège et jour' },
  heat: { vi: 'tổng nhiệt 30 ngày', en: 'degree-days of 30 days', fr: 'degrés-jours de 30 jours' },
} as const satisfies Record<string, Localized>;

function labelOf(species: Localized, what: keyof typeof LABELS): Localized {
  const word = LABELS[what];
  return {
    vi: `${species.vi}, ${word.vi}`,
    en: `${species.en}, ${word.en}`,
    fr: `${species.fr}, ${word.fr}`,
  };
}

function inputsOf(code: string): DerivedMetric['inputs'] {
  return [
    { metric: `count_${code}`, maxAgeSeconds: 0 },
    { metric: 'lamp_hours', maxAgeSeconds: LAMP_AGE_SECONDS },
  ];
}

/** `night_<code>`: the catch of the night as that of three lamp hours. */
export function standardNight({ code, label }: Counted): DerivedMetric {
  return {
    name: `night_${code}`,
    label: labelOf(label, 'night'),
    unit: '{count}',
    min: 0,
    max: CATCH_MAX,
    decimals: 1,
    inputs: inputsOf(code),
    window: { days: 1, startsAt: NIGHT_STARTS },
    source: `catch × ${STANDARD_NIGHT_HOURS} h / lamp hours, standard night 19:00–22:00 of the An Giang network; a night under a third of it is not scaled: our own rule`,
    derive(at): Derived {
      const night = nightsOf(at, 1)[0]?.night;
      if (night?.standardCatch === undefined || night.standardCatch === null) {
        const lit = Math.round((night?.share ?? 0) * 100);
        return {
          value: null,
          reason: `night ${night?.label ?? 'not-observed'}: the lamp burned ${lit} % of its hours`,
        };
      }
      return {
        value: night.standardCatch,
        beside: {
          night: night.label,
          lampShare: Math.round(night.share * 100) / 100,
          moonLit: Math.round(moonIllumination(at.time) * 100) / 100,
        },
      };
    },
  };
}

/** Fourteen nights that tell what is usual, then the middle one of the last three and the last. */
const RISE_NIGHTS = 16;
/** One more, for a peak that two nights confirm. */
const PEAK_NIGHTS = 17;

/** `rise_<code>`: the mean of the last three nights against the median of the fourteen before. */
export function rise({ code, label }: Counted): DerivedMetric {
  return {
    name: `rise_${code}`,
    label: labelOf(label, 'rise'),
    unit: '1',
    min: 0,
    max: CATCH_MAX,
    decimals: 1,
    inputs: inputsOf(code),
    window: { days: RISE_NIGHTS, startsAt: NIGHT_STARTS },
    source:
      'mean of the last three standard nights / median of the fourteen before (at least 1): our own rule',
    derive(at): Derived {
      const catches = nightsOf(at, RISE_NIGHTS).map(({ night }) => night.standardCatch);
      const middle = RISE_NIGHTS - 2;
      const mean = threeNightMean(catches, middle);
      const usual = medianBefore(catches, middle);
      if (mean === null) return { value: null, reason: 'two of the last three nights are needed' };
      if (usual === null) return { value: null, reason: 'seven of fourteen nights are needed' };
      return { value: mean / Math.max(1, usual), beside: { mean: round(mean), usual } };
    },
  };
}

/** `peak_<code>`: height of a peak that last night or the one before confirmed, 0 without one. */
export function peak({ code, label }: Counted): DerivedMetric {
  return {
    name: `peak_${code}`,
    label: labelOf(label, 'peak'),
    unit: '{count}',
    min: 0,
    max: CATCH_MAX,
    decimals: 1,
    inputs: inputsOf(code),
    window: { days: PEAK_NIGHTS, startsAt: NIGHT_STARTS },
    source:
      'mean of three nights above its neighbours, twice the median of fourteen and 50: our own rule; next peak by Huỳnh et al. 2012, Cần Thơ',
    derive(at): Derived {
      const nights = nightsOf(at, PEAK_NIGHTS);
      const catches = nights.map(({ night }) => night.standardCatch);
      const place = findPeaks(catches).findLast((found) => found >= PEAK_NIGHTS - 3);
      if (place !== undefined) {
        const day = nights[place]?.day ?? '';
        const { from, to } = nextPeak(day);
        const height = threeNightMean(catches, place) ?? 0;
        return { value: height, beside: { night: day, nextFrom: from, nextTo: to } };
      }
      const isKnown =
        threeNightMean(catches, PEAK_NIGHTS - 2) !== null &&
        medianBefore(catches, PEAK_NIGHTS - 2) !== null;
      return isKnown ? { value: 0 } : { value: null, reason: 'too few nights were observed' };
    },
  };
}

const FTD_DAYS = 7;
/** Fewer nights than this are no week. */
const FTD_DAYS_MIN = 5;

/** `ftd_<code>`: flies per trap and day over a week, nights without a count left out. */
export function fliesPerTrapDay({ code, label }: Counted): DerivedMetric {
  return {
    name: `ftd_${code}`,
    label: labelOf(label, 'ftd'),
    unit: '1/d',
    min: 0,
    max: 1_000_000,
    decimals: 4,
    inputs: [{ metric: `count_${code}`, maxAgeSeconds: 0 }],
    window: { days: FTD_DAYS, startsAt: NIGHT_STARTS },
    source: 'FTD = F / (T · D), IAEA trapping guidelines 2013; one trap, days observed',
    derive(at): Derived {
      const days = at.days(0);
      if (days.length < FTD_DAYS_MIN) {
        return { value: null, reason: `${days.length} of ${FTD_DAYS} days were observed` };
      }
      const flies = days.reduce((sum, day) => sum + day.sum, 0);
      const value = fliesPerTrapPerDay({ flies, traps: 1, days: days.length });
      return value === null
        ? { value, reason: 'nothing was observed' }
        : { value, beside: { flies, days: days.length } };
    },
  };
}

const HEAT_DAYS = 30;
/** A day of hourly reports needs nine tenths of them, else its total is an estimate. */
const DAY_SAMPLES_MIN = 22;
/** With more days missing than a tenth the sum is no sum of a month. */
const HEAT_DAYS_MIN = 27;

/** `degree_days_<code>`: warmth of the last thirty whole days for a species, single sine. */
export function degreeDays({ code, label }: Counted): DerivedMetric {
  const model = DEVELOPMENT_MODELS.find(({ pest }) => pest === code);
  const stage = model?.stages[0];
  if (model === undefined || stage === undefined || model.stages.length > 1) {
    throw new RangeError(`no development model of one whole for ${code}`);
  }
  return {
    name: `degree_days_${code}`,
    label: labelOf(label, 'heat'),
    unit: 'K.d',
    min: 0,
    max: 2_000,
    decimals: 1,
    inputs: [{ metric: 'air_temperature', maxAgeSeconds: 0 }],
    window: { days: HEAT_DAYS + 1, startsAt: '00:00' },
    source: `single sine, level cut-off (Baskerville & Emin 1969), ${stage.lower} to ${stage.upper ?? '∞'} °C: ${model.source.text}`,
    derive(at): Derived {
      // Today is not over: its least and greatest are not known.
      const days = at.days(0).slice(0, -1);
      if (days.length < HEAT_DAYS_MIN) {
        return { value: null, reason: `${days.length} of ${HEAT_DAYS} whole days were observed` };
      }
      let value = 0;
      for (const { min, max } of days) {
        value += singleSineDegreeDays({ minimum: min, maximum: max }, stage);
      }
      const estimated = days.filter(({ count }) => count < DAY_SAMPLES_MIN).length;
      const missing = HEAT_DAYS - days.length;
      return { value, beside: { method: 'single-sine', missing, estimated } };
    },
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
