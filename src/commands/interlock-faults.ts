import type { Interlock, InterlockType } from '../contracts/actuator.ts';
import { SALINITY_CUT_OFF } from '../water/source-salinity.ts';
import { meterOf } from './parts.ts';
import {
  type ActuatorDraft,
  intervalOf,
  isWithin,
  metricAt,
  type PlantFault,
  type World,
} from './world.ts';

const DAY_SECONDS = 86_400;
/** What `src/water` can judge, and beyond which an interlock locks nothing or everything. */
const LIMITS = {
  'minimum-off': { member: 'seconds', least: 1, most: DAY_SECONDS, whole: true },
  'daily-seconds': { member: 'most', least: 1, most: DAY_SECONDS, whole: true },
  'daily-litres': { member: 'most', least: 1, most: 100_000_000, whole: false },
  'tank-level': { member: 'lowPercent', least: 1, most: 95, whole: false },
  'source-salinity': { member: 'most', least: 0.01, most: 40, whole: false },
  rain: { member: 'mostMm', least: 0.1, most: 500, whole: false },
  stale: { member: 'intervals', least: 1, most: 100, whole: true },
  'most-open': { member: 'count', least: 1, most: 1_000, whole: true },
  'needs-open': null,
} as const;
/** The unit a sensor must have for an interlock to mean anything. */
const UNITS = { 'tank-level': '%', 'source-salinity': 'g/kg', rain: 'mm' } as const;
/** What may keep an aerator standing: nothing of water, and never that nobody knows. */
const FOR_AERATORS: readonly InterlockType[] = ['minimum-off', 'daily-seconds'];

/** The faults of an actuator's interlocks, those that are switched off included. */
export function* interlockFaults(actuator: ActuatorDraft, world: World): Iterable<PlantFault> {
  const types = new Set<InterlockType>();
  for (const [index, interlock] of actuator.interlocks.entries()) {
    const path = `interlocks.${index}`;
    const { type } = interlock;
    if (!Object.hasOwn(LIMITS, type)) {
      const hint = `Give one of ${Object.keys(LIMITS).join(', ')}.`;
      yield { field: `${path}.type`, why: `there is no interlock ${type}`, hint };
      continue;
    }
    if (types.has(type)) {
      const hint = 'Keep the stricter one.';
      yield { field: path, why: `it has ${type} twice`, hint };
    }
    types.add(type);
    yield* numberFaults(path, interlock);
    yield* sensorFaults(path, interlock, { actuator, world });
    yield* roleFaults(path, interlock, { actuator, world });
  }
}

function* numberFaults(path: string, interlock: Interlock): Iterable<PlantFault> {
  const limit = LIMITS[interlock.type];
  if (limit === null) return;
  const { member, whole } = limit;
  const value = Number(new Map(Object.entries(interlock)).get(member) ?? Number.NaN);
  if (isWithin(value, limit) && (!whole || Number.isInteger(value))) return;
  const hint = `Give ${whole ? 'a whole number' : 'a number'} from ${limit.least} to ${limit.most}.`;
  yield { field: `${path}.${member}`, why: `${member} cannot be ${value}`, hint };
}

interface Around {
  actuator: ActuatorDraft;
  world: World;
}

function* sensorFaults(
  path: string,
  interlock: Interlock,
  { actuator, world }: Around,
): Iterable<PlantFault> {
  if (!('metric' in interlock)) return;
  const { type, device } = interlock;
  const metric = yield* metricAt(path, { ...interlock, coop: actuator.coop }, world);
  if (metric === undefined) return;
  const unit = UNITS[type];
  if (metric.unit !== unit) {
    const hint = `Name a metric in ${unit}.`;
    yield { field: `${path}.metric`, why: `${metric.name} is in ${metric.unit}`, hint };
  }
  if (type === 'rain' && metric.shape !== 'count') {
    const hint = 'Name the rain of each report.';
    yield { field: `${path}.metric`, why: `a sum of ${metric.name} is no rain`, hint };
  }
  const longest = SALINITY_CUT_OFF.reopenMs / 1000;
  if (type === 'source-salinity' && !(intervalOf(device, world) <= longest)) {
    const why = `${device} reports less often than every ${longest} s, so it would never open`;
    yield { field: `${path}.device`, why, hint: 'Let it report more often.' };
  }
}

function* roleFaults(
  path: string,
  { type, enabled }: Interlock,
  { actuator, world }: Around,
): Iterable<PlantFault> {
  const { role, device } = actuator;
  if (role === 'aerator' && !FOR_AERATORS.includes(type)) {
    const why = `an aerator must run when nobody knows, and ${type} would keep it standing`;
    yield { field: path, why, hint: `Leave it out; it may have ${FOR_AERATORS.join(', ')}.` };
    return;
  }
  if (type === 'daily-litres') {
    const meter = meterOf(actuator);
    const kind = world.kinds.get(world.devices.find(meter?.device ?? '')?.kind ?? '');
    const unit = kind?.metrics.find(({ name }) => name === meter?.metric)?.unit;
    if (unit === 'L/min') return;
    const hint = 'Give it a witness in L/min, or limit its seconds.';
    yield { field: path, why: 'its litres are not measured', hint };
  }
  // A plant is built from its supply down: until it is enabled it may feed nothing yet.
  if ((type !== 'most-open' && type !== 'needs-open') || !enabled || !actuator.enabled) return;
  for (const other of world.actuators.values()) {
    if (other.supply === device && other.device !== device) return;
  }
  const hint = 'Name it as the supply of what it feeds before it is enabled, or leave it out.';
  yield { field: path, why: `it feeds nothing, so ${type} has nothing to look at`, hint };
}
