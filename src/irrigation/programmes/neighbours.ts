import type {
  Programme,
  ProgrammePiece,
  ProgrammeRun,
  Reason,
} from '../../contracts/irrigation.ts';
import { endOf } from './plan.ts';
import type { World } from './world.ts';

/** Others whose plans a preview is held against: those of one pump seldom are more. */
const NEIGHBOURS_MAX = 32;

/** Programmes that run by themselves and share a valve or a supply with this one. */
export function neighboursOf(
  programme: Programme,
  all: readonly Programme[],
  { valves }: Pick<World, 'valves'>,
): Programme[] {
  const partsOf = ({ zones }: Programme): string[] =>
    zones.flatMap(({ device }) => [device, ...(valves.get(device)?.supplies ?? [])]);
  const own = new Set(partsOf(programme));
  return all
    .filter(({ id, enabled, mode }) => id !== programme.id && enabled && mode === 'auto')
    .filter((other) => partsOf(other).some((part) => own.has(part)))
    .slice(0, NEIGHBOURS_MAX);
}

/** What a programme will do by its own plan. */
export interface Neighbour {
  programme: Programme;
  runs: readonly ProgrammeRun[];
}

/** A run with what others will hold at its times, each once. */
export function withNeighbours(
  run: ProgrammeRun,
  neighbours: readonly Neighbour[],
  world: World,
): ProgrammeRun {
  const found = new Map<string, Reason>();
  const from = Math.min(...run.pieces.map((piece) => piece.from));
  const whole = { from, seconds: ((endOf(run.pieces) ?? from) - from) / 1000 };
  for (const { programme, runs } of neighbours) {
    const beside = runs
      .filter(({ decision }) => decision === 'run')
      .flatMap(({ pieces }) => pieces.filter((piece) => overlap(piece, whole)));
    for (const piece of run.pieces) {
      for (const other of beside) {
        if (!overlap(piece, other)) continue;
        const shared = sharedBy(piece.device, other.device, world);
        if (shared === null) continue;
        const key = `${programme.id} ${shared.device}`;
        const values = { device: shared.device, programme: programme.name };
        if (!found.has(key)) found.set(key, { code: shared.code, values });
      }
    }
  }
  return found.size === 0 ? run : { ...run, reasons: [...run.reasons, ...found.values()] };
}

type Span = Pick<ProgrammePiece, 'from' | 'seconds'>;

function overlap(a: Span, b: Span): boolean {
  return a.from < b.from + b.seconds * 1000 && b.from < a.from + a.seconds * 1000;
}

function sharedBy(
  device: string,
  other: string,
  { valves }: World,
): { code: 'valve-taken' | 'supply-shared'; device: string } | null {
  if (device === other) return { code: 'valve-taken', device };
  const supplies = valves.get(other)?.supplies ?? [];
  const shared = valves.get(device)?.supplies.find((supply) => supplies.includes(supply));
  return shared === undefined ? null : { code: 'supply-shared', device: shared };
}
