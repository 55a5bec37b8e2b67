import type { Actuator, ActuatorState } from '../contracts/actuator.ts';

/** An actuator as the desk knows it. */
export interface PlantPart {
  actuator: Actuator;
  state: ActuatorState;
  /** Starts on their way to it: committed, not terminal, and not yet said to run. */
  starting: readonly StartingRun[];
}

export interface StartingRun {
  command: string;
  owner: string;
  /** The device was not given it yet, so nothing can have come of it. */
  isWaiting?: boolean;
}

/** Where a value is measured. */
export interface Meter {
  device: string;
  metric: string;
}

/** The actuators of the instance, what feeds what and who shares a meter. */
export interface Plant {
  get(device: string): PlantPart | undefined;
  /** Devices whose `supply` is this one, in any order. */
  fedBy(supply: string): readonly string[];
  /** Devices whose witness is this one, in any order. */
  shownBy(meter: Meter): readonly string[];
}

/** The desk's own, in step with what it knows. */
export interface KeptPlant extends Plant {
  /** Adds a part, or puts it in the place of the one of the same device. */
  put(part: PlantPart): void;
  remove(device: string): void;
  all(): Iterable<PlantPart>;
}

/** Where an actuator's effect is measured; null when nothing proves it. */
export function meterOf({ device, witness }: Pick<Actuator, 'device' | 'witness'>): Meter | null {
  return witness && { device: witness.device ?? device, metric: witness.metric };
}

/** An empty plant. */
export function createPlant(): KeptPlant {
  const parts = new Map<string, PlantPart>();
  const fed = new Map<string, Set<string>>();
  const shown = new Map<string, Set<string>>();

  function remove(device: string): void {
    const actuator = parts.get(device)?.actuator;
    if (actuator === undefined) return;
    parts.delete(device);
    if (actuator.supply !== null) withdraw(fed, actuator.supply, device);
    const meter = meterOf(actuator);
    if (meter !== null) withdraw(shown, keyOf(meter), device);
  }

  return {
    get: (device) => parts.get(device),
    fedBy: (supply) => [...(fed.get(supply) ?? [])],
    shownBy: (meter) => [...(shown.get(keyOf(meter)) ?? [])],
    all: () => parts.values(),
    put(part) {
      const { actuator } = part;
      const before = parts.get(actuator.device)?.actuator;
      // Each step of a command puts a part; only a change of the actuator itself moves it.
      if (before !== actuator) {
        remove(actuator.device);
        if (actuator.supply !== null) enter(fed, actuator.supply, actuator.device);
        const meter = meterOf(actuator);
        if (meter !== null) enter(shown, keyOf(meter), actuator.device);
      }
      parts.set(actuator.device, part);
    },
    remove,
  };
}

/** A plant of these parts. */
export function plantOf(parts: Iterable<PlantPart>): KeptPlant {
  const plant = createPlant();
  for (const part of parts) plant.put(part);
  return plant;
}

/** Neither devices nor metrics have a space in their names. */
function keyOf({ device, metric }: Meter): string {
  return `${device} ${metric}`;
}

function enter(index: Map<string, Set<string>>, key: string, device: string): void {
  const devices = index.get(key);
  if (devices === undefined) index.set(key, new Set([device]));
  else devices.add(device);
}

function withdraw(index: Map<string, Set<string>>, key: string, device: string): void {
  const devices = index.get(key);
  devices?.delete(device);
  if (devices?.size === 0) index.delete(key);
}

/** What feeds a device, the nearest first. A circle, which nothing saves, ends it. */
export function suppliesOf(plant: Plant, device: string): PlantPart[] {
  const found: PlantPart[] = [];
  const seen = new Set([device]);
  let next = plant.get(device)?.actuator.supply ?? null;
  while (next !== null && !seen.has(next)) {
    seen.add(next);
    const part = plant.get(next);
    if (part === undefined) break;
    found.push(part);
    next = part.actuator.supply;
  }
  return found;
}

/** All that is fed by a supply, through others or not, in any order. */
export function allBelow(plant: Plant, supply: string): PlantPart[] {
  const found: PlantPart[] = [];
  const seen = new Set([supply]);
  const waiting = [...plant.fedBy(supply)];
  for (let device = waiting.pop(); device !== undefined; device = waiting.pop()) {
    if (seen.has(device)) continue;
    seen.add(device);
    waiting.push(...plant.fedBy(device));
    const part = plant.get(device);
    if (part !== undefined) found.push(part);
  }
  return found;
}

/** Those of them that feed nothing themselves: where the water comes out. */
export function endsBelow(plant: Plant, supply: string): PlantPart[] {
  return allBelow(plant, supply).filter(
    ({ actuator }) => plant.fedBy(actuator.device).length === 0,
  );
}

/** Whether water has a way out: a part below that is on, with its own way out where it feeds. */
export function hasOpenPath(plant: Plant, supply: string, seen = new Set<string>()): boolean {
  seen.add(supply);
  return plant.fedBy(supply).some((device) => {
    if (seen.has(device) || plant.get(device)?.state.position !== 'on') return false;
    return plant.fedBy(device).length === 0 || hasOpenPath(plant, device, seen);
  });
}
