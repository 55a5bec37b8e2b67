import type { Actuator, Interlock } from '../contracts/actuator.ts';
import type { ActuatorDraft } from './world.ts';

/**
 * What a change of an actuator takes away of its safety, each as one English sentence to confirm;
 * empty when it takes nothing. An actuator that is new takes nothing away.
 */
export function risksOf(before: Actuator | undefined, after: ActuatorDraft): string[] {
  return before === undefined ? [] : [...risks(before, after)];
}

function* risks(before: Actuator, after: ActuatorDraft): Iterable<string> {
  const { device } = after;
  if (after.maxSeconds > before.maxSeconds) {
    yield `${device} may run ${after.maxSeconds} s at once instead of ${before.maxSeconds} s.`;
  }
  if (before.failSafe !== null && after.failSafe !== before.failSafe) {
    const now = after.failSafe === null ? 'is not declared any more' : `becomes ${after.failSafe}`;
    yield `Where ${device} must be when nobody knows ${now}; it was ${before.failSafe}.`;
  }
  if (before.witness !== null && after.witness === null) {
    yield `Nothing proves any more that ${device} opened or closed.`;
  }
  if (before.supply !== null && after.supply !== before.supply) {
    yield `If ${device} does not close, ${before.supply} is not stopped any more.`;
  }
  for (const interlock of before.interlocks) {
    if (!interlock.enabled) continue;
    const kept = after.interlocks.find(({ type, enabled }) => enabled && type === interlock.type);
    const { type } = interlock;
    if (kept === undefined) yield `${device} starts whatever ${type} says.`;
    else if (isOfOtherSensor(interlock, kept)) yield `The interlock ${type} asks another sensor.`;
    else if (isLooser(interlock, kept)) {
      yield `The interlock ${type} allows more: ${numberOf(kept)} instead of ${numberOf(interlock)}.`;
    }
  }
}

function isOfOtherSensor(before: Interlock, after: Interlock): boolean {
  if (!('metric' in before) || !('metric' in after)) return false;
  return before.device !== after.device || before.metric !== after.metric;
}

/** Its one number; `needs-open` has none. */
function numberOf(interlock: Interlock): number {
  switch (interlock.type) {
    case 'minimum-off':
      return interlock.seconds;
    case 'tank-level':
      return interlock.lowPercent;
    case 'rain':
      return interlock.mostMm;
    case 'stale':
      return interlock.intervals;
    case 'most-open':
      return interlock.count;
    case 'needs-open':
      return 0;
    default:
      return interlock.most;
  }
}

function isLooser(before: Interlock, after: Interlock): boolean {
  const isLeast = before.type === 'minimum-off' || before.type === 'tank-level';
  return isLeast ? numberOf(after) < numberOf(before) : numberOf(after) > numberOf(before);
}
