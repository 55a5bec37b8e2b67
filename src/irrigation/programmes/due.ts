import { DAY_MS, type LocalClock, MINUTE_MS } from '../../base/local-clock.ts';
import type { Programme } from '../../contracts/irrigation.ts';
import { type Start, startsOf } from './starts.ts';

/** What is to be decided of a programme now. */
export interface Due {
  /** Starts that will not run, oldest first; of a long absence only the newest. */
  missed: ReadonlyArray<{ start: Start; lateMs: number }>;
  /** Missed ones before those. */
  more: number;
  /** At most one that begins, on time or late. */
  begins: { start: Start; lateMs: number; isLate: boolean } | null;
}

/** A start that is looked at no later than this is on time: a slow tick, a server that restarts. */
export const ON_TIME_MS = 5 * MINUTE_MS;
/** What was missed longer ago is of no interest to anybody. */
export const LOOK_BACK_MS = 14 * DAY_MS;
/** Rows written for missed starts at once: a day of them. */
const MISSED_ROWS_MAX = 48;

/** Starts after `decided`, up to now. */
export function startsSince(
  programme: Programme,
  { decided, now, clock }: { decided: number; now: number; clock: LocalClock },
): Start[] {
  const from = Math.max(decided + 1, now - LOOK_BACK_MS);
  return from > now ? [] : startsOf(programme.start, clock, { from, to: now + 1 });
}

/**
 * Sorts starts that have come into what begins and what was missed. At most one begins, however
 * many there are; `beginsAt` tells when a window's run is meant to begin.
 */
export function dueOf(
  programme: Programme,
  starts: readonly Start[],
  { now, beginsAt }: { now: number; beginsAt: (start: Start) => number },
): Due {
  // Those to come within a window that is open wait for their time.
  const come = starts.filter((start) => (start.until !== null ? beginsAt(start) <= now : true));
  const late = come.map((start) => ({ start, lateMs: Math.max(0, now - beginsAt(start)) }));
  const last = late.at(-1);
  const isOpen = last !== undefined && (last.start.until === null || last.start.until > now);
  const mayBegin = last !== undefined && isOpen && last.lateMs <= latestMs(programme);
  const missed = mayBegin ? late.slice(0, -1) : late;
  return {
    missed: missed.slice(-MISSED_ROWS_MAX),
    more: Math.max(0, missed.length - MISSED_ROWS_MAX),
    begins: mayBegin ? { ...last, isLate: last.lateMs > ON_TIME_MS } : null,
  };
}

/** How late a run may still begin, or go on after an interruption. */
export function latestMs({ missed }: Pick<Programme, 'missed'>): number {
  if (missed.policy === 'skip') return ON_TIME_MS;
  return Math.max(ON_TIME_MS, missed.withinMinutes * MINUTE_MS);
}
