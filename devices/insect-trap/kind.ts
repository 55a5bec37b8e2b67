import { type DeviceKind, defineDeviceKind, type Metric } from '../../src/contracts/device-kind.ts';
import type { Localized } from '../../src/contracts/localized.ts';
import { sensorFaults } from '../../src/health/device-rules.ts';
import { type Counted, degreeDays, fliesPerTrapDay, peak, rise, standardNight } from './nights.ts';
import { rules } from './rules.ts';
import { simulator } from './simulator.ts';

/** A light trap in an outbreak takes tens of thousands in a night; ten times that is a fault. */
const CATCH_MAX = 1_000_000;

/** Insects of one species, named by EPPO code, counted since the report before. */
function catchOf(code: string, label: Localized): Metric {
  return {
    name: `count_${code}`,
    label,
    unit: '{count}',
    min: 0,
    max: CATCH_MAX,
    decimals: 0,
    shape: 'count',
  };
}

/** Pests by EPPO code. */
const species: readonly Counted[] = [
  {
    code: 'NILALU',
    label: { vi: 'Rầy nâu', en: 'Brown planthopper', fr: 'Cicadelle brune du riz' },
  },
  {
    code: 'SOGAFU',
    label: { vi: 'Rầy lưng trắng', en: 'White-backed planthopper', fr: 'Cicadelle à dos blanc' },
  },
  {
    code: 'CNAPME',
    label: { vi: 'Sâu cuốn lá nhỏ', en: 'Rice leaf folder', fr: 'Enrouleuse du riz' },
  },
  {
    code: 'SCIRIN',
    label: { vi: 'Sâu đục thân hai chấm', en: 'Yellow stem borer', fr: 'Foreur jaune du riz' },
  },
  {
    code: 'CHILSU',
    label: {
      vi: 'Sâu đục thân năm vạch đầu nâu',
      en: 'Striped stem borer',
      fr: 'Pyrale rayée du riz',
    },
  },
  {
    code: 'LAPHFR',
    label: { vi: 'Sâu keo mùa thu', en: 'Fall armyworm', fr: 'Légionnaire d’automne' },
  },
  {
    code: 'PLUTMA',
    label: { vi: 'Sâu tơ', en: 'Diamondback moth', fr: 'Teigne des crucifères' },
  },
  {
    code: 'DACUDO',
    label: {
      vi: 'Ruồi đục quả phương Đông',
      en: 'Oriental fruit fly',
      fr: 'Mouche orientale des fruits',
    },
  },
  {
    code: 'LAPHEG',
    label: { vi: 'Sâu xanh da láng', en: 'Beet armyworm', fr: 'Noctuelle exiguë' },
  },
];

const of = (...codes: string[]): Counted[] => species.filter(({ code }) => codes.includes(code));

const metrics: readonly Metric[] = [
  ...species.map(({ code, label }) => catchOf(code, label)),
  catchOf('other', { vi: 'Côn trùng khác', en: 'Other insects', fr: 'Autres insectes' }),
  {
    name: 'lamp_hours',
    label: { vi: 'Số giờ đèn sáng', en: 'Lamp hours', fr: 'Heures de lampe' },
    unit: 'h',
    min: 0,
    max: 24,
    decimals: 1,
    shape: 'count',
  },
  {
    name: 'air_temperature',
    label: { vi: 'Nhiệt độ không khí', en: 'Air temperature', fr: 'Température de l’air' },
    unit: 'Cel',
    min: -10,
    max: 60,
    decimals: 1,
    shape: 'gauge',
  },
  {
    name: 'relative_humidity',
    label: { vi: 'Độ ẩm không khí', en: 'Relative humidity', fr: 'Humidité relative' },
    unit: '%',
    // A wet capacitive sensor reads a little above saturation.
    min: 0,
    max: 105,
    decimals: 0,
    shape: 'gauge',
  },
  {
    name: 'rain',
    label: { vi: 'Lượng mưa', en: 'Rain', fr: 'Pluie' },
    unit: 'mm',
    // Since the report before: the heaviest day on record lies below this.
    min: 0,
    max: 1000,
    decimals: 1,
    shape: 'count',
  },
  {
    name: 'battery_voltage',
    label: { vi: 'Điện áp ắc quy', en: 'Battery voltage', fr: 'Tension de la batterie' },
    unit: 'V',
    min: 0,
    max: 60,
    decimals: 2,
    shape: 'gauge',
  },
];

/** Weather comes each hour; what happened in a gap of three nobody knows. */
const WEATHER_GAP_SECONDS = 3 * 3600;

/** Dew takes a sound humidity sensor past 100, so only the thermometer is doubted. */
const weatherFaults = metrics
  .filter(({ name }) => name === 'air_temperature')
  .flatMap((metric) =>
    sensorFaults({ kind: 'insect-trap', prefix: 'trap' }, metric, {
      gapSeconds: WEATHER_GAP_SECONDS,
    }),
  );

const kind: DeviceKind = defineDeviceKind({
  name: 'insect-trap',
  title: { vi: 'Bẫy đèn côn trùng', en: 'Insect light trap', fr: 'Piège lumineux à insectes' },
  siteKind: 'field',
  intervalSeconds: 3600,
  metrics,
  derived: [
    ...species.map(standardNight),
    ...of('NILALU', 'SOGAFU').map(rise),
    ...of('NILALU').map(peak),
    ...of('DACUDO').map(fliesPerTrapDay),
    ...of('NILALU', 'LAPHFR', 'PLUTMA').map(degreeDays),
  ],
  rules: [...rules, ...weatherFaults],
  simulator,
});

export default kind;
