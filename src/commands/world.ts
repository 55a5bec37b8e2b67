import type { Actuator } from '../contracts/actuator.ts';
import type { KindRegistry, Metric } from '../contracts/device-kind.ts';
import type { Registry } from '../contracts/registry.ts';

/** What cannot be in an actuator: where, why, and what to write instead. */
export interface PlantFault {
  /** Path within the actuator, such as `interlocks.0.most`. */
  field: string;
  why: string;
  hint: string;
}

/** What an actuator is held against. The stored row of the same device is not looked at. */
export interface World {
  kinds: KindRegistry;
  devices: Pick<Registry, 'find' | 'intervalSeconds'>;
  actuators: ReadonlyMap<string, Actuator>;
}

export type ActuatorDraft = Omit<Actuator, 'version'>;

/** The metric a path names on a device of the same cooperative; faults when there is none. */
export function* metricAt(
  path: string,
  { device, metric, coop }: { device: string; metric: string; coop: string },
  { devices, kinds }: World,
): Generator<PlantFault, Metric | undefined> {
  const found = devices.find(device);
  const kind = found?.coop === coop ? kinds.get(found.kind) : undefined;
  if (kind === undefined) {
    const hint = 'Name a device of the same cooperative.';
    yield { field: `${path}.device`, why: `there is no device ${device}`, hint };
    return undefined;
  }
  const known = kind.metrics.find(({ name }) => name === metric);
  if (known === undefined) {
    const hint = `Name one of ${kind.metrics.map(({ name }) => name).join(', ')}.`;
    yield { field: `${path}.metric`, why: `a ${kind.name} has no metric ${metric}`, hint };
  }
  return known;
}

/** Seconds expected between the reports of a device that exists. */
export function intervalOf(device: string, { devices, kinds }: World): number {
  const kind = kinds.get(devices.find(device)?.kind ?? '');
  return devices.intervalSeconds(device) ?? kind?.intervalSeconds ?? Number.POSITIVE_INFINITY;
}

export function isWithin(value: number, { least, most }: { least: number; most: number }): boolean {
  return value >= least && value <= most;
}
