import type { DeviceKind } from '../src/contracts/device-kind.ts';
import type { World } from '../src/contracts/simulator.ts';
import type { ControllerFaultShare } from './controllers/controller-faults.ts';

export const SENSOR_FAULTS = ['stuck', 'spike', 'range', 'text'] as const;
/**
 * `stuck` repeats a value for an hour, `spike` triples one, `range` sends what no sensor can read,
 * `text` sends "NaN" where a number belongs.
 */
export type SensorFault = (typeof SENSOR_FAULTS)[number];

/** What goes wrong on the way, as shares in [0, 1]. It all follows from the seed and the time. */
export interface FleetFaults {
  /** Reports never sent; their sequence numbers are missing. */
  loss?: number;
  /** Messages sent a second time, byte for byte. */
  duplicate?: number;
  /** Spans of `delaySeconds` whose reports are held and sent as a batch after newer ones. */
  late?: { share: number; delaySeconds: number };
  /** Devices whose clock is off by `offsetMs`. */
  clock?: { share: number; offsetMs: number };
  /** Reports with one faulty value. */
  sensor?: { share: number; faults?: readonly SensorFault[] };
  /** Messages after which the connection breaks before the acknowledgement. */
  cut?: number;
  /** Controllers, their parts, pipes and links. */
  controller?: ControllerFaultShare;
}

const SALT = { loss: 301, duplicate: 302, late: 303, clock: 304, sensor: 305, pick: 306, cut: 307 };
const STUCK_MS = 3_600_000;

/** The faults of one device. */
export interface DeviceFaults {
  lost(time: number): boolean;
  repeated(time: number): boolean;
  cut(time: number): boolean;
  /** Reports of this time wait for a newer one. */
  held(time: number): boolean;
  readonly clockOffsetMs: number;
  /** The values with at most one spoiled. */
  spoil(
    time: number,
    read: (time: number) => Values | null,
  ): Record<string, number | string> | null;
}

type Values = Record<string, number>;

export interface DeviceFaultsOptions {
  faults: FleetFaults;
  kind: DeviceKind;
  world: World;
  seed: number;
}

export function createDeviceFaults(options: DeviceFaultsOptions): DeviceFaults {
  const { faults, world, seed } = options;
  const happens = (share: number | undefined, time: number, salt: number): boolean =>
    share !== undefined && share > 0 && world.chance(seed, time, salt) < share;
  const { late, clock } = faults;
  return {
    lost: (time) => happens(faults.loss, time, SALT.loss),
    repeated: (time) => happens(faults.duplicate, time, SALT.duplicate),
    cut: (time) => happens(faults.cut, time, SALT.cut),
    held(time) {
      if (late === undefined) return false;
      return happens(late.share, Math.floor(time / (late.delaySeconds * 1000)), SALT.late);
    },
    clockOffsetMs: clock !== undefined && happens(clock.share, 0, SALT.clock) ? clock.offsetMs : 0,
    spoil(time, read) {
      const values = read(time);
      if (values === null || !happens(faults.sensor?.share, time, SALT.sensor)) return values;
      return spoilOne({ ...options, time, values, read });
    },
  };
}

interface Spoiling extends DeviceFaultsOptions {
  time: number;
  values: Values;
  read: (time: number) => Values | null;
}

/** Replaces one value by what the fault makes of it. */
function spoilOne(spoiling: Spoiling): Record<string, number | string> {
  const { world, seed, time, values, kind } = spoiling;
  const allowed = spoiling.faults.sensor?.faults ?? SENSOR_FAULTS;
  const draw = world.chance(seed, time, SALT.pick);
  const names = Object.keys(values);
  const name = names[Math.floor(draw * names.length)];
  const fault = allowed[Math.floor(((draw * 997) % 1) * allowed.length)];
  const metric = kind.metrics.find((one) => one.name === name);
  const value = name === undefined ? undefined : values[name];
  if (name === undefined || value === undefined || metric === undefined) return values;
  const spoilt: Record<SensorFault, () => number | string> = {
    stuck: () => spoiling.read(Math.floor(time / STUCK_MS) * STUCK_MS)?.[name] ?? value,
    spike: () => Math.min(metric.max, value * 3),
    range: () => metric.max + Math.max(1, Math.abs(metric.max)),
    text: () => 'NaN',
  };
  return fault === undefined ? values : { ...values, [name]: spoilt[fault]() };
}
