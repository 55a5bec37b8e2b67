import type { Alert } from '../contracts/alert.ts';
import type { Presence, StandingSilence } from '../contracts/state.ts';
import { isRaised } from './timeline.ts';

/** A cooperative's link is down when so many of its devices, and such a share, fall silent at once. */
const LOST_MIN = 3;
const LOST_SHARE = 0.8;
/** Last words so close together count as one moment: devices report every few minutes. */
const TOGETHER_MS = 1_800_000;
/** A device not heard for longer before the outage tells nothing about it. */
const HEARD_WITHIN_MS = 86_400_000;

/** An alert about what is missing: its samples have no values. */
export function isAbsence({ evidence }: Alert): boolean {
  return evidence.worst === null && evidence.samples.every(({ value }) => value === null);
}

/** Whether the whole device is missing, not one metric of it. */
export function isWholeSilence(alert: Alert): boolean {
  return alert.evidence.metric === null && isAbsence(alert);
}

/** The last word before a silence. */
export function lastWord({ evidence, onset }: Alert): number {
  return evidence.samples[0]?.time ?? onset - evidence.limit * 1_000;
}

/** The silence an alert stands for, or undefined when it stands for none now. */
export function silenceOf(alert: Alert, cause: string | null): StandingSilence | undefined {
  if (alert.end !== null || !isAbsence(alert) || !isRaised(alert)) return undefined;
  const { id, coop, device, onset } = alert;
  const whole = isWholeSilence(alert);
  return { alert: id, coop, device, since: lastWord(alert), onset, whole, cause };
}

export interface Situation {
  /** Those of one cooperative. */
  silences: readonly StandingSilence[];
  gatewayOf(device: string): string | null;
  /** Of the cooperative's devices. */
  presences: readonly Presence[];
}

/**
 * Which alert explains each silence: that of the gateway its messages pass, or the first of an
 * outage of the cooperative's link. Those without an explanation are not in the answer.
 */
export function findCauses(situation: Situation): Map<string, string> {
  const causes = new Map<string, string>();
  const byDevice = new Map<string, StandingSilence>();
  for (const silence of situation.silences) {
    if (silence.whole) byDevice.set(silence.device, silence);
  }
  const parentOf = ({ device }: StandingSilence): StandingSilence | undefined => {
    const gateway = situation.gatewayOf(device);
    return gateway === null || gateway === device ? undefined : byDevice.get(gateway);
  };
  for (const silence of situation.silences) {
    const root = rootOf(silence, parentOf);
    if (root.alert !== silence.alert) causes.set(silence.alert, root.alert);
  }
  const lost = lostTogether(situation);
  const [root] = lost
    .filter(({ alert }) => !causes.has(alert))
    .sort((left, right) => byAge(left, right, lost));
  if (root === undefined) return causes;
  const inOutage = new Set(lost.map(({ alert }) => alert));
  for (const { alert } of lost) if (alert !== root.alert) causes.set(alert, root.alert);
  for (const [alert, cause] of causes) {
    // What a gateway explains is explained by what explains the gateway.
    if (inOutage.has(cause) && alert !== root.alert) causes.set(alert, root.alert);
  }
  return causes;
}

/** Follows gateways up to the last silent one; of a ring the alert that sorts first. */
function rootOf(
  silence: StandingSilence,
  parentOf: (silence: StandingSilence) => StandingSilence | undefined,
): StandingSilence {
  const seen = [silence];
  for (let at = parentOf(silence); at !== undefined; at = parentOf(at)) {
    const met = seen.indexOf(at);
    if (met !== -1) {
      const ring = seen.slice(met);
      return ring.reduce((first, one) => (one.alert < first.alert ? one : first));
    }
    seen.push(at);
  }
  return seen.at(-1) ?? silence;
}

/** The one the others name already stays the root; else the earliest. */
function byAge(
  left: StandingSilence,
  right: StandingSilence,
  lost: readonly StandingSilence[],
): number {
  const named = ({ alert }: StandingSilence): number =>
    lost.some(({ cause }) => cause === alert) ? 0 : 1;
  return (
    named(left) - named(right) || left.onset - right.onset || (left.alert < right.alert ? -1 : 1)
  );
}

/**
 * The silences of an outage of the link: the most last words within half an hour, when they are
 * enough of all devices that were heard until then. A slow device whose silence does not count yet
 * is taken for a living one: rather one call too many.
 */
function lostTogether({ silences, presences }: Situation): StandingSilence[] {
  const heardAt = new Map(presences.map(({ device, lastSeenAt }) => [device, lastSeenAt]));
  const whole = silences
    .filter(({ whole, device }) => whole && (heardAt.get(device) ?? null) !== null)
    .sort((left, right) => left.since - right.since);
  let best: StandingSilence[] = [];
  let start = 0;
  for (const [index, { since }] of whole.entries()) {
    while ((whole[start]?.since ?? since) < since - TOGETHER_MS) start++;
    if (index + 1 - start > best.length) best = whole.slice(start, index + 1);
  }
  const first = best[0];
  if (best.length < LOST_MIN || first === undefined) return [];
  const apart = new Set(best.map(({ device }) => device));
  for (const { device, since } of whole) if (since < first.since) apart.add(device);
  const others = presences.filter(
    ({ device, lastSeenAt }) =>
      !apart.has(device) && lastSeenAt !== null && lastSeenAt >= first.since - HEARD_WITHIN_MS,
  );
  return best.length >= LOST_SHARE * (best.length + others.length) ? best : [];
}
