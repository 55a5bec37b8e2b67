import { DAY_MS, dayName, MINUTE_MS } from '../../base/local-clock.ts';
import type {
  Programme,
  ProgrammePiece,
  ProgrammeRun,
  Reason,
} from '../../contracts/irrigation.ts';
import { cyclesOf } from '../../water/drip.ts';
import { Budgets } from './budgets.ts';
import { judge } from './conditions.ts';
import { DOSE_SECONDS_MAX, doseOf, flowOf } from './dose.ts';
import { type Cut, freeAfter, place, type Wanted } from './place.ts';
import { type Start, startsOf } from './starts.ts';
import { type Busy, ownerOf, STOPPED, type Valve, type World } from './world.ts';

/** What has no window must be over after a day: by then its next start has come. */
export const RUN_MS_MAX = DAY_MS;
/** Pieces of one run: 64 zones in three cycles. The rest of the dose is told as cut. */
export const PIECES_MAX = 192;

/**
 * A command may begin this long after its order; what must end within a window is planned to end so
 * much before it.
 */
export const BEGIN_WITHIN_MS = MINUTE_MS;

/** What a person asked for begins so soon after what is in its way, where plans keep to minutes. */
export const ASKED_STEP_MS = 5_000;

/** When all pieces of a start must be over as planned. */
export function lastEnd({ at, until }: Start): number {
  return until === null ? at + RUN_MS_MAX : until - BEGIN_WITHIN_MS;
}

/** How a start is planned besides what the world says. */
export interface PlanWays {
  /** What this programme has used and will use. */
  budgets: Budgets;
  /** Besides the world's own. */
  busy?: readonly Busy[];
  /** A person asks for it: nothing skips it. */
  isAsked?: boolean;
  /** It makes up for a missed one: it keeps away from all others on its supply. */
  isLate?: boolean;
}

export interface PlanTime {
  from: number;
  to: number;
  /** What it has used already; nothing when it is left out. */
  budgets?: Budgets;
}

/** The programme from an instant on, as it would be decided start by start. Pure. */
export function planProgramme(
  programme: Programme,
  world: World,
  { from, to, budgets = new Budgets(world.clock, programme.budget) }: PlanTime,
): ProgrammeRun[] {
  const owner = ownerOf(programme.id);
  let own: Busy[] = [];
  let over = Number.NEGATIVE_INFINITY;
  const runs: ProgrammeRun[] = [];
  for (const start of startsOf(programme.start, world.clock, { from, to })) {
    if (start.until !== null && start.until <= world.now) continue;
    if (start.at < over) {
      runs.push(skipped(programme, start.at, [{ code: 'still-running', values: {} }]));
      continue;
    }
    // No rest is longer than a day: what ended before is in nobody's way.
    own = own.filter(({ to }) => to > start.at - DAY_MS);
    const run = planStart(programme, start, world, { budgets, busy: own });
    runs.push(run);
    own.push(...run.pieces.map((piece) => busyOf(piece, owner)));
    over = endOf(run.pieces) ?? over;
  }
  return runs;
}

/** One start. What is planned for earlier than `world.now` begins now. */
export function planStart(
  programme: Programme,
  start: Start,
  world: World,
  ways: PlanWays,
): ProgrammeRun {
  const earliest = Math.max(start.at, world.now);
  const until = lastEnd(start);
  const asked = wantedOf(programme, world, { at: earliest, isAsked: ways.isAsked === true });
  const { reasons } = asked;
  const wanted = asked.wanted.slice(0, PIECES_MAX);
  if (wanted.length === 0) return skipped(programme, start.at, reasons);
  const frame = {
    ...{ world, until, sequence: programme.order === 'sequence', alone: ways.isLate === true },
    owner: ownerOf(programme.id),
    busy: [...world.busy, ...(ways.busy ?? [])],
    ...(ways.isAsked === true && { stepMs: ASKED_STEP_MS }),
  };
  const latest = start.until === null ? earliest : latestStart(programme, wanted, start, world);
  let placed = place(wanted, {
    ...frame,
    earliest: Math.max(earliest, latest),
    budgets: ways.budgets.copy(),
  });
  // Others are in the way late in the window: as early as it opens there may be room.
  if (latest > earliest && placed.cuts.some(({ by }) => by === 'window')) {
    placed = place(wanted, { ...frame, earliest, budgets: ways.budgets.copy() });
  }
  const cuts = cutReasons(placed.cuts);
  if (placed.pieces.length === 0) return skipped(programme, start.at, [...reasons, ...cuts]);
  for (const { device, from, seconds } of placed.pieces) {
    const valve = world.valves.get(device);
    if (valve === undefined) continue;
    const plot = valve.site === null ? undefined : world.plots.get(valve.site);
    ways.budgets.spend({ valve, flow: flowOf(valve, plot), from, seconds });
  }
  return decided(programme, start.at, {
    reasons: [...reasons, ...cuts],
    pieces: placed.pieces,
    isAsked: ways.isAsked === true,
  });
}

/**
 * When a start's window has room for just all of it: decisions wait until then, with the newest
 * weather. A need that is not known yet counts as its most.
 */
export function beginsAt(programme: Programme, start: Start, world: World): number {
  if (start.until === null) return start.at;
  const { wanted } = wantedOf(programme, world, { at: start.at, isAsked: true, atMost: true });
  return Math.max(start.at, latestStart(programme, wanted, start, world));
}

/** How many pieces a run has at most. */
export function piecesWanted(programme: Programme, world: World): number {
  return wantedOf(programme, world, { at: world.now, isAsked: true, atMost: true }).wanted.length;
}

/** Time from a run's beginning to its end on a plant where nothing else runs. */
export function spanMs(programme: Programme, world: World): number {
  const { wanted } = wantedOf(programme, world, { at: world.now, isAsked: true, atMost: true });
  return freeSpanMs(programme, wanted, world);
}

function latestStart(
  programme: Programme,
  wanted: readonly Wanted[],
  start: Start,
  world: World,
): number {
  const latest = lastEnd(start) - freeSpanMs(programme, wanted, world);
  return Math.floor(latest / MINUTE_MS) * MINUTE_MS;
}

function freeSpanMs(programme: Programme, wanted: readonly Wanted[], world: World): number {
  const { pieces } = place(wanted, {
    world,
    earliest: 0,
    until: Number.MAX_SAFE_INTEGER,
    sequence: programme.order === 'sequence',
    alone: false,
    owner: ownerOf(programme.id),
    busy: [],
    budgets: Budgets.none(world.clock),
  });
  return endOf(pieces) ?? 0;
}

interface Asked {
  wanted: Wanted[];
  reasons: Reason[];
}

/** What each zone is to get, in pieces and in the order of their turns. */
function wantedOf(
  programme: Programme,
  world: World,
  { at, isAsked, atMost = false }: { at: number; isAsked: boolean; atMost?: boolean },
): Asked {
  const reasons: Reason[] = [];
  const turns: Wanted[][] = [];
  const day = dayName(world.clock.day(at));
  for (const zone of programme.zones) {
    const valve = world.valves.get(zone.device);
    const code = valve === undefined ? 'ACTUATOR_NOT_FOUND' : valve.unusable;
    if (valve === undefined || code !== null) {
      reasons.push({ code: 'zone-unusable', values: { device: zone.device, why: code } });
      continue;
    }
    const lost = lostSupply(valve, world);
    if (lost !== null) {
      reasons.push({ code: 'zone-unusable', values: { device: zone.device, ...lost } });
      continue;
    }
    const verdict = judge(programme.conditions, valve.site, { world, at });
    const skip = verdict.skip && !isAsked;
    reasons.push(...verdict.reasons.map((reason) => named(reason, zone.device)));
    if (skip) continue;
    const dose = zone.dose ?? programme.dose;
    const given = doseOf(dose, valve, { world, day, factor: verdict.factor });
    reasons.push(...given.reasons);
    const most = atMost && dose.type === 'need' ? dose.mostMinutes * 60 : null;
    const seconds = Math.min(given.seconds ?? most ?? 0, DOSE_SECONDS_MAX);
    if (seconds <= 0) continue;
    const plot = valve.site === null ? undefined : world.plots.get(valve.site);
    turns.push(piecesOf(programme, seconds, { valve, flow: flowOf(valve, plot) }));
  }
  return { wanted: inTurns(turns, programme.cycle !== null), reasons };
}

/** Where no water can come from. What is not enabled is run by hand: that shows at its time. */
function lostSupply({ supplies }: Valve, { valves }: World) {
  for (const name of supplies) {
    const supply = valves.get(name);
    if (supply === undefined || (supply.fault === null && supply.unusable !== STOPPED)) continue;
    return { why: supply.unusable, supply: name };
  }
  return null;
}

/** Openings of one zone: no longer than its lease and, in cycles, than what soaks in. */
function piecesOf(
  { cycle }: Programme,
  seconds: number,
  { valve, flow }: { valve: Valve; flow: number | null },
): Wanted[] {
  const longest =
    cycle === null ? valve.maxSeconds : Math.min(cycle.runMinutes * 60, valve.maxSeconds);
  // One more than there may be shows that it would be too many, without making them all.
  const bounded = Math.min(seconds, Math.floor(longest) * (PIECES_MAX + 1));
  const { runs } = cyclesOf(bounded, { runSecondsMax: longest });
  const soakSeconds = cycle === null ? 0 : cycle.soakMinutes * 60;
  return runs.map((run) => ({ device: valve.device, seconds: run, soakSeconds, flow }));
}

/** In cycles the zones take turns, so that one soaks while the next is on. */
function inTurns(zones: readonly Wanted[][], takeTurns: boolean): Wanted[] {
  if (!takeTurns) return zones.flat();
  const longest = Math.max(0, ...zones.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) =>
    zones.flatMap((pieces) => pieces[turn] ?? []),
  ).flat();
}

function named(reason: Reason, device: string): Reason {
  return { code: reason.code, values: { device, ...reason.values } };
}

export function cutReasons(cuts: readonly Cut[]): Reason[] {
  const sums = new Map<string, Cut>();
  for (const cut of cuts) {
    const key = `${cut.by} ${cut.device}`;
    sums.set(key, { ...cut, seconds: cut.seconds + (sums.get(key)?.seconds ?? 0) });
  }
  return [...sums.values()].map(({ device, seconds, by }) => ({
    code: by === 'window' ? 'cut-by-window' : 'cut-by-budget',
    values: { device, seconds, ...(by !== 'window' && { budget: by }) },
  }));
}

export function skipped(
  programme: Programme,
  at: number,
  reasons: readonly Reason[],
): ProgrammeRun {
  return {
    ...{ programme: programme.id, version: programme.version, at },
    ...{ decision: 'skip', reasons, pieces: [], state: 'done', note: null },
  };
}

function decided(
  programme: Programme,
  at: number,
  { reasons, pieces, isAsked }: Pick<ProgrammeRun, 'reasons' | 'pieces'> & { isAsked: boolean },
): ProgrammeRun {
  const { id, version, mode } = programme;
  const run = {
    programme: id,
    version,
    at,
    reasons,
    pieces,
    state: 'planned',
    note: null,
  } as const;
  if (isAsked || mode === 'auto') return { ...run, decision: 'run' };
  if (mode === 'propose') return { ...run, decision: 'propose' };
  return { ...run, decision: 'skip', reasons: [...reasons, { code: 'manual-mode', values: {} }] };
}

export function busyOf(piece: ProgrammePiece, owner: string): Busy {
  return { device: piece.device, from: piece.from, to: freeAfter(piece), owner };
}

/** When the last of them is over; null without any. */
export function endOf(pieces: readonly ProgrammePiece[]): number | null {
  if (pieces.length === 0) return null;
  return Math.max(...pieces.map(({ from, seconds }) => from + seconds * 1000));
}
