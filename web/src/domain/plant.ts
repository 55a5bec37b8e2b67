import type { ActuatorRole, WireActuatorView, WireCommand, WireProof } from '../api/plant-types.ts';
import { toMs } from './instant.ts';

/** What stands behind a position: the words of the page may claim no more. */
export interface Evidence {
  word: 'proven' | 'said' | 'awaited' | 'against' | 'unknown';
  /** What the witness showed, where it showed something. */
  proof: WireProof | null;
}

const UNKNOWN: Evidence = { word: 'unknown', proof: null };
const SAID: Evidence = { word: 'said', proof: null };

/** Valves open and close, motors run and stand. */
export function partOf(role: ActuatorRole): 'valve' | 'motor' {
  return role === 'pump' || role === 'aerator' ? 'motor' : 'valve';
}

/** Newest first, as the device got them; those it never got come by their time. */
export function newestFirst(commands: Iterable<WireCommand>): WireCommand[] {
  return [...commands].sort((a, b) => toMs(b.createdAt) - toMs(a.createdAt));
}

/**
 * How far a position is proven, by the command that led to it. Only the run that lasts proves that
 * something is on; only a stop proves that it is off, for a start proves nothing once it is over.
 */
export function evidenceOf(
  { state }: Pick<WireActuatorView, 'state'>,
  commands: Iterable<WireCommand>,
): Evidence {
  const { position, lease } = state;
  if (position === 'unknown') return UNKNOWN;
  const own = newestFirst(commands).filter((one) => one.startedAt !== null);
  const command = position === 'on' ? own.find(({ id }) => id === lease?.command) : own.at(0);
  if (command === undefined || command.to !== position) return SAID;
  // It moved again since: by hand, or by its own.
  if (position === 'off' && toMs(state.since) > toMs(command.endedAt ?? command.startedAt) + 2_000)
    return SAID;
  if (command.state === 'effective' && command.proof !== null)
    return { word: 'proven', proof: command.proof };
  if (command.state === 'contradicted') return { word: 'against', proof: command.proof };
  return command.state === 'running' ? { word: 'awaited', proof: null } : SAID;
}

/** `12:30` or `1:05:00`; never below zero. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours === 0 ? rest.replace(/^0(\d:)/, '$1') : `${hours}:${rest}`;
}

/** What people ask for: a look, a line, an evening, a night. */
const LENGTHS_SECONDS = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720].map(
  (minutes) => minutes * 60,
);

/** Lengths of a run to choose from, s, up to the most that the part may run. */
export function lengthsUpTo(mostSeconds: number): number[] {
  const shorter = LENGTHS_SECONDS.filter((seconds) => seconds < mostSeconds);
  return [...shorter, mostSeconds];
}

/** Which of them is offered first: ten minutes, or the longest below. */
export function usualLength(lengths: readonly number[]): number {
  return lengths.findLast((seconds) => seconds <= 600) ?? lengths[0] ?? 60;
}

/** A length of time with its odd seconds: `12 phút 30 giây`. */
export function lasting(seconds: number, duration: (ms: number) => string): string {
  const odd = seconds % 60;
  if (odd === 0 || seconds < 60 || seconds >= 3_600) return duration(seconds * 1_000);
  return `${duration((seconds - odd) * 1_000)} ${duration(odd * 1_000)}`;
}
