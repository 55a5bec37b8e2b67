import type { Command } from '../../contracts/command.ts';
import type { Programme, ProgrammePiece, ProgrammeRun } from '../../contracts/irrigation.ts';
import { Budgets } from './budgets.ts';
import { flowOf } from './dose.ts';
import { CHANGE_MS } from './place.ts';
import { busyOf } from './plan.ts';
import { type Progress, progressOf } from './progress.ts';
import { type Busy, ownerOf, type World } from './world.ts';

/** A run with what is known of its ordered pieces. */
export interface OpenRun {
  run: ProgrammeRun;
  /** By command id. */
  commands: ReadonlyMap<string, Command>;
}

/** Whether a piece's failure is already told among the run's reasons. */
export function isTold(run: ProgrammeRun, place: number): boolean {
  return run.reasons.some(
    ({ code, values }) => code === 'piece-failed' && values['piece'] === place,
  );
}

export function progressIn(
  { commands }: OpenRun,
  piece: ProgrammePiece,
  now: number,
): Progress | null {
  return piece.command === null ? null : progressOf(piece, commands.get(piece.command), now);
}

/**
 * When the actuators of a run are on, or will be. A run that is proposed holds nothing; `isPlanToo`
 * leaves out what it has not ordered.
 */
export function busyIn(open: OpenRun, now: number, isPlanToo: boolean): Busy[] {
  const { run } = open;
  if (run.state === 'proposed') return [];
  const owner = ownerOf(run.programme);
  return run.pieces.flatMap((piece, place) => {
    const progress = progressIn(open, piece, now);
    if (progress === null) return isPlanToo ? [busyOf(piece, owner)] : [];
    if (progress.type === 'on' || (progress.type === 'failed' && progress.until !== null)) {
      // It is on now, whatever a clock that was set back says of its beginning.
      const from = Math.min(piece.from, now);
      return [{ device: piece.device, from, to: (progress.until ?? now) + CHANGE_MS, owner }];
    }
    if (isTold(run, place)) return [];
    // What has just ended needs its rest.
    const to = progress.type === 'over' ? progress.at : piece.from;
    return [{ device: piece.device, from: Math.min(piece.from, to), to, owner }];
  });
}

/**
 * What a programme and its valves have used and are about to, without what `run` has not ordered
 * yet. `runs` are the programme's newest.
 */
export function budgetsOf(
  programme: Programme,
  {
    world,
    runs,
    open,
    run,
  }: {
    world: World;
    runs: readonly ProgrammeRun[];
    open: readonly OpenRun[];
    run: ProgrammeRun | null;
  },
): Budgets {
  const budgets = new Budgets(world.clock, programme.budget);
  for (const one of runs) {
    if (one.decision !== 'run') continue;
    for (const { device, from, seconds, command } of one.pieces) {
      const use = useOf(world, device, { from, seconds });
      if (use !== null && command !== null) budgets.spendOfProgramme(use);
    }
  }
  for (const other of open) {
    for (const { device, from, to } of busyIn(other, world.now, !isSame(other.run, run))) {
      const use = useOf(world, device, { from, seconds: (to - from) / 1000 });
      if (use !== null && to > world.now) budgets.spendOfValve(use);
    }
  }
  return budgets;
}

export function isSame(a: ProgrammeRun, b: ProgrammeRun | null): boolean {
  return b !== null && a.programme === b.programme && a.at === b.at;
}

function useOf(world: World, device: string, time: { from: number; seconds: number }) {
  const valve = world.valves.get(device);
  if (valve === undefined) return null;
  const plot = valve.site === null ? undefined : world.plots.get(valve.site);
  return { valve, flow: flowOf(valve, plot), ...time };
}
