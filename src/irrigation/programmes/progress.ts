import { type Command, isOpen } from '../../contracts/command.ts';
import type { ProgrammePiece } from '../../contracts/irrigation.ts';

/** What became of an ordered piece. */
export type Progress =
  /** Nobody knows the command: the order was cut off before it was kept. */
  | { type: 'lost' }
  /** On, or about to be; `until` as far as it can be said. */
  | { type: 'on'; until: number }
  /** Over after so many seconds. */
  | { type: 'over'; at: number; seconds: number }
  /** `seconds`: what it gave nevertheless; `until`: how long it may still be on, null: it is not. */
  | { type: 'failed'; code: string; seconds: number; until: number | null };

/** A lease counts as over at the latest this long after its end. */
const LEASE_SLACK_MS = 2_000;
/** A stop that came after a start is done, and the start was never heard to run. */
export const SUPERSEDED = 'COMMAND_SUPERSEDED';
/** What should have ended and has not shown it is asked again by the next tick. */
const ASK_AGAIN_MS = 60_000;

export function progressOf(
  piece: ProgrammePiece,
  command: Command | undefined,
  now: number,
): Progress {
  if (command === undefined) return { type: 'lost' };
  const { state, reason, startedAt, endedAt, notAfter, grantedSeconds, maxSeconds } = command;
  const ran = secondsOf(command, now);
  const seconds = grantedSeconds ?? maxSeconds ?? piece.seconds;
  // By a clock that was set back it may have begun in the future; it lasts no longer for that.
  const ends = Math.min(startedAt ?? now, now) + seconds * 1000;
  const until = isOpen(command) ? Math.max(ends, now + ASK_AGAIN_MS) : null;
  if (state === 'refused' || state === 'failed' || state === 'expired') {
    const code = state === 'expired' ? 'expired' : (reason ?? state);
    return { type: 'failed', code, seconds: ran, until };
  }
  if (reason === SUPERSEDED && startedAt === null) {
    return { type: 'failed', code: SUPERSEDED, seconds: 0, until: null };
  }
  if (state === 'contradicted') {
    return { type: 'failed', code: state, seconds: until === null ? ran : seconds, until };
  }
  if (until !== null) return { type: 'on', until };
  if (startedAt !== null) return { type: 'over', at: endedAt ?? now, seconds: ran };
  // Handed over and never answered: it may be on for as long as it was asked for.
  const latest = notAfter + seconds * 1000 + LEASE_SLACK_MS;
  if (latest > now) return { type: 'on', until: latest };
  return { type: 'over', at: latest, seconds: piece.seconds };
}

function secondsOf({ startedAt, endedAt }: Command, now: number): number {
  return startedAt === null ? 0 : Math.max(0, Math.round(((endedAt ?? now) - startedAt) / 1000));
}

/** Refusals that the next zone would meet as well: its water, its supply or everybody's stop. */
const SHARED_CODES: ReadonlySet<string> = new Set([
  'ACTUATOR_STOPPED',
  'INTERLOCK_TANK_LEVEL',
  'INTERLOCK_SOURCE_SALINITY',
  'INTERLOCK_RAIN',
  'INTERLOCK_MOST_OPEN',
  'INTERLOCK_NEEDS_OPEN',
]);
/** Faults of a valve for which its supply is closed too. */
const SHARED_FAULTS: ReadonlySet<string> = new Set([
  'leak',
  'burst',
  'stuck-valve',
  'low-pressure',
  'high-pressure',
]);

export function isShared(code: string): boolean {
  return SHARED_CODES.has(code);
}

export function isSharedFault(fault: string | null): boolean {
  return fault !== null && SHARED_FAULTS.has(fault);
}

/** Whether an error is the desk's word on the order itself, not a desk that is out of reach. */
export function isRefusal(code: string): boolean {
  return /^(COMMAND|ACTUATOR|INTERLOCK|CONFIRMATION)_/.test(code);
}
