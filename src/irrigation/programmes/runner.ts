import { AppError } from '../../base/errors.ts';
import type { LocalClock } from '../../base/local-clock.ts';
import type { ActuatorKind } from '../../contracts/actuator.ts';
import type { Command, CommandDesk } from '../../contracts/command.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { Programme, ProgrammePiece, ProgrammeRun } from '../../contracts/irrigation.ts';
import type { Registry } from '../../contracts/registry.ts';
import type { State } from '../../contracts/state.ts';
import { flowOf } from './dose.ts';
import { latestMs } from './due.ts';
import { budgetsOf, busyIn, isSame, isTold, type OpenRun, progressIn } from './ledger.ts';
import { pieceId } from './piece-id.ts';
import { place, type Wanted } from './place.ts';
import { ASKED_STEP_MS, BEGIN_WITHIN_MS, cutReasons, lastEnd } from './plan.ts';
import { isRefusal, isShared, isSharedFault, SUPERSEDED } from './progress.ts';
import {
  asGiven,
  begunAt,
  change,
  fail,
  isAwaited,
  lossToldOf,
  share,
  shorten,
  withhold,
} from './run-changes.ts';
import { type Start, startsOf } from './starts.ts';
import type { SupplyKeeper } from './supply-keeper.ts';
import { openValve } from './supply-needs.ts';
import { type Busy, ownerOf, STOPPED, type World } from './world.ts';

export interface RunnerOptions {
  state: Pick<State, 'programmes'>;
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
  commands: Pick<CommandDesk, 'order' | 'get'>;
  supplies: SupplyKeeper;
  clock: LocalClock;
  onFault: (what: string, error: unknown) => void;
}

/** All that runs now, in the order of who comes first where two want the same. */
export interface Scene {
  world: World;
  open: OpenRun[];
}

/** A grant that is so much shorter is the device's word; less is rounding. */
const GRANT_SLACK_SECONDS = 5;
/** What was interrupted goes on after this long; longer only if its policy says so. */
const RESUME_MS = 3_600_000;
/** Newest runs read for what today has used: two days of the most starts there can be. */
const RUNS_READ = 100;

/** Carries runs on, from one minute to the next; all it knows stands in the state. */
export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  async open(run: ProgrammeRun): Promise<OpenRun> {
    const commands = new Map<string, Command>();
    for (const { command: id } of run.pieces) {
      const command = id === null ? undefined : await this.#options.commands.get(id);
      if (command !== undefined) commands.set(command.id, command);
    }
    return { run, commands };
  }

  /** Sees what became of the pieces, orders those whose time has come; answers the run as it is. */
  async carryOn(open: OpenRun, programme: Programme, scene: Scene): Promise<ProgrammeRun> {
    const { now } = scene.world;
    const emergency = await this.#emergency(open, now);
    const settled = await this.#seeSupplies(open, settle(open, now), scene);
    let { run } = settled;
    const trouble = emergency ?? troubleOf(run, scene.world) ?? settled.trouble;
    if (trouble !== null) return this.end({ ...open, run }, { note: trouble, scene });
    await this.#closeLost({ ...open, run }, now);
    const waiting = run.pieces.filter(({ command }) => command === null);
    const next = waiting[0];
    const isOn = run.pieces.some(
      (piece) => progressIn({ ...open, run }, piece, now)?.type === 'on',
    );
    if (next === undefined) {
      run = { ...run, state: isOn ? 'running' : 'done' };
      return this.#save(open, run);
    }
    const lateMs = now - next.from;
    if (lateMs > Math.max(RESUME_MS, latestMs(programme)) && !isOn) {
      return this.end({ ...open, run }, { note: 'interrupted for too long', scene });
    }
    if (next.from <= now || settled.isChanged) {
      run = await this.#placeAgain({ ...open, run }, programme, scene);
    }
    run = { ...run, state: isOn ? 'running' : 'waiting' };
    run = await this.#save(open, run);
    return this.#orderDue({ ...open, run }, programme, scene);
  }

  /** Ends a run: what waits is dropped, what is on is stopped. Throws what refused a stop. */
  async end(
    open: OpenRun,
    { note, by, scene }: { note: string; by?: string; scene: Scene },
  ): Promise<ProgrammeRun> {
    const { now } = scene.world;
    const ended = await this.#save(open, {
      ...asGiven(open, now),
      state: 'stopped',
      note,
    });
    const others = scene.open.filter(({ run }) => !isSame(run, ended));
    // What feeds the valves stands before they close.
    await this.#options.supplies.keep([...others, { ...open, run: ended }], scene.world);
    let refused: unknown;
    for (const [at, piece] of open.run.pieces.entries()) {
      if (progressIn(open, piece, now)?.type !== 'on') continue;
      await this.#close(open, at, { note, ...(by !== undefined && { by }) }).catch(
        (error: unknown) => {
          refused ??= error;
        },
      );
    }
    if (refused !== undefined) throw refused;
    return ended;
  }

  /** Valves that have no water are closed: asked again until they are, it is one and the same. */
  async #closeLost(open: OpenRun, now: number): Promise<void> {
    for (const [at, piece] of open.run.pieces.entries()) {
      const lost = lossToldOf(open.run, at);
      if (lost === undefined || progressIn(open, piece, now)?.type !== 'on') continue;
      const note = `${lost.values['supply']}: ${lost.values['why']}`;
      await this.#close(open, at, { note }).catch((error: unknown) =>
        this.#options.onFault('close', error),
      );
    }
  }

  async #close(
    { run, commands }: OpenRun,
    at: number,
    { note, by }: { note: string; by?: string },
  ): Promise<void> {
    const piece = run.pieces[at];
    const command = commands.get(piece?.command ?? '');
    const off = command && this.#actions(command.device)?.off;
    if (piece === undefined || command === undefined || off === undefined) return;
    await this.#options.commands.order({
      id: pieceId({ ...nameOf(run, piece, at), what: 'stop' }),
      device: piece.device,
      action: off,
      owner: command.owner,
      why: note,
      source:
        by === undefined
          ? { type: 'programme', name: run.programme, id: run.programme }
          : { type: 'person', name: by, id: null },
    });
  }

  /** Everybody's stop ended one of its pieces, though it was released before anybody looked. */
  async #emergency(open: OpenRun, now: number): Promise<string | null> {
    for (const [at, piece] of open.run.pieces.entries()) {
      const command = open.commands.get(piece.command ?? '');
      const progress = progressIn(open, piece, now);
      if (command === undefined || isTold(open.run, at)) continue;
      const isShort =
        (progress?.type === 'over' && progress.seconds < piece.seconds - GRANT_SLACK_SECONDS) ||
        (progress?.type === 'failed' && progress.code === SUPERSEDED);
      if (!isShort) continue;
      const { device, createdAt } = command;
      if (await this.#options.supplies.isStoppedForAll(device, createdAt)) return STOPPED;
    }
    return null;
  }

  /** Cuts what is open without water; what is lost for good is not given by other zones either. */
  async #seeSupplies(
    open: OpenRun,
    settled: Settled,
    { open: all, world }: Scene,
  ): Promise<Settled> {
    let { run, trouble } = settled;
    for (const [at, piece] of run.pieces.entries()) {
      const command = open.commands.get(piece.command ?? '');
      const valve = command && !isTold(run, at) ? openValve(command, world.now) : undefined;
      const loss = valve && (await this.#options.supplies.lossOf(valve, world));
      if (valve === undefined || loss === undefined || loss === null) continue;
      const seconds = Math.max(0, Math.round((loss.at - valve.from) / 1000));
      run = fail(run, at, { code: loss.code, seconds, supply: loss.supply });
      if (loss.isFinal) run = withhold(run, loss, world);
      if (isShared(loss.code)) trouble ??= loss.code;
    }
    if (run === settled.run) return settled;
    run = await this.#save(open, run);
    const others = all.filter((one) => !isSame(one.run, run));
    await this.#options.supplies.keep([...others, { ...open, run }], world);
    return { run, trouble, isChanged: true };
  }

  /** The pieces that wait, from now on, around all that is on and all that comes first. */
  async #placeAgain(open: OpenRun, programme: Programme, scene: Scene): Promise<ProgrammeRun> {
    const { world } = scene;
    const { run } = open;
    const waiting = run.pieces.filter(({ command }) => command === null);
    const ordered = run.pieces.filter(({ command }) => command !== null);
    const { items: runs } = await this.#options.state.programmes.runs(programme.id, {
      limit: RUNS_READ,
    });
    const budgets = budgetsOf(programme, {
      world,
      runs: [run, ...runs.filter((one) => !isSame(one, run))],
      open: scene.open.map((one) => (isSame(one.run, run) ? open : one)),
      run,
    });
    const busy = [...world.busy, ...othersOf(open, scene), ...busyIn(open, world.now, false)];
    const own = busyIn(open, world.now, false).map(({ to }) => to);
    const isSequence = programme.order === 'sequence';
    const { pieces, cuts } = place(
      waiting.map((piece) => this.#wanted(piece, programme, world)),
      {
        world,
        earliest: Math.max(world.now, ...(isSequence ? own : [])),
        until: lastEnd(this.#startOf(programme, run)),
        sequence: isSequence,
        alone: run.reasons.some(({ code }) => code === 'caught-up'),
        owner: ownerOf(programme.id),
        busy,
        budgets,
        ...(isAwaited(run) && { stepMs: ASKED_STEP_MS }),
      },
    );
    return {
      ...run,
      pieces: [...ordered, ...pieces],
      reasons: [...run.reasons, ...cutReasons(cuts)],
    };
  }

  async #orderDue(open: OpenRun, programme: Programme, scene: Scene): Promise<ProgrammeRun> {
    let { run } = open;
    const { world } = scene;
    const { now } = world;
    const later = new Set<string>();
    for (;;) {
      const next = run.pieces.find(
        ({ command, from, device }) => command === null && from <= now && !later.has(device),
      );
      if (next === undefined) return run;
      const refusal = await this.#options.supplies.refusal(next.device, begunAt(run), world);
      if (refusal === 'later') {
        later.add(next.device);
        continue;
      }
      if (refusal !== null) {
        run = withhold(run, refusal, world);
        if (isShared(refusal.code)) {
          return this.end({ ...open, run }, { note: refusal.code, scene });
        }
        run = await this.#save(open, run);
        continue;
      }
      const ordered = run.pieces.filter(({ command }) => command !== null);
      const name = nameOf(run, next, ordered.length);
      const begun = { ...next, from: now, command: pieceId({ ...name, what: 'start' }) };
      const rest = run.pieces.filter((piece) => piece !== next && piece.command === null);
      // What is about to be ordered is kept first: after a crash it is asked for by the same name.
      run = await this.#save(open, {
        ...run,
        state: 'running',
        pieces: [...ordered, begun, ...rest],
      });
      const answer = await this.#order(begun, programme, now);
      if (answer === 'taken') continue;
      // Further ones wait for the next tick, so that only the last ordered one is ever in doubt.
      if (answer === 'unknown') return run;
      const told = fail(run, ordered.length, { code: answer.code, seconds: 0 });
      if (isShared(answer.code)) {
        return this.end({ ...open, run: told }, { note: answer.code, scene });
      }
      run = await this.#save(open, told);
    }
  }

  /** `unknown` when the desk could not be asked: the next tick sees whether it took the order. */
  async #order(
    piece: ProgrammePiece,
    programme: Programme,
    now: number,
  ): Promise<'taken' | 'unknown' | { code: string }> {
    const { commands, onFault } = this.#options;
    const on = this.#actions(piece.device)?.on;
    if (on === undefined) return { code: 'ACTUATOR_NOT_FOUND' };
    try {
      const command = await commands.order({
        id: piece.command ?? '',
        device: piece.device,
        action: on,
        maxSeconds: piece.seconds,
        notAfter: now + BEGIN_WITHIN_MS,
        owner: ownerOf(programme.id),
        why: `programme ${programme.name}`,
        source: { type: 'programme', name: programme.name, id: programme.id },
      });
      return command.state === 'refused' ? { code: command.reason ?? 'refused' } : 'taken';
    } catch (error) {
      if (error instanceof AppError && isRefusal(error.code)) return { code: error.code };
      onFault('order', error);
      return 'unknown';
    }
  }

  /** Undefined for a device that is gone meanwhile. */
  #actions(device: string): ActuatorKind | undefined {
    const { kinds, registry } = this.#options;
    return kinds.get(registry.find(device)?.kind ?? '')?.actuator;
  }

  #wanted(piece: ProgrammePiece, { cycle }: Programme, world: World): Wanted {
    const valve = world.valves.get(piece.device);
    const plot = valve?.site == null ? undefined : world.plots.get(valve.site);
    return {
      device: piece.device,
      seconds: piece.seconds,
      soakSeconds: cycle === null ? 0 : cycle.soakMinutes * 60,
      flow: valve === undefined ? null : flowOf(valve, plot),
    };
  }

  /** The start a run belongs to, with the end of its window; one made by hand has none. */
  #startOf(programme: Programme, { at }: ProgrammeRun): Start {
    const [start] = startsOf(programme.start, this.#options.clock, { from: at, to: at + 1 });
    return start ?? { at, until: null };
  }

  async #save(before: OpenRun, run: ProgrammeRun): Promise<ProgrammeRun> {
    if (JSON.stringify(before.run) !== JSON.stringify(run)) {
      await this.#options.state.programmes.saveRun(run);
    }
    return run;
  }
}

interface Settled {
  run: ProgrammeRun;
  /** Why the run cannot go on; null when it can. */
  trouble: string | null;
  /** What waits is to be placed anew. */
  isChanged: boolean;
}

/** What the commands' states mean for the run. */
function settle(open: OpenRun, now: number): Settled {
  let { run } = open;
  let trouble: string | null = null;
  let isChanged = false;
  for (const [at, piece] of open.run.pieces.entries()) {
    const progress = progressIn(open, piece, now);
    if (progress === null || isTold(run, at)) continue;
    if (progress.type === 'lost') {
      run = change(run, at, { command: null });
      isChanged = true;
    } else if (progress.type === 'failed') {
      run = fail(run, at, progress);
      if (isShared(progress.code)) trouble = progress.code;
      isChanged = true;
    } else {
      const granted = open.commands.get(piece.command ?? '')?.grantedSeconds ?? piece.seconds;
      const least = Math.min(granted, piece.seconds) - GRANT_SLACK_SECONDS;
      if (progress.type === 'over' && progress.seconds < least) {
        // Somebody ended it before its time: the rest is not given behind their back.
        const seconds = progress.seconds;
        run = change(run, at, { seconds, litres: share(piece, seconds) });
      } else if (granted < piece.seconds - GRANT_SLACK_SECONDS) {
        run = shorten(run, at, granted);
        isChanged = true;
      }
    }
  }
  return { run, trouble, isChanged };
}

/** A fault of one of its valves, or of what feeds them, that every zone would meet. */
export function troubleOf(run: ProgrammeRun, world: World): string | null {
  for (const { device } of run.pieces) {
    const valve = world.valves.get(device);
    if (valve === undefined) continue;
    // Once it is released nothing starts by itself: what was under way is over.
    if (valve.unusable === STOPPED) return STOPPED;
    if (isSharedFault(valve.fault)) return `${valve.fault} at ${device}`;
    for (const name of valve.supplies) {
      const supply = world.valves.get(name);
      if (supply?.unusable === STOPPED) return STOPPED;
      if (supply !== undefined && supply.fault !== null) return `${supply.fault} at ${name}`;
    }
  }
  return null;
}

/** What others have ordered, and what those that come first have planned. */
function othersOf({ run }: OpenRun, { open, world }: Scene): Busy[] {
  return open.flatMap((other) => {
    if (isSame(other.run, run)) return [];
    const isFirst =
      other.run.at < run.at || (other.run.at === run.at && other.run.programme < run.programme);
    return busyIn(other, world.now, isFirst);
  });
}

function nameOf(run: ProgrammeRun, { device }: ProgrammePiece, place: number) {
  return { programme: run.programme, at: run.at, place, device };
}
