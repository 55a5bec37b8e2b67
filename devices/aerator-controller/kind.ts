import { type DeviceKind, defineDeviceKind } from '../../src/contracts/device-kind.ts';
import { metrics } from './metrics.ts';
import { rules } from './rules.ts';
import { simulator } from './simulator.ts';

/** A night and its morning: an aerator that nobody reaches any more still runs until sunrise. */
const START_SECONDS_MAX = 12 * 3600;

const kind: DeviceKind = defineDeviceKind({
  name: 'aerator-controller',
  title: { vi: 'Bộ điều khiển quạt nước', en: 'Aerator controller', fr: 'Contrôleur d’aérateur' },
  siteKind: 'pond',
  intervalSeconds: 300,
  metrics,
  rules,
  commands: [
    {
      action: 'start',
      label: { vi: 'Chạy quạt nước', en: 'Start the aerator', fr: 'Démarrer l’aérateur' },
      maxSeconds: START_SECONDS_MAX,
    },
    {
      action: 'stop',
      label: { vi: 'Tắt quạt nước', en: 'Stop the aerator', fr: 'Arrêter l’aérateur' },
    },
  ],
  actuator: {
    role: 'aerator',
    on: 'start',
    off: 'stop',
    position: 'aerator_on',
    witness: {
      device: null,
      metric: 'motor_current',
      view: 'value',
      // The smallest paddlewheel of half a kilowatt, with its belt off, draws about 1 A; what a
      // clamp shows of a cable at rest stays below 0.3.
      on: { min: 0.8, max: null },
      off: { min: null, max: 0.3 },
      withinSeconds: 60,
    },
  },
  simulator,
});

export default kind;
