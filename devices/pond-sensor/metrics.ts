import type { Metric } from '../../src/contracts/device-kind.ts';

/**
 * Ranges are what an instrument can mean at all, wide on purpose: an afternoon bloom reads 250 %
 * of saturation and must never be refused. Safe ranges are the optimum of whiteleg shrimp.
 */
export const metrics: readonly Metric[] = [
  {
    name: 'dissolved_oxygen',
    label: { vi: 'Oxy hòa tan', en: 'Dissolved oxygen', fr: 'Oxygène dissous' },
    unit: 'mg/L',
    // An optical probe near zero reads slightly below it.
    min: -0.5,
    max: 40,
    decimals: 2,
    shape: 'gauge',
    safe: { min: 5 },
  },
  {
    name: 'water_temperature',
    label: { vi: 'Nhiệt độ nước', en: 'Water temperature', fr: 'Température de l’eau' },
    unit: 'Cel',
    min: -2,
    max: 50,
    decimals: 1,
    shape: 'gauge',
    safe: { min: 28, max: 32 },
  },
  {
    name: 'ph',
    label: { vi: 'pH', en: 'pH', fr: 'pH' },
    unit: '[pH]',
    min: 0,
    max: 14,
    decimals: 2,
    shape: 'gauge',
    safe: { min: 7.5, max: 8.5 },
  },
  {
    name: 'salinity',
    label: { vi: 'Độ mặn', en: 'Salinity', fr: 'Salinité' },
    unit: 'g/kg',
    // What 100 mS/cm, the end of the conductivity range, amounts to in warm brine.
    min: 0,
    max: 70,
    decimals: 1,
    shape: 'gauge',
    safe: { min: 10, max: 25 },
  },
  {
    name: 'conductivity',
    label: { vi: 'Độ dẫn điện', en: 'Conductivity', fr: 'Conductivité' },
    unit: 'mS/cm',
    min: 0,
    max: 100,
    decimals: 2,
    shape: 'gauge',
  },
  {
    name: 'orp',
    label: {
      vi: 'Thế oxy hóa khử (ORP)',
      en: 'Redox potential (ORP)',
      fr: 'Potentiel d’oxydoréduction (ORP)',
    },
    unit: 'mV',
    min: -2000,
    max: 2000,
    decimals: 0,
    shape: 'gauge',
  },
  {
    name: 'total_ammonia_nitrogen',
    label: {
      vi: 'Tổng đạm amoni (TAN)',
      en: 'Total ammonia nitrogen (TAN)',
      fr: 'Azote ammoniacal total (TAN)',
    },
    unit: 'mg/L',
    min: 0,
    max: 100,
    decimals: 2,
    shape: 'gauge',
    safe: { max: 0.61 },
  },
  {
    name: 'nitrite_nitrogen',
    label: {
      vi: 'Đạm nitrit (NO₂-N)',
      en: 'Nitrite nitrogen (NO₂-N)',
      fr: 'Azote nitreux (NO₂-N)',
    },
    unit: 'mg/L',
    min: 0,
    max: 100,
    decimals: 3,
    shape: 'gauge',
    safe: { max: 0.3 },
  },
  {
    name: 'total_sulphide',
    label: {
      vi: 'Tổng sunfua (S)',
      en: 'Total sulphide (as S)',
      fr: 'Sulfures totaux (en S)',
    },
    unit: 'mg/L',
    min: 0,
    max: 100,
    decimals: 3,
    shape: 'gauge',
  },
  {
    name: 'alkalinity',
    label: {
      vi: 'Độ kiềm (CaCO₃)',
      en: 'Alkalinity (as CaCO₃)',
      fr: 'Alcalinité (en CaCO₃)',
    },
    unit: 'mg/L',
    min: 0,
    max: 1000,
    decimals: 0,
    shape: 'gauge',
    safe: { min: 100, max: 180 },
  },
  {
    name: 'transparency',
    label: {
      vi: 'Độ trong (đĩa Secchi)',
      en: 'Transparency (Secchi disc)',
      fr: 'Transparence (disque de Secchi)',
    },
    unit: 'cm',
    min: 0,
    max: 400,
    decimals: 0,
    shape: 'gauge',
    safe: { min: 30, max: 45 },
  },
  {
    name: 'water_level',
    label: { vi: 'Mực nước', en: 'Water level', fr: 'Niveau d’eau' },
    unit: 'cm',
    min: 0,
    max: 1000,
    decimals: 1,
    shape: 'gauge',
  },
  {
    name: 'battery_voltage',
    label: { vi: 'Điện áp pin', en: 'Battery voltage', fr: 'Tension de la batterie' },
    unit: 'V',
    min: 0,
    max: 60,
    decimals: 2,
    shape: 'gauge',
  },
];

/** A metric of this kind. Throws RangeError for one it does not have. */
export function metricNamed(name: string): Metric {
  const metric = metrics.find((one) => one.name === name);
  if (metric === undefined) throw new RangeError(`a pond sensor has no metric ${name}`);
  return metric;
}
