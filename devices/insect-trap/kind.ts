import { type DeviceKind, defineDeviceKind, type Metric } from '../../src/contracts/device-kind.ts';
import type { Localized } from '../../src/contracts/localized.ts';
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

const metrics: readonly Metric[] = [
  catchOf('NILALU', { vi: 'Rầy nâu', en: 'Brown planthopper', fr: 'Cicadelle brune du riz' }),
  catchOf('SOGAFU', {
    vi: 'Rầy lưng trắng',
    en: 'White-backed planthopper',
    fr: 'Cicadelle à dos blanc',
  }),
  catchOf('CNAPME', {
    vi: 'Sâu cuốn lá nhỏ',
    en: 'Rice leaf folder',
    fr: 'Enrouleuse du riz',
  }),
  catchOf('SCIRIN', {
    vi: 'Sâu đục thân hai chấm',
    en: 'Yellow stem borer',
    fr: 'Foreur jaune du riz',
  }),
  catchOf('CHILSU', {
    vi: 'Sâu đục thân năm vạch đầu nâu',
    en: 'Striped stem borer',
    fr: 'Pyrale rayée du riz',
  }),
  catchOf('LAPHFR', {
    vi: 'Sâu keo mùa thu',
    en: 'Fall armyworm',
    fr: 'Légionnaire d’automne',
  }),
  catchOf('PLUTMA', { vi: 'Sâu tơ', en: 'Diamondback moth', fr: 'Teigne des crucifères' }),
  catchOf('DACUDO', {
    vi: 'Ruồi đục quả phương Đông',
    en: 'Oriental fruit fly',
    fr: 'Mouche orientale des fruits',
  }),
  catchOf('LAPHEG', { vi: 'Sâu xanh da láng', en: 'Beet armyworm', fr: 'Noctuelle exiguë' }),
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

const kind: DeviceKind = defineDeviceKind({
  name: 'insect-trap',
  title: { vi: 'Bẫy đèn côn trùng', en: 'Insect light trap', fr: 'Piège lumineux à insectes' },
  siteKind: 'field',
  intervalSeconds: 3600,
  metrics,
  rules,
  simulator,
});

export default kind;
