import { type DeviceKind, defineDeviceKind } from '../../src/contracts/device-kind.ts';
import { metrics } from './metrics.ts';
import { OPEN_SECONDS_MAX, rules } from './rules.ts';
import { simulator } from './simulator.ts';

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
  actuator: {
    role: 'irrigation-valve',
    on: 'open',
    off: 'close',
    position: 'valve_open',
    witness: {
      device: null,
      metric: 'flow_rate',
      view: 'value',
      on: 'learned',
      // What a meter at rest may still say, L/min.
      off: { min: null, max: 0.2 },
      withinSeconds: 180,
    },
  },
  simulator,
});

export default kind;
