import type { Alert } from '../contracts/alert.ts';
import type { Person } from '../contracts/people.ts';
import { SEVERITIES, type Severity } from '../contracts/rule.ts';
import type { LocalTimes } from './local-times.ts';

/** Whether a severity is at least as grave as another. */
export function atLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

export function gravest(severities: Iterable<Severity>): Severity {
  let found: Severity = 'info';
  for (const severity of severities) if (atLeast(severity, found)) found = severity;
  return found;
}

/** Whether a person wants to hear of an alert of this severity at all. */
export function wants(person: Person, { coop, site }: Alert, severity: Severity): boolean {
  const { active, coops, policy } = person;
  return (
    active &&
    coops.includes(coop) &&
    atLeast(severity, policy.minimum) &&
    (policy.sites === null || (site !== null && policy.sites.includes(site))) &&
    usableContacts(person, severity).length > 0
  );
}

/** Indexes of the contacts a person wants to be reached by, in the order they are tried. */
export function usableContacts(
  { contacts }: Person,
  severity: Severity,
  refused: readonly number[] = [],
): number[] {
  return [...contacts.keys()].filter((index) => {
    const from = contacts[index]?.from ?? 'info';
    return atLeast(severity, from) && !refused.includes(index);
  });
}

/** When a message may come: at once, at a time of day, or with others in a digest. */
export interface Moment {
  dueAt: number;
  held: boolean;
  digest: boolean;
}

/**
 * When a person wants to hear something of this severity that is known now. Critical messages come
 * at once; what is no more than information goes into the digest, where the person has one; the
 * rest waits for the end of the quiet hours.
 */
export function momentFor(
  { policy }: Person,
  severity: Severity,
  { now, times }: { now: number; times: LocalTimes },
): Moment {
  if (severity === 'critical') return { dueAt: now, held: false, digest: false };
  if (severity === 'info' && policy.digestAt !== null) {
    return { dueAt: digestTime(policy, { now, times }), held: true, digest: true };
  }
  const dueAt = outOfQuiet(policy, now, times);
  return { dueAt, held: dueAt !== now, digest: false };
}

/** When a person's next digest comes, at a time of day that they named. */
function digestTime(
  policy: Person['policy'],
  { now, times }: { now: number; times: LocalTimes },
): number {
  return policy.digestAt === null
    ? outOfQuiet(policy, now, times)
    : outOfQuiet(policy, times.next(policy.digestAt, now), times);
}

/** When what is too much for one hour comes: with the digest, or as soon as there is room. */
export function overflowMoment(
  { policy }: Person,
  { now, roomAt, times }: { now: number; roomAt: number; times: LocalTimes },
): Moment {
  const isAtTime = policy.digestAt !== null;
  const dueAt = isAtTime ? digestTime(policy, { now, times }) : outOfQuiet(policy, roomAt, times);
  return { dueAt, held: isAtTime || dueAt !== roomAt, digest: true };
}

/** The instant itself, or the end of the quiet hours it falls into. */
function outOfQuiet({ quietHours }: Person['policy'], time: number, times: LocalTimes): number {
  if (quietHours === null || !times.isBetween(time, quietHours)) return time;
  return times.next(quietHours.to, time);
}
