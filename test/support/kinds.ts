import { type DeviceKind, defineDeviceKind, type KindRegistry } from '#src/contracts/device-kind';

const text = (en: string): { vi: string; en: string; fr: string } => ({ vi: en, en, fr: en });

/** A small kind for tests that must not depend on what the shipped kinds measure. */
export const testKind: DeviceKind = defineDeviceKind({
  name: 'test-kind',
  title: text('Test'),
  siteKind: 'pond',
  intervalSeconds: 60,
  metrics: [
    {
      name: 'level',
      label: text('Level'),
      unit: 'mg/L',
      min: 0,
      max: 10,
      decimals: 2,
      shape: 'gauge',
    },
    {
      name: 'heat',
      label: text('Heat'),
      unit: 'Cel',
      min: -2,
      max: 50,
      decimals: 1,
      shape: 'gauge',
    },
    {
      name: 'count',
      label: text('Count'),
      unit: '{count}',
      min: 0,
      max: 1e6,
      decimals: 0,
      shape: 'count',
    },
  ],
  rules: [],
  simulator: { idPrefix: 'test', values: () => ({ level: 5 }) },
});

export const testKinds: KindRegistry = new Map([[testKind.name, testKind]]);
