import { type DeviceKind, defineDeviceKind } from '../../src/contracts/device-kind.ts';
import { derived } from './derived.ts';
import { metrics } from './metrics.ts';
import { rules } from './rules.ts';
import { simulator } from './simulator.ts';

const kind: DeviceKind = defineDeviceKind({
  name: 'pond-sensor',
  title: { vi: 'Cảm biến ao tôm', en: 'Pond sensor', fr: 'Capteur de bassin' },
  siteKind: 'pond',
  intervalSeconds: 300,
  metrics,
  derived,
  rules,
  simulator,
});

export default kind;
