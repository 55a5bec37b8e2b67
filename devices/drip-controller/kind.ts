import { type DeviceKind, defineDeviceKind, type Metric } from '../../src/contracts/device-kind.ts';
import { rules } from './rules.ts';
import { simulator } from './simulator.ts';

/** Litres a 32-bit pulse counter holds at one pulse a litre. */
const METER_MAX_L = 2 ** 32 - 1;
/** An "open" carries its own end; nobody grants more than an hour at a time. */
const OPEN_SECONDS_MAX = 3600;

const metrics: readonly Metric[] = [
  {
    name: 'soil_moisture',
    label: { vi: 'Độ ẩm đất', en: 'Soil moisture', fr: 'Humidité du sol' },
    unit: '%',
    min: 0,
    max: 100,
    decimals: 1,
    shape: 'gauge',
  },
  {
    name: 'valve_open',
    label: { vi: 'Van mở', en: 'Valve open', fr: 'Vanne ouverte' },
    unit: '1',
    min: 0,
    max: 1,
    decimals: 0,
    shape: 'state',
  },
  {
    name: 'flow_rate',
    label: { vi: 'Lưu lượng', en: 'Flow rate', fr: 'Débit' },
    unit: 'L/min',
    min: 0,
    max: 10_000,
    decimals: 1,
    shape: 'gauge',
  },
  {
    name: 'flow_total',
    label: { vi: 'Tổng lượng nước', en: 'Water through the meter', fr: 'Volume au compteur' },
    unit: 'L',
    min: 0,
    max: METER_MAX_L,
    decimals: 0,
    shape: 'total',
  },
  {
    name: 'pressure',
    label: { vi: 'Áp suất', en: 'Pressure', fr: 'Pression' },
    unit: 'kPa',
    // Above the air around; a suction line reads below zero, and never lower than a vacuum.
    min: -101,
    max: 2500,
    decimals: 0,
    shape: 'gauge',
  },
  {
    name: 'soil_temperature',
    label: { vi: 'Nhiệt độ đất', en: 'Soil temperature', fr: 'Température du sol' },
    unit: 'Cel',
    min: -10,
    max: 60,
    decimals: 1,
    shape: 'gauge',
  },
  {
    name: 'soil_conductivity',
    label: {
      vi: 'Độ dẫn điện của đất',
      en: 'Soil conductivity',
      fr: 'Conductivité du sol',
    },
    unit: 'mS/cm',
    min: 0,
    max: 100,
    decimals: 2,
    shape: 'gauge',
  },
  {
    name: 'tank_level',
    label: { vi: 'Mực nước bồn', en: 'Tank level', fr: 'Niveau du réservoir' },
    unit: '%',
    // A full tank rippling at the overflow reads a little above 100.
    min: 0,
    max: 105,
    decimals: 0,
    shape: 'gauge',
    safe: { min: 20 },
  },
  {
    name: 'source_salinity',
    label: { vi: 'Độ mặn nguồn nước', en: 'Source salinity', fr: 'Salinité de la source' },
    unit: 'g/kg',
    min: 0,
    max: 70,
    decimals: 2,
    shape: 'gauge',
    safe: { max: 1 },
  },
  {
    name: 'pump_current',
    label: { vi: 'Dòng điện bơm', en: 'Pump current', fr: 'Courant de la pompe' },
    unit: 'A',
    min: 0,
    max: 200,
    decimals: 2,
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

const kind: DeviceKind = defineDeviceKind({
  name: 'drip-controller',
  title: { vi: 'Bộ điều khiển tưới', en: 'Drip controller', fr: 'Contrôleur goutte-à-goutte' },
  siteKind: 'zone',
  intervalSeconds: 300,
  metrics,
  rules,
  commands: [
    {
      action: 'open',
      label: { vi: 'Mở van', en: 'Open the valve', fr: 'Ouvrir la vanne' },
      maxSeconds: OPEN_SECONDS_MAX,
    },
    { action: 'close', label: { vi: 'Đóng van', en: 'Close the valve', fr: 'Fermer la vanne' } },
  ],
  simulator,
});

export default kind;
