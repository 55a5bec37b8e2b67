/**
 * What is done when an actuator does not obey, or its water goes where it should not: pure, one
 * step at a time, and asked again after each. What must stand when nobody knows is closed again,
 * then cut off from above; what must run is started again; then somebody has to go there.
 */
import type { Position } from '../contracts/actuator.ts';
import { type CommandState, isTerminal } from '../contracts/command.ts';
import type { Localized } from '../contracts/localized.ts';
import { FAULT_ACTION, type HydraulicSample, suspectFault } from '../water/hydraulic-faults.ts';
import { type ActuatorFaultCode, FAULT_WORDS } from './fault-words.ts';
import { flowOf } from './flow-band.ts';
import { allBelow, type Plant, type PlantPart, suppliesOf } from './parts.ts';
import type { Verdict } from './witness.ts';

/** What went wrong: a verdict of the witness, or what the watch of its water found. */
export type Cause =
  | {
      type: 'verdict';
      verdict: Verdict;
      /** Its device may never have heard of it: then it is the link that is at fault. */
      isUnanswered?: boolean;
    }
  | { type: 'fault'; fault: ActuatorFaultCode };

/** An order that this answer made before, and what became of it; oldest first. */
export interface Attempt {
  device: string;
  to: Position;
  state: CommandState;
  /** The device said that it did it. */
  isAnswered?: boolean;
}

export interface Trouble {
  cause: Cause;
  /** Of the actuator it is about, as it is now. */
  part: PlantPart;
  plant: Plant;
  /** Orders made for this cause so far. One that could not be made counts as `refused`. */
  attempts: readonly Attempt[];
  isConnected(device: string): boolean;
  /** Its witness is in L/min. */
  isFlow: boolean;
  /** Of the lease of a start that had no effect, so that it can be tried again; else 0. */
  secondsLeft: number;
  /** What else is known at the time of the verdict; a good run's pressure among it. */
  seen?: Pick<HydraulicSample, 'reported' | 'pressureKpa' | 'nominalPressureKpa'>;
}

export interface CompensationOrder {
  device: string;
  to: Position;
  /** Of a start. */
  maxSeconds: number | null;
  why: string;
}

/** To be set on an actuator and told to people. */
export interface FoundFault {
  device: string;
  code: ActuatorFaultCode;
  severity: 'warn' | 'critical';
  text: Localized;
}

/**
 * `orders` and `faults` are for now. While it is `trying`, ask again as soon as one of its orders
 * is terminal; `well` and `failed` end it. Orders with the source `compensation` have no trouble of
 * their own: their verdicts come back here as attempts.
 */
export interface CompensationPlan {
  orders: readonly CompensationOrder[];
  faults: readonly FoundFault[];
  state: 'trying' | 'well' | 'failed';
}

/** What to do next. A verdict that contradicts nothing asks for nothing. */
export function compensationFor(trouble: Trouble): CompensationPlan {
  const { cause, part } = trouble;
  if (cause.type === 'fault') return afterFault(trouble, cause.fault);
  if (cause.verdict.state !== 'contradicted') return { orders: [], faults: [], state: 'well' };
  if (part.actuator.failSafe === 'on') return again(trouble, cause.verdict);
  return cause.verdict.to === 'on'
    ? afterFault(trouble, codeOf(trouble, cause.verdict))
    : close(trouble, cause);
}

/** What a contradiction looks like. */
export function codeOf(
  { part, isFlow, seen }: Pick<Trouble, 'part' | 'isFlow' | 'seen'>,
  { to, proof }: Verdict,
): ActuatorFaultCode {
  if (!isFlow) return to === 'on' ? 'no-effect' : 'does-not-stop';
  const value = proof?.value ?? 0;
  const { goodRuns } = part.state;
  const { band } = flowOf(goodRuns, part.actuator.nominalFlow);
  if (to === 'off') {
    // As much as a run is a valve that stands open; less is one that does not shut tight.
    const isRun = band === null || value >= band.lowestLpm;
    return isRun ? 'stuck-valve' : 'leak';
  }
  const { fault } = suspectFault({
    ...seen,
    commanded: 'open',
    secondsSinceChange: part.actuator.witness?.withinSeconds ?? 7_200,
    flowLpm: value,
    band,
    leakLpm: 0,
  });
  return fault ?? 'blockage';
}

function found(
  device: string,
  code: ActuatorFaultCode,
  severity: FoundFault['severity'],
): FoundFault {
  return { device, code, severity, text: FAULT_WORDS[code] };
}

type Outcome = 'none' | 'waiting' | 'done' | 'failed';

function outcomeOf({ attempts }: Trouble, device: string, to: Position): Outcome {
  const own = attempts.filter((each) => each.device === device && each.to === to);
  if (own.length === 0) return 'none';
  if (own.some(({ state }) => !isTerminal(state))) return 'waiting';
  return own.some(({ state }) => state === 'effective') ? 'done' : 'failed';
}

/** What must run when nobody knows: tried once more, then somebody has to go there. */
function again(trouble: Trouble, verdict: Verdict): CompensationPlan {
  const { device } = trouble.part.actuator;
  const { to } = verdict;
  const isStart = to === 'on';
  const outcome = outcomeOf(trouble, device, to);
  const canTry = !isStart || trouble.secondsLeft >= 1;
  if (outcome === 'none' && canTry) {
    const maxSeconds = isStart ? Math.floor(trouble.secondsLeft) : null;
    const why = `the witness contradicts the ${isStart ? 'start' : 'stop'}`;
    return { orders: [{ device, to, maxSeconds, why }], faults: [], state: 'trying' };
  }
  if (outcome === 'waiting') return { orders: [], faults: [], state: 'trying' };
  if (outcome === 'done') return { orders: [], faults: [], state: 'well' };
  // One that goes on running costs electricity; one that stands costs the pond.
  const severity = isStart ? 'critical' : 'warn';
  return {
    orders: [],
    faults: [found(device, codeOf(trouble, verdict), severity)],
    state: 'failed',
  };
}

/** A part that did not close: closed once more, then cut off, then told. */
function close(
  trouble: Trouble,
  { verdict, isUnanswered = false }: Extract<Cause, { type: 'verdict' }>,
): CompensationPlan {
  const { device } = trouble.part.actuator;
  const outcome = outcomeOf(trouble, device, 'off');
  const isReached = trouble.isConnected(device);
  const hasHeard = trouble.attempts.some((each) => each.device === device && each.isAnswered);
  const retry = { device, to: 'off', maxSeconds: null, why: 'the witness sees it open' } as const;
  if (outcome === 'none' && isReached) {
    return { orders: [retry], faults: [], state: 'trying' };
  }
  if (outcome === 'done') return { orders: [], faults: [], state: 'well' };
  // One that said it closed is believed until its witness speaks.
  if (outcome === 'waiting' && (isReached || hasHeard)) {
    return { orders: [], faults: [], state: 'trying' };
  }
  const isProven = hasHeard && wasContradicted(trouble, device);
  // It heard the second word only, and nothing speaks against what it did then.
  if (isUnanswered && hasHeard && !isProven) return { orders: [], faults: [], state: 'well' };
  const cut = cutOff(trouble, `${device} does not close`);
  const orders = outcome === 'none' ? [retry, ...cut.orders] : cut.orders;
  if (cut.state === 'trying') return { orders, faults: [], state: 'trying' };
  const code = isUnanswered && !isProven ? 'no-answer' : codeOf(trouble, verdict);
  return { orders, faults: [found(device, code, 'critical'), ...cut.faults], state: 'failed' };
}

/** Stops what feeds a part, one after the other upward, until one is proved to stand. */
function cutOff(trouble: Trouble, why: string): CompensationPlan {
  const { part, plant } = trouble;
  const { device } = part.actuator;
  const faults: FoundFault[] = [];
  for (const supply of suppliesOf(plant, device)) {
    const above = supply.actuator.device;
    const outcome = outcomeOf(trouble, above, 'off');
    if (outcome === 'waiting') return { orders: [], faults: [], state: 'trying' };
    if (outcome === 'done') return { orders: [], faults, state: 'failed' };
    if (outcome === 'none') {
      // What hangs on it runs dry, so its runs end now and are not taken for blockages.
      const others = allBelow(plant, above).filter(
        (other) => other.actuator.device !== device && isRunning(other),
      );
      const asked = (name: string): boolean => outcomeOf(trouble, name, 'off') !== 'none';
      const names = [above, ...others.map((other) => other.actuator.device)];
      const orders = names
        .filter((name) => !asked(name))
        .map((name) => ({ device: name, to: 'off' as const, maxSeconds: null, why }));
      return { orders, faults: [], state: 'trying' };
    }
    if (wasContradicted(trouble, above)) faults.push(found(above, 'does-not-stop', 'critical'));
  }
  return { orders: [], faults, state: 'failed' };
}

function isRunning({ state, starting }: PlantPart): boolean {
  return state.position === 'on' || state.lease !== null || starting.length > 0;
}

function wasContradicted({ attempts }: Trouble, device: string): boolean {
  return attempts.some((each) => each.device === device && each.state === 'contradicted');
}

/** A fault of the water: told at once, and the part or all that feeds it is closed. */
function afterFault(trouble: Trouble, code: ActuatorFaultCode): CompensationPlan {
  const { attempts, part } = trouble;
  const { device, failSafe } = part.actuator;
  const action =
    code === 'no-effect' || code === 'does-not-stop' || code === 'no-answer'
      ? ({ close: 'valve', severity: 'critical' } as const)
      : FAULT_ACTION[code];
  const isFirst = attempts.length === 0;
  const faults = isFirst ? [found(device, code, action.severity)] : [];
  if (failSafe === 'on' || action.close === 'none') return { orders: [], faults, state: 'failed' };
  const why = FAULT_WORDS[code].en;
  const outcome = outcomeOf(trouble, device, 'off');
  const own = { device, to: 'off', maxSeconds: null, why } as const;
  const orders: CompensationOrder[] = outcome === 'none' ? [own] : [];
  // Its own stop may be beyond proof where nothing flowed; only what still flows is cut off.
  if (action.close === 'supply' || wasContradicted(trouble, device)) {
    const cut = cutOff(trouble, why);
    const state = orders.length > 0 || outcome === 'waiting' ? 'trying' : cut.state;
    return { orders: [...orders, ...cut.orders], faults: [...faults, ...cut.faults], state };
  }
  const isOver = outcome === 'done' || outcome === 'failed';
  return { orders, faults, state: isOver ? 'failed' : 'trying' };
}
