import type { Observation } from '../contracts/observation.ts';
import { type Floor, flowMeterOf, isStarting, isStopping, keyOf, plantAt } from './floor.ts';
import { addLitres, moveTo, standStill } from './positions.ts';
import { seeSample } from './proving.ts';
import { begin } from './remedies.ts';
import type { Sitting } from './sitting.ts';
import { demandOn, followMeter, isElsewhere, startMeter } from './watch.ts';

/** What a report tells of parts: its own position, what it witnesses, what a meter counted. */
export async function observe(
  floor: Floor,
  sitting: Sitting,
  observation: Observation,
): Promise<void> {
  const { senses } = floor;
  const { source, receivedAt, observedAt: at, quality, values, imported } = observation;
  const readings = senses.readingsOf(source.device);
  if (readings === undefined || imported !== undefined) return;
  senses.hear(source.device, receivedAt);
  const newest = new Set(senses.observe(observation));
  for (const [metric, reading] of readings) {
    const value = values[metric];
    if (value === undefined || !newest.has(metric)) continue;
    const sample = { at, receivedAt, quality };
    if (reading.positionOf !== null)
      seePosition(floor, sitting, reading.positionOf, { ...sample, value });
    for (const device of reading.witnessOf)
      await seeSample(floor, sitting, device, { ...sample, value });
    if (isFlow(floor, reading.witnessOf, sitting)) seeMeter(floor, sitting, observation, metric);
  }
}

interface Sample {
  at: number;
  receivedAt: number;
  quality: Observation['quality'];
  value: number;
}

/** Its own word on where it is; the part is where its newest word says. */
function seePosition(
  floor: Floor,
  sitting: Sitting,
  device: string,
  { at, receivedAt, quality, value }: Sample,
): void {
  const state = sitting.state(device);
  const seenAt = Math.min(at, receivedAt);
  const position = value >= 0.5 ? 'on' : 'off';
  if (quality === 'good' && seenAt > (state.since ?? 0) && position !== state.position) {
    if (position === 'off' && state.lease === null)
      standStill(floor, sitting, { device, at: seenAt });
    else moveTo(floor, sitting, { device, position, at: seenAt });
  }
  const to = state.lease === null ? 'off' : 'on';
  const since = state.lease?.from ?? state.lastOffAt;
  const isMoving = sitting.commandsOf(device).some((one) => isStarting(one) || isStopping(one));
  // A part that nobody ever moved from here is not ours to judge.
  if (since === null || isMoving || state.fault !== null) return;
  if (!isElsewhere({ at, receivedAt, quality, position: value }, { to, since })) return;
  const root = state.lease?.command ?? null;
  begin(floor, sitting, { device, root, cause: { type: 'fault', fault: 'stuck-valve' } });
}

/** Litres to those who used them, and what a meter finds wrong. */
function seeMeter(
  floor: Floor,
  sitting: Sitting,
  { source, observedAt: at, receivedAt, quality, values }: Observation,
  metric: string,
): void {
  const meter = { device: source.device, metric };
  const before = sitting.meter(keyOf(meter)) ?? startMeter(at - 1);
  const demand = demandOn(plantAt(floor, sitting), meter);
  const sample = { at, receivedAt, quality, flowLpm: values[metric] ?? null };
  const pressureKpa = values['pressure'] ?? null;
  const { memory, fault, litres } = followMeter(before, { ...sample, pressureKpa }, demand);
  sitting.putMeter(keyOf(meter), memory);
  addLitres(floor, sitting, litres);
  for (const device of fault?.devices ?? []) {
    const state = sitting.state(device);
    if (fault === null || state.fault !== null || sitting.actuator(device) === undefined) continue;
    const root = state.lease?.command ?? null;
    begin(floor, sitting, { device, root, cause: { type: 'fault', fault: fault.fault } });
  }
}

function isFlow(floor: Floor, devices: readonly string[], sitting: Sitting): boolean {
  const actuator = sitting.actuator(devices[0] ?? '');
  return actuator !== undefined && flowMeterOf(floor, actuator) !== null;
}
