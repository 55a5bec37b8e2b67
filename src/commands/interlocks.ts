/**
 * What refuses a start and what ends a run, as pure answers about what is known. A stop is never
 * asked: it always passes.
 */
import type { Actuator, ActuatorState, Interlock, InterlockType } from '../contracts/actuator.ts';
import type { EmergencyStop } from '../contracts/command.ts';
import type { Quality } from '../contracts/observation.ts';
import { isRainLocked, isStale, mayDraw, offSecondsLeft } from '../water/interlocks.ts';
import type { InletState } from '../water/source-salinity.ts';
import { flowOf } from './flow-band.ts';
import { endsBelow, hasOpenPath, type Plant, type PlantPart, suppliesOf } from './parts.ts';

/** Why something may not be. The code is one of docs/errors.md; the text one English sentence. */
export interface Refusal {
  code: string;
  text: string;
  /** The member of the request that could be mended. */
  field?: string;
}

/** The newest good or bad word of a sensor. */
export interface Known {
  value: number;
  /** Observed time, ms. */
  at: number;
  quality: Quality;
}

/** Look-ups into what is followed anyway. */
export interface Knowledge {
  latest(device: string, metric: string): Known | undefined;
  /** Expected between its reports: declared, learned or the kind's. */
  intervalSeconds(device: string): number;
  /** Receive time of the device's last message of any topic; null when it was never heard. */
  heardAt(device: string): number | null;
  /** Sum over the trailing 24 hours; null when nobody knows it. */
  rainMm(device: string, metric: string): number | null;
  /** The salinity cut-off of that sensor at that limit, as `followInlet` left it. */
  gate(device: string, metric: string, most: number): InletState;
}

export interface Situation {
  now: number;
  /** The local day (`2026-11-22`) and its end, ms. */
  day: string;
  dayEndsAt: number;
  plant: Plant;
  knowledge: Knowledge;
  /** The emergency stops in force, of any place. */
  stops: readonly EmergencyStop[];
  /** Longest lease the kind's own command allows. */
  kindMaxSeconds: number;
  /** Of `day` up to now; what runs now is counted. */
  use: { seconds: number; litres: number };
  /** Null asks what would refuse any order. */
  order: { owner: string; maxSeconds: number | null } | null;
}

/** A device ends a lease by itself; so much later the desk holds it for over, whatever it says. */
export const LEASE_GRACE_MS = 2_000;

/** A sensor's interval as registries may know it, held within what `isStale` can judge. */
const INTERVAL_SECONDS = { least: 1, most: 7 * 86_400 } as const;
/** More rain than ever fell in a day: a sum beyond it says as much as this one. */
const RAIN_MM_MOST = 5_000;

const CODES = {
  'minimum-off': 'INTERLOCK_MINIMUM_OFF',
  'daily-seconds': 'INTERLOCK_DAILY_SECONDS',
  'daily-litres': 'INTERLOCK_DAILY_LITRES',
  'tank-level': 'INTERLOCK_TANK_LEVEL',
  'source-salinity': 'INTERLOCK_SOURCE_SALINITY',
  rain: 'INTERLOCK_RAIN',
  stale: 'INTERLOCK_STALE',
  'most-open': 'INTERLOCK_MOST_OPEN',
  'needs-open': 'INTERLOCK_NEEDS_OPEN',
} as const satisfies Record<InterlockType, string>;

/** What was used on a local day; the state's own count once that is another day. */
export function useOf({ use }: ActuatorState, day: string): { seconds: number; litres: number } {
  return use.day === day ? { seconds: use.seconds, litres: use.litres } : { seconds: 0, litres: 0 };
}

/** Whose run it is now: by its lease, or by a start on its way; null when it is free. */
export function ownerOf({ state, starting }: PlantPart, now: number): string | null {
  const { lease } = state;
  if (lease !== null && now <= lease.until + LEASE_GRACE_MS) return lease.owner;
  return starting[0]?.owner ?? null;
}

/** The stop that keeps an actuator standing. One that fails safe `on` is stopped by name alone. */
export function stopOver(
  { device, site, coop, failSafe }: Pick<Actuator, 'device' | 'site' | 'coop' | 'failSafe'>,
  stops: readonly EmergencyStop[],
): EmergencyStop | undefined {
  const scopes = [`device:${device}`];
  if (failSafe !== 'on') scopes.push(`coop:${coop}`, ...(site === null ? [] : [`site:${site}`]));
  return stops.find(({ scope }) => scopes.includes(scope));
}

/** The first reason why a start is refused now; null when it passes. */
export function checkStart(actuator: Actuator, situation: Situation): Refusal | null {
  for (const refusal of refusals(actuator, situation)) return refusal;
  return null;
}

/** All reasons at once, the gravest first. */
export function startRefusals(actuator: Actuator, situation: Situation): Refusal[] {
  return [...refusals(actuator, situation)];
}

function* refusals(actuator: Actuator, situation: Situation): Iterable<Refusal> {
  yield* standing(actuator, situation);
  yield* lease(actuator, situation);
  yield* ownership(actuator, situation);
  for (const interlock of actuator.interlocks) {
    const text = interlock.enabled ? lockOf(actuator, interlock, situation) : null;
    if (text !== null) yield { code: CODES[interlock.type], ...text };
  }
  yield* crowded(actuator, situation);
}

/** What somebody has to lift first. */
function* standing(actuator: Actuator, { plant, stops }: Situation): Iterable<Refusal> {
  const { device, enabled, failSafe } = actuator;
  const stop = stopOver(actuator, stops);
  if (stop !== undefined) {
    const text = `${stop.by} stopped ${stop.scope}; it starts again after a release`;
    yield { code: 'ACTUATOR_STOPPED', text };
  }
  if (failSafe === null) {
    const text = `nobody declared where ${device} must be when nothing is known`;
    yield { code: 'ACTUATOR_NO_FAIL_SAFE', text };
  }
  if (!enabled) yield { code: 'ACTUATOR_DISABLED', text: `${device} is not enabled` };
  const fault = plant.get(device)?.state.fault ?? null;
  if (fault !== null) {
    yield { code: 'ACTUATOR_FAULTY', text: `${fault.code} stands: ${fault.text.en}` };
  }
}

function* lease({ maxSeconds }: Actuator, { order, kindMaxSeconds }: Situation): Iterable<Refusal> {
  if (order === null) return;
  const field = 'maxSeconds';
  if (order.maxSeconds === null || !(Number.isInteger(order.maxSeconds) && order.maxSeconds >= 1)) {
    const text = 'a start needs its end: whole seconds, at least 1';
    yield { code: 'COMMAND_NO_LEASE', text, field };
    return;
  }
  const cap = Math.min(maxSeconds, kindMaxSeconds);
  // Written so that a cap that is no number lets nothing pass.
  if (!(order.maxSeconds <= cap)) {
    const text = `${order.maxSeconds} s are more than the ${cap} s it may run at once`;
    yield { code: 'COMMAND_OVER_CAP', text, field };
  }
}

function* ownership({ device }: Actuator, { now, plant, order }: Situation): Iterable<Refusal> {
  const part = plant.get(device);
  if (order === null || part === undefined) return;
  const { lease: held } = part.state;
  if (held !== null && now <= held.until + LEASE_GRACE_MS && held.owner !== order.owner) {
    const until = new Date(held.until).toISOString();
    yield {
      code: 'ACTUATOR_OWNED',
      text: `it runs for ${held.owner} until ${until}`,
      field: 'owner',
    };
    return;
  }
  const other = part.starting.find(({ owner }) => owner !== order.owner);
  if (other === undefined) return;
  const text = `a start for ${other.owner} is on its way to it`;
  yield { code: 'ACTUATOR_OWNED', text, field: 'owner' };
}

type Lock = Omit<Refusal, 'code'>;

/** What one interlock of the actuator itself says to a start; null lets it pass. */
function lockOf(actuator: Actuator, interlock: Interlock, situation: Situation): Lock | null {
  switch (interlock.type) {
    case 'minimum-off':
      return restLock(actuator, interlock.seconds, situation);
    case 'daily-seconds':
      return secondsLock(interlock.most, situation);
    case 'daily-litres':
      return litresLock(actuator, interlock.most, situation);
    case 'tank-level':
      return tankLock(interlock, situation, isOn(situation.plant, actuator.device));
    case 'source-salinity':
      return saltLock(interlock, situation);
    case 'rain':
      return rainLock(interlock, situation);
    case 'stale':
      return silenceLock(actuator, interlock.intervals, situation);
    case 'needs-open':
      return hasOpenPath(situation.plant, actuator.device)
        ? null
        : { text: 'all that it feeds is closed, or not known to be open' };
    case 'most-open':
      // Of those it feeds: asked when one of them starts.
      return null;
  }
}

function isOn(plant: Plant, device: string): boolean {
  return plant.get(device)?.state.position === 'on';
}

function restLock({ device }: Actuator, seconds: number, { now, plant }: Situation): Lock | null {
  const state = plant.get(device)?.state;
  // What is on does not begin anew: an extension hammers no pipe.
  if (state === undefined || state.position === 'on' || state.lastOffAt === null) return null;
  // A wall clock set back does not shorten the rest, and no rest is longer than itself.
  const passed = (now - state.lastOffAt) / 1000;
  const since = passed > 0 ? Math.min(passed, seconds) : 0;
  const left = offSecondsLeft(since, seconds);
  return left > 0 ? { text: `it closed ${Math.floor(since)} s ago and rests ${seconds} s` } : null;
}

function secondsLock(most: number, { now, dayEndsAt, use, order }: Situation): Lock | null {
  const left = Math.max(0, Math.floor(most - use.seconds));
  const asked = order?.maxSeconds ?? 1;
  // A night's run counts for either day what it takes of it.
  const today = Math.min(asked, Math.max(0, Math.ceil((dayEndsAt - now) / 1000)));
  if (today <= left && asked - today <= most) return null;
  return { text: `of ${most} s a day ${left} s are left`, field: 'maxSeconds' };
}

function litresLock(actuator: Actuator, most: number, situation: Situation): Lock | null {
  const { use, order, plant } = situation;
  const left = Math.max(0, most - use.litres);
  const runs = plant.get(actuator.device)?.state.goodRuns ?? [];
  const flow = flowOf(runs, actuator.nominalFlow).band?.nominalLpm ?? 0;
  const asked = (flow * (order?.maxSeconds ?? 0)) / 60;
  if (left > 0 && asked <= left) return null;
  const fits = flow > 0 ? `, enough for ${Math.floor((left / flow) * 60)} s` : '';
  return { text: `of ${most} L a day ${Math.floor(left)} L are left${fits}`, field: 'maxSeconds' };
}

/** The value when it is good and no older than three of its device's intervals; else null. */
function fresh(device: string, metric: string, situation: Situation): number | null {
  const known = situation.knowledge.latest(device, metric);
  // Under a clock that is not believed an old value looks new.
  if (known === undefined || known.quality !== 'good') return null;
  return isOld(device, known.at, situation) || !Number.isFinite(known.value) ? null : known.value;
}

function isOld(
  device: string,
  at: number | null,
  { now, knowledge }: Situation,
  intervals?: number,
): boolean {
  const { least, most } = INTERVAL_SECONDS;
  const interval = knowledge.intervalSeconds(device);
  const seconds = interval >= least ? Math.min(interval, most) : least;
  return isStale(at === null ? null : (now - at) / 1000, seconds, intervals);
}

type LockOf<Type extends InterlockType> = Extract<Interlock, { type: Type }>;

function tankLock(
  { device, metric, lowPercent }: LockOf<'tank-level'>,
  situation: Situation,
  runs: boolean,
): Lock | null {
  const level = fresh(device, metric, situation);
  if (mayDraw(level, lowPercent, runs)) return null;
  if (level === null) return { text: `the level by ${device} is not known` };
  return { text: `the tank holds ${level} %, and its low mark is ${lowPercent} %` };
}

function saltLock(
  { device, metric, most }: LockOf<'source-salinity'>,
  situation: Situation,
): Lock | null {
  const gate = situation.knowledge.gate(device, metric, most);
  if (isOld(device, gate.lastTime, situation)) {
    return { text: `the salinity by ${device} is not known` };
  }
  if (gate.isOpen) return null;
  return { text: `the source was above ${most}, or not below 0.9 of it for 30 minutes since` };
}

function rainLock(
  { device, metric, mostMm }: LockOf<'rain'>,
  { knowledge }: Situation,
): Lock | null {
  const sum = knowledge.rainMm(device, metric);
  // A gauge that says nothing, or nonsense, locks nothing: there is nothing to protect.
  if (sum === null || !(sum >= 0)) return null;
  if (!isRainLocked(Math.min(sum, RAIN_MM_MOST), mostMm)) return null;
  return { text: `${sum} mm of rain in 24 hours, and ${mostMm} mm lock it` };
}

function silenceLock(
  { device, failSafe }: Actuator,
  intervals: number,
  situation: Situation,
): Lock | null {
  // What must run when nobody knows is not kept standing because nobody knows.
  if (failSafe === 'on') return null;
  if (!isOld(device, situation.knowledge.heardAt(device), situation, intervals)) return null;
  return { text: `${device} has been silent for more than ${intervals} of its intervals` };
}

/** The supplies above say how many of those they feed may be on at once. */
function* crowded({ device }: Actuator, { plant }: Situation): Iterable<Refusal> {
  // Who feeds others is no way out of the pipe itself; what is on already takes no new place.
  if (plant.fedBy(device).length > 0 || isOn(plant, device)) return;
  for (const { actuator } of suppliesOf(plant, device)) {
    const limit = actuator.interlocks.find(
      (each): each is LockOf<'most-open'> & { enabled: true } =>
        each.type === 'most-open' && each.enabled,
    );
    if (limit === undefined) continue;
    const open = endsBelow(plant, actuator.device).filter(
      (end) => end.actuator.device !== device && takesPlace(end),
    );
    if (open.length + 1 <= limit.count) continue;
    const names = open.map((end) => end.actuator.device).join(', ');
    const text = `${actuator.device} feeds ${limit.count} at once, and open are ${names}`;
    yield { code: CODES['most-open'], text };
  }
}

/** On, about to be, or of unknown position since it was once commanded. */
function takesPlace({ actuator, state, starting }: PlantPart): boolean {
  if (state.position === 'on' || starting.length > 0) return true;
  return state.position === 'unknown' && state.sequence > 0 && actuator.enabled;
}

/**
 * Why a part that is on must be stopped now; null lets it run. Whoever asks knows whether a stop is
 * on its way already.
 */
export function checkRunning(actuator: Actuator, situation: Situation): Refusal | null {
  const stop = stopOver(actuator, situation.stops);
  if (stop !== undefined) {
    return { code: 'ACTUATOR_STOPPED', text: `${stop.by} stopped ${stop.scope}` };
  }
  for (const interlock of actuator.interlocks) {
    const text = interlock.enabled ? endOf(actuator, interlock, situation) : null;
    if (text !== null) return { code: CODES[interlock.type], ...text };
  }
  return null;
}

/** What one interlock says to a run under way. */
function endOf(actuator: Actuator, interlock: Interlock, situation: Situation): Lock | null {
  const { use } = situation;
  switch (interlock.type) {
    case 'daily-seconds': {
      const isOver = !(use.seconds < interlock.most);
      return isOver ? { text: `the ${interlock.most} s of the day are used` } : null;
    }
    case 'daily-litres': {
      const isOver = !(use.litres < interlock.most);
      return isOver ? { text: `the ${interlock.most} L of the day are used` } : null;
    }
    case 'tank-level':
      return tankLock(interlock, situation, true);
    case 'source-salinity':
      return saltLock(interlock, situation);
    case 'stale':
      return silenceLock(actuator, interlock.intervals, situation);
    case 'needs-open':
      return lockOf(actuator, interlock, situation);
    case 'minimum-off':
    case 'rain':
    case 'most-open':
      // They keep from starting; what runs has its lease.
      return null;
  }
}
