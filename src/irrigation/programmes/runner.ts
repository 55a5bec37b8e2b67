import { AppError } from '../../base/errors.ts';
import type { LocalClock } from '../../base/local-clock.ts';
import type { ActuatorKind } from '../../contracts/actuator.ts';
import type { Command, CommandDesk } from '../../contracts/command.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type {
  Programme,
  ProgrammePiece,
  ProgrammeRun,
  Reason,
} from '../../contracts/irrigation.ts';
import type { Registry } from '../../contracts/registry.ts';
import type { State } from '../../contracts/state.ts';
import { flowOf } from './dose.ts';
import { latestMs } from './due.ts';
import { budgetsOf, busyIn, isSame, isTold, type OpenRun, progressIn } from './ledger.ts';
import { pieceId } from './piece-id.ts';
import { PIECE_SECONDS_MIN, place, type Wanted } from './place.ts';
import { BEGIN_WITHIN_MS, cutReasons, lastEnd, PIECES_MAX } from './plan.ts';
import { isRefusal, isShared, isSharedFault } from './progress.ts';
import { type Start, startsOf } from './starts.ts';
import { type Busy, ownerOf, STOPPED, type World } from './world.ts';

export interface RunnerOptions {
  state: Pick<State, 'programmes'>;
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
  commands: Pick<CommandDesk, 'order' | 'get'>;
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
    const settled = settle(open, now);
    let { run } = settled;
    const trouble = troubleOf(run, scene.world) ?? settled.trouble;
    if (trouble !== null) return this.end({ ...open, run }, { note: trouble, now });
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
      return this.end({ ...open, run }, { note: 'interrupted for too long', now });
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
    { note, by, now }: { note: string; by?: string; now: number },
  ): Promise<ProgrammeRun> {
    const { run } = open;
    const ended = await this.#save(open, {
      ...run,
      state: 'stopped',
      note,
      pieces: run.pieces.filter(({ command }) => command !== null),
    });
    let refused: unknown;
    for (const [at, piece] of ended.pieces.entries()) {
      const command = open.commands.get(piece.command ?? '');
      const off = this.#actions(piece.device)?.off;
      if (command === undefined || off === undefined) continue;
      if (progressIn(open, piece, now)?.type !== 'on') continue;
      await this.#options.commands
        .order({
          id: pieceId({ ...nameOf(run, piece, at), what: 'stop' }),
          device: piece.device,
          action: off,
          owner: command.owner,
          why: note,
          source:
            by === undefined
              ? { type: 'programme', name: run.programme, id: run.programme }
              : { type: 'person', name: by, id: null },
        })
        .catch((error: unknown) => {
          refused ??= error;
        });
    }
    if (refused !== undefined) throw refused;
    return ended;
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
    const { now } = scene.world;
    for (;;) {
      const next = run.pieces.find(({ command, from }) => command === null && from <= now);
      if (next === undefined) return run;
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
        return this.end({ ...open, run: told }, { note: answer.code, now });
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

/** The device granted less: the rest is a further piece of the same zone, before the others. */
function shorten(run: ProgrammeRun, at: number, granted: number): ProgrammeRun {
  const piece = run.pieces[at];
  if (piece === undefined) return run;
  const rest = piece.seconds - granted;
  const reason: Reason = {
    code: 'shorter-grant',
    values: { device: piece.device, piece: at, asked: piece.seconds, granted },
  };
  const shortened = change({ ...run, reasons: [...run.reasons, reason] }, at, {
    seconds: granted,
    litres: share(piece, granted),
  });
  if (rest < PIECE_SECONDS_MIN || run.pieces.length >= PIECES_MAX) return shortened;
  const further: ProgrammePiece = {
    ...{ device: piece.device, command: null, seconds: rest, litres: share(piece, rest) },
    from: piece.from + granted * 1000,
  };
  const ordered = shortened.pieces.filter(({ command }) => command !== null);
  const waiting = shortened.pieces.filter(({ command }) => command === null);
  return { ...shortened, pieces: [...ordered, further, ...waiting] };
}

function share({ litres, seconds }: ProgrammePiece, part: number): number | null {
  return litres === null ? null : Math.round((litres * part * 10) / seconds) / 10;
}

/** A zone that failed gets no further piece in this run. */
function fail(
  run: ProgrammeRun,
  at: number,
  { code, seconds }: { code: string; seconds: number },
): ProgrammeRun {
  const failed = run.pieces[at];
  if (failed === undefined) return run;
  const reason: Reason = {
    code: 'piece-failed',
    values: { device: failed.device, piece: at, why: code },
  };
  const told = change(run, at, { seconds, litres: share(failed, seconds) });
  return {
    ...told,
    reasons: [...told.reasons, reason],
    pieces: told.pieces.filter(
      ({ device, command }) => command !== null || device !== failed.device,
    ),
  };
}

function change(run: ProgrammeRun, at: number, part: Partial<ProgrammePiece>): ProgrammeRun {
  return {
    ...run,
    pieces: run.pieces.map((piece, place) => (place === at ? { ...piece, ...part } : piece)),
  };
}

/** A fault of one of its valves, or of what feeds them, that every zone would meet. */
function troubleOf(run: ProgrammeRun, world: World): string | null {
  for (const { device } of run.pieces) {
    const valve = world.valves.get(device);
    if (valve === undefined) continue;
    // Once it is released nothing starts by itself: what was under way is over.
    if (valve.unusable === STOPPED) return STOPPED;
    if (isSharedFault(valve.fault)) return `${valve.fault} at ${device}`;
    for (const supply of valve.supplies) {
      const fault = world.valves.get(supply)?.fault ?? null;
      if (fault !== null) return `${fault} at ${supply}`;
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
