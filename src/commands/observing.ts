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
  const now = [...readings].flatMap(([metric, reading]) => {
    const value = values[metric];
    return value === undefined || !newest.has(metric) ? [] : [{ metric, reading, value }];
  });
  const sample = { at, receivedAt, quality };
  for (const { reading, value } of now) {
    for (const device of reading.witnessOf)
      await seeSample(floor, sitting, device, { ...sample, value });
  }
  for (const { reading, value } of now) {
    if (reading.positionOf !== null)
      seePosition(floor, sitting, reading.positionOf, { ...sample, value });
  }
  // What flows is judged by where the same report says that the valve stands.
  for (const { metric, reading } of now) {
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
  if (position === 'off' && mayBeOver(sitting, device, seenAt)) return;
  // A start that nobody answered may have opened it, and will end by itself.
  if (position === 'on' && seenAt < (state.unheardUntil ?? 0)) return;
  const to = state.lease === null ? 'off' : 'on';
  // A run that ended just now is no fault: the word of its end is on its way.
  const { since: changedAt } = sitting.state(device);
  const since = state.lease === null ? state.lastOffAt : Math.max(state.lease.from, changedAt ?? 0);
  const isMoving = sitting.commandsOf(device).some((one) => isStarting(one) || isStopping(one));
  // A part that nobody ever moved from here is not ours to judge.
  if (since === null || isMoving || state.fault !== null) return;
  if (!isElsewhere({ at, receivedAt, quality, position: value }, { to, since })) return;
  const root = state.lease?.command ?? null;
  begin(floor, sitting, { device, root, cause: { type: 'fault', fault: 'stuck-valve' } });
}

/**
 * Whether a run that nobody said was over may be so: a lease counts from the word that it began,
 * which came later than its beginning, and a stop may have been done without a word.
 */
function mayBeOver(sitting: Sitting, device: string, seenAt: number): boolean {
  const { lease, sequence } = sitting.state(device);
  if (lease === null) return false;
  const command = sitting.command(lease.command);
  const hasNewer = sequence > (command?.sequence ?? 0);
  return hasNewer || seenAt >= (command?.sentAt ?? lease.from) + lease.grantedSeconds * 1000;
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
