import type { Metric } from '../../src/contracts/device-kind.ts';

export const metrics: readonly Metric[] = [
  {
    name: 'aerator_on',
    label: { vi: 'Quạt nước chạy', en: 'Aerator on', fr: 'Aérateur en marche' },
    unit: '1',
    min: 0,
    max: 1,
    decimals: 0,
    shape: 'state',
  },
  {
    name: 'motor_current',
    label: { vi: 'Dòng điện mô-tơ', en: 'Motor current', fr: 'Courant du moteur' },
    unit: 'A',
    min: 0,
    max: 200,
    decimals: 2,
    shape: 'gauge',
  },
  {
    name: 'supply_voltage',
    label: { vi: 'Điện áp lưới', en: 'Supply voltage', fr: 'Tension du secteur' },
    unit: 'V',
    // Between the phases of a three-phase line it is 380 to 400, and surges above that are read.
    min: 0,
    max: 600,
    decimals: 0,
    shape: 'gauge',
  },
  {
    name: 'motor_temperature',
    label: { vi: 'Nhiệt độ mô-tơ', en: 'Motor temperature', fr: 'Température du moteur' },
    unit: 'Cel',
    min: -10,
    max: 250,
    decimals: 0,
    shape: 'gauge',
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
