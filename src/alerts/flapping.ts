import type { Alert } from '../contracts/alert.ts';
import { gravestOf, rank } from './levels.ts';
import { isTold } from './timeline.ts';

/** More beginnings of one rule and device within an hour are flapping. */
const BEGINNINGS_PER_HOUR_MAX = 3;
const HOUR_MS = 3_600_000;
/** Calm for so long, it calls again; so does an alert that stands for so long. */
export const CALM_MS = 1_800_000;
/** An alert that was over for less is the same trouble: it calls only when it stays. */
export const CLEAR_MS = 120_000;
/** Alerts of one rule and device that are looked at: twice what an hour holds before damping. */
export const LOOKED_AT = 20;

export const FLAPPING = 'flapping';
const BACK_TOO_SOON = 'flapping: back within two minutes';

export interface Damping {
  note: string;
  /** How long it calls nobody. */
  forMs: number;
  /** People are told, this once. */
  notice: boolean;
}

interface Beginning {
  at: number;
  damped: boolean;
}

/**
 * Whether an alert that just began comes and goes too often to call; `past` are the other alerts of
 * its rule and device. What is graver than all of them calls whatever they did.
 */
export function dampingOf(alert: Alert, past: readonly Alert[]): Damping | null {
  const now = beginningsOf(alert).at(-1)?.at;
  if (now === undefined) return null;
  const recent = past.filter(
    (one) => one.id !== alert.id && beginningsOf(one).some(({ at }) => within(at, now, HOUR_MS)),
  );
  const level = rank(alert.severity);
  if (recent.length > 0 && recent.every((one) => gravestOf(one) < level)) return null;
  const before = [...recent.flatMap(beginningsOf), ...beginningsOf(alert).slice(0, -1)]
    .filter(({ at }) => within(at, now, HOUR_MS))
    .sort((left, right) => left.at - right.at);
  const lastDamped = before.findLast(({ damped }) => damped);
  const last = before.at(-1);
  if (last?.damped === true && within(last.at, now, CALM_MS)) {
    return { note: FLAPPING, forMs: CALM_MS, notice: false };
  }
  const counted = before.filter(({ at }) => lastDamped === undefined || at > lastDamped.at);
  if (counted.length >= BEGINNINGS_PER_HOUR_MAX) {
    return { note: FLAPPING, forMs: CALM_MS, notice: true };
  }
  const isBack = recent.some(
    (one) => isTold(one) && gravestOf(one) >= level && hasJustEnded(one, now),
  );
  return isBack ? { note: BACK_TOO_SOON, forMs: CLEAR_MS, notice: false } : null;
}

function beginningsOf({ timeline }: Alert): Beginning[] {
  const wasRaised = timeline.findIndex(({ event }) => event === 'raised');
  return timeline.flatMap(({ event, at }, index) => {
    const begins = event === 'raised' || (event === 'reopened' && wasRaised !== -1);
    if (!begins) return [];
    const next = timeline[index + 1];
    return [{ at, damped: next?.event === 'quieted' && next.note === FLAPPING }];
  });
}

function hasJustEnded({ end, timeline }: Alert, now: number): boolean {
  if (end === null) return false;
  const ended = timeline.findLast(({ event, who }) => event === 'resolved' && who === null);
  return ended !== undefined && within(ended.at, now, CLEAR_MS);
}

/** Clocks jump back: what seems to lie ahead is not counted. */
function within(at: number, now: number, ms: number): boolean {
  return at <= now && now - at < ms;
}
