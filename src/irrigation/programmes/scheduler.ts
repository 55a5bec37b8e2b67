import { type LocalClock, MINUTE_MS } from '../../base/local-clock.ts';
import type { CounterMetric } from '../../base/metrics.ts';
import type { Programme, ProgrammeRun, Reason } from '../../contracts/irrigation.ts';
import type { State } from '../../contracts/state.ts';
import { dueOf, startsSince } from './due.ts';
import { type GatherOptions, gather, gatherPlant } from './gather.ts';
import { budgetsOf, busyIn } from './ledger.ts';
import { beginsAt, planStart, skipped } from './plan.ts';
import { type Runner, type Scene, troubleOf } from './runner.ts';
import { type Start, startsOf } from './starts.ts';
import type { SupplyKeeper } from './supply-keeper.ts';
import { SUPPLY_OWNER, type World } from './world.ts';

export interface SchedulerOptions {
  state: State;
  clock: LocalClock;
  gathering: GatherOptions;
  runner: Runner;
  supplies: SupplyKeeper;
  runs: CounterMetric;
  /** One programme could not be seen to; the others are. */
  onFault: (what: string, error: unknown) => void;
}

/** A proposal without a window is good for half a day. */
const PROPOSAL_MS = 12 * 3_600_000;
/** What was decided so far ahead was decided by a wrong clock, since set right. */
const FAR_AHEAD_MS = 26 * 3_600_000;
/** A piece is seen to be over by then: it begins within a minute of its order. */
const OVER_MS = 2 * MINUTE_MS;
/** Newest runs among which a start is looked for that may have been decided. */
const RUNS_READ = 200;

/** When a proposal can no longer be accepted. */
export function proposalEnd(programme: Programme, { at }: ProgrammeRun, clock: LocalClock): number {
  const [start] = startsOf(programme.start, clock, { from: at, to: at + 1 });
  return start?.until ?? at + PROPOSAL_MS;
}

/** Decides each start once and carries on what was begun; holds nothing between two minutes. */
export class Scheduler {
  readonly #options: SchedulerOptions;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Answers whether something goes on that has to be looked at before the next minute. */
  async tick(now: number): Promise<boolean> {
    const { state, onFault } = this.#options;
    const programmes = new Map((await state.programmes.all()).map((one) => [one.id, one]));
    await this.#expireProposals(programmes, now);
    const due = await this.#due([...programmes.values()], now);
    const scene = await this.scene(
      due.map(({ programme }) => programme),
      now,
    );
    for (const open of [...scene.open]) {
      const programme = programmes.get(open.run.programme);
      if (programme === undefined || open.run.state === 'proposed') continue;
      await this.carryOn(open.run, programme, scene).catch((error: unknown) =>
        onFault(`run of ${programme.id}`, error),
      );
    }
    for (const { programme, starts } of due) {
      await this.#decide(programme, starts, scene).catch((error: unknown) =>
        onFault(`start of ${programme.id}`, error),
      );
    }
    return this.attend(scene);
  }

  /**
   * Between two minutes: what somebody waits for, and water that has to follow its valve. Answers
   * as `tick` does.
   */
  async look(now: number): Promise<boolean> {
    const { state, gathering, onFault } = this.#options;
    const runs = (await state.programmes.openRuns()).filter(({ state }) => state !== 'proposed');
    const world = await gatherPlant([], gathering, now);
    const isHeld = world.busy.some(({ owner }) => owner === SUPPLY_OWNER);
    if (!isHeld && !runs.some((run) => isPressing(run, world))) return runs.length > 0;
    const scene = await this.#sceneIn(world);
    for (const { run } of [...scene.open]) {
      if (run.state === 'proposed' || !isPressing(run, world)) continue;
      const programme = await state.programmes.get(run.programme);
      if (programme === undefined) continue;
      await this.carryOn(run, programme, scene).catch((error: unknown) =>
        onFault(`run of ${programme.id}`, error),
      );
    }
    return this.attend(scene);
  }

  /** Sees to what feeds the valves of all runs, once these have gone on. */
  async attend({ world, open }: Scene): Promise<boolean> {
    const held = await this.#options.supplies.keep(open, world);
    return held > 0 || open.some(({ run }) => run.state === 'waiting' || run.state === 'running');
  }

  /** What stands and runs now, with what plans of these programmes need to know for two days. */
  async scene(programmes: readonly Programme[], now: number): Promise<Scene> {
    const { gathering } = this.#options;
    return this.#sceneIn(
      programmes.length === 0
        ? await gatherPlant([], gathering, now)
        : await gather(programmes, gathering, { now, days: 1 }),
    );
  }

  async #sceneIn(world: World): Promise<Scene> {
    const { state, runner } = this.#options;
    const open = [];
    for (const run of await state.programmes.openRuns()) open.push(await runner.open(run));
    open.sort((a, b) => a.run.at - b.run.at);
    return { world, open };
  }

  /** One run, one step further; the scene learns of it. */
  async carryOn(run: ProgrammeRun, programme: Programme, scene: Scene): Promise<ProgrammeRun> {
    const { runner } = this.#options;
    const place = scene.open.findIndex(
      (one) => one.run.programme === run.programme && one.run.at === run.at,
    );
    const known = scene.open[place] ?? (await runner.open(run));
    if (place < 0) scene.open.push(known);
    const after = await runner.carryOn(known, programme, scene);
    scene.open[scene.open.indexOf(known)] = await runner.open(after);
    return after;
  }

  /** What one start comes to now: planned around all that runs. */
  async plan(
    programme: Programme,
    start: Start,
    scene: Scene,
    ways: { isAsked?: boolean; isLate?: boolean },
  ): Promise<ProgrammeRun> {
    const { items: runs } = await this.#options.state.programmes.runs(programme.id, {
      limit: RUNS_READ,
    });
    const { world, open } = scene;
    const budgets = budgetsOf(programme, { world, runs, open, run: null });
    const busy = open.flatMap((one) => busyIn(one, world.now, true));
    return planStart(programme, start, world, { ...ways, budgets, busy });
  }

  async #due(
    programmes: readonly Programme[],
    now: number,
  ): Promise<Array<{ programme: Programme; starts: Start[] }>> {
    const { state, clock } = this.#options;
    const due: Array<{ programme: Programme; starts: Start[] }> = [];
    for (const programme of programmes) {
      if (!programme.enabled) continue;
      const decided = await state.programmes.decided(programme.id);
      if (decided === null || decided > now + FAR_AHEAD_MS) {
        await state.programmes.saveDecided(programme.id, now);
        continue;
      }
      const starts = startsSince(programme, { decided, now, clock });
      if (starts.length > 0) due.push({ programme, starts });
    }
    return due;
  }

  async #decide(programme: Programme, starts: readonly Start[], scene: Scene): Promise<void> {
    const { state, runs: counter } = this.#options;
    const { world } = scene;
    const { missed, more, begins } = dueOf(programme, starts, {
      now: world.now,
      beginsAt: (start) => intendedAt(programme, start, world),
    });
    const last = begins?.start ?? missed.at(-1)?.start;
    if (last === undefined) return;
    const { items: known } = await state.programmes.runs(programme.id, { limit: RUNS_READ });
    const isNew = ({ at }: Start): boolean => !known.some((run) => run.at === at);
    const decisions = missed
      .filter(({ start }) => isNew(start))
      .map(({ start, lateMs }, place) =>
        missedRun(programme, start, { lateMs, more: place === 0 ? more : 0 }),
      );
    let run: ProgrammeRun | null = null;
    if (begins !== null && isNew(begins.start)) {
      run = await this.#begin(programme, begins, scene);
      decisions.push(run);
    }
    // Decided and kept in one: whatever happens next, this start is not decided again.
    await state.transaction(async (tx) => {
      for (const decision of decisions) await tx.programmes.saveRun(decision);
      await tx.programmes.saveDecided(programme.id, last.at);
    });
    for (const { decision } of decisions) counter.add(1, { decision });
    if (run?.state === 'waiting') await this.carryOn(run, programme, scene);
  }

  async #begin(
    programme: Programme,
    { start, lateMs, isLate }: { start: Start; lateMs: number; isLate: boolean },
    scene: Scene,
  ): Promise<ProgrammeRun> {
    const before = scene.open.filter(({ run }) => run.programme === programme.id);
    if (before.some(({ run }) => run.state !== 'proposed')) {
      return skipped(programme, start.at, [{ code: 'still-running', values: {} }]);
    }
    const planned = await this.plan(programme, start, scene, { isLate });
    const late: Reason[] = isLate ? [{ code: 'caught-up', values: minutes(lateMs) }] : [];
    const run = { ...planned, reasons: [...late, ...planned.reasons] };
    if (run.decision === 'run') return { ...run, state: 'waiting' };
    return run.decision === 'propose' ? { ...run, state: 'proposed' } : run;
  }

  /** Also those that a newer start has overtaken: there is one thing to answer. */
  async #expireProposals(programmes: Map<string, Programme>, now: number): Promise<void> {
    const { state, clock } = this.#options;
    const proposed = (await state.programmes.openRuns()).filter((run) => run.state === 'proposed');
    const newest = new Map(proposed.map((run) => [run.programme, run.at]));
    for (const run of proposed)
      newest.set(run.programme, Math.max(run.at, newest.get(run.programme) ?? 0));
    for (const run of proposed) {
      const programme = programmes.get(run.programme);
      const isOver = programme === undefined || proposalEnd(programme, run, clock) <= now;
      const note = isOver
        ? 'expired'
        : run.at < (newest.get(run.programme) ?? 0)
          ? 'overtaken'
          : null;
      if (note !== null) await state.programmes.saveRun({ ...run, state: 'stopped', note });
    }
  }
}

/** Whether a run's next step is a matter of seconds: a valve is due, or its water may fail. */
function isPressing(run: ProgrammeRun, world: World): boolean {
  if (troubleOf(run, world) !== null) return true;
  return run.pieces.some(({ device, command, from, seconds }) => {
    if (command === null) return from <= world.now;
    const isOver = from + seconds * 1000 + OVER_MS < world.now;
    return !isOver && (world.valves.get(device)?.supplies.length ?? 0) > 0;
  });
}

/** Only a run that begins by itself waits for the last moment; people are asked when it opens. */
function intendedAt(programme: Programme, start: Start, world: World): number {
  return programme.mode === 'auto' ? beginsAt(programme, start, world) : start.at;
}

function missedRun(
  programme: Programme,
  { at }: Start,
  { lateMs, more }: { lateMs: number; more: number },
): ProgrammeRun {
  const values = { ...minutes(lateMs), policy: programme.missed.policy };
  const reasons: Reason[] = [{ code: 'missed', values }];
  if (more > 0) reasons.unshift({ code: 'missed-before', values: { starts: more } });
  return { ...skipped(programme, at, reasons), decision: 'missed' };
}

function minutes(ms: number): { lateMinutes: number } {
  return { lateMinutes: Math.round(ms / MINUTE_MS) };
}
