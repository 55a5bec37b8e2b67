import type { Alert } from '../contracts/alert.ts';
import { SEVERITIES, type Severity } from '../contracts/rule.ts';

/** A level that was there so short a time ago is no news: the value swings about its limit. */
const RECENT_MS = 3_600_000;

export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The gravest an alert has been. */
export function gravestOf({ severity, severities }: Alert): number {
  return Math.max(rank(severity), ...severities.map((step) => rank(step.severity)));
}

/** Whether an alert got graver than it has been within the last hour of event time. */
export function isNewLevel(before: Alert, after: Alert): boolean {
  const level = rank(after.severity);
  if (level <= rank(before.severity)) return false;
  const steps = after.severities;
  const since = steps.at(-1)?.time ?? after.onset;
  return !steps.some((step, index) => {
    const next = steps[index + 1];
    return next !== undefined && rank(step.severity) >= level && next.time > since - RECENT_MS;
  });
}
