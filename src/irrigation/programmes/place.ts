import { MINUTE_MS } from '../../base/local-clock.ts';
import type { ProgrammePiece } from '../../contracts/irrigation.ts';
import type { Budgets, Limit } from './budgets.ts';
import { restEnd } from './supply-times.ts';
import { type Busy, SUPPLY_OWNER, type Valve, type World } from './world.ts';

/** A piece that has no time yet. */
export interface Wanted {
  device: string;
  seconds: number;
  /** Since the same zone's last piece. */
  soakSeconds: number;
  /** L/min; null: not known. */
  flow: number | null;
}

/** Where pieces may lie. */
export interface Frame {
  world: World;
  earliest: number;
  /** All must be over by then. */
  until: number;
  /** One zone after the other; else as many at once as the supply bears. */
  sequence: boolean;
  /** Never beside a piece of another owner on the same supply: what catches up does not burst. */
  alone: boolean;
  owner: string;
  busy: readonly Busy[];
  budgets: Budgets;
  /** What has to wait begins with a multiple of this, ms; a minute when it is left out. */
  stepMs?: number;
}

/** What could not be given. */
export interface Cut {
  device: string;
  seconds: number;
  by: 'window' | Limit;
}

export interface Placed {
  pieces: ProgrammePiece[];
  cuts: Cut[];
}

/** What is left of a piece is not worth opening a valve for below this. */
export const PIECE_SECONDS_MIN = 30;
/** Looks for a place of one piece: each passes the end of something else, and those are few. */
const LOOKS_MAX = 2_000;

/**
 * A device says some seconds after its order that it runs, and its lease ends so much later: what
 * follows does not come before. A pause of a minute between zones is usual anyway.
 */
export const CHANGE_MS = 10_000;

/** When an actuator is free again after a piece. */
export function freeAfter({ from, seconds }: Pick<ProgrammePiece, 'from' | 'seconds'>): number {
  return from + seconds * 1000 + CHANGE_MS;
}

/** People read plans by the minute; only who stands and waits is served to some seconds. */
function toStep(time: number, { stepMs = MINUTE_MS }: Frame): number {
  return Math.ceil(time / stepMs) * stepMs;
}

/** Gives each piece its time, in their order, as early as the plant bears it. */
export function place(wanted: readonly Wanted[], frame: Frame): Placed {
  const { world, until, sequence, budgets, owner } = frame;
  const pieces: ProgrammePiece[] = [];
  const cuts: Cut[] = [];
  const taken: Busy[] = [...frame.busy];
  let cursor = frame.earliest;
  for (const piece of wanted) {
    const { device, flow, seconds } = piece;
    const valve = world.valves.get(device);
    if (valve === undefined) continue;
    const from = freeFrom(piece, valve, { ...frame, busy: taken, earliest: cursor });
    const within = Math.min(seconds, Math.floor((until - from) / 1000));
    const { seconds: room, limit } = budgets.allowed({ valve, flow, from, seconds });
    const given = Math.min(within, room);
    const lasts = given >= PIECE_SECONDS_MIN || given === seconds ? given : 0;
    if (lasts < seconds) {
      const by = room < within && limit !== null ? limit : 'window';
      cuts.push({ device, seconds: seconds - Math.max(0, lasts), by });
    }
    if (lasts <= 0) continue;
    const litres = flow === null ? null : Math.round((lasts / 60) * flow * 10) / 10;
    pieces.push({ device, from, seconds: lasts, litres, command: null });
    budgets.spend({ valve, flow, from, seconds: lasts });
    const to = freeAfter({ from, seconds: lasts });
    taken.push({ device, from, to, owner });
    if (sequence) cursor = toStep(to, frame);
  }
  return { pieces: pieces.sort((a, b) => a.from - b.from), cuts };
}

/** The first instant from `earliest` on at which a piece disturbs nothing and nothing disturbs it. */
function freeFrom(piece: Wanted, valve: Valve, frame: Frame): number {
  const { world } = frame;
  const rests = valve.supplies.map((name) => world.valves.get(name)?.restSeconds ?? 0);
  const reachMs = Math.max(0, ...rests) * 1000;
  const relevant = frame.busy.filter((one) => {
    if (one.from >= frame.until) return false;
    const other = world.valves.get(one.device);
    const rest = Math.max(reachMs, restMs(piece, valve, other));
    return one.to + rest > frame.earliest && concerns(valve, other, one);
  });
  let at = frame.earliest;
  for (let look = 0; look < LOOKS_MAX; look++) {
    const passes = obstacleEnd(piece, valve, { ...frame, busy: relevant, earliest: at });
    if (passes === null) return at;
    at = toStep(Math.max(passes, at + 1), frame);
    if (at >= frame.until) return at;
  }
  return frame.until;
}

function concerns(valve: Valve, other: Valve | undefined, { device, owner }: Busy): boolean {
  if (device === valve.device) return true;
  if (other === undefined) return false;
  // What feeds others passes their water: they count, and it only when somebody else runs it.
  if (other.feeds) return owner !== SUPPLY_OWNER && valve.supplies.includes(device);
  if (sharesMeter(valve, other)) return true;
  return valve.supplies.some((supply) => other.supplies.includes(supply));
}

function sharesMeter(valve: Valve, other: Valve | undefined): boolean {
  return valve.meter !== null && valve.meter === other?.meter;
}

/** Between the end of one and the beginning of the next, where both cannot be at once. */
function restMs({ soakSeconds }: Wanted, valve: Valve, other: Valve | undefined): number {
  if (other === undefined || other.device === valve.device) {
    return Math.max(valve.restSeconds, soakSeconds) * 1000;
  }
  return Math.max(valve.restSeconds, other.restSeconds) * 1000;
}

/** When the first thing in the way of a piece at `frame.earliest` has passed; null: nothing is. */
function obstacleEnd(piece: Wanted, valve: Valve, frame: Frame): number | null {
  const { world, busy, earliest: at, alone, owner, sequence } = frame;
  const end = at + piece.seconds * 1000;
  for (const one of busy) {
    const other = world.valves.get(one.device);
    if (one.device !== valve.device && other?.feeds === true) {
      // Somebody else runs it: until then there is water, and afterwards it rests.
      const rest = other.restSeconds * 1000;
      if (at < one.to + rest && end > one.to) return one.to + rest;
      continue;
    }
    // On one meter the end of the one must have shown before the next begins, or neither is proved.
    // Zones that are to be on together are not: their flows are not told apart anyway.
    const isApart = one.device === valve.device || (sequence && sharesMeter(valve, other));
    if (isApart) {
      const rest = restMs(piece, valve, other);
      if (at < one.to + rest && end + rest > one.from) return one.to + rest;
    } else if (alone && one.owner !== owner && at < one.to && end > one.from) {
      return one.to;
    }
  }
  if (valve.supplies.length === 0) return null;
  return overloadEnd(piece, valve, frame) ?? restEnd(valve, { from: at, to: end }, frame);
}

/** When a supply that would be overloaded has room again; null: none would be. */
function overloadEnd(piece: Wanted, valve: Valve, frame: Frame): number | null {
  const { world, busy, earliest: at } = frame;
  const end = at + piece.seconds * 1000;
  const points = [at, ...busy.map(({ from }) => from).filter((from) => from > at && from < end)];
  for (const name of valve.supplies) {
    const supply = world.valves.get(name);
    if (supply === undefined) continue;
    for (const point of points) {
      const beside = besides(valve, name, { world, busy, point });
      if (beside.length === 0 || !isOverloaded(supply, { piece, beside, world })) continue;
      return Math.min(...beside.map(({ to }) => to));
    }
  }
  return null;
}

/** What else a supply feeds at an instant, each once, by its latest end. */
function besides(
  valve: Valve,
  supply: string,
  { world, busy, point }: { world: World; busy: readonly Busy[]; point: number },
): Busy[] {
  const found = new Map<string, Busy>();
  for (const one of busy) {
    if (one.device === valve.device || one.from > point || one.to <= point) continue;
    const other = world.valves.get(one.device);
    if (other === undefined || other.feeds || !other.supplies.includes(supply)) continue;
    const known = found.get(one.device);
    if (known === undefined || known.to < one.to) found.set(one.device, one);
  }
  return [...found.values()];
}

/** Beside others; a valve that alone asks more than its supply gives is let have what there is. */
function isOverloaded(
  { mostOpen, flow }: Valve,
  { piece, beside, world }: { piece: Wanted; beside: readonly Busy[]; world: World },
): boolean {
  if (mostOpen !== null && beside.length + 1 > mostOpen) return true;
  if (flow === null) return false;
  const flows = beside.map((one) => world.valves.get(one.device)?.flow ?? 0);
  return flows.reduce((sum, each) => sum + each, piece.flow ?? 0) > flow;
}
