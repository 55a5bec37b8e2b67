import type { ProgrammePiece, ProgrammeRun, Reason } from '../../contracts/irrigation.ts';
import { isTold, type OpenRun, progressIn } from './ledger.ts';
import { PIECE_SECONDS_MIN } from './place.ts';
import { PIECES_MAX } from './plan.ts';
import type { Loss } from './supply-keeper.ts';
import type { World } from './world.ts';

/** The device granted less: the rest is a further piece of the same zone, before the others. */
export function shorten(run: ProgrammeRun, at: number, granted: number): ProgrammeRun {
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

export function share({ litres, seconds }: ProgrammePiece, part: number): number | null {
  return litres === null ? null : Math.round((litres * part * 10) / seconds) / 10;
}

/** A zone that failed gets no further piece in this run. */
export function fail(
  run: ProgrammeRun,
  at: number,
  { code, seconds, supply }: { code: string; seconds: number; supply?: string },
): ProgrammeRun {
  const failed = run.pieces[at];
  if (failed === undefined) return run;
  const reason: Reason = {
    code: 'piece-failed',
    values: {
      ...{ device: failed.device, piece: at, why: code },
      ...(supply !== undefined && { supply }),
    },
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

/** What waits below a supply that gives no water is not given. */
export function withhold(run: ProgrammeRun, { supply, code }: Loss, world: World): ProgrammeRun {
  const isBelow = ({ device, command }: ProgrammePiece): boolean =>
    command === null && world.valves.get(device)?.supplies.includes(supply) === true;
  const seconds = run.pieces.filter(isBelow).reduce((sum, piece) => sum + piece.seconds, 0);
  if (seconds === 0) return run;
  const reason: Reason = { code: 'supply-failed', values: { supply, why: code, seconds } };
  return {
    ...run,
    reasons: [...run.reasons, reason],
    pieces: run.pieces.filter((piece) => !isBelow(piece)),
  };
}

/** Why a piece was cut for want of water; undefined for others. */
export function lossToldOf(run: ProgrammeRun, at: number): Reason | undefined {
  return run.reasons.find(
    ({ code, values }) =>
      code === 'piece-failed' && values['piece'] === at && values['supply'] !== undefined,
  );
}

/** What was ordered, with what is on counted up to now. */
export function asGiven(open: OpenRun, now: number): ProgrammeRun {
  let { run } = open;
  for (const [at, piece] of run.pieces.entries()) {
    const progress = progressIn(open, piece, now);
    const from = open.commands.get(piece.command ?? '')?.startedAt;
    if (progress?.type !== 'on' || isTold(run, at)) continue;
    const ran = from == null ? 0 : Math.max(0, Math.round((now - from) / 1000));
    const seconds = Math.min(piece.seconds, ran);
    run = change(run, at, { seconds, litres: share(piece, seconds) });
  }
  return { ...run, pieces: run.pieces.filter(({ command }) => command !== null) };
}

/** When its first valve was ordered; null before. */
export function begunAt({ pieces }: ProgrammeRun): number | null {
  const ordered = pieces.filter(({ command }) => command !== null);
  return ordered.length === 0 ? null : Math.min(...ordered.map(({ from }) => from));
}

/** Somebody stands there and waits for it. */
export function isAwaited({ reasons }: ProgrammeRun): boolean {
  return reasons.some(({ code }) => code === 'asked' || code === 'accepted');
}

export function change(run: ProgrammeRun, at: number, part: Partial<ProgrammePiece>): ProgrammeRun {
  return {
    ...run,
    pieces: run.pieces.map((piece, place) => (place === at ? { ...piece, ...part } : piece)),
  };
}
