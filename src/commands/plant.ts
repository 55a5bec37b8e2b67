/**
 * What cannot be in a plant: found when an actuator is saved, and not when its valve should have
 * closed.
 */
import {
  ACTUATOR_ROLES,
  type Actuator,
  type ActuatorRole,
  type Position,
} from '../contracts/actuator.ts';
import type { DeviceKind } from '../contracts/device-kind.ts';
import type { Device } from '../contracts/state.ts';
import { FAIL_SAFE } from '../water/interlocks.ts';
import { interlockFaults } from './interlock-faults.ts';
import { witnessFaults } from './witness-faults.ts';
import { type ActuatorDraft, isWithin, type PlantFault, type World } from './world.ts';

const SUPPLYING: readonly ActuatorRole[] = ['master-valve', 'inlet', 'pump'];
/** L/min of a pipe of a metre; a drip line has 0.1. */
const NOMINAL_FLOW = { least: 0.01, most: 100_000 } as const;

/** All faults at once, the first to mend first; none when it can be. */
export function actuatorFaults(actuator: ActuatorDraft, world: World): PlantFault[] {
  return [...faults(actuator, world)];
}

function* faults(actuator: ActuatorDraft, world: World): Iterable<PlantFault> {
  const device = world.devices.find(actuator.device);
  const kind = device && world.kinds.get(device.kind);
  if (device === undefined || kind === undefined) {
    const why = `there is no device ${actuator.device} of a known kind`;
    yield { field: 'device', why, hint: 'Register the device first.' };
    return;
  }
  yield* placeFaults(actuator, device);
  yield* capFaults(actuator, kind);
  yield* directionFaults(actuator);
  yield* supplyFaults(actuator, world.actuators);
  const { nominalFlow } = actuator;
  if (nominalFlow !== null && !isWithin(nominalFlow, NOMINAL_FLOW)) {
    const hint = `Give L/min from ${NOMINAL_FLOW.least} to ${NOMINAL_FLOW.most}, or null.`;
    yield { field: 'nominalFlow', why: `${nominalFlow} L/min is no flow of a pipe`, hint };
  }
  yield* witnessFaults(actuator, kind, world);
  yield* interlockFaults(actuator, world);
}

function* placeFaults(actuator: ActuatorDraft, device: Device): Iterable<PlantFault> {
  for (const field of ['coop', 'site'] as const) {
    if (actuator[field] === device[field]) continue;
    const why = `the device stands in ${device[field] ?? 'no site'}, not in ${actuator[field]}`;
    yield { field, why, hint: `Give the device's own ${field}.` };
  }
}

function* capFaults({ maxSeconds }: ActuatorDraft, kind: DeviceKind): Iterable<PlantFault> {
  const cap = kindCapSeconds(kind);
  if (cap === null) {
    const why = `a ${kind.name} takes no commands`;
    yield { field: 'device', why, hint: 'Name a device whose kind has commands.' };
    return;
  }
  if (Number.isInteger(maxSeconds) && maxSeconds >= 1 && maxSeconds <= cap) return;
  const why = `a lease of ${maxSeconds} s cannot be granted`;
  yield { field: 'maxSeconds', why, hint: `Give whole seconds from 1 to ${cap}.` };
}

/** Longest lease a kind's own command allows; null for a kind that moves nothing. */
export function kindCapSeconds({ actuator, commands }: DeviceKind): number | null {
  return commands?.find(({ action }) => action === actuator?.on)?.maxSeconds ?? null;
}

function* directionFaults({ role, enabled, failSafe }: ActuatorDraft): Iterable<PlantFault> {
  if (!ACTUATOR_ROLES.includes(role)) {
    const hint = `Give one of ${ACTUATOR_ROLES.join(', ')}.`;
    yield { field: 'role', why: `there is no role ${role}`, hint };
    return;
  }
  const right = safePosition(role);
  if (failSafe === null) {
    if (!enabled) return;
    const why = 'nobody declared where it must be when nothing is known';
    yield { field: 'failSafe', why, hint: `Declare \`${right}\` before it is enabled.` };
  } else if (failSafe !== right) {
    const why =
      right === 'on'
        ? 'oxygen kills in half an hour: an aerator that nobody hears must run'
        : `a ${role} that nobody hears must not let water run`;
    yield { field: 'failSafe', why, hint: `Declare \`${right}\`.` };
  }
}

/** Where a part of that role must be when nobody knows. */
export function safePosition(role: ActuatorRole): Position {
  // A master valve is a valve like any other.
  return FAIL_SAFE[role === 'master-valve' ? 'inlet' : role] === 'on' ? 'on' : 'off';
}

function* supplyFaults(
  { device, coop, role, supply }: ActuatorDraft,
  actuators: ReadonlyMap<string, Actuator>,
): Iterable<PlantFault> {
  const fed = [...actuators.values()].find((each) => each.supply === device);
  if (fed !== undefined && fed.device !== device && !SUPPLYING.includes(role)) {
    const hint = `Take it from the supply of ${fed.device} first.`;
    yield { field: 'role', why: `it feeds ${fed.device}, and a ${role} feeds nothing`, hint };
  }
  if (supply === null) return;
  const hint = `Name a ${SUPPLYING.join(', ')} of the same cooperative, or null.`;
  const refuse = (why: string): PlantFault => ({ field: 'supply', why, hint });
  const above = actuators.get(supply);
  if (supply === device) yield refuse('it would feed itself');
  else if (role === 'aerator') yield refuse('an aerator is fed by nothing');
  // That another cooperative has such an actuator is none of this one's business.
  else if (above === undefined || above.coop !== coop) {
    yield refuse(`there is no actuator ${supply}`);
  } else if (!SUPPLYING.includes(above.role)) {
    yield refuse(`${supply} is a ${above.role}, which feeds nothing`);
  } else {
    const circle = circleFrom(device, supply, actuators);
    if (circle !== null) yield refuse(`it would feed itself: ${circle.join(' ← ')}`);
  }
}

/** The way up from a supply when it leads back to the device; null when it ends. */
function circleFrom(
  device: string,
  supply: string,
  actuators: ReadonlyMap<string, Actuator>,
): string[] | null {
  const way = [device];
  let next: string | null = supply;
  while (next !== null && !way.includes(next)) {
    way.push(next);
    next = actuators.get(next)?.supply ?? null;
  }
  return next === device ? [...way, device] : null;
}
