import type { Derivation, Derived, DerivedMetric } from '../../src/contracts/derived.ts';
import { estimateAmmonia, PH_AGE_MAX_MS, unionisedAmmonia } from '../../src/water/ammonia.ts';
import { bandsOf, limitAt } from '../../src/water/classify.ts';
import { DUSK_REACH_HOURS, dawnOxygen as dawnOxygenOf } from '../../src/water/dawn-oxygen.ts';
import { oxygenPercent } from '../../src/water/oxygen.ts';
import { phSwingOfDay } from '../../src/water/ph-swing.ts';
import { salinityCaution, salinityFromConductivity } from '../../src/water/salinity.ts';
import { SULPHIDE_PER_SULPHUR, sulphideFraction } from '../../src/water/sulphide.ts';
import { firstOutside, VALID_RANGES } from '../../src/water/valid-range.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY_HOURS = 24;

/** How old the newest value of a probe may be: what lies further back says nothing of now. */
const TEMPERATURE_AGE = 30 * MINUTE;
const SALINITY_AGE = 2 * HOUR;
const PH_AGE = PH_AGE_MAX_MS / 1000;
/**
 * Beside a test kit a salinity may be as old as a kit's own result: a refractometer is read by hand
 * too, and ten of salinity move the share of NH3 by 7 %.
 */
const KIT_SALINITY_AGE = 72 * HOUR;

const none = (reason: string): Derived => ({ value: null, reason });

/** Values in the order of a metric's inputs; the run calls no metric without all of them. */
function inputsOf({ values }: Derivation): [number, number, number, number] {
  const [first = Number.NaN, second = Number.NaN, third = Number.NaN, fourth = Number.NaN] = values;
  return [first, second, third, fourth];
}

const oxygenSaturation: DerivedMetric = {
  name: 'oxygen_saturation',
  label: { vi: 'Độ bão hòa oxy', en: 'Oxygen saturation', fr: 'Saturation en oxygène' },
  unit: '%',
  min: -10,
  max: 700,
  decimals: 1,
  inputs: [
    { metric: 'dissolved_oxygen', maxAgeSeconds: 0 },
    { metric: 'water_temperature', maxAgeSeconds: TEMPERATURE_AGE },
    { metric: 'salinity', maxAgeSeconds: SALINITY_AGE },
  ],
  source: 'Benson & Krause 1980, 1984 (USGS memo 2011.03) at 1 atm, where the delta lies',
  derive(at) {
    const [oxygenMgL, temperatureC, salinity] = inputsOf(at);
    const outside = firstOutside(VALID_RANGES.oxygen, { temperatureC, salinity });
    if (outside !== null) return none('out-of-range');
    return { value: oxygenPercent(oxygenMgL, { temperatureC, salinity }) };
  },
};

const unionisedAmmoniaNitrogen: DerivedMetric = {
  name: 'unionised_ammonia_nitrogen',
  label: {
    vi: 'Khí độc amoniac (NH₃-N)',
    en: 'Un-ionised ammonia (NH₃-N)',
    fr: 'Ammoniac non ionisé (NH₃-N)',
  },
  unit: 'mg/L',
  min: 0,
  max: 100,
  decimals: 3,
  inputs: [
    { metric: 'total_ammonia_nitrogen', maxAgeSeconds: 0 },
    { metric: 'ph', maxAgeSeconds: PH_AGE },
    { metric: 'water_temperature', maxAgeSeconds: TEMPERATURE_AGE },
    { metric: 'salinity', maxAgeSeconds: KIT_SALINITY_AGE },
  ],
  source:
    'Emerson et al. 1975 with the salinity slope of Bell et al. 2008, pH of NBS buffers; the band ' +
    'is that of ± 0.1 pH and ± 0.5 °C',
  derive(at) {
    const [totalNitrogenMgL, ph, temperatureC, salinity] = inputsOf(at);
    const conditions = { temperatureC, ph, salinity };
    const estimate = estimateAmmonia({
      totalNitrogenMgL,
      totalNitrogenTime: at.time,
      phTime: at.time - (at.agesMs[1] ?? 0),
      conditions,
    });
    if (estimate.value === null) return none(estimate.reason);
    const { value, lower, upper } = estimate;
    const { ammoniaMgL } = unionisedAmmonia(totalNitrogenMgL, conditions);
    return { value, beside: { lower, upper, ammonia: ammoniaMgL } };
  },
};

const practicalSalinity: DerivedMetric = {
  name: 'practical_salinity',
  label: {
    vi: 'Độ mặn tính từ độ dẫn điện',
    en: 'Salinity from conductivity',
    fr: 'Salinité calculée de la conductivité',
  },
  unit: '1',
  min: 0,
  max: 70,
  decimals: 2,
  inputs: [
    { metric: 'conductivity', maxAgeSeconds: 0 },
    { metric: 'water_temperature', maxAgeSeconds: TEMPERATURE_AGE },
  ],
  source:
    'PSS-78 (UNESCO 44, Fofonoff & Millard 1983) with Hill 1986 below 2; in-situ conductivity',
  derive(at) {
    const [conductivity, temperatureC] = inputsOf(at);
    const value = salinityFromConductivity(conductivity, temperatureC);
    if (firstOutside(VALID_RANGES.salinity, { temperatureC, salinity: value }) !== null) {
      return none('out-of-range');
    }
    const caution = salinityCaution(value, temperatureC);
    return { value, ...(caution !== null && { beside: { caution } }) };
  },
};

/** `00:40` of hours since the evening's midnight. */
function timeOfDay(hour: number): string {
  const minutes = Math.round(hour * 60) % (DAY_HOURS * 60);
  const pad = (part: number): string => String(part).padStart(2, '0');
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

const dawnOxygen: DerivedMetric = {
  name: 'dawn_oxygen',
  label: {
    vi: 'Oxy dự báo lúc 5:30 sáng',
    en: 'Oxygen projected for dawn',
    fr: 'Oxygène prévu à l’aube',
  },
  unit: 'mg/L',
  min: 0,
  max: 40,
  decimals: 1,
  inputs: [{ metric: 'dissolved_oxygen', maxAgeSeconds: 0 }],
  window: { seconds: DUSK_REACH_HOURS * HOUR },
  source:
    'straight line from dusk (Boyd, Romaire & Johnston 1978) to 05:30, beside it the log-linear ' +
    'fall (Madenjian, Rogers & Fast 1987); both with aeration as it is',
  derive(at) {
    const dawn = dawnOxygenOf({
      newest: { time: at.time, value: inputsOf(at)[0] },
      localMinutes: at.localMinutes,
      get samples() {
        return at.samples(0);
      },
      aerationChangedAt: null,
    });
    if (dawn.value === null) return none(dawn.reason);
    const { value, logLinear, sinceHour, level, levelHour } = dawn;
    return {
      value,
      beside: {
        logLinear,
        since: timeOfDay(sinceHour),
        ...(levelHour !== null && { [`reaches${level}At`]: timeOfDay(levelHour) }),
      },
    };
  },
};

/** By then both extremes of the day are behind it: the lowest at dawn, the highest after noon. */
const SWING_KNOWN_MINUTE = 17 * 60;

const phSwing: DerivedMetric = {
  name: 'ph_swing',
  label: { vi: 'Dao động pH trong ngày', en: 'pH swing of the day', fr: 'Écart de pH du jour' },
  unit: '[pH]',
  min: 0,
  max: 14,
  decimals: 2,
  inputs: [{ metric: 'ph', maxAgeSeconds: 0 }],
  window: { days: 1, startsAt: '00:00' },
  source:
    'highest minus lowest pH of the local day, told from 17:00 on: our own rule; none without a ' +
    'sample at dawn and one in the afternoon, or with a gap above 3 h',
  derive(at) {
    if (at.localMinutes < SWING_KNOWN_MINUTE) return none('day-not-over');
    const today = at.days(0).at(-1);
    if (today === undefined) return none('no-dawn-sample');
    const swing = phSwingOfDay({
      firstMinute: at.local(today.from).minutes,
      lastMinute: at.localMinutes,
      longestGapMinutes: today.gapMs / 60_000,
      lowest: today.min,
      highest: today.max,
    });
    return swing.value === null ? none(swing.reason) : { value: swing.value };
  },
};

/** Percent on the scale of `limitLevel` at which whiteleg shrimp are warned of, and in danger. */
export const WARNING_LEVEL = 100;
export const CRITICAL_LEVEL = 200;

/**
 * Where an amount stands between its limits for whiteleg shrimp at a salinity: 100 % is the warning
 * limit and 200 % the critical one, in straight lines. Both limits move with salinity and not in
 * step, so that a mere share of the one would miss the other.
 */
function limitLevel(metric: string, amount: number, salinity: number): Derived {
  const bands = bandsOf('vannamei', metric);
  const [warn, critical] = [bands?.warn.above, bands?.critical.above].map((limit) =>
    limit === undefined ? null : limitAt(limit, salinity),
  );
  if (warn === undefined || warn === null) return none('salinity-unknown');
  if (critical === undefined || critical === null) return none('salinity-unknown');
  const value =
    amount <= warn
      ? WARNING_LEVEL * (amount / warn)
      : WARNING_LEVEL + (CRITICAL_LEVEL - WARNING_LEVEL) * ((amount - warn) / (critical - warn));
  return { value, beside: { warningLimit: warn, criticalLimit: critical, amount, salinity } };
}

function levelMetric(metric: string, told: Pick<DerivedMetric, 'name' | 'label'>): DerivedMetric {
  return {
    ...told,
    unit: '%',
    min: 0,
    max: 100_000,
    decimals: 0,
    inputs: [
      { metric, maxAgeSeconds: 0 },
      { metric: 'salinity', maxAgeSeconds: KIT_SALINITY_AGE },
    ],
    source:
      'place between the limits of Lin & Chen 2001, 2003 at the salinity, whiteleg shrimp: 100 % ' +
      'is a quarter of the safe level, 200 % the safe level',
    derive(at) {
      const [amount, salinity] = inputsOf(at);
      return limitLevel(metric, amount, salinity);
    },
  };
}

const hydrogenSulphide: DerivedMetric = {
  name: 'hydrogen_sulphide',
  label: { vi: 'Khí độc H₂S', en: 'Hydrogen sulphide (H₂S)', fr: 'Sulfure d’hydrogène (H₂S)' },
  unit: 'mg/L',
  min: 0,
  max: 100,
  decimals: 4,
  inputs: [
    { metric: 'total_sulphide', maxAgeSeconds: 0 },
    { metric: 'ph', maxAgeSeconds: PH_AGE },
    { metric: 'water_temperature', maxAgeSeconds: TEMPERATURE_AGE },
    { metric: 'salinity', maxAgeSeconds: KIT_SALINITY_AGE },
  ],
  source:
    'Millero, Plese & Fernandez 1988 on the total pH scale: up to 20 % too low in sea water with ' +
    'a meter set by NBS buffers',
  derive(at) {
    const [sulphurMgL, ph, temperatureC, salinity] = inputsOf(at);
    const conditions = { ph, temperatureC, salinity };
    if (firstOutside(VALID_RANGES.sulphide, conditions) !== null) return none('out-of-range');
    const share = sulphideFraction(conditions);
    return { value: sulphurMgL * share * SULPHIDE_PER_SULPHUR, beside: { share } };
  },
};

/** What is computed from a pond's readings; equations and their published cases: `src/water`. */
export const derived: readonly DerivedMetric[] = [
  oxygenSaturation,
  dawnOxygen,
  phSwing,
  practicalSalinity,
  unionisedAmmoniaNitrogen,
  levelMetric('total_ammonia_nitrogen', {
    name: 'ammonia_level',
    label: {
      vi: 'TAN so với giới hạn',
      en: 'TAN against its limits',
      fr: 'TAN par rapport aux limites',
    },
  }),
  levelMetric('nitrite_nitrogen', {
    name: 'nitrite_level',
    label: {
      vi: 'Nitrit so với giới hạn',
      en: 'Nitrite against its limits',
      fr: 'Nitrite par rapport aux limites',
    },
  }),
  hydrogenSulphide,
];
