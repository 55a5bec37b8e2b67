import { type DeviceKind, defineDeviceKind } from '../../src/contracts/device-kind.ts';
import { derived, metrics } from './counts.ts';
import { rules } from './rules.ts';
import { simulator } from './simulator.ts';

const WEEK_SECONDS = 7 * 86_400;

const kind: DeviceKind = defineDeviceKind({
  name: 'field-survey',
  title: { vi: 'Thăm đồng', en: 'Field survey', fr: 'Relevé au champ' },
  siteKind: 'field',
  intervalSeconds: WEEK_SECONDS,
  metrics,
  derived,
  fieldCounts: true,
  rules,
  simulator,
});

export default kind;
