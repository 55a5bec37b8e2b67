import type { Alert } from '../contracts/alert.ts';
import { isWholeSilence, lastWord } from './silences.ts';
import { isRaised, withEntry } from './timeline.ts';

/**
 * A device that is back delivers what it kept within this time; then nothing came of the silent
 * stretch, and it was the device that failed.
 */
export const VERDICT_MS = 3_600_000;

const LINK_NOTE = 'the device recorded meanwhile: the link was down';
const DEVICE_NOTE = 'nothing was recorded meanwhile: the device was down';

type Outage = 'link' | 'device';

function withOutage(alert: Alert, outage: Outage, at: number): Alert {
  const { evidence } = alert;
  const beside = { ...evidence.beside, outage };
  const note = outage === 'link' ? LINK_NOTE : DEVICE_NOTE;
  return withEntry({ ...alert, evidence: { ...evidence, beside } }, 'commented', { at, note });
}

/**
 * Says "link" when reports from within a silence came after it was known: the device recorded all
 * the while, only nobody heard it.
 */
export function withLateWord(before: Alert | undefined, after: Alert, at: number): Alert {
  if (before === undefined || !isRaised(before) || !isWholeSilence(before)) return after;
  if (after.evidence.beside?.['outage'] === 'link') return after;
  const withdrawn = after.end === after.onset && before.end !== before.onset;
  const later = lastWord(after) > lastWord(before);
  const shorter = before.end !== null && after.end !== null && after.end < before.end;
  return withdrawn || later || shorter ? withOutage(after, 'link', at) : after;
}

/** When it can be said what was down, for a silence that a fresh report has ended; else null. */
export function verdictDue(before: Alert | undefined, after: Alert): number | null {
  if (before?.end !== null || after.end === null || after.end <= after.onset) return null;
  if (!isRaised(after) || !isWholeSilence(after)) return null;
  // Behind a silent gateway nobody can tell whether the device lived.
  if (before.cause !== null || after.evidence.beside?.['outage'] !== undefined) return null;
  const ended = after.timeline.findLast(({ event }) => event === 'resolved');
  if (ended === undefined || ended.who !== null || ended.note !== null) return null;
  const isFresh = ended.at - after.end < after.evidence.limit * 1_000;
  return isFresh ? ended.at + VERDICT_MS : null;
}

/** Says "device" when the time for late reports is over; null when something else is known. */
export function withVerdict(alert: Alert, at: number): Alert | null {
  const { end, onset, evidence } = alert;
  if (end === null || end === onset || evidence.beside?.['outage'] !== undefined) return null;
  if (!isWholeSilence(alert)) return null;
  return withOutage(alert, 'device', at);
}
